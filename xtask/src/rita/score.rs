//! RITA's beacon score as its version 5 publishes it: four parts of a quarter each.
//!
//! Written from a description of its rules and held against figures worked out from them; nothing
//! of its text is here. It is a reference for measuring, and no detector sees it.

/// Fewest distinct seconds that are scored, and how many connections are too many.
const FEWEST: usize = 4;
const MOST: usize = 86_400;
/// Parts of a window.
const BINS: usize = 24;
/// Bins that must hold something for the duration, and for two heights of bars.
const FOR_DURATION: usize = 6;
const FOR_HEIGHTS: usize = 11;
/// Bins in a row that are as good as a day.
const IN_A_ROW: f64 = 12.0;
/// Quartiles nearer to each other than this have no skew.
const NARROW: f64 = 10.0;

/// The seconds of a data set, first and last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) first: u32,
    pub(super) last: u32,
}

/// The four parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parts {
    pub(super) timing: f64,
    pub(super) size: f64,
    pub(super) histogram: f64,
    pub(super) duration: f64,
}

// === impl Parts ===

impl Parts {
    /// Of connections: when each began, in order, and how many bytes each sent. `None` is what is
    /// not scored.
    pub(super) fn of(starts: &[u32], bytes: &[f64], window: Window) -> Option<Self> {
        let gaps: Vec<f64> = starts
            .windows(2)
            .map(|pair| f64::from(pair[1].saturating_sub(pair[0])))
            .filter(|gap| *gap > 0.0)
            .collect();
        if gaps.len() + 1 < FEWEST || starts.len() >= MOST || window.first >= window.last {
            return None;
        }
        let bins = bins(starts, window);
        let span = f64::from(starts[starts.len() - 1] - starts[0]);
        let length = f64::from(window.last - window.first);
        Some(Self {
            timing: statistical(gaps, 1.0),
            size: statistical(bytes.to_vec(), 0.0),
            histogram: flatness(&bins).max(two_heights(&bins)),
            duration: duration(&bins, span / length),
        })
    }

    /// The score, 0 to 1.
    pub(super) fn score(self) -> f64 {
        thousandths(0.25 * (self.timing + self.size + self.histogram + self.duration))
    }
}

fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// Upwards, and at most 1.
fn thousandths_up(number: f64) -> f64 {
    ((number * 1000.0).ceil() / 1000.0).min(1.0)
}

/// How symmetric and how narrow values are; `small` is how narrow they are when they are below 1.
fn statistical(mut values: Vec<f64>, small: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    let (low, middle, high) =
        (median(&values[..half]), median(&values), median(&values[values.len() - half..]));
    let skewed = high - low >= NARROW && middle != low && middle != high;
    let skew = if skewed { (low + high - 2.0 * middle) / (high - low) } else { 0.0 };
    let narrow = if middle >= 1.0 {
        let mut away: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
        away.sort_unstable_by(f64::total_cmp);
        ((middle - median(&away)) / middle).max(0.0)
    } else {
        small
    };
    thousandths((1.0 - skew.abs() + narrow) / 2.0)
}

/// Of sorted values.
fn median(values: &[f64]) -> f64 {
    let half = values.len() / 2;
    match values.len() {
        0 => 0.0,
        n if n.is_multiple_of(2) => f64::midpoint(values[half - 1], values[half]),
        _ => values[half],
    }
}

/// Connections in each part of the window.
fn bins(starts: &[u32], window: Window) -> [u32; BINS] {
    let step = f64::from(window.last - window.first) / BINS as f64;
    let mut bins = [0; BINS];
    for start in starts {
        let place = (f64::from(start.saturating_sub(window.first)) / step) as usize;
        bins[place.min(BINS - 1)] += 1;
    }
    bins
}

/// One less the variation of all bins, empty ones too.
fn flatness(bins: &[u32; BINS]) -> f64 {
    let mean = f64::from(bins.iter().sum::<u32>()) / BINS as f64;
    let squares = bins.iter().map(|bin| (f64::from(*bin) - mean).powi(2));
    let variation = (squares.sum::<f64>() / BINS as f64).sqrt() / mean;
    thousandths((1.0 - variation).max(0.0))
}

/// The share of bars of the two commonest heights, one bar forgiven.
fn two_heights(bins: &[u32; BINS]) -> f64 {
    let bars: Vec<u32> = bins.iter().copied().filter(|bin| *bin > 0).collect();
    if bars.len() < FOR_HEIGHTS {
        return 0.0;
    }
    let highest = bars.iter().max().copied().unwrap_or_default();
    let width = (f64::from(highest) * 0.05).ceil() as u32;
    let mut heights = std::collections::BTreeMap::new();
    for bar in &bars {
        *heights.entry(bar / width).or_insert(0u32) += 1;
    }
    let mut counts: Vec<u32> = heights.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let common: u32 = counts.iter().take(2).sum();
    thousandths(f64::from(common) / (bars.len() - 1) as f64).min(1.0)
}

/// How much of the window lies between the first and the last, or how long bars follow each other
/// without a hole, over midnight too.
fn duration(bins: &[u32; BINS], coverage: f64) -> f64 {
    if bins.iter().filter(|bin| **bin > 0).count() < FOR_DURATION {
        return 0.0;
    }
    let (mut run, mut longest) = (0, 0);
    for bin in bins.iter().chain(bins) {
        run = if *bin > 0 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let in_a_row = thousandths_up(longest.min(BINS) as f64 / IN_A_ROW);
    thousandths_up(coverage).max(in_a_row)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Window = Window { first: 0, last: 86_400 };

    /// A day of equal polls, first at half a sleep but within the first hour.
    fn clock(sleep: u32) -> Option<Parts> {
        let starts: Vec<u32> = (0..).map(|n| n * sleep).take_while(|at| *at < 86_400).collect();
        Parts::of(&starts, &vec![700.0; starts.len()], DAY)
    }

    /// Even numbers from 0 to 1, as if drawn.
    fn drawn(count: usize) -> impl Iterator<Item = f64> {
        (1..=count).map(|n| (n as f64 * 0.618_033_988_749_895).fract())
    }

    fn timing(wait: impl Fn(f64) -> f64) -> f64 {
        let (mut at, mut starts) = (0.0, vec![0]);
        for x in drawn(288) {
            at += wait(x);
            starts.push(at as u32);
        }
        let window = Window { first: 0, last: at as u32 };
        Parts::of(&starts, &vec![1.0; starts.len()], window).unwrap().timing
    }

    #[test]
    fn a_clock_of_up_to_an_hour_is_perfect() {
        for sleep in [60, 300, 1800, 3600] {
            assert_eq!(clock(sleep).unwrap().score(), 1.0, "{sleep}");
        }
        // Of two hours: from the first to the last poll are 22 of 24 hours.
        assert_eq!(clock(7200).unwrap().score(), 0.979);
    }

    #[test]
    fn slow_clocks_lose_the_histogram_then_the_duration() {
        for hours in [3, 4] {
            let score = clock(hours * 3600).unwrap().score();
            assert!((0.70..=0.75).contains(&score), "{hours} h: {score}");
            assert_eq!(clock(hours * 3600).unwrap().histogram, 0.0);
        }
        for minutes in [290, 360, 420] {
            assert_eq!(clock(minutes * 60).unwrap().score(), 0.5, "{minutes} min");
        }
        // Three polls a day are not looked at.
        assert_eq!(clock(8 * 3600 + 1), None);
    }

    #[test]
    fn jitter_costs_little_and_randomness_half() {
        for (jitter, worked) in [(0.0, 1.0), (0.2, 0.93), (0.5, 0.83), (0.9, 0.79)] {
            let score = timing(|x| 300.0 * (1.0 + jitter * (2.0 * x - 1.0)));
            // The worked figures are single runs of drawn numbers.
            assert!((score - worked).abs() < 0.06, "±{jitter}: {score}, not {worked}");
        }
        let random = timing(|x| -300.0 * (1.0 - x).ln());
        assert!((0.37..=0.70).contains(&random), "{random}");
    }

    #[test]
    fn quartiles_are_medians_of_halves() {
        // Halves of seven leave out the middle: 2, 4, 60; away from 4: 0, 1, 2, 3, 50, 56, 60.
        let score = statistical(vec![1.0, 2.0, 4.0, 6.0, 54.0, 60.0, 64.0], 1.0);
        let (skew, narrow): (f64, f64) = ((2.0 + 60.0 - 12.0) / 58.0, (6.0 - 5.0) / 6.0);
        assert_eq!(score, thousandths((1.0 - skew + narrow) / 2.0));
    }

    #[test]
    fn two_heights_forgive_one_bar() {
        let mut bins = [0; BINS];
        bins[..12].copy_from_slice(&[40, 40, 40, 40, 40, 3, 3, 3, 3, 3, 3, 20]);
        assert_eq!(two_heights(&bins), 1.0);
        bins[11] = 0;
        bins[10] = 0;
        assert_eq!(two_heights(&bins), 0.0, "ten bars are too few");
    }

    #[test]
    fn bars_follow_each_other_over_midnight() {
        let mut bins = [0; BINS];
        for place in [21, 22, 23, 0, 1, 2] {
            bins[place] = 1;
        }
        assert_eq!(duration(&bins, 0.1), 0.5);
        assert_eq!(duration(&bins, 0.9001), 0.901);
    }
}
