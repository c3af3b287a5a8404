//! Checked byte views from the link layer to transport.
//!
//! [`decode`] looks at a frame once and says where everything is; what it returns is plain data, so
//! nothing that follows can read out of bounds. It does not allocate, verify checksums (offload
//! leaves a fifth of real captures with wrong ones) or reassemble: a fragment comes back as a
//! fragment. Malformed frames come back as a named [`Anomaly`](ostium_event::Anomaly).
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod bytes;
mod glance;
mod icmp;
mod ip;
mod link;
mod meta;
mod transport;
mod tunnel;

pub use glance::{Ends, glance};
pub use icmp::{Unreachable, unreachable_flow};
pub use link::{LinkType, UnknownLink, decode};
pub use meta::{Fragment, Meta, Skip, TcpFlags};
pub use transport::transport;

#[cfg(test)]
mod tests;
