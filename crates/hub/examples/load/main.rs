//! How much a hub bears, measured on this machine: hub, sensors and what lies between in one
//! process, over loopback, with real TLS.
//!
//! `cargo run --release -p ostium-hub --example load -- reports [SENSORS] [SECONDS]`
//! `cargo run --release -p ostium-hub --example load -- reach [SENSORS] [ROUNDS] [far]`
//!
//! `reports`: how many reports a second are durable. `reach`: from the report that completes a
//! quorum to the indicator in force in the matcher of every other sensor; `far` puts a relay with
//! the delays of five continents between them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "real time is what is measured")]

mod reach;
mod relay;
mod reports;

use std::path::PathBuf;

use ostium_hub::{Here, wall};
use ostium_uplink::{Invitation, Membership, join};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, or: usize| args.get(at).and_then(|n| n.parse().ok()).unwrap_or(or);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match args.first().map(String::as_str) {
        Some("reports") => runtime.block_on(reports::measure(number(1, 8), number(2, 10) as u64)),
        Some("reach") => {
            let far = args.get(3).is_some_and(|word| word == "far");
            runtime.block_on(reach::measure(number(1, 1_000), number(2, 20), far));
        }
        _ => {
            eprintln!("load reports [SENSORS] [SECONDS] | load reach [SENSORS] [ROUNDS] [far]");
            std::process::exit(2);
        }
    }
}

/// A folder that goes when the measurement ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ostium-load-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn hub(folder: &Folder) -> Here {
    Here::start(&folder.0, "127.0.0.1:0".parse().unwrap(), wall).await.unwrap()
}

/// Enrols so many sensors of one organisation.
async fn enrol(hub: &Here, organisation: &str, network: u32, sensors: usize) -> Vec<Membership> {
    let secret = format!("secret of {organisation}");
    let many = u32::try_from(sensors).unwrap();
    assert!(hub.invite(organisation, network, many, &secret).await);
    let invitation = Invitation { hub: hub.at().to_string(), print: hub.print(), secret };
    let mut members = Vec::with_capacity(sensors);
    for n in 0..sensors {
        members.push(join(&invitation, &format!("gate-{n}")).await.unwrap());
    }
    members
}

/// The value below which this share of sorted ones lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 - 1.0) * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// Resident memory in mebibytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes =
        line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) / 1_024
}
