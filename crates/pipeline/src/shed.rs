//! Letting go of whole flows when there is too much to do.
//!
//! Half a flow misleads (a start without its end, a reply without its question), so a flow is
//! analysed whole or not at all: by a hash of its two ends, the same for both directions. Each
//! level halves what is analysed, over all hosts alike; names are always heard, because blocking
//! needs them. What a host does is thinned, never given to another. The hash is another one in each
//! process, so that nobody can choose flows that are never looked at.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use ostium_wire::{Ends, LinkType, decode, glance};

/// Which flows are let go.
#[derive(Debug, Default)]
pub(crate) struct Shed {
    mask: u64,
    packets: u64,
    hasher: RandomState,
}

/// The highest level of shedding: one flow in 1024.
pub const MOST_SHED: u32 = 10;
const DNS: u16 = 53;

// === impl Shed ===

impl Shed {
    /// One flow in `2^level` stays.
    pub(crate) const fn set(&mut self, level: u32) {
        let level = if level > MOST_SHED { MOST_SHED } else { level };
        self.mask = (1 << level) - 1;
    }

    /// Packets let go so far.
    pub(crate) const fn packets(&self) -> u64 {
        self.packets
    }

    /// Is this packet of a flow that is let go?
    #[inline]
    pub(crate) fn lets_go(&mut self, link: LinkType, frame: &[u8]) -> bool {
        if self.mask == 0 {
            return false;
        }
        let ends = glance(link, frame).or_else(|| decode(link, frame).ok().map(|m| Ends::from(&m)));
        let gone = ends.is_some_and(|ends| self.goes(&ends));
        self.packets += u64::from(gone);
        gone
    }

    fn goes(&self, ends: &Ends) -> bool {
        if ends.src_port == DNS || ends.dst_port == DNS {
            return false;
        }
        let (one, other) = ((ends.src, ends.src_port), (ends.dst, ends.dst_port));
        let both = (one.min(other), one.max(other), ends.proto);
        self.hasher.hash_one(both) & self.mask != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ostium_event::{Addr, Proto};
    use proptest::prelude::*;

    fn ends(n: u32, port: u16) -> Ends {
        let src = Addr::v4(n.to_be_bytes());
        let dst = Addr::v4([192, 0, 2, 1]);
        Ends { src, dst, src_port: port, dst_port: 443, proto: Proto::TCP }
    }

    fn turned(e: Ends) -> Ends {
        Ends { src: e.dst, dst: e.src, src_port: e.dst_port, dst_port: e.src_port, proto: e.proto }
    }

    #[test]
    fn each_level_halves_what_is_left() {
        let mut shed = Shed::default();
        for level in 0..=4 {
            shed.set(level);
            let stay = (0..16_000).filter(|n| !shed.goes(&ends(*n, 4000))).count();
            let wanted = 16_000 >> level;
            assert!(stay.abs_diff(wanted) < wanted / 8 + 1, "{level}: {stay} of {wanted}");
        }
    }

    proptest! {
        #[test]
        fn both_directions_go_or_stay_and_lower_levels_keep_what_higher_keep(
            n: u32, port: u16, level in 0..12u32,
        ) {
            let mut shed = Shed::default();
            shed.set(level);
            let gone = shed.goes(&ends(n, port));
            prop_assert_eq!(gone, shed.goes(&turned(ends(n, port))));
            if !gone {
                shed.set(level.saturating_sub(1));
                prop_assert!(!shed.goes(&ends(n, port)));
            }
            prop_assert!(!shed.goes(&ends(n, DNS)), "names are always heard");
        }
    }
}
