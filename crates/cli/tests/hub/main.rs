//! The hub as operators run it: the real command over loopback, with sensors' ends of the line.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy only knows functions marked as tests"
)]

mod full;
mod keys;
mod kill;
mod round;
mod sensors;
mod world;
