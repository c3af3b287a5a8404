//! What a sensor is asked and answers over its unix socket: one JSON object a line, each way.
//!
//! Version 1. Fields are only added; a sensor refuses a question that it does not know, by name,
//! and a client passes over fields that it does not know. Times are seconds since 1970, but
//! for `since` and `until` of a block, which are nanoseconds; lengths of time are seconds.
#![forbid(unsafe_code)]

mod ask;
mod client;
mod status;

pub use ask::{Answer, Ask, Order};
pub use client::{Client, ClientError};
pub use status::{
    BlockRow, HostRow, HubRow, InterfaceRow, Matter, NewsRow, Status, VERSION, ZoneRow,
    default_socket,
};

/// The longest question in bytes, with its end of line.
pub const LONGEST_QUESTION: u64 = 64 << 10;
/// The longest answer: a report on all hosts.
pub const LONGEST_ANSWER: u64 = 1 << 30;

#[cfg(test)]
mod tests;
