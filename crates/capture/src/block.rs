//! A buffer of packets.

use ostium_event::Timestamp;
use ostium_wire::LinkType;

/// Whole packets in one buffer.
#[derive(Debug, Default)]
pub struct PacketBlock {
    /// The bytes that the packets lie in; may go on behind the last of them.
    pub bytes: Vec<u8>,
    /// Where they lie, in the order in which they came.
    pub packets: Vec<PacketRef>,
}

/// Where one packet lies in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketRef {
    /// When it was captured.
    pub at: Timestamp,
    /// First byte.
    pub start: u32,
    /// Bytes captured.
    pub len: u32,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Link layer of its interface.
    pub link: LinkType,
}

// === impl PacketBlock ===

impl PacketBlock {
    /// The bytes of a packet of this block.
    #[inline]
    pub fn frame(&self, packet: &PacketRef) -> &[u8] {
        let start = packet.start as usize;
        self.bytes.get(start..start.saturating_add(packet.len as usize)).unwrap_or_default()
    }
}
