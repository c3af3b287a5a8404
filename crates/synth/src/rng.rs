//! Chance from a seed: the same seed gives the same world on every machine.
//!
//! Generator: xoshiro256** seeded by SplitMix64 (Blackman and Vigna, "Scrambled linear
//! pseudorandom number generators", 2021). Logarithm and exponential are our own, out of exact
//! arithmetic only, because those of the system differ in the last digit. Not for secrets.

/// A source of chance. [`Rng::fork`] gives every actor its own, so that one actor's draws never
/// shift another's.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

/// Mixes 64 bits into 64 others (the finaliser of SplitMix64).
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Folds text into a seed.
pub(crate) fn mix_text(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte)))
}

// === impl Rng ===

impl Rng {
    /// The source of a seed.
    pub fn new(seed: u64) -> Self {
        let mut state = [0; 4];
        let mut value = seed;
        for word in &mut state {
            value = mix(value);
            *word = value;
        }
        Self { state }
    }

    /// An independent source, named so that it does not depend on who was forked before.
    pub fn fork(seed: u64, label: &str) -> Self {
        Self::new(mix_text(seed, label))
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// Evenly from 0 to 1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Evenly from `low` to `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `n`; 0 when `n` is 0. The bias is below n / 2^64.
    pub const fn below(&mut self, n: usize) -> usize {
        ((self.next() as u128 * n as u128) >> 64) as usize
    }

    /// A whole number from `low` to `high`, both included.
    pub const fn size(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether a thing of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of them; the default of an empty list.
    pub fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        list.get(self.below(list.len())).copied().unwrap_or_default()
    }

    /// A waiting time without memory.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -ln(1.0 - self.unit()) * mean
    }

    /// Lognormal around a median: the law of page sizes and of how long people look.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        // Twelve uniforms are close enough to a normal, and bounded.
        let normal = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        median * exp(sigma * normal)
    }

    /// Rank by Zipf's law (exponent 1): low ranks often, high ranks seldom.
    pub fn zipf(&mut self, n: usize) -> usize {
        let rank = exp(self.unit() * ln(n as f64 + 1.0)) - 1.0;
        (rank as usize).min(n.saturating_sub(1))
    }

    /// As many bytes that look encrypted.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }

    /// As many letters of an alphabet.
    pub fn text(&mut self, alphabet: &str, count: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..count).map(|_| char::from(self.pick(letters))).collect()
    }
}

/// Natural logarithm of a positive number, by the series of the inverse hyperbolic tangent.
fn ln(x: f64) -> f64 {
    if x <= 0.0 || !x.is_finite() {
        return -700.0;
    }
    let (mut x, mut halvings) = (x, 0.0);
    while x > 1.5 {
        x /= 2.0;
        halvings += 1.0;
    }
    while x < 0.75 {
        x *= 2.0;
        halvings -= 1.0;
    }
    let t = (x - 1.0) / (x + 1.0);
    let mut sum = 0.0;
    for k in (0..12).rev() {
        sum = sum * t * t + 1.0 / f64::from(2 * k + 1);
    }
    2.0 * t * sum + halvings * std::f64::consts::LN_2
}

/// e to the power of x, by squaring a short series.
fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0) / 1024.0;
    let mut sum = 1.0;
    for k in (1..10).rev() {
        sum = 1.0 + x / f64::from(k) * sum;
    }
    (0..10).fold(sum, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_draws() {
        let draw = |seed| {
            let mut rng = Rng::fork(seed, "a");
            (0..4).map(|_| rng.next()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_ne!(Rng::fork(7, "a").next(), Rng::fork(7, "b").next());
    }

    #[test]
    fn logarithm_and_exponential_agree_with_the_system() {
        for n in 1..2000 {
            let x = f64::from(n) / 37.0;
            assert!((ln(x) - x.ln()).abs() < 1e-9, "ln {x}");
            assert!((exp(-x) - (-x).exp()).abs() < 1e-9, "exp -{x}");
        }
    }

    #[test]
    fn laws_have_their_means() {
        let mut rng = Rng::new(1);
        let n = 20_000;
        let mean = |f: &mut dyn FnMut() -> f64| (0..n).map(|_| f()).sum::<f64>() / f64::from(n);
        assert!((mean(&mut || rng.unit()) - 0.5).abs() < 0.01);
        assert!((mean(&mut || rng.exponential(10.0)) - 10.0).abs() < 0.4);
        let low = (0..n).filter(|_| rng.lognormal(3.0, 1.0) < 3.0).count();
        assert!((low as f64 / f64::from(n) - 0.5).abs() < 0.02);
        let first = (0..n).filter(|_| rng.zipf(300) == 0).count();
        assert!((1_500..4_000).contains(&first), "{first}");
        assert!((0..n).all(|_| rng.zipf(3) < 3 && (2..=4).contains(&rng.size(2, 4))));
    }
}
