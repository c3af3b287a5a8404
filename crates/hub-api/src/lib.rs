//! What sensors and a hub say to each other: the messages and services of `proto/hub.proto`.
//!
//! Only shapes are in here; docs/protocol.md has the rules.
#![forbid(unsafe_code)]

/// Made by `cargo xtask proto`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::or_fun_call,
    clippy::use_self,
    reason = "made by a program out of hub.proto, where each field is explained"
)]
mod wire;

pub use wire::*;

/// The version of the protocol that this speaks.
pub const VERSION: u32 = 1;
