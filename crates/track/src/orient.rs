//! Which end is inside, and which shard owns the conversation.

use ostium_event::{Addr, FlowKey, Home, Proto, Scope};
use ostium_wire::{Ends, Meta};

/// A packet seen from inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facing {
    /// The flow that it belongs to.
    pub key: FlowKey,
    /// It was sent by the inside end.
    pub from_inside: bool,
    /// Does the conversation leave the network?
    pub scope: Scope,
}

// === impl Facing ===

impl Facing {
    /// The same two ends, now that the ports of a fragmented datagram are known.
    pub(crate) fn with_ports(mut self, meta: &Meta) -> Self {
        (self.key.inside_port, self.key.outside_port) = match self.from_inside {
            true => (meta.src_port, meta.dst_port),
            false => (meta.dst_port, meta.src_port),
        };
        self.key = settle_icmp(self.key);
        self
    }

    /// Orients a packet. When both ends are inside, or both outside, the end with the larger port
    /// is taken for the client and stands in the place of the inside host.
    #[inline]
    pub fn of(meta: &Meta, home: &Home) -> Self {
        let (from_inside, scope) = sides(&meta.into(), home);
        let key = if from_inside {
            FlowKey {
                inside: meta.src,
                outside: meta.dst,
                inside_port: meta.src_port,
                outside_port: meta.dst_port,
                proto: meta.proto,
            }
        } else {
            FlowKey {
                inside: meta.dst,
                outside: meta.src,
                inside_port: meta.dst_port,
                outside_port: meta.src_port,
                proto: meta.proto,
            }
        };
        Self { key: settle_icmp(key), from_inside, scope }
    }
}

/// The inside host of a packet: that of its [`Facing`].
#[inline]
pub fn inside_of(ends: &Ends, home: &Home) -> Addr {
    let (from_inside, _) = sides(ends, home);
    if from_inside { ends.src } else { ends.dst }
}

/// Was it sent by the inside end, and does it leave the network?
#[inline]
fn sides(ends: &Ends, home: &Home) -> (bool, Scope) {
    let (src_in, dst_in) = (home.contains(ends.src), home.contains(ends.dst));
    match (src_in, dst_in) {
        (true, false) => (true, Scope::Egress),
        (false, true) => (false, Scope::Egress),
        (both, _) => {
            // ICMP has no ports that tell: its larger address is the client.
            let client = match ends.proto {
                Proto::ICMP | Proto::ICMP6 => ends.src > ends.dst,
                _ => (ends.src_port, ends.src) > (ends.dst_port, ends.dst),
            };
            (client, if both { Scope::Internal } else { Scope::Transit })
        }
    }
}

/// ICMP has no ports: its request type stands in the outside port for both directions.
fn settle_icmp(mut key: FlowKey) -> FlowKey {
    if matches!(key.proto, Proto::ICMP | Proto::ICMP6) {
        key.outside_port = key.outside_port.max(key.inside_port);
        key.inside_port = 0;
    }
    key
}

/// The shard, of `shards`, that owns an inside host. Fixed for all time: the partition is part of
/// what makes reports reproducible.
#[inline]
pub fn shard_of(inside: Addr, shards: u32) -> u32 {
    let bits = inside.bits();
    let folded = (bits as u64) ^ (bits >> 64) as u64;
    // Fibonacci hashing spreads neighbours over all shards.
    let mixed = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (((mixed >> 32) * u64::from(shards.max(1))) >> 32) as u32
}
