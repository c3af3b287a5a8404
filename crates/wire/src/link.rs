//! From the link layer to IP: Ethernet, VLAN, QinQ, MPLS, PPPoE, Linux cooked, raw IP, loopback.
//!
//! Bias: an Ethernet type that is not known is counted and skipped, never guessed.

use std::fmt;

use ostium_event::Anomaly;

use crate::bytes::{array, u8_at, u16_at, u32_at};
use crate::ip::{ip, ipv4, ipv6};
use crate::meta::{Meta, Skip};

/// A link layer whose frames can be decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// Ethernet (1).
    #[default]
    Ethernet,
    /// BSD loopback: the address family in four bytes of the host's order (0).
    Null,
    /// OpenBSD loopback: the same in network order (108).
    Loop,
    /// IPv4 or IPv6 with nothing before (12, 14, 101, 228, 229).
    RawIp,
    /// Point-to-point protocol (9), with or without the HDLC-like header (50).
    Ppp,
    /// Linux cooked capture (113).
    LinuxSll,
    /// Linux cooked capture version 2 (276).
    LinuxSll2,
}

/// A link type that cannot be decoded; the message says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLink(pub u32);

/// How many tunnels and tags may be nested before a frame is called hostile.
pub(crate) const MAX_DEPTH: u8 = 8;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;

/// Decodes one frame of which `bytes` were captured.
///
/// # Errors
/// [`Skip`] names the anomaly when the frame holds no packet that can be analysed.
#[inline]
pub fn decode(link: LinkType, bytes: &[u8]) -> Result<Meta, Skip> {
    match link {
        LinkType::Ethernet => ethernet(bytes, 0, 0),
        LinkType::RawIp => ip(bytes, 0, 0),
        LinkType::Null | LinkType::Loop => loopback(bytes, link),
        LinkType::Ppp => {
            let start = if u16_at(bytes, 0) == Some(0xff03) { 2 } else { 0 };
            ppp(bytes, start, 0)
        }
        LinkType::LinuxSll => {
            let kind = u16_at(bytes, 14).ok_or(Skip(Anomaly::FrameTruncated))?;
            by_ethertype(bytes, 16, kind, 0)
        }
        LinkType::LinuxSll2 => {
            let kind = u16_at(bytes, 0).ok_or(Skip(Anomaly::FrameTruncated))?;
            by_ethertype(bytes, 20, kind, 0)
        }
    }
}

/// Decodes an Ethernet frame that begins at `at`.
#[inline]
pub(crate) fn ethernet(bytes: &[u8], at: usize, depth: u8) -> Result<Meta, Skip> {
    let kind = u16_at(bytes, at + 12).ok_or(Skip(Anomaly::FrameTruncated))?;
    let mut meta = match kind {
        ETHERTYPE_IPV4 => ipv4(bytes, at + 14, depth)?,
        ETHERTYPE_IPV6 => ipv6(bytes, at + 14, depth)?,
        _ => by_ethertype(bytes, at + 14, kind, depth)?,
    };
    if meta.src_mac == 0
        && let Some(mac) = array::<6>(bytes, at + 6)
    {
        let [a, b, c, d, e, f] = mac;
        meta.src_mac = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    }
    Ok(meta)
}

/// Decodes what an Ethernet type announces at `at`.
pub(crate) fn by_ethertype(bytes: &[u8], at: usize, kind: u16, depth: u8) -> Result<Meta, Skip> {
    if depth > MAX_DEPTH {
        return Err(Skip(Anomaly::TunnelTooDeep));
    }
    let cut = Skip(Anomaly::FrameTruncated);
    match kind {
        ETHERTYPE_IPV4 => ipv4(bytes, at, depth),
        ETHERTYPE_IPV6 => ipv6(bytes, at, depth),
        // 802.1Q, 802.1ad and the older QinQ tags.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
            let inner = u16_at(bytes, at + 2).ok_or(cut)?;
            by_ethertype(bytes, at + 4, inner, depth + 1)
        }
        0x8847 | 0x8848 => mpls(bytes, at, depth),
        0x8864 => ppp(bytes, at + 6, depth),
        // 802.3 length with LLC/SNAP around IP.
        0..=1500 if array::<6>(bytes, at) == Some([0xaa, 0xaa, 3, 0, 0, 0]) => {
            let inner = u16_at(bytes, at + 6).ok_or(cut)?;
            by_ethertype(bytes, at + 8, inner, depth + 1)
        }
        // Transparent Ethernet bridging, as in GRE.
        0x6558 => ethernet(bytes, at, depth + 1),
        _ => Err(Skip(Anomaly::NotIp)),
    }
}

fn mpls(bytes: &[u8], mut at: usize, depth: u8) -> Result<Meta, Skip> {
    for _ in 0..MAX_DEPTH {
        let label = u32_at(bytes, at).ok_or(Skip(Anomaly::FrameTruncated))?;
        at += 4;
        if label & 0x100 != 0 {
            return match u8_at(bytes, at).map(|b| b >> 4) {
                Some(4) => ipv4(bytes, at, depth + 1),
                Some(6) => ipv6(bytes, at, depth + 1),
                // A pseudo-wire with its control word (RFC 4385) carries Ethernet.
                Some(0) => ethernet(bytes, at + 4, depth + 1),
                Some(_) => Err(Skip(Anomaly::NotIp)),
                None => Err(Skip(Anomaly::FrameTruncated)),
            };
        }
    }
    Err(Skip(Anomaly::TunnelTooDeep))
}

fn ppp(bytes: &[u8], at: usize, depth: u8) -> Result<Meta, Skip> {
    // Protocol field compression leaves one odd byte (RFC 1661).
    let first = u8_at(bytes, at).ok_or(Skip(Anomaly::FrameTruncated))?;
    let (kind, next) = if first & 1 == 1 {
        (u16::from(first), at + 1)
    } else {
        (u16_at(bytes, at).ok_or(Skip(Anomaly::FrameTruncated))?, at + 2)
    };
    match kind {
        0x21 => ipv4(bytes, next, depth + 1),
        0x57 => ipv6(bytes, next, depth + 1),
        0x281 => mpls(bytes, next, depth + 1),
        _ => Err(Skip(Anomaly::NotIp)),
    }
}

fn loopback(bytes: &[u8], link: LinkType) -> Result<Meta, Skip> {
    let family = u32_at(bytes, 0).ok_or(Skip(Anomaly::FrameTruncated))?;
    // The writer's byte order is not told; families are small numbers, so both can be tried.
    let family =
        if link == LinkType::Null && family > 0xffff { family.swap_bytes() } else { family };
    match family {
        2 => ipv4(bytes, 4, 0),
        // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS.
        10 | 24 | 28 | 30 => ipv6(bytes, 4, 0),
        _ => Err(Skip(Anomaly::NotIp)),
    }
}

// === impl LinkType ===

impl LinkType {
    /// From the number in a capture file's header.
    ///
    /// # Errors
    /// [`UnknownLink`] for radio and other links that are not decoded.
    pub const fn from_number(number: u32) -> Result<Self, UnknownLink> {
        Ok(match number {
            0 => Self::Null,
            1 => Self::Ethernet,
            9 | 50 => Self::Ppp,
            12 | 14 | 101 | 228 | 229 => Self::RawIp,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            276 => Self::LinuxSll2,
            other => return Err(UnknownLink(other)),
        })
    }
}

// === impl UnknownLink ===

impl UnknownLink {
    /// A name for the links that people meet.
    const fn name(self) -> &'static str {
        match self.0 {
            105 | 119 | 127 | 163 | 192 => "802.11 radio frames",
            147..=162 => "a private link type",
            187 | 201 | 251 | 256 | 272 => "Bluetooth",
            189 | 220 | 249 => "USB",
            195 | 215 | 230 | 283 => "802.15.4 radio frames",
            227 => "a CAN bus",
            239 => "netfilter log messages",
            253 => "netlink messages",
            _ => "a link type that carries no IP known to ostium",
        }
    }
}

impl fmt::Display for UnknownLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "link type {} is {}; capture on the wired side, or on a host's own interface",
            self.0,
            self.name()
        )
    }
}

impl std::error::Error for UnknownLink {}
