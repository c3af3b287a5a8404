//! How much is let go: by whole flows, before the kernel drops packets at random.

use std::time::Duration;

use ostium_pipeline::MOST_SHED;

/// The level of shedding, by how full the inbox is.
#[derive(Debug, Default)]
pub(crate) struct Load {
    level: u32,
    /// How long the inbox was nearly empty.
    calm: Duration,
    since_change: Duration,
}

/// Above this a level more is let go, at most every tenth of a second.
const FULL: f64 = 0.6;
/// Below this for a second, one level less.
const EMPTY: f64 = 0.1;
const HASTE: Duration = Duration::from_millis(100);
const CALM: Duration = Duration::from_secs(1);

// === impl Load ===

impl Load {
    /// The level after `passed` with the inbox this full.
    pub(crate) fn step(&mut self, fullness: f64, passed: Duration) -> u32 {
        self.since_change += passed;
        self.calm = if fullness < EMPTY { self.calm + passed } else { Duration::ZERO };
        if fullness > FULL && self.since_change >= HASTE && self.level < MOST_SHED {
            self.level += 1;
            self.since_change = Duration::ZERO;
        } else if self.calm >= CALM && self.level > 0 {
            self.level -= 1;
            self.calm = Duration::ZERO;
            self.since_change = Duration::ZERO;
        }
        self.level
    }

    pub(crate) const fn level(&self) -> u32 {
        self.level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_by_steps_under_load_and_falls_slowly_when_it_is_over() {
        let (mut load, tick) = (Load::default(), Duration::from_millis(10));
        let mut levels: Vec<u32> = (0..50).map(|_| load.step(0.9, tick)).collect();
        assert_eq!(levels.last(), Some(&5), "one level each tenth of a second");
        levels.extend((0..50).map(|_| load.step(0.3, tick)));
        assert_eq!(levels.last(), Some(&5), "neither full nor empty: it stays");
        levels.extend((0..600).map(|_| load.step(0.0, tick)));
        assert_eq!(levels.last(), Some(&0));
        assert!(levels.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 1));
        (0..10_000).for_each(|_| assert!(load.step(1.0, tick) <= MOST_SHED));
    }
}
