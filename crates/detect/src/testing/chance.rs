//! Chance from a seed, and how bots sleep.

/// Numbers that look random and are the same in every run (SplitMix64, Steele et al. 2014).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

/// How long a bot sleeps between two calls, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sleep {
    /// Shortened by up to a share: uniform in `[s * (1 - j), s]`.
    Shortened(f64, f64),
    /// Shorter or longer by up to a share: uniform in `[s * (1 - j), s * (1 + j)]`.
    Around(f64, f64),
    /// Human: exponential, without memory.
    Random(f64),
}

// === impl Chance ===

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    /// `count` characters of an alphabet.
    pub(crate) fn text(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count).map(|_| char::from(*self.pick(alphabet))).collect()
    }
}

// === impl Sleep ===

impl Sleep {
    pub(crate) fn draw(self, chance: &mut Chance) -> f64 {
        match self {
            Self::Shortened(s, j) => chance.between(s * (1.0 - j), s),
            Self::Around(s, j) => chance.between(s * (1.0 - j), s * (1.0 + j)),
            Self::Random(mean) => -mean * (1.0 - chance.unit()).ln(),
        }
    }

    /// When calls happen from `from` until `until`.
    pub(crate) fn times(self, from: f64, until: f64, chance: &mut Chance) -> Vec<f64> {
        let mut times = Vec::new();
        let mut at = from;
        while at < until {
            times.push(at);
            at += self.draw(chance);
        }
        times
    }
}
