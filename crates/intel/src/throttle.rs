//! How much may go to a victim of many sources: never a block.

use ostium_event::Addr;

use crate::Transport;

/// Packets to a victim beyond so many a second, from each inside host, are let go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Throttle {
    /// The victim.
    pub addr: Addr,
    /// The port that is hit.
    pub port: u16,
    /// How the packets go.
    pub transport: Transport,
    /// What each inside host may still send.
    pub packets_per_second: u32,
}

// === impl Throttle ===

impl Throttle {
    /// Whoever signs for less: an ordinary client is not to be hurt. A voice call is 50 packets a
    /// second each way (20 ms each, RFC 3551, 4.2).
    pub const FLOOR: u32 = 50;
}
