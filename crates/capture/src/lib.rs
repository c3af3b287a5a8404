//! Sources of packets: pcap, pcapng, and interfaces.
//!
//! A [`CaptureFile`] turns a stream of bytes (already decompressed) into [`PacketBlock`]s: one
//! buffer of a quarter of a mebibyte with the places of whole packets in it. Buffers are handed back and
//! used again, so reading costs no allocation per packet, and a block can be shared between
//! threads. A damaged file gives what was readable, a counted anomaly and a message; never a panic
//! and never an unbounded buffer.
//!
//! A [`LiveCapture`] fills the same blocks with what passes an interface of this machine: the port
//! that a switch mirrors to, a tap, an inside interface of a router, a port of a bridge. What the
//! kernel had to drop is counted, and an interface that goes away is heard again when it is back.
//!
//! `sys` holds the only unsafe code of the product, behind calls that safe code cannot misuse.
#![deny(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod block;
mod error;
mod file;
mod live;
mod pcap;
mod pcapng;
#[allow(unsafe_code, reason = "a ring that is shared with the kernel cannot be had without")]
mod sys;

pub use block::{PacketBlock, PacketRef};
pub use error::CaptureError;
pub use file::{CaptureFile, Format, Trouble};
pub use live::{
    FrameSender, Live, LiveCapture, LiveError, LiveOptions, LiveStats, RingFrame, RingFrames,
    Taken, take_block,
};

#[cfg(test)]
mod tests;
