//! Real nftables, in network namespaces that each test makes itself, with real traffic.
//!
//! An enforcer acts on the namespace of its process, so what is to be enforced is done by a second
//! process: this test program again, started inside (`act_inside`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests with real time"
)]

mod act;
mod block;
mod bridge;
mod quarantine;
mod rate;
mod reconcile;
mod reset;
mod rights;
mod speed;
mod world;
