//! IPv4 and IPv6 with extension headers and fragments.
//!
//! Bias: lengths in headers are believed only as far as the frame holds bytes; a total length of
//! zero (segmentation offload) means "to the end of the frame".

use ostium_event::{Addr, Anomaly, Proto};

use crate::bytes::{array, u8_at, u16_at, u32_at};
use crate::link::MAX_DEPTH;
use crate::meta::{Fragment, Meta, Skip};
use crate::{transport, tunnel};

const MALFORMED: Skip = Skip(Anomaly::IpMalformed);
const CUT: Skip = Skip(Anomaly::PacketCut);

/// Decodes an IP packet of either version that begins at `at`.
pub(crate) fn ip(bytes: &[u8], at: usize, depth: u8) -> Result<Meta, Skip> {
    match u8_at(bytes, at).map(|b| b >> 4) {
        Some(4) => ipv4(bytes, at, depth),
        Some(6) => ipv6(bytes, at, depth),
        Some(_) => Err(MALFORMED),
        None => Err(CUT),
    }
}

/// Decodes an IPv4 packet that begins at `at`.
#[inline]
pub(crate) fn ipv4(bytes: &[u8], at: usize, depth: u8) -> Result<Meta, Skip> {
    let head: [u8; 20] = array(bytes, at).ok_or(CUT)?;
    let [vihl, _, l0, l1, i0, i1, f0, f1, ttl, proto, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = head;
    let header = usize::from(vihl & 15) * 4;
    if vihl >> 4 != 4 || header < 20 {
        return Err(MALFORMED);
    }
    let here = bytes.len() - at.min(bytes.len());
    let total = match usize::from(u16::from_be_bytes([l0, l1])) {
        0 => here,
        total if total < header => return Err(MALFORMED),
        total => total,
    };
    let mut meta = Meta {
        src: Addr::v4([s0, s1, s2, s3]),
        dst: Addr::v4([d0, d1, d2, d3]),
        proto: Proto(proto),
        ip_id: u16::from_be_bytes([i0, i1]),
        ttl,
        ..Meta::default()
    };
    let frag = u16::from_be_bytes([f0, f1]);
    if frag & 0x3fff != 0 {
        meta.fragment = Some(Fragment {
            id: u32::from(meta.ip_id),
            offset: (frag & 0x1fff) << 3,
            more: frag & 0x2000 != 0,
        });
    }
    upper(bytes, at + header, at + total, proto, meta, depth)
}

/// Decodes an IPv6 packet that begins at `at`.
pub(crate) fn ipv6(bytes: &[u8], at: usize, depth: u8) -> Result<Meta, Skip> {
    let head: [u8; 8] = array(bytes, at).ok_or(CUT)?;
    let [version, _, _, _, l0, l1, mut next, ttl] = head;
    if version >> 4 != 6 {
        return Err(MALFORMED);
    }
    let src = array::<16>(bytes, at + 8).ok_or(CUT)?;
    let dst = array::<16>(bytes, at + 24).ok_or(CUT)?;
    let mut here = at + 40;
    let end = match usize::from(u16::from_be_bytes([l0, l1])) {
        // Zero is a jumbogram or segmentation offload.
        0 => bytes.len().max(here),
        len => here + len,
    };
    let mut meta = Meta { src: Addr::v6(src), dst: Addr::v6(dst), ttl, ..Meta::default() };
    for _ in 0..MAX_DEPTH {
        match next {
            // Hop-by-hop, routing, destination options, mobility, HIP, shim6.
            0 | 43 | 60 | 135 | 139 | 140 => {
                let len = u8_at(bytes, here + 1).ok_or(CUT)?;
                next = u8_at(bytes, here).ok_or(CUT)?;
                here += (usize::from(len) + 1) * 8;
            }
            // Authentication header counts in words of four bytes, less two (RFC 4302).
            51 => {
                let len = u8_at(bytes, here + 1).ok_or(CUT)?;
                next = u8_at(bytes, here).ok_or(CUT)?;
                here += (usize::from(len) + 2) * 4;
            }
            44 => {
                let word = u16_at(bytes, here + 2).ok_or(CUT)?;
                let id = u32_at(bytes, here + 4).ok_or(CUT)?;
                next = u8_at(bytes, here).ok_or(CUT)?;
                here += 8;
                // An atomic fragment (RFC 6946) is whole.
                if word & 0xfff9 != 0 {
                    meta.fragment =
                        Some(Fragment { id, offset: word & 0xfff8, more: word & 1 != 0 });
                }
                meta.ip_id = (id & 0xffff) as u16;
            }
            _ => {
                meta.proto = Proto(next);
                return upper(bytes, here, end.max(here), next, meta, depth);
            }
        }
        if here > end {
            return Err(MALFORMED);
        }
        if meta.fragment.is_some() {
            meta.proto = Proto(next);
            return upper(bytes, here, end, next, meta, depth);
        }
    }
    Err(Skip(Anomaly::TunnelTooDeep))
}

/// What lies above IP, between `start` and `end` of the frame (`end` may lie beyond what was
/// captured).
#[inline]
fn upper(
    bytes: &[u8],
    start: usize,
    end: usize,
    proto: u8,
    mut meta: Meta,
    depth: u8,
) -> Result<Meta, Skip> {
    let captured_end = end.min(bytes.len());
    let payload = bytes.get(start..captured_end.max(start)).ok_or(CUT)?;
    meta.payload_start = u32::try_from(start).map_err(|_| MALFORMED)?;
    meta.payload_len = u32::try_from(payload.len()).map_err(|_| MALFORMED)?;
    meta.wire_len = u32::try_from(end.saturating_sub(start)).map_err(|_| MALFORMED)?;
    if meta.fragment.is_some() {
        return Ok(meta);
    }
    let view = bytes.get(..captured_end.max(start)).unwrap_or(bytes);
    match proto {
        6 | 17 | 1 | 58 | 132 | 136 => {
            let meta = transport::transport(payload, meta).map_err(Skip)?;
            if proto == 17 && tunnel::is_tunnel_port(meta.dst_port) {
                return Ok(tunnel::over_udp(view, &meta, depth).unwrap_or(meta));
            }
            Ok(meta)
        }
        4 | 41 | 47 if depth >= MAX_DEPTH => Err(Skip(Anomaly::TunnelTooDeep)),
        4 => ipv4(view, start, depth + 1),
        41 => ipv6(view, start, depth + 1),
        47 => Ok(tunnel::gre(view, start, depth).unwrap_or(meta)),
        _ => Ok(meta),
    }
}
