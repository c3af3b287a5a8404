//! How long bots sleep between two polls: the laws that their families are built with.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::rng::Rng;

/// A sleep and how it varies.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sleep {
    /// The sleep as it is configured.
    pub every: Span,
    /// How much it varies: a share of the sleep from 0 to 1, or the width of a heavy tail.
    pub jitter: f64,
    /// How it varies.
    pub law: SleepLaw,
}

/// How a sleep varies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SleepLaw {
    /// Never longer than configured, shorter by up to the jitter, as Cobalt Strike's is.
    #[default]
    Shorten,
    /// Longer or shorter by up to the jitter, as that of Empire and PoshC2 is.
    Symmetric,
    /// Longer by up to the jitter, as with programs that add a random wait.
    Lengthen,
    /// Lognormal around the sleep, the jitter being its width: no clock is left in it.
    HeavyTail,
    /// Without memory, whatever the jitter.
    Random,
    /// By the clock of the machine: late by up to the jitter, but never more and more.
    Clock,
}

// === impl Sleep ===

impl Sleep {
    /// A sleep that only shortens.
    pub const fn of(seconds: u64, jitter: f64) -> Self {
        Self { every: Span::from_secs(seconds), jitter, law: SleepLaw::Shorten }
    }

    /// The end of a sleep that begins at `now`.
    pub fn after(&self, rng: &mut Rng, now: Timestamp) -> Timestamp {
        let (every, jitter) = (self.every.secs_f64(), self.jitter);
        let wait = match self.law {
            SleepLaw::Shorten => every * rng.between(1.0 - jitter, 1.0),
            SleepLaw::Symmetric => every * rng.between(1.0 - jitter, 1.0 + jitter),
            SleepLaw::Lengthen => every * rng.between(1.0, 1.0 + jitter),
            SleepLaw::HeavyTail => rng.lognormal(every, jitter),
            SleepLaw::Random => rng.exponential(every),
            SleepLaw::Clock => {
                let nanos = self.every.nanos().max(1);
                let next = (now.nanos() / nanos + 1) * nanos;
                let late = Span::from_secs_f64(every * rng.between(0.0, jitter));
                return Timestamp::from_nanos(next).plus(late);
            }
        };
        // No program sleeps for nothing.
        now.plus(Span::from_secs_f64(wait.max(0.01)))
    }
}

impl Default for Sleep {
    fn default() -> Self {
        Self::of(60, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(law: SleepLaw, jitter: f64) -> Vec<f64> {
        let sleep = Sleep { every: Span::from_secs(60), jitter, law };
        let mut rng = Rng::new(1);
        let now = Timestamp::from_secs(1_789_372_830);
        (0..4000).map(|_| sleep.after(&mut rng, now).since(now).secs_f64()).collect()
    }

    #[test]
    fn each_law_keeps_its_bounds() {
        for (law, jitter, low, high, mean) in [
            (SleepLaw::Shorten, 0.9, 6.0, 60.0, 33.0),
            (SleepLaw::Symmetric, 0.5, 30.0, 90.0, 60.0),
            (SleepLaw::Lengthen, 0.25, 60.0, 75.0, 67.5),
            (SleepLaw::HeavyTail, 1.0, 0.01, 30_000.0, 98.9),
            (SleepLaw::Random, 0.0, 0.01, 1000.0, 60.0),
            (SleepLaw::Clock, 0.1, 30.0, 36.0, 33.0),
        ] {
            let all = draws(law, jitter);
            assert!(all.iter().all(|w| (low..=high).contains(w)), "{law:?}");
            let found = all.iter().sum::<f64>() / all.len() as f64;
            assert!((found / mean - 1.0).abs() < 0.08, "{law:?}: {found}");
        }
    }
}
