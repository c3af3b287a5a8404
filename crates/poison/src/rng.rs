//! Chance from a seed: SplitMix64 (Steele, Lea and Flood, 2014). Not for secrets.

use ostium_event::Span;

/// A source of chance; each actor has its own, so that one's draws never shift another's.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

// === impl Rng ===

impl Rng {
    /// The source of a seed and a label.
    pub(crate) fn new(seed: u64, label: &str) -> Self {
        let mut rng = Self(seed);
        for byte in label.bytes() {
            rng.0 = rng.next() ^ u64::from(byte);
        }
        rng
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from 0 to 1, 1 excluded.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn size(&mut self, low: u32, high: u32) -> u32 {
        let wide = u64::from(high.saturating_sub(low)) + 1;
        low + u32::try_from(self.next() % wide).unwrap_or(0)
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A wait of no memory with this mean.
    pub(crate) fn wait(&mut self, mean: Span) -> Span {
        Span::from_secs_f64(-mean.secs_f64() * (1.0 - self.unit()).ln())
    }

    /// A wait whose logarithm is even between the two: most are short, some are long.
    pub(crate) fn spread(&mut self, low: Span, high: Span) -> Span {
        Span::from_secs_f64(self.between(low.secs_f64().ln(), high.secs_f64().ln()).exp())
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let last = u32::try_from(of.len().checked_sub(1)?).ok()?;
        of.get(self.size(0, last) as usize)
    }
}
