//! Time while a world is played live: that of the world passes faster than the clock, by a factor,
//! and ends for all at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ostium_event::{Span, Timestamp};

use crate::clock;

/// The time of one run.
pub(crate) struct Pace<'a> {
    begun: Instant,
    length: Duration,
    factor: f64,
    world: Timestamp,
    stop: &'a AtomicBool,
}

/// How long anybody sleeps before looking whether all is over.
pub(crate) const SLICE: Duration = Duration::from_millis(50);

// === impl Pace ===

impl<'a> Pace<'a> {
    /// Begins now, in a world that begins at `world`.
    pub(crate) fn begin(
        (length, factor): (Duration, f64),
        world: Timestamp,
        stop: &'a AtomicBool,
    ) -> Self {
        Self { begun: clock::now(), length, factor, world, stop }
    }

    /// How many times as fast the world's time passes.
    pub(crate) const fn factor(&self) -> f64 {
        self.factor
    }

    /// Real time that has passed.
    pub(crate) fn passed(&self) -> Duration {
        clock::now().saturating_duration_since(self.begun)
    }

    /// What time it is in the world.
    pub(crate) fn now(&self) -> Timestamp {
        self.world.plus(Span::from_secs_f64(self.passed().as_secs_f64() * self.factor))
    }

    /// Real time until a time of the world.
    pub(crate) fn until(&self, at: Timestamp) -> Duration {
        self.real(at.since(self.now()))
    }

    /// Real time that so much of the world's time takes.
    pub(crate) fn real(&self, span: Span) -> Duration {
        let seconds = span.secs_f64() / self.factor;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// It is over, or somebody wants it to be.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.passed() >= self.length
    }

    /// Sleeps until then; `false` when all is over before.
    pub(crate) fn wait_until(&self, at: Timestamp) -> bool {
        loop {
            if self.is_over() {
                return false;
            }
            let left = self.until(at);
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(SLICE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_789_372_800);

    #[test]
    fn a_minute_is_played_in_two_seconds_at_thirty() {
        let stop = AtomicBool::new(false);
        let pace = Pace::begin((Duration::from_secs(60), 30.0), START, &stop);
        assert_eq!(pace.real(Span::from_secs(60)), Duration::from_secs(2));
        let wait = pace.until(START.plus(Span::from_secs(600)));
        assert!(wait <= Duration::from_secs(20) && wait > Duration::from_secs(1), "{wait:?}");
        assert!(pace.until(START).is_zero(), "what has passed is not waited for");
    }

    #[test]
    fn the_worlds_time_passes_faster() {
        let stop = AtomicBool::new(false);
        let pace = Pace::begin((Duration::from_secs(60), 1000.0), START, &stop);
        assert!(pace.wait_until(START.plus(Span::from_secs(50))));
        assert!(pace.passed() >= Duration::from_millis(50));
        assert!(pace.now() >= START.plus(Span::from_secs(50)));
    }

    #[test]
    fn whoever_waits_hears_of_the_end() {
        let stop = AtomicBool::new(false);
        let short = Pace::begin((Duration::from_millis(20), 1.0), START, &stop);
        assert!(!short.wait_until(START.plus(Span::from_secs(3600))));
        let stopped = AtomicBool::new(true);
        let pace = Pace::begin((Duration::from_secs(60), 1.0), START, &stopped);
        assert!(!pace.wait_until(START.plus(Span::from_secs(3600))));
        assert!(pace.passed() < Duration::from_secs(30));
    }
}
