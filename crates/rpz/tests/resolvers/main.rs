//! Real resolvers with the zone, in network namespaces that each test makes itself.
//!
//! The server listens in the namespace of its process, so it is run by a second process: this
//! test program again, started inside (`serve_inside`), which is told what to block by its
//! standard input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests with real time"
)]

mod bind;
mod knot;
mod serve;
mod site;
mod unbound;
