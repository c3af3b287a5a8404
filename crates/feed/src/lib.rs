//! The signed feed: what a hub publishes, and what a sensor checks before it believes it.
//!
//! A [`Publisher`] makes deltas, each chained to the one before by its hash, and snapshots that
//! agree with the chain; a [`Follower`] takes frames and refuses what is forged, old, out of order,
//! missing, or of another feed, with a [`Refusal`] that says what was wrong. What it believed last
//! stays. An offline root certifies the online key (The Update Framework, theupdateframework.io,
//! has the attacks and the roles); docs/protocol.md has the bytes.
//!
//! [`Table`] holds the set: ten million entries, below a hundred bytes each, matched by value.
//! No I/O, no clock: times are arguments, in milliseconds since 1970.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

/// Made by `cargo xtask proto` out of `proto/feed.proto`, which explains each field.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::or_fun_call,
    clippy::use_self,
    reason = "made by a program"
)]
pub mod wire;

mod bound;
mod canary;
mod entry;
mod follower;
mod key;
mod limit;
mod publisher;
mod refusal;
mod seal;
mod state;
mod table;
mod value;

pub use bound::Bound;
pub use canary::Reach;
pub use entry::{Basis, Entry};
pub use follower::{Follower, Position, Taken, numbers};
pub use key::{BadKey, OnlineKey, PublicKey, RootKey};
pub use limit::{LONGEST_BODY, MOST_OPS, MOST_PARTS};
pub use publisher::{Change, Publisher, Snapshot};
pub use refusal::Refusal;
pub use seal::Hash;
pub use state::State;
pub use table::{Hit, Met, Raw, Table};
pub use value::{Generator, Value};

/// The version of the feed's bodies that this crate writes and reads.
pub const VERSION: u32 = 1;

/// Scenarios by which any implementation can be checked; docs/protocol.md tells how.
pub const VECTORS: &str = include_str!("../vectors/feed-1.json");

/// Which feed: chosen by chance when a hub is made.
pub type FeedId = [u8; 16];
