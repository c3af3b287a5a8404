//! What a decoded packet says, as plain data of one cache line and a half.

use ostium_event::{Addr, Anomaly, Proto};

/// A decoded packet: who, what and where its payload lies in the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Source address (of the innermost packet when tunnelled).
    pub src: Addr,
    /// Destination address.
    pub dst: Addr,
    /// Source port; ICMP: 0.
    pub src_port: u16,
    /// Destination port; ICMP: the type of the request that this is part of.
    pub dst_port: u16,
    /// Protocol above IP.
    pub proto: Proto,
    /// TCP flags; 0 otherwise. For ICMP the type.
    pub flags: TcpFlags,
    /// IPv4 identification, or the low half of IPv6's fragment identification.
    pub ip_id: u16,
    /// TCP sequence number.
    pub seq: u32,
    /// TCP acknowledgement number.
    pub ack: u32,
    /// Transport checksum as sent, never verified: tells copies of a packet from retransmissions.
    pub checksum: u16,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Where the payload begins in the frame.
    pub payload_start: u32,
    /// Payload bytes in the frame.
    pub payload_len: u32,
    /// Payload bytes that the packet had on the wire; more than `payload_len` when cut.
    pub wire_len: u32,
    /// Source hardware address in the low 48 bits; 0 when the link has none.
    pub src_mac: u64,
    /// Set when this is a fragment: then the ports are 0 and the payload is the IP payload.
    pub fragment: Option<Fragment>,
}

/// Where a fragment belongs in its datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Identification of the datagram.
    pub id: u32,
    /// Offset in bytes.
    pub offset: u16,
    /// More fragments follow.
    pub more: bool,
}

/// TCP flags of the thirteenth byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags(pub u8);

/// Why a frame holds no packet to analyse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip(pub Anomaly);

// === impl TcpFlags ===

impl TcpFlags {
    /// No more data from the sender.
    pub const fn fin(self) -> bool {
        self.0 & 1 != 0
    }
    /// Synchronise: a connection begins.
    pub const fn syn(self) -> bool {
        self.0 & 2 != 0
    }
    /// Reset.
    pub const fn rst(self) -> bool {
        self.0 & 4 != 0
    }
    /// The acknowledgement number counts.
    pub const fn ack(self) -> bool {
        self.0 & 16 != 0
    }
}

impl Meta {
    /// Payload of `frame`, which must be the frame that was decoded.
    #[inline]
    pub fn payload<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        let start = self.payload_start as usize;
        frame.get(start..start.saturating_add(self.payload_len as usize)).unwrap_or_default()
    }
}
