//! Interfaces of network namespaces, heard for real.
//!
//! A test makes a host and runs a part of itself on it: this same program, once more, in that
//! namespace. The parts are the tests that are ignored; they do nothing when they are run alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod away;
mod frames;
mod lose;
mod refuse;
mod see;
mod tools;
