//! Sources of packets: pcap and pcapng.
//!
//! A [`CaptureFile`] turns a stream of bytes (already decompressed) into [`PacketBlock`]s: one
//! buffer of a quarter of a mebibyte with the places of whole packets in it. Buffers are handed back and
//! used again, so reading costs no allocation per packet, and a block can be shared between
//! threads. A damaged file gives what was readable, a counted anomaly and a message; never a panic
//! and never an unbounded buffer.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod block;
mod error;
mod file;
mod pcap;
mod pcapng;

pub use block::{PacketBlock, PacketRef};
pub use error::CaptureError;
pub use file::{CaptureFile, Format, Trouble};

#[cfg(test)]
mod tests;
