//! The sensor as operators run it: on a replay without any right, and in network namespaces with
//! real interfaces, real nftables and real connections.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy only knows functions marked as tests"
)]

mod barred;
mod bots;
mod dashboard;
mod gateway;
mod live;
mod names;
mod pool;
mod replay;
mod soak;
mod troubles;

use std::path::PathBuf;

/// The command.
const OSTIUM: &str = env!("CARGO_BIN_EXE_ostium");

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ostium-sensor-{}-{name}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
