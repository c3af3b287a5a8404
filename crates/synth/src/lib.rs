//! Seeded worlds: benign machines and bots, as packets with known truth.
//!
//! A [`World`] is data: members with habits. [`World::write_pcap`] plays it, host by host, and
//! merges the packets in order of time; the same world gives the same bytes on every machine.
//! It is for demonstrations and tests. Bias: clean machines carry the look-alikes of every bot
//! (timers, long connections, names that do not exist, strangers by address), because a world
//! without them flatters any detector. What it does not have: file shares,
//! the days of a week. Nothing is ever sent anywhere from here; [`speech`] is for those who do.
#![forbid(unsafe_code)]

mod actor;
mod bots;
mod burst;
mod channel;
#[cfg(test)]
mod check;
mod demo;
mod dns;
mod doh;
pub mod habit;
mod host;
mod http;
mod icmp;
mod internet;
mod media;
mod names;
mod outbox;
mod packet;
mod payload;
mod pcap;
mod play;
mod population;
mod presence;
mod quic;
mod record;
#[cfg(test)]
mod rehearsal;
mod rng;
mod scenario;
mod shared;
pub mod speech;
mod stun;
mod tap;
mod tcp;
mod tls;
mod truth;
mod udp;
mod visit;
mod world;
mod zeek;

pub use demo::demo;
pub use habit::Habit;
pub use presence::Presence;
pub use scenario::{Scenario, ScenarioError, Shipped, Wishes, shipped};
pub use tap::{Sees, Tap};
pub use tls::Stack;
pub use truth::Truth;
pub use world::{Member, Resolver, System, Watch, World};
pub use zeek::Open as OpenLog;
