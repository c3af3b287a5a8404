//! How much may go to a victim: never a block.

use ostium_event::{Addr, Timestamp};
use ostium_verdict::{Target, Transport};

/// Packets to a victim beyond so many a second, from each inside host, are let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The victim.
    pub addr: Addr,
    /// Its port.
    pub port: u16,
    /// How the packets go.
    pub transport: Transport,
    /// What each inside host may still send; it may save up ten seconds of it.
    pub packets_per_second: u32,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// What a rate has let go since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The victim.
    pub target: Target,
    /// Packets.
    pub packets: u64,
    /// Bytes, with headers of IP.
    pub bytes: u64,
}

// === impl Limit ===

impl Limit {
    /// The victim, as blocks name theirs.
    pub const fn target(&self) -> Target {
        Target::AddressPort(self.addr, self.transport, self.port)
    }

    /// Is it the same rate for the same victim, whenever it ends?
    pub fn is_of(&self, other: &Self) -> bool {
        Self { until: other.until, ..*self } == *other
    }
}
