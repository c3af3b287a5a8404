//! How an interface is heard.

use std::time::Duration;

use crate::sys::Shape;

/// How an interface is heard. [`LiveOptions::of`] has what fits most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// Name of the interface, such as `eth0`.
    pub interface: String,
    /// Bytes of the ring in the memory of the kernel: what can wait while the reader is late. It is
    /// rounded up to whole blocks of 256 KiB, at least 2 and at most 2 GiB of them.
    ///
    /// 64 MiB hold about 0.5 seconds of 1 Gbit/s full of large frames, and 0.1 seconds of it full of
    /// the smallest, for each of which the kernel needs about 100 bytes more. Where there is little
    /// traffic, each `block_timeout` uses up one block, so that 64 MiB last for 256 times that.
    pub ring_bytes: usize,
    /// After about this time, in whole milliseconds and at least one, the kernel hands over a block
    /// that is not full.
    ///
    /// It bounds how old a packet is when it is seen: up to twice this time, and two ticks of the
    /// kernel (8 ms at 250 Hz) before Linux 6.18. A shorter time wakes the reader more often when
    /// there is little traffic, at most once for each; with much traffic blocks are full before.
    pub block_timeout: Duration,
    /// Also hear frames that are addressed to other machines: what a mirror port or a tap brings.
    pub promiscuous: bool,
    /// Bytes kept of a frame, at least 64. Longer frames are cut, and their length on the wire is
    /// told. No frame is kept beyond a block of the ring, which is more than offloading makes
    /// unless it is asked to.
    pub snap_length: u32,
    /// Leave out what this machine sends by the interface. Not for a router or a bridge, which sends
    /// by it one direction of each conversation. Loopback is always heard in one direction, because
    /// each of its packets comes by twice.
    pub ignore_outgoing: bool,
}

/// Bytes of a block. Larger ones cost fewer hand-overs when there is much traffic, smaller ones
/// leave more of them in the ring, which is what counts when there is little.
const BLOCK: u32 = 256 << 10;
/// The kernel would rather end a program than refuse it memory, so there is a limit.
const MOST_BYTES: usize = 2 << 30;
/// Less does not hold the headers.
const LEAST_SNAP: u32 = 64;

// === impl LiveOptions ===

impl LiveOptions {
    /// An interface with a ring of 64 MiB, seen within a few milliseconds, whole and in both
    /// directions, frames for others too.
    pub fn of(interface: &str) -> Self {
        Self {
            interface: interface.to_owned(),
            ring_bytes: 64 << 20,
            block_timeout: Duration::from_millis(2),
            promiscuous: true,
            snap_length: BLOCK,
            ignore_outgoing: false,
        }
    }

    pub(super) fn shape(&self) -> Shape {
        let blocks = self.ring_bytes.min(MOST_BYTES).div_ceil(BLOCK as usize).max(2);
        let millis = self.block_timeout.as_millis().clamp(1, 10_000);
        Shape {
            block: BLOCK,
            blocks: u32::try_from(blocks).unwrap_or(u32::MAX),
            patience: u32::try_from(millis).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn snap(&self) -> u32 {
        self.snap_length.max(LEAST_SNAP)
    }
}
