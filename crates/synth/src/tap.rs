//! The tap: what of the packets it sees.

use ostium_event::{Addr, Home};

use crate::rng::Rng;

/// What a tap sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    /// Which direction.
    pub sees: Sees,
    /// Share of packets that it loses, 0 to 1.
    pub loss: f64,
}

/// Directions that a tap sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sees {
    /// Both.
    #[default]
    Both,
    /// What leaves the network.
    Out,
    /// What comes in.
    In,
}

/// A tap at work.
pub(crate) struct Filter {
    tap: Tap,
    home: Home,
    rng: Rng,
}

// === impl Tap ===

impl Default for Tap {
    fn default() -> Self {
        Self { sees: Sees::Both, loss: 0.0 }
    }
}

impl Tap {
    /// It sees every packet.
    pub fn is_whole(&self) -> bool {
        self.sees == Sees::Both && self.loss <= 0.0
    }
}

// === impl Filter ===

impl Filter {
    pub(crate) fn new(tap: Tap, home: Home, seed: u64) -> Self {
        Self { tap, home, rng: Rng::fork(seed, "tap") }
    }

    /// Does the tap see this frame?
    pub(crate) fn sees(&mut self, frame: &[u8]) -> bool {
        if self.tap.loss > 0.0 && self.rng.chance(self.tap.loss) {
            return false;
        }
        if self.tap.sees == Sees::Both {
            return true;
        }
        let Some((source, target)) = ends(frame) else {
            return true;
        };
        let outward = self.home.contains(source) && !self.home.contains(target);
        let inward = self.home.contains(target) && !self.home.contains(source);
        match self.tap.sees {
            Sees::Both => true,
            Sees::Out => outward,
            Sees::In => inward,
        }
    }
}

/// Source and target of a frame of ours.
fn ends(frame: &[u8]) -> Option<(Addr, Addr)> {
    let v4 = |at: usize| frame.get(at..at + 4)?.try_into().ok().map(Addr::v4);
    let v6 = |at: usize| frame.get(at..at + 16)?.try_into().ok().map(Addr::v6);
    match frame.get(12..14)? {
        [0x08, 0x00] => v4(26).zip(v4(30)),
        _ => v6(22).zip(v6(38)),
    }
}
