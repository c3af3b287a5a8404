//! Thresholds out of clean hosts, and shares with their intervals.

/// So many of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) hits: usize,
    pub(super) of: usize,
}

/// The lowest threshold that at most this share of the clean hosts lies above. What is found lies
/// above it too, so that hosts which score the same are found together or not at all.
pub(super) fn threshold(clean: &[f64], false_share: f64) -> f64 {
    let mut sorted = clean.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let allowed = (clean.len() as f64 * false_share).floor() as usize;
    sorted.get(allowed).copied().unwrap_or(f64::NEG_INFINITY)
}

// === impl Share ===

impl Share {
    pub(super) fn above(values: impl Iterator<Item = f64>, threshold: f64) -> Self {
        values.fold(Self::default(), |share, value| Self {
            hits: share.hits + usize::from(value > threshold),
            of: share.of + 1,
        })
    }

    pub(super) fn value(self) -> f64 {
        self.hits as f64 / self.of.max(1) as f64
    }

    /// Do the intervals of both have nothing in common?
    pub(super) fn is_apart(self, other: Self) -> bool {
        let (a, b) = (self.interval(), other.interval());
        a.0 > b.1 || b.0 > a.1
    }

    /// Wilson's interval of 95 %.
    pub(super) fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p, z) = (self.of as f64, self.value(), 1.959_964_f64);
        let middle = p + z * z / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + z * z / n;
        (((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_through_no_more_than_it_may() {
        let clean: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(threshold(&clean, 0.01), 989.0);
        assert_eq!(threshold(&clean, 0.001), 998.0);
        assert_eq!(threshold(&clean[..500], 0.001), 499.0, "of few hosts it is the highest");
        assert_eq!(threshold(&[1.0; 1000], 0.01), 1.0, "equals stay below together");
    }

    #[test]
    fn intervals_are_those_of_wilson() {
        let (low, high) = Share { hits: 8, of: 10 }.interval();
        assert!((low - 0.4902).abs() < 1e-3 && (high - 0.9433).abs() < 1e-3, "{low} {high}");
        let (low, high) = Share { hits: 20, of: 20 }.interval();
        assert!((low - 0.8389).abs() < 1e-3 && high > 0.999, "{low} {high}");
    }
}
