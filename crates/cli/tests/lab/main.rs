//! The sensor against real programs: people's, and bots'. All of it runs in network namespaces that
//! each test makes for itself and that lead nowhere; everything is bounded in count and in time.
//!
//! Bias: what is asserted is what a user would see in `ostium status` and `ostium why`, and what the
//! programs themselves notice. Patience is generous, because machines that test are busy.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail as tests do, but clippy only knows functions marked as tests; \
              real programs take real time"
)]

mod alone;
mod bots;
mod bridge;
mod families;
mod garden;
mod modes;
mod page;
mod people;
mod sensor;
mod services;
mod site;
mod torrent;
mod tunnel;
mod unit;

use std::time::Duration;

/// The command.
const OSTIUM: &str = env!("CARGO_BIN_EXE_ostium");

/// How long something may take that takes a moment.
const SOON: Duration = Duration::from_secs(30);
