//! Weights of one class of length, and the bins that turn their sum into nats.
//!
//! Everything is kept in thousandths, so that the text of the model is exact.

use super::shape::FEATURES;

/// How many bins calibrate a class.
pub const BINS: usize = 12;

/// The logistic regression of one class of length and its calibration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Which class of length: see [`class_of`].
    pub class: usize,
    /// The constant and the weight of each feature, in thousandths.
    pub weights: [i32; FEATURES + 1],
    /// Each bin's upper bound of the sum (the last has none) and its nats, both in thousandths,
    /// both rising.
    pub bins: [(i32, i32); BINS],
}

/// The class of a label's length: up to 5, 8, 11, 15 characters, and more.
pub const fn class_of(length: usize) -> usize {
    match length {
        0..=5 => 0,
        6..=8 => 1,
        9..=11 => 2,
        12..=15 => 3,
        _ => 4,
    }
}

// === impl Weights ===

impl Weights {
    /// The weighted sum of a label's features, in thousandths.
    pub fn sum(&self, features: &[f32; FEATURES]) -> f32 {
        let (constant, weights) = self.weights.split_first().unwrap_or((&0, &[]));
        weights.iter().zip(features).fold(*constant as f32, |sum, (w, x)| sum + *w as f32 * x)
    }

    /// The nats of a label.
    pub fn llr(&self, features: &[f32; FEATURES]) -> f32 {
        let sum = self.sum(features);
        let bin = self.bins.iter().find(|(upper, _)| sum <= *upper as f32);
        let nats = bin.or_else(|| self.bins.last()).map_or(0, |(_, nats)| *nats);
        nats as f32 / 1000.0
    }

    /// One line of numbers; [`Weights::read`] reads it back.
    pub fn write(&self) -> String {
        let bins = self.bins.iter().flat_map(|&(upper, nats)| [upper, nats]);
        let numbers: Vec<String> =
            self.weights.iter().copied().chain(bins).map(|number| number.to_string()).collect();
        format!("{} {}", self.class, numbers.join(" "))
    }

    /// Reads a line of [`Weights::write`]; `None` when a number is missing or too many.
    pub fn read(line: &str) -> Option<Self> {
        let mut numbers = line.split_ascii_whitespace();
        let class = numbers.next()?.parse().ok()?;
        let mut next = || numbers.next()?.parse::<i32>().ok();
        let mut weights = [0; FEATURES + 1];
        for weight in &mut weights {
            *weight = next()?;
        }
        let mut bins = [(0, 0); BINS];
        for bin in &mut bins {
            *bin = (next()?, next()?);
        }
        numbers.next().is_none().then_some(Self { class, weights, bins })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back() {
        let mut weights = Weights { class: 3, weights: [7; FEATURES + 1], bins: [(0, 0); BINS] };
        for (at, bin) in weights.bins.iter_mut().enumerate() {
            *bin = (at as i32 * 100, at as i32 - 5);
        }
        let line = weights.write();
        assert_eq!(Weights::read(&line), Some(weights));
        assert_eq!(Weights::read(&format!("{line} 1")), None);
        assert_eq!(Weights::read(line.rsplit_once(' ').unwrap().0), None);
        assert_eq!(Weights::read(""), None);
    }

    #[test]
    fn a_sum_above_every_bound_is_in_the_last_bin() {
        let mut weights = Weights { class: 0, weights: [0; FEATURES + 1], bins: [(0, -500); BINS] };
        weights.bins[BINS - 1] = (1, 900);
        weights.weights[0] = 5;
        assert_eq!(weights.llr(&[0.0; FEATURES]), 0.9);
        weights.weights[0] = -5;
        assert_eq!(weights.llr(&[0.0; FEATURES]), -0.5);
    }
}
