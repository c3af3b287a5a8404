//! Chance from a seed (SplitMix64: Steele, Lea and Flood 2014).

/// A source of chance.
pub(super) struct Chance(u64);

// === impl Chance ===

impl Chance {
    /// Seeds that are near each other give sources that are not.
    pub(super) fn new(seed: u64, what: u64) -> Self {
        let mut source = Self(seed);
        Self(source.next() ^ what.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from `low` to `high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn size(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    pub(super) fn is(&mut self, probability: f64) -> bool {
        self.between(0.0, 1.0) < probability
    }

    /// Evenly by order of magnitude.
    pub(super) fn magnitude(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// A wait without memory.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.between(0.0, 1.0)).ln()
    }

    /// The law of sizes and of how long people take.
    pub(super) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        let normal = (0..12).map(|_| self.between(0.0, 1.0)).sum::<f64>() - 6.0;
        median * (sigma * normal).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_means_of_their_laws() {
        let mut chance = Chance::new(1, 2);
        let mut mean = |draw: &dyn Fn(&mut Chance) -> f64| {
            (0..20_000).map(|_| draw(&mut chance)).sum::<f64>() / 20_000.0
        };
        assert!((mean(&|c| c.between(2.0, 4.0)) - 3.0).abs() < 0.02);
        assert!((mean(&|c| c.exponential(5.0)) - 5.0).abs() < 0.2);
        assert!((mean(&|c| c.lognormal(1.0, 0.5)) - (0.125f64).exp()).abs() < 0.03);
        assert!((mean(&|c| c.size(1, 3) as f64) - 2.0).abs() < 0.03);
    }
}
