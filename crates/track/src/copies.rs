//! Copies of a packet, as mirror ports make them: same identification, sequence and length within
//! five milliseconds; of datagrams, the same first and last bytes too, because a host may leave all
//! the rest to its network card.
//!
//! Bias: a copy comes once. What repeats more often (a flood of equal packets) is traffic, so after
//! a copy was found the memory of it is cleared.

use ostium_event::{Proto, Timestamp};
use ostium_wire::Meta;

const WITHIN_MICROS: u32 = 5_000;

/// The last two packets of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Copies {
    recent: [(u32, u32); 2],
}

// === impl Copies ===

impl Copies {
    /// Is this packet a copy of one just seen?
    #[inline]
    pub(crate) fn is_copy(&mut self, at: Timestamp, meta: &Meta, payload: &[u8]) -> bool {
        let print = print(meta, payload);
        let micros = (at.nanos() / 1000) as u32;
        for slot in &mut self.recent {
            if slot.0 == print && micros.wrapping_sub(slot.1) <= WITHIN_MICROS {
                *slot = (0, 0);
                return true;
            }
        }
        let [newer, older] = &mut self.recent;
        *older = *newer;
        *newer = (print, micros);
        false
    }
}

/// 32 bits that differ between packets, never 0. Time to live and link addresses may differ between
/// copies and take no part.
#[inline]
fn print(meta: &Meta, payload: &[u8]) -> u32 {
    let a = match meta.proto {
        Proto::TCP => u64::from(meta.seq) << 32 | u64::from(meta.ack),
        _ => ends(payload),
    };
    let b = u64::from(meta.ip_id) << 48
        | u64::from(meta.checksum) << 32
        | u64::from(meta.wire_len & 0xff_ffff) << 8
        | u64::from(meta.flags.0);
    let mixed =
        (a ^ b.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xc2b2_ae3d);
    (mixed >> 32) as u32 | 1
}

/// The first and last eight bytes, mixed.
#[inline]
fn ends(payload: &[u8]) -> u64 {
    let first = payload.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let last = payload.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    first ^ last.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
