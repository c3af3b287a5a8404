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
pub use client::Client;
pub use ostium_control::ClientError;
pub use status::{
    ApartRow, BlockRow, HostRow, HubRow, InterfaceRow, LimitRow, Matter, NewsRow, Status, VERSION,
    ZoneRow, default_socket,
};

#[cfg(test)]
mod tests;
