//! TCP, UDP, UDP-Lite, SCTP ports and ICMP.

use ostium_event::{Anomaly, Proto};

use crate::bytes::{u8_at, u16_at, u32_at};
use crate::meta::{Meta, TcpFlags};

/// Reads the transport header at the beginning of `payload`, the IP payload that `meta` describes;
/// returns `meta` with ports, flags and the payload above the transport header.
///
/// Also used on reassembled datagrams, with `meta.payload_start` counting from the caller's buffer.
///
/// # Errors
/// The anomaly, when the header is cut or malformed.
#[inline]
pub fn transport(payload: &[u8], mut meta: Meta) -> Result<Meta, Anomaly> {
    let short = if meta.wire_len > meta.payload_len {
        Anomaly::PacketCut
    } else {
        Anomaly::TransportMalformed
    };
    let header = match meta.proto {
        Proto::TCP => {
            let offset = usize::from(u8_at(payload, 12).ok_or(short)? >> 4) * 4;
            let flags = u8_at(payload, 13).ok_or(short)?;
            if offset < 20 {
                return Err(Anomaly::TransportMalformed);
            }
            meta.seq = u32_at(payload, 4).unwrap_or_default();
            meta.ack = u32_at(payload, 8).unwrap_or_default();
            meta.flags = TcpFlags(flags);
            meta.checksum = u16_at(payload, 16).unwrap_or_default();
            if offset > meta.wire_len as usize {
                return Err(Anomaly::TransportMalformed);
            }
            offset
        }
        Proto::UDP | Proto(136) => {
            let len = usize::from(u16_at(payload, 4).ok_or(short)?);
            meta.checksum = u16_at(payload, 6).ok_or(short)?;
            // A length shorter than the IP payload ends the datagram; 0 is offload or a jumbogram.
            if len >= 8 && meta.proto == Proto::UDP {
                meta.wire_len = meta.wire_len.min(u32::try_from(len).unwrap_or(u32::MAX));
                meta.payload_len = meta.payload_len.min(meta.wire_len);
            }
            8
        }
        Proto::ICMP | Proto::ICMP6 => {
            let kind = u8_at(payload, 0).ok_or(short)?;
            meta.flags = TcpFlags(kind);
            meta.checksum = u16_at(payload, 2).ok_or(short)?;
            // Echo identifier and sequence, as far as there are any.
            meta.seq = u32_at(payload, 4).unwrap_or_default();
            meta.src_port = 0;
            meta.dst_port = request_type(meta.proto, kind);
            let header = payload.len().min(8);
            return Ok(above(meta, header));
        }
        _ => {
            // SCTP: ports where TCP has them; its chunks are not followed.
            meta.src_port = u16_at(payload, 0).ok_or(short)?;
            meta.dst_port = u16_at(payload, 2).ok_or(short)?;
            return Ok(above(meta, payload.len().min(12)));
        }
    };
    meta.src_port = u16_at(payload, 0).ok_or(short)?;
    meta.dst_port = u16_at(payload, 2).ok_or(short)?;
    Ok(above(meta, header))
}

/// Moves the payload past a header of `header` bytes.
#[inline]
fn above(mut meta: Meta, header: usize) -> Meta {
    let header = u32::try_from(header).unwrap_or(u32::MAX);
    let inside = header.min(meta.payload_len);
    meta.payload_start = meta.payload_start.saturating_add(inside);
    meta.payload_len -= inside;
    meta.wire_len = meta.wire_len.saturating_sub(header);
    meta
}

/// An echo reply belongs to the echo request's flow.
const fn request_type(proto: Proto, kind: u8) -> u16 {
    let request = match (proto, kind) {
        (Proto::ICMP, 0) => 8,
        (Proto::ICMP, 14) => 13,
        (Proto::ICMP6, 129) => 128,
        (_, kind) => kind,
    };
    request as u16
}
