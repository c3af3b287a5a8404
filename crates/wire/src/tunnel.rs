//! GRE (with frames of the air too), VXLAN, GTP-U: the packet inside, when there truly is one.
//!
//! Bias: availability. What does not decode as a tunnelled packet is analysed as the outer packet.

use crate::bytes::{array, u8_at, u16_at, u32_at};
use crate::ip::ip;
use crate::link::{MAX_DEPTH, by_ethertype, ethernet};
use crate::meta::Meta;

const VXLAN: u16 = 4789;
const VXLAN_LINUX: u16 = 8472;
const GTP_U: u16 = 2152;
const GENEVE: u16 = 6081;

/// May a UDP datagram to this port hold a tunnelled packet?
#[inline]
pub(crate) const fn is_tunnel_port(port: u16) -> bool {
    matches!(port, VXLAN | VXLAN_LINUX | GTP_U | GENEVE)
}

/// The packet inside a GRE packet (RFC 2784, RFC 2890; version 1 is PPTP, RFC 2637) at `at`.
pub(crate) fn gre(bytes: &[u8], at: usize, depth: u8) -> Option<Meta> {
    let flags = u16_at(bytes, at)?;
    let kind = u16_at(bytes, at + 2)?;
    let version = flags & 7;
    let mut next = at + 4;
    if version == 0 {
        // Checksum or routing present: checksum and offset.
        next += if flags & 0xc000 != 0 { 4 } else { 0 };
        next += if flags & 0x2000 != 0 { 4 } else { 0 };
        next += if flags & 0x1000 != 0 { 4 } else { 0 };
        // Cisco's WCCP has its own four bytes before IP.
        if kind == 0x883e {
            next += if u8_at(bytes, next)? >> 4 == 4 { 0 } else { 4 };
            return ip(bytes, next, depth + 1).ok();
        }
        // Aruba's access points send the frames of the air to their controller.
        if (0x8200..=0x8370).contains(&kind) {
            return radio(bytes, next, depth);
        }
        return by_ethertype(bytes, next, kind, depth + 1).ok();
    }
    if version == 1 && kind == 0x880b {
        next += 4;
        next += if flags & 0x1000 != 0 { 4 } else { 0 };
        next += if flags & 0x0080 != 0 { 4 } else { 0 };
        let start = if u16_at(bytes, next)? == 0xff03 { next + 2 } else { next };
        let first = u8_at(bytes, start)?;
        let inner = if first & 1 == 1 { start + 1 } else { start + 2 };
        return ip(bytes, inner, depth + 1).ok();
    }
    None
}

/// The packet inside a data frame of IEEE 802.11 that is in the clear.
fn radio(bytes: &[u8], at: usize, depth: u8) -> Option<Meta> {
    let [kind, flags] = array::<2>(bytes, at)?;
    let (to_ds, from_ds) = (flags & 1 != 0, flags & 2 != 0);
    // Type 2 of version 0; the third bit of the subtype says that the frame carries nothing.
    // Encrypted frames and fragments are left alone.
    if kind & 0x4f != 8 || flags & 0x44 != 0 {
        return None;
    }
    let mut next = at + 24;
    let source = match (to_ds, from_ds) {
        (true, true) => next,
        (false, true) => at + 16,
        _ => at + 10,
    };
    next += if to_ds && from_ds { 6 } else { 0 };
    if kind & 0x80 != 0 {
        // Several packets in one frame have headers of their own.
        if u8_at(bytes, next)? & 0x80 != 0 {
            return None;
        }
        next += if flags & 0x80 != 0 { 6 } else { 2 };
    }
    if array::<6>(bytes, next)? != [0xaa, 0xaa, 3, 0, 0, 0] {
        return None;
    }
    let inner = u16_at(bytes, next + 6)?;
    let mut meta = by_ethertype(bytes, next + 8, inner, depth + 1).ok()?;
    let [a, b, c, d, e, f] = array::<6>(bytes, source)?;
    meta.src_mac = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    Some(meta)
}

/// The packet inside a UDP datagram that `outer` describes.
pub(crate) fn over_udp(bytes: &[u8], outer: &Meta, depth: u8) -> Option<Meta> {
    if depth >= MAX_DEPTH {
        return None;
    }
    let at = outer.payload_start as usize;
    match outer.dst_port {
        // RFC 7348: flags 0x08, three reserved bytes, the network, one reserved byte.
        VXLAN | VXLAN_LINUX => {
            let first = u32_at(bytes, at)?;
            (first == 0x0800_0000).then(|| ethernet(bytes, at + 8, depth + 1).ok())?
        }
        GTP_U => gtp(bytes, at, depth),
        _ => {
            // Geneve (RFC 8926): options in words of four bytes.
            let first = u8_at(bytes, at)?;
            let kind = u16_at(bytes, at + 2)?;
            let options = usize::from(first & 0x3f) * 4;
            (first >> 6 == 0)
                .then(|| by_ethertype(bytes, at + 8 + options, kind, depth + 1).ok())?
        }
    }
}

/// GTP-U version 1, message type 255 (3GPP TS 29.281): the subscriber's packet.
fn gtp(bytes: &[u8], at: usize, depth: u8) -> Option<Meta> {
    let flags = u8_at(bytes, at)?;
    if flags >> 4 != 3 || u8_at(bytes, at + 1)? != 255 {
        return None;
    }
    let mut next = at + 8;
    if flags & 7 != 0 {
        let mut extension = u8_at(bytes, at + 11)?;
        next += 4;
        for _ in 0..4 {
            if extension == 0 {
                break;
            }
            let len = usize::from(u8_at(bytes, next)?) * 4;
            if len == 0 {
                return None;
            }
            extension = u8_at(bytes, next + len - 1)?;
            next += len;
        }
    }
    ip(bytes, next, depth + 1).ok()
}
