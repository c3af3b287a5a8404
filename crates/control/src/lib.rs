//! How a running service is asked: one JSON object a line over a unix socket, each way.
//!
//! What is asked and answered is the service's own ([`listen`], [`Client`]); this is what all of
//! them share: who may ask, how long anybody waits, what an error says. Beside it stands
//! [`metrics`], the same for Prometheus.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod client;
pub mod metrics;
mod peer;
mod server;

pub use client::{Client, ClientError, Service};
pub use peer::Peer;
pub use server::{is_free, listen};

/// The longest question in bytes, with its end of line.
pub const LONGEST_QUESTION: u64 = 64 << 10;
/// The longest answer: a report on all hosts.
pub const LONGEST_ANSWER: u64 = 1 << 30;

#[cfg(test)]
mod tests;
