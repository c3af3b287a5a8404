//! Streaming statistics of a series of times, in constant memory.
//!
//! Sources: local variation Lv (Shinomoto, Shima and Tanji 2003), the share of intervals within a
//! factor of two, and the dispersion of sums of intervals, which is the dual of the Fano factor of
//! counts (Cox and Lewis 1966): it needs no window length chosen in advance. The variation of single
//! intervals (Greenwood 1946) says more when they are few. Intervals more than ten medians long are
//! pauses and are cut out; close bursts are merged first.

use ostium_event::{Span, Timestamp};

use crate::histogram::Histogram;

/// Intervals in one look at sustained regularity.
const LOOK: usize = 8;
/// Intervals summed for the dispersion test.
const SUMMED: u32 = 6;
/// A pause is this many medians long.
const PAUSE: f32 = 10.0;

/// A variation below this is a clock's, and its logarithm says no more.
const SMALLEST: f64 = 1e-6;

/// Statistics of one series.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Timing {
    merge: Span,
    first: Timestamp,
    burst: Timestamp,
    last: Timestamp,
    starts: u32,
    merged: u32,
    previous: f32,
    intervals: u32,
    sum: f64,
    squares: f64,
    lv_sum: f64,
    lv_terms: u32,
    histogram: Histogram,
    /// Median as of a few intervals ago.
    median: f32,
    look: [f32; LOOK],
    looking: u8,
    looks: u32,
    passed: u32,
    hours_passed: u32,
    last_hour: u64,
    pauses: u32,
    partial: f64,
    partial_terms: u32,
    sums: u32,
    sums_mean: f64,
    sums_m2: f64,
}

/// What the statistics say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regularity {
    /// Starts after merging bursts.
    pub starts: u32,
    /// Intervals that count.
    pub intervals: u32,
    /// Median interval in seconds.
    pub median: f64,
    /// Mean of the intervals that count, in seconds.
    pub mean: f64,
    /// Local variation: 0 a clock, 1 random, above 1 bursts.
    pub lv: f64,
    /// Largest share of intervals within a factor of two.
    pub win2: f64,
    /// Largest share of intervals within a quarter octave (19 %).
    pub tight: f64,
    /// Variance of single intervals, relative to random: 0 a clock, 1 random, a third what is drawn
    /// evenly between nothing and a limit.
    pub variation: f64,
    /// The same as a standard normal deviate under randomness; very negative is regular.
    pub variation_z: f64,
    /// Dispersion of sums of six intervals, relative to random: below 1 is regular.
    pub dispersion: f64,
    /// The same as a standard normal deviate under randomness; very negative is regular.
    pub dispersion_z: f64,
    /// Looks of eight intervals.
    pub looks: u32,
    /// Those of them that were regular on their own.
    pub looks_passed: u32,
    /// Distinct hours in which such a look ended.
    pub hours_passed: u32,
    /// Pauses cut out.
    pub pauses: u32,
    /// From the first to the last start, in seconds.
    pub span: f64,
}

// === impl Timing ===

impl Timing {
    /// A series in which what follows within `merge` belongs to the same burst.
    pub fn new(merge: Span) -> Self {
        Self {
            merge,
            first: Timestamp::ZERO,
            burst: Timestamp::ZERO,
            last: Timestamp::ZERO,
            starts: 0,
            merged: 0,
            previous: 0.0,
            intervals: 0,
            sum: 0.0,
            squares: 0.0,
            lv_sum: 0.0,
            lv_terms: 0,
            histogram: Histogram::default(),
            median: 0.0,
            look: [0.0; LOOK],
            looking: 0,
            looks: 0,
            passed: 0,
            hours_passed: 0,
            last_hour: u64::MAX,
            pauses: 0,
            partial: 0.0,
            partial_terms: 0,
            sums: 0,
            sums_mean: 0.0,
            sums_m2: 0.0,
        }
    }

    /// Adds a start. One that lies before the last is ignored: its interval cannot be known.
    pub fn add(&mut self, at: Timestamp) {
        if self.starts == 0 {
            (self.first, self.burst, self.last, self.starts) = (at, at, at, 1);
            return;
        }
        if at < self.last {
            return;
        }
        // A burst goes on while its members follow each other closely, but not for ever: a fast
        // clock must survive.
        if at.since(self.last) < self.merge && at.since(self.burst).nanos() < 2 * self.merge.nanos()
        {
            self.last = at;
            self.merged = self.merged.saturating_add(1);
            return;
        }
        let interval = at.since(self.burst).secs_f64() as f32;
        (self.burst, self.last) = (at, at);
        self.starts = self.starts.saturating_add(1);
        self.interval(interval, at);
    }

    fn interval(&mut self, interval: f32, at: Timestamp) {
        let known = self.histogram.total();
        // The median moves slowly: it is worked out anew after every eighth interval.
        if known >= LOOK as u32 && (self.median == 0.0 || known.is_multiple_of(8)) {
            self.median = self.histogram.quantile(0.5);
        }
        if self.median > 0.0 && interval > PAUSE * self.median {
            self.pauses = self.pauses.saturating_add(1);
            (self.previous, self.looking) = (0.0, 0);
            (self.partial, self.partial_terms) = (0.0, 0);
            // A long silence is the beginning of another rhythm when it repeats.
            if self.pauses.is_multiple_of(4) {
                self.histogram.add(interval);
            }
            return;
        }
        self.intervals = self.intervals.saturating_add(1);
        self.sum += f64::from(interval);
        self.squares += f64::from(interval) * f64::from(interval);
        self.histogram.add(interval);
        if self.previous > 0.0 {
            let ratio = f64::from((interval - self.previous) / (interval + self.previous));
            self.lv_sum += ratio * ratio;
            self.lv_terms += 1;
        }
        self.previous = interval;
        self.sum_of_six(interval);
        if let Some(slot) = self.look.get_mut(usize::from(self.looking)) {
            *slot = interval;
        }
        self.looking += 1;
        if usize::from(self.looking) == LOOK {
            self.looking = 0;
            self.looks += 1;
            if is_regular(&self.look) {
                self.passed += 1;
                let hour = at.secs() / 3600;
                if hour != self.last_hour {
                    self.last_hour = hour;
                    self.hours_passed += 1;
                }
            }
        }
    }

    fn sum_of_six(&mut self, interval: f32) {
        self.partial += f64::from(interval);
        self.partial_terms += 1;
        if self.partial_terms < SUMMED {
            return;
        }
        // Welford's running variance.
        self.sums += 1;
        let delta = self.partial - self.sums_mean;
        self.sums_mean += delta / f64::from(self.sums);
        self.sums_m2 += delta * (self.partial - self.sums_mean);
        (self.partial, self.partial_terms) = (0.0, 0);
    }

    /// Starts after merging bursts.
    pub const fn starts(&self) -> u32 {
        self.starts
    }

    /// Starts that were merged into the burst before them.
    pub const fn merged(&self) -> u32 {
        self.merged
    }

    /// Looks of eight intervals that were regular on their own.
    pub const fn looks_passed(&self) -> u32 {
        self.passed
    }

    /// Looks at each of its lines of memory; the number means nothing.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        let sums = u64::from(self.starts) ^ self.sums_m2.to_bits() ^ self.last.nanos();
        sums ^ u64::from(self.look[0].to_bits()) ^ self.histogram.touch()
    }

    /// The intervals by length.
    pub const fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// What the statistics say now.
    pub fn regularity(&self) -> Regularity {
        let intervals = f64::from(self.intervals.max(1));
        let (dispersion, dispersion_z) = self.dispersion();
        let (variation, variation_z) = self.variation();
        Regularity {
            starts: self.starts,
            intervals: self.intervals,
            median: f64::from(self.histogram.quantile(0.5)),
            mean: self.sum / intervals,
            lv: if self.lv_terms == 0 { 1.0 } else { 3.0 * self.lv_sum / f64::from(self.lv_terms) },
            win2: f64::from(self.histogram.densest(4)),
            // Two adjacent quarters, so that a clock on a bucket's edge is as tight as another.
            tight: f64::from(self.histogram.densest(2)),
            variation,
            variation_z,
            dispersion,
            dispersion_z,
            looks: self.looks,
            looks_passed: self.passed,
            hours_passed: self.hours_passed,
            pauses: self.pauses,
            span: self.last.since(self.first).secs_f64(),
        }
    }

    /// Squared coefficient of variation, and its deviate: of exponential intervals its variance, and
    /// so that of its logarithm, is about four over their number (Greenwood 1946, Moran 1947).
    ///
    /// No interval is shorter than what is merged, which alone would make fast random series look
    /// regular; so the mean is taken above that dead time, here and for sums.
    fn variation(&self) -> (f64, f64) {
        let n = f64::from(self.intervals);
        let mean = self.sum / n;
        let above = mean - self.merge.secs_f64();
        if self.intervals < 2 || above <= 0.0 {
            return (1.0, 0.0);
        }
        let variance = (self.squares - n * mean * mean).max(0.0) / (n - 1.0);
        let ratio = variance / (above * above);
        (ratio, n.sqrt() / 2.0 * ratio.max(SMALLEST).ln())
    }

    /// Variance of sums of six intervals over that of a random series of the same mean and dead time,
    /// and its deviate by the cube-root transform of Wilson and Hilferty (1931).
    fn dispersion(&self) -> (f64, f64) {
        let above = self.sums_mean - f64::from(SUMMED) * self.merge.secs_f64();
        if self.sums < 4 || above <= 0.0 {
            return (1.0, 0.0);
        }
        let freedom = f64::from(self.sums - 1);
        let variance = self.sums_m2 / freedom;
        let random = above * above / f64::from(SUMMED);
        let ratio = variance / random;
        let spread = 2.0 / (9.0 * freedom);
        (ratio, (ratio.cbrt() - (1.0 - spread)) / spread.sqrt())
    }
}

/// Eight intervals that are regular on their own: Lv below 0.37, and seven within a factor of two.
fn is_regular(look: &[f32; LOOK]) -> bool {
    let lv: f32 = look
        .iter()
        .zip(look.iter().skip(1))
        .map(|(a, b)| {
            let ratio = (a - b) / (a + b).max(f32::MIN_POSITIVE);
            ratio * ratio
        })
        .sum();
    if 3.0 * lv / (LOOK - 1) as f32 >= 0.37 {
        return false;
    }
    let mut sorted = *look;
    sorted.sort_unstable_by(f32::total_cmp);
    let within = |low: Option<&f32>, high: Option<&f32>| match (low, high) {
        (Some(low), Some(high)) => *high <= 2.0 * *low,
        _ => false,
    };
    within(sorted.first(), sorted.get(LOOK - 2)) || within(sorted.get(1), sorted.last())
}
