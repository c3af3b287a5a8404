//! Streaming statistics against a reference that keeps every time.

use std::collections::BTreeSet;

use ostium_event::{Span, Timestamp};
use proptest::prelude::*;

use super::START;
use crate::{Regularity, Timing};

fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(START).plus(Span::from_secs_f64(secs))
}

/// The statistics of starts at these seconds.
fn of(merge: Span, starts: &[f64]) -> Regularity {
    let mut timing = Timing::new(merge);
    starts.iter().for_each(|secs| timing.add(at(*secs)));
    timing.regularity()
}

const HALF: Span = Span::from_millis(500);

/// Times whose intervals are these.
fn times(intervals: &[f64]) -> Vec<f64> {
    let sum = |sum: &mut f64, interval: &f64| {
        *sum += interval;
        Some(*sum)
    };
    std::iter::once(0.0).chain(intervals.iter().scan(0.0, sum)).collect()
}

/// Local variation of Shinomoto, Shima and Tanji (2003), from the intervals themselves.
fn lv(intervals: &[f64]) -> f64 {
    let terms = intervals.windows(2).map(|w| ((w[0] - w[1]) / (w[0] + w[1])).powi(2));
    3.0 * terms.sum::<f64>() / (intervals.len() - 1).max(1) as f64
}

/// The largest share of intervals in `quarters` quarter octaves side by side, and anywhere at all.
fn shares(intervals: &[f64], quarters: i32) -> (f64, f64) {
    let bucket = |x: f64| ((x / 0.25).max(1.0).log2() * 4.0) as i32;
    let within = |from: i32| {
        let inside = |x: &&f64| (from..from + quarters).contains(&bucket(**x));
        intervals.iter().filter(inside).count()
    };
    let factor = 2f64.powf(f64::from(quarters) / 4.0);
    let anywhere =
        |low: f64| intervals.iter().filter(|x| **x >= low && **x <= low * factor).count();
    let n = intervals.len() as f64;
    let best = (0..80).map(within).max().unwrap() as f64 / n;
    let free = intervals.iter().map(|low| anywhere(*low)).max().unwrap() as f64 / n;
    (best, free)
}

/// Variance of sums of six intervals over that of a random series of the same mean above what is
/// merged.
fn dispersion(intervals: &[f64], merge: f64) -> f64 {
    let sums: Vec<f64> = intervals.chunks_exact(6).map(|six| six.iter().sum()).collect();
    let n = sums.len() as f64;
    let mean = sums.iter().sum::<f64>() / n;
    let variance = sums.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance / ((mean - 6.0 * merge).powi(2) / 6.0)
}

/// Variance of the intervals over their squared mean above what is merged.
fn variation(intervals: &[f64], merge: f64) -> f64 {
    let n = intervals.len() as f64;
    let mean = intervals.iter().sum::<f64>() / n;
    let variance = intervals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance / (mean - merge).powi(2)
}

/// A run of intervals, by clocks and by chance.
fn run(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let width = prop_oneof![Just(0.0), Just(0.3), Just(1.5), Just(6.0)];
    (width, prop::collection::vec(0.0f64..1.0, length))
        .prop_map(|(width, shape)| shape.into_iter().map(|x| 1.5 + width * x).collect())
}

/// How many looks of eight intervals there are; and when those end that are regular for sure, and
/// those that are but for rounding: Lv below 0.37, and seven of the eight within a factor of two.
fn looks(runs: &[Vec<f64>], pause: f64) -> (usize, Vec<f64>, Vec<f64>) {
    let (mut looks, mut sure, mut perhaps, mut begin) = (0, Vec::new(), Vec::new(), 0.0);
    for run in runs {
        for (n, look) in run.chunks_exact(8).enumerate() {
            let end = begin + run[..8 * (n + 1)].iter().sum::<f64>();
            let mut sorted = look.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            let ratio = (sorted[6] / sorted[0]).min(sorted[7] / sorted[1]);
            looks += 1;
            if lv(look) < 0.37 - 1e-5 && ratio < 2.0 - 1e-5 {
                sure.push(end);
            }
            if lv(look) < 0.37 + 1e-5 && ratio < 2.0 + 1e-5 {
                perhaps.push(end);
            }
        }
        begin += run.iter().sum::<f64>() + pause;
    }
    (looks, sure, perhaps)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-3 * a.abs().max(b.abs()).max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // Intervals that are no bursts (half a second) and no pauses (ten medians).
    #[test]
    fn agrees_with_a_reference_that_keeps_all(
        scale in 1.0f64..600.0, shape in prop::collection::vec(1.0f64..8.0, 24..200),
    ) {
        // Whole milliseconds, so that both see the same.
        let intervals: Vec<f64> = shape.iter().map(|x| (x * scale * 1e3).round() / 1e3).collect();
        let r = of(HALF, &times(&intervals));
        prop_assert_eq!(r.starts as usize, intervals.len() + 1);
        prop_assert_eq!((r.intervals as usize, r.pauses), (intervals.len(), 0));
        prop_assert!(close(r.lv, lv(&intervals)), "lv {} {}", r.lv, lv(&intervals));
        prop_assert!(close(r.dispersion, dispersion(&intervals, 0.5)));
        let spread = variation(&intervals, 0.5);
        prop_assert!(close(r.variation, spread), "variation {} {spread}", r.variation);
        let z = (intervals.len() as f64).sqrt() * spread.max(1e-6).ln() / 2.0;
        prop_assert!((r.variation_z - z).abs() < 0.01, "z {} {z}", r.variation_z);
        let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
        prop_assert!(close(r.mean, mean) && close(r.span, mean * intervals.len() as f64));
        // A value on the edge of a bucket may fall on either side of it.
        let edge = 2.0 / intervals.len() as f64;
        let (best, free) = shares(&intervals, 4);
        prop_assert!((r.win2 - best).abs() <= edge, "win2 {} {best}", r.win2);
        prop_assert!(r.win2 <= free + edge, "win2 {} is more than {free}", r.win2);
        let (best, _) = shares(&intervals, 2);
        prop_assert!((r.tight - best).abs() <= edge);
        let mut sorted = intervals.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let median = sorted[sorted.len() / 2];
        prop_assert!((0.9..1.11).contains(&(r.median / median)), "{} {median}", r.median);
    }

    // Runs between pauses of some sixty medians, the first long enough for a median to be known.
    #[test]
    fn runs_between_pauses_stand_for_themselves(
        scale in 1.0f64..400.0, first in run(16..40), rest in prop::collection::vec(run(1..40), 0..3),
    ) {
        let whole = |x: f64| (x * scale * 1e3).round() / 1e3;
        let runs: Vec<Vec<f64>> = std::iter::once(first)
            .chain(rest)
            .map(|run| run.into_iter().map(whole).collect())
            .collect();
        let pause = whole(200.0);
        let all = runs.join(&pause);
        let r = of(HALF, &times(&all));
        prop_assert_eq!((r.pauses as usize, r.starts as usize), (runs.len() - 1, all.len() + 1));
        let intervals: Vec<f64> = runs.concat();
        prop_assert_eq!(r.intervals as usize, intervals.len());
        prop_assert!(close(r.mean, intervals.iter().sum::<f64>() / intervals.len() as f64));
        let pairs: usize = runs.iter().map(|run| run.len() - 1).sum();
        let terms: f64 = runs.iter().map(|run| lv(run) * (run.len() - 1) as f64).sum();
        prop_assert!(close(r.lv, terms / pairs as f64), "{} {}", r.lv, terms / pairs as f64);
        let sixes: Vec<f64> =
            runs.iter().flat_map(|run| run.chunks_exact(6)).flatten().copied().collect();
        if sixes.len() >= 24 {
            prop_assert!(close(r.dispersion, dispersion(&sixes, HALF.secs_f64())));
        }
        let (looks, sure, perhaps) = looks(&runs, pause);
        prop_assert_eq!(r.looks as usize, looks);
        prop_assert!((sure.len()..=perhaps.len()).contains(&(r.looks_passed as usize)), "{r:?}");
        if sure.len() == perhaps.len() {
            let hours: BTreeSet<u64> = sure.iter().map(|end| at(*end).secs() / 3600).collect();
            prop_assert_eq!(r.hours_passed as usize, hours.len());
        }
    }

    #[test]
    fn bursts_are_one_start(
        gaps in prop::collection::vec(prop_oneof![0u64..400, 0u64..3_000, 0u64..100_000], 0..200),
        merge in 0u64..2_000,
    ) {
        let mut now = 0;
        let starts: Vec<u64> = std::iter::once(0)
            .chain(gaps.into_iter().map(|gap| {
                now += gap;
                now
            }))
            .collect();
        // Where each burst begins: too far from the last, or from the beginning of the burst.
        let mut begins = vec![starts[0]];
        for pair in starts.windows(2) {
            let begin = begins[begins.len() - 1];
            if pair[1] - pair[0] >= merge || pair[1] - begin >= 2 * merge {
                begins.push(pair[1]);
            }
        }
        let mut timing = Timing::new(Span::from_millis(merge));
        let start = Timestamp::from_secs(START);
        starts.iter().for_each(|ms| timing.add(start.plus(Span::from_millis(*ms))));
        prop_assert_eq!(timing.starts() as usize, begins.len());
        prop_assert_eq!(timing.merged() as usize, starts.len() - begins.len());
    }

    #[test]
    fn arbitrary_times_do_no_harm(
        merge in any::<u32>(), times in prop::collection::vec(any::<u64>(), 0..200),
    ) {
        let mut timing = Timing::new(Span::from_nanos(u64::from(merge)));
        for nanos in times {
            timing.add(Timestamp::from_nanos(nanos));
            let r = timing.regularity();
            prop_assert!([r.median, r.mean, r.lv, r.win2, r.tight, r.dispersion, r.dispersion_z, r.variation,
                r.variation_z]
                .iter().all(|x| x.is_finite()), "{r:?}");
            prop_assert!((0.0..=1.0).contains(&r.win2) && (0.0..=1.0).contains(&r.tight));
            prop_assert!(r.tight <= r.win2 && r.looks_passed <= r.looks);
        }
    }

    #[test]
    fn doubled_and_tripled_requests_are_one_start(
        every in 20.0f64..900.0, extra in prop::collection::vec(0usize..3, 40..80),
    ) {
        let clock = times(&vec![every; extra.len() - 1]);
        let burst = |(start, n): (&f64, &usize)| (0..=*n).map(|k| start + 0.2 * k as f64).collect::<Vec<_>>();
        let doubled: Vec<f64> = clock.iter().zip(&extra).flat_map(burst).collect();
        let (plain, merged) = (of(HALF, &clock), of(HALF, &doubled));
        // The span ends with the last of a burst.
        prop_assert_eq!(Regularity { span: 0.0, ..plain }, Regularity { span: 0.0, ..merged });
    }
}

#[test]
fn a_clock_and_chance_are_told_apart() {
    let clock = of(HALF, &times(&[60.0; 200]));
    assert!(clock.lv < 1e-6 && clock.win2 > 0.999 && clock.dispersion_z < -10.0, "{clock:?}");
    assert_eq!((clock.looks, clock.looks_passed), (25, 25));
    assert_eq!(clock.hours_passed, 4, "eight minutes a look, 200 minutes");
    // A sleep shortened by up to half, as implants do.
    let mut state = 7u64;
    let mut chance = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let jitter: Vec<f64> = (0..200).map(|_| 60.0 * (1.0 - 0.5 * chance())).collect();
    let beacon = of(HALF, &times(&jitter));
    assert!(beacon.lv < 0.2 && beacon.dispersion_z < -5.0, "{beacon:?}");
    assert!(beacon.win2 > 0.9 && beacon.looks_passed > 20, "{beacon:?}");
    let random: Vec<f64> = (0..400).map(|_| -60.0 * chance().max(1e-9).ln() + 0.6).collect();
    let people = of(HALF, &times(&random));
    assert!(people.lv > 0.8 && people.dispersion_z > -3.0, "{people:?}");
    assert!(people.looks_passed <= 2, "{people:?}");
}

#[test]
fn a_pause_is_cut_out() {
    let mut intervals = vec![60.0; 50];
    intervals.push(8.0 * 3600.0);
    intervals.extend([60.0; 50]);
    let r = of(HALF, &times(&intervals));
    assert_eq!((r.pauses, r.intervals, r.starts), (1, 100, 102));
    assert!(close(r.mean, 60.0) && r.lv < 1e-6, "{r:?}");
    assert!(r.dispersion < 1e-6, "no sum reaches over the pause: {r:?}");
    assert!(r.span > 8.0 * 3600.0);
}

#[test]
fn bursts_end_so_that_a_fast_clock_survives() {
    // Every 0.4 s is closer than the merge span, but a burst lasts no longer than two of them.
    let fast = of(HALF, &times(&[0.4; 300]));
    assert!(fast.starts >= 90, "{fast:?}");
    assert!(fast.lv < 0.05, "{fast:?}");
}

#[test]
fn what_lies_before_the_last_is_ignored() {
    let clock = times(&[60.0; 40]);
    let mut timing = Timing::new(HALF);
    for secs in &clock {
        timing.add(at(*secs));
        timing.add(at(*secs).minus(Span::from_secs(10)));
    }
    let r = timing.regularity();
    assert_eq!((r.starts, r.intervals), (41, 40));
    assert!(close(r.mean, 60.0));
}

#[test]
fn nothing_and_one_start_say_nothing() {
    for starts in [&[][..], &[5.0]] {
        let r = of(HALF, starts);
        assert_eq!((r.starts as usize, r.intervals), (starts.len(), 0));
        assert_eq!((r.lv, r.dispersion, r.dispersion_z, r.win2), (1.0, 1.0, 0.0, 0.0));
        assert_eq!((r.variation, r.variation_z), (1.0, 0.0));
    }
}

/// Drawn evenly between 0 and 1.
fn even(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn the_deviate_of_the_variation_is_that_of_chance() {
    // Random series: as many lie below -2 and -3 as of a standard normal deviate, whatever their
    // number.
    for (count, mean) in [(8, 3000.0), (11, 7200.0), (35, 3000.0), (300, 60.0)] {
        let series = 60_000 / count;
        let deviates: Vec<f64> = (0..series as u64)
            .map(|seed| {
                let mut chance = even(seed * 1_000_003 + count as u64);
                let intervals: Vec<f64> =
                    (0..count).map(|_| -mean * (1.0 - chance()).ln()).collect();
                of(Span::from_secs(5), &times(&intervals)).variation_z
            })
            .collect();
        let share =
            |z: f64| deviates.iter().filter(|d| **d < z).count() as f64 / deviates.len() as f64;
        assert!(share(-2.0) < 0.04, "{count} of {mean} s: {}", share(-2.0));
        assert!(share(-3.0) < 0.005 || series < 1000, "{count} of {mean} s: {}", share(-3.0));
    }
}

#[test]
fn what_is_merged_does_not_make_fast_chance_regular() {
    for seed in 0..20 {
        let mut chance = even(seed);
        let intervals: Vec<f64> = (0..3000).map(|_| -30.0 * (1.0 - chance()).ln()).collect();
        let r = of(Span::from_secs(5), &times(&intervals));
        assert!(r.variation > 0.85 && r.dispersion > 0.75, "{r:?}");
    }
}

#[test]
fn a_few_polls_of_any_jitter_are_less_varied_than_chance() {
    // Expected: the variance of an even draw over its squared mean.
    for (low, high, expected) in [(0.1, 1.0, 0.223), (0.1, 1.9, 0.27), (0.3, 1.7, 0.163)] {
        let mut chance = even(9);
        let intervals: Vec<f64> =
            (0..4000).map(|_| 7200.0 * (low + (high - low) * chance())).collect();
        let r = of(HALF, &times(&intervals));
        assert!((r.variation - expected).abs() < 0.02, "{low} to {high}: {}", r.variation);
        let few = of(HALF, &times(&intervals[..35]));
        assert!(few.variation_z < -2.0, "{low} to {high}: {few:?}");
    }
}
