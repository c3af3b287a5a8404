//! Flows: the two ends of a conversation, and what passed between them.

use crate::{Addr, Span, Timestamp};

/// IP protocol number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Proto(pub u8);

/// The two ends of a flow, seen from inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// The inside host. When both ends are inside or both outside: who opened the flow.
    pub inside: Addr,
    /// The outside peer.
    pub outside: Addr,
    /// Port of the inside host (ICMP: type and code).
    pub inside_port: u16,
    /// Port of the outside peer.
    pub outside_port: u16,
    /// Protocol above IP.
    pub proto: Proto,
}

/// Who opened a flow. Answers to unsolicited contacts never feed timing, scan, spam or flood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OpenedBy {
    /// The inside host.
    Inside,
    /// The outside peer.
    Outside,
    /// The start was not seen, and nothing else tells.
    #[default]
    Unknown,
}

/// Does a conversation leave the network?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Between an inside host and the outside.
    #[default]
    Egress,
    /// Both ends are inside.
    Internal,
    /// Both ends are outside.
    Transit,
}

/// How a flow went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FlowState {
    /// Both sides spoke: a completed TCP handshake, or UDP both ways.
    Established,
    /// The opener was never answered.
    Unanswered,
    /// The opener was turned away: TCP reset or ICMP unreachable.
    Refused,
    /// The start or one side is missing from the capture; no claim about success.
    #[default]
    Partial,
}

/// Application protocol, recognised by content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Service {
    /// No payload was seen.
    #[default]
    Silent,
    /// Payload of a protocol that Ostium does not know.
    Unknown,
    /// Domain name system.
    Dns,
    /// Transport layer security over TCP.
    Tls,
    /// QUIC.
    Quic,
    /// HTTP/1.
    Http,
    /// Secure shell.
    Ssh,
    /// Mail submission and transfer.
    Smtp,
    /// File transfer control connection.
    Ftp,
    /// Internet relay chat.
    Irc,
    /// Network time.
    Ntp,
    /// BitTorrent peer or DHT messages.
    BitTorrent,
    /// STUN, TURN, RTP and other real-time media.
    Media,
    /// A known protocol of no further interest.
    Other,
}

/// Packets and bytes of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Packets.
    pub packets: u64,
    /// Payload bytes above TCP or UDP.
    pub bytes: u64,
}

/// A flow that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowRecord {
    /// First packet.
    pub first: Timestamp,
    /// Last packet.
    pub last: Timestamp,
    /// From the inside host.
    pub out: Volume,
    /// To the inside host.
    pub back: Volume,
    /// How it went.
    pub state: FlowState,
    /// What was spoken.
    pub service: Service,
    /// The start itself was seen (TCP SYN or a first UDP packet).
    pub start_seen: bool,
}

/// An application message: the first payload of one side after the flow was quiet for a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Sent by the inside host.
    pub from_inside: bool,
    /// Payload bytes of its first segment.
    pub bytes: u32,
    /// How long the flow had been quiet.
    pub quiet: Span,
    /// When the flow began.
    pub flow_first: Timestamp,
}

// === impl Proto ===

impl Proto {
    /// ICMP.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// ICMP for IPv6.
    pub const ICMP6: Self = Self(58);

    /// A short name: `tcp`, `udp`, `icmp`, or `ip`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TCP => "tcp",
            Self::UDP => "udp",
            Self::ICMP | Self::ICMP6 => "icmp",
            _ => "ip",
        }
    }
}

// === impl FlowRecord ===

impl FlowRecord {
    /// How long the flow lasted.
    pub const fn duration(&self) -> Span {
        self.last.since(self.first)
    }

    /// Payload of both directions.
    pub const fn bytes(&self) -> u64 {
        self.out.bytes.saturating_add(self.back.bytes)
    }
}
