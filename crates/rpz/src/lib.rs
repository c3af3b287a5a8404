//! Blocked names as a DNS response policy zone (draft-vixie-dnsop-dns-rpz-00).
//!
//! [`Rules`] are made of the whole `BlockSet`; a [`Zone`] holds them under a serial and remembers
//! what changed; a [`Server`] gives the zone to the resolvers of the site (AXFR, IXFR) and tells
//! them when it has changed (NOTIFY); [`mod@file`] writes it for resolvers that read files.
//!
//! Bias: a name that is allowed is never blocked, whatever the blocks say, and only the resolvers
//! that are listed are told anything. Failure choice: what cannot be a record is left out and
//! counted; a question that is wrong is answered by an error and counted; when the sensor is dead
//! the resolvers keep the zone until its SOA expires, and forget it then.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

pub mod file;
pub mod query;
pub mod server;
pub mod zone;

mod error;
mod peer;

pub use error::RpzError;
pub use peer::{Peer, Peers, TsigKey};
pub use server::{Limits, Server, Stats};
pub use zone::{Action, OnBlock, Rules, Zone, ZoneConfig};
