//! The infected machines of a world act over real sockets, in real time, and so does the outside
//! that they call: a sensor between the two meets real TCP stacks that notice when it blocks.
//!
//! [`play_bots`] is the inside, [`play_outside`] the other end. Threads and blocking sockets with
//! short patience, no runtime. Bias: safety first. Nothing is sent before [`Permit`] has found that
//! every destination is this machine itself, or that this is a network namespace of a laboratory;
//! and in a laboratory only what was told is called. All is bounded: time, connections, packets.
//! What the other side sends is only read, never believed: it ends a talk, not the program.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod bots;
mod clock;
pub mod dns;
mod error;
mod line;
pub mod links;
mod net;
mod outside;
mod pace;
mod permit;
mod plan;
mod secure;
mod stage;
mod tally;

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ostium_event::Prefix;

pub use bots::play as play_bots;
pub use error::LiveError;
pub use links::{Kind, Link};
pub use outside::play as play_outside;
pub use permit::{Permit, Surroundings};
pub use plan::KINDS;
pub use tally::{Counts, Report, Row};

/// The longest that anything may run.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// How a world is to be played.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// Addresses of the outside: names lead there, and so do servers without a name.
    pub outside: Vec<IpAddr>,
    /// Who is asked for names; `None` is the scenario's resolver.
    pub resolver: Option<IpAddr>,
    /// The port that names are asked at, before `add_to_ports`.
    pub port_dns: u16,
    /// What scanners scan.
    pub scan: Option<Prefix>,
    /// All bots speak from here; `None` is from the addresses of their machines.
    pub from: Option<IpAddr>,
    /// Added to every port, for those who may not open low ones.
    pub add_to_ports: u16,
    /// The world's time passes so many times as fast.
    pub pace: f64,
    /// How long it lasts.
    pub length: Duration,
    /// The most connections in all.
    pub most_connections: u32,
    /// Only these infections; none is all.
    pub only: Vec<String>,
    /// Timers and push messages of clean machines are played too.
    pub look_alikes: bool,
}

/// What a run tells while it goes on, and what ends it early.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Set by whoever wants it to end.
    pub stop: &'a AtomicBool,
    /// Hears a line now and then.
    pub tell: &'a (dyn Fn(&str) + Sync),
}

// === impl Wishes ===

impl Default for Wishes {
    fn default() -> Self {
        Self {
            outside: Vec::new(),
            resolver: None,
            port_dns: 53,
            scan: None,
            from: None,
            add_to_ports: 0,
            pace: 1.0,
            length: Duration::from_secs(60),
            most_connections: 10_000,
            only: Vec::new(),
            look_alikes: false,
        }
    }
}

impl Wishes {
    /// A port as it is really used.
    pub(crate) const fn port(&self, port: u16) -> u16 {
        port.saturating_add(self.add_to_ports)
    }

    /// Is this infection to be played?
    pub(crate) fn plays(&self, infection: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == infection)
    }

    /// Are these wishes within bounds?
    pub(crate) fn check(&self) -> Result<(), LiveError> {
        if self.length > LONGEST || self.length.is_zero() {
            return Err(LiveError::Length);
        }
        if !(0.01..=1000.0).contains(&self.pace) {
            return Err(LiveError::Pace);
        }
        if self.outside.is_empty() {
            return Err(LiveError::NoOutside);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
