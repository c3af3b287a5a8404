//! Flow table, timer wheel, and reassembly of the head of each direction.
//!
//! A [`Tracker`] belongs to one shard. It is fed decoded packets in the order of the input and tells
//! its [`Observer`] what happens to flows; what is inside the payload is the observer's business,
//! whose per-flow state (`P`) rides in the flow. Time is an argument. Flows, held segments and
//! fragments are bounded: at a limit the oldest, least interesting state goes first, and is counted.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod close;
mod copies;
mod defrag;
mod flow;
mod observe;
mod orient;
mod reassemble;
mod slots;
mod tracker;
mod wheel;

pub use flow::FlowInfo;
pub use observe::{Drop, Observer};
pub use orient::{Facing, inside_of, shard_of};
pub use tracker::{Limits, Tracker, UNANSWERED};

#[cfg(test)]
mod tests;
