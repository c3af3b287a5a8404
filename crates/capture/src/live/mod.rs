//! Packets of an interface, as they come.
//!
//! [`LiveCapture`] reads a ring that the kernel fills (`TPACKET_V3`), copies what is ready into a
//! [`PacketBlock`](crate::PacketBlock) and hands the ring back at once, so that a slow reader of
//! packets delays nobody but itself. Bias: it goes on. An interface that is down or gone is told as
//! [`Live::Down`] and heard again when it is back; a packet for which there was no room is counted.
//!
//! One ring per interface, whole: packets are dealt out to shards in user space, because the
//! kernel's own dealing (`PACKET_FANOUT`) is by flow, and all traffic of a host belongs together.

mod capture;
mod error;
mod hardware;
mod options;
mod send;
mod walk;

pub use capture::{Live, LiveCapture, LiveStats};
pub use error::LiveError;
pub use options::LiveOptions;
pub use send::FrameSender;
pub use walk::{RingFrame, RingFrames, Taken, take_block};

#[cfg(test)]
mod tests;
