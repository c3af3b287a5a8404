//! A histogram of intervals in quarter octaves, from a quarter of a second to three days.

/// Quarter-octave buckets.
const BUCKETS: usize = 80;
/// The lower bound of the first bucket, in seconds.
const FLOOR: f32 = 0.25;

/// Counts of intervals; halved when a count is full, so that it follows the recent past.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Histogram {
    #[serde(with = "crate::keep::array")]
    counts: [u16; BUCKETS],
    total: u32,
}

// === impl Histogram ===

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; BUCKETS], total: 0 }
    }
}

impl Histogram {
    /// Adds an interval in seconds.
    pub fn add(&mut self, secs: f32) {
        let Some(count) = self.counts.get_mut(bucket(secs)) else {
            return;
        };
        *count += 1;
        self.total += 1;
        if *count == u16::MAX {
            self.total = 0;
            for count in &mut self.counts {
                *count /= 2;
                self.total += u32::from(*count);
            }
        }
    }

    /// Looks at each of its lines of memory; the number means nothing.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        self.counts.iter().step_by(26).fold(0, |sum, n| sum ^ u64::from(*n))
    }

    /// Intervals counted.
    pub const fn total(&self) -> u32 {
        self.total
    }

    /// The interval, in seconds, below which `share` of all lie; 0 when there are none. The middle
    /// of its bucket, so up to 9 % off.
    pub fn quantile(&self, share: f32) -> f32 {
        if self.total == 0 {
            return 0.0;
        }
        let rank = ((share.clamp(0.0, 1.0) * self.total as f32) as u32).min(self.total - 1);
        // Whole parts first, as long as it does not lie within them.
        let (parts, _) = self.counts.as_chunks::<16>();
        let (mut below, mut at) = (0, 0);
        for part in parts {
            let with = below + sum(part);
            if with > rank {
                break;
            }
            (below, at) = (with, at + part.len());
        }
        for (at, count) in self.counts.iter().enumerate().skip(at) {
            below += u32::from(*count);
            if below > rank {
                return middle(at);
            }
        }
        middle(BUCKETS - 1)
    }

    /// The largest share of intervals that lie within `quarters` adjacent quarter octaves: with four
    /// of them, within a factor of two (the jitter of a sleep that is shortened by up to half).
    pub fn densest(&self, quarters: usize) -> f32 {
        let best = self.counts.windows(quarters.clamp(1, BUCKETS)).map(sum).max().unwrap_or(0);
        if self.total == 0 { 0.0 } else { best as f32 / self.total as f32 }
    }

    /// Bucket centres in seconds with their counts, where there are any.
    pub fn bars(&self) -> impl Iterator<Item = (f32, u16)> + '_ {
        self.counts.iter().enumerate().filter(|(_, c)| **c > 0).map(|(at, c)| (middle(at), *c))
    }

    /// The counts from the first bucket that holds any to the last, and the bounds of these buckets
    /// in seconds: one more than there are buckets. The first of all buckets begins at 0.
    pub fn filled(&self) -> (Vec<f32>, &[u16]) {
        let first = self.counts.iter().position(|c| *c > 0).unwrap_or(BUCKETS);
        let last = self.counts.iter().rposition(|c| *c > 0).map_or(first, |at| at + 1);
        let counts = self.counts.get(first..last).unwrap_or_default();
        let bound = |at: usize| if at == 0 { 0.0 } else { FLOOR * (at as f32 / 4.0).exp2() };
        let bounds =
            if counts.is_empty() { Vec::new() } else { (first..=last).map(bound).collect() };
        (bounds, counts)
    }
}

fn sum(counts: &[u16]) -> u32 {
    counts.iter().map(|c| u32::from(*c)).sum()
}

/// Four times the binary logarithm, rounded down: its whole part stands in the exponent, its
/// quarters follow from three comparisons of the mantissa.
#[inline]
fn bucket(secs: f32) -> usize {
    const QUARTERS: [u32; 3] = [0x18_37f1, 0x35_04f4, 0x57_44fd];
    let bits = (secs / FLOOR).max(1.0).to_bits();
    let (whole, part) = ((bits >> 23).saturating_sub(127), bits & 0x7f_ffff);
    let quarters: u32 = QUARTERS.iter().map(|bound| u32::from(part >= *bound)).sum();
    ((whole * 4 + quarters) as usize).min(BUCKETS - 1)
}

fn middle(bucket: usize) -> f32 {
    FLOOR * ((bucket as f32 + 0.5) / 4.0).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn buckets_are_quarter_octaves(secs in 0.0f32..1e7) {
            let exact = (f64::from(secs) / f64::from(FLOOR)).max(1.0).log2() * 4.0;
            prop_assert_eq!(bucket(secs), (exact as usize).min(BUCKETS - 1));
        }
    }

    #[test]
    fn the_ends_hold_what_lies_beyond() {
        assert_eq!([bucket(0.0), bucket(-1.0), bucket(f32::NAN)], [0; 3]);
        assert_eq!([bucket(f32::INFINITY), bucket(f32::MAX)], [BUCKETS - 1; 2]);
    }
}
