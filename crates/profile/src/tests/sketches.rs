//! Small sketches against what they stand for: histogram, commonest sizes, forgetting map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::{Generations, Histogram, Sizes};

proptest! {
    #[test]
    fn quantiles_are_at_most_a_tenth_off(
        secs in prop::collection::vec(0.3f32..100_000.0, 1..300), share in 0.0f32..1.0,
    ) {
        let mut histogram = Histogram::default();
        secs.iter().for_each(|s| histogram.add(*s));
        let mut sorted = secs.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let rank = ((share * sorted.len() as f32) as usize).min(sorted.len() - 1);
        let ratio = histogram.quantile(share) / sorted[rank];
        prop_assert!((0.91..1.1).contains(&ratio), "{ratio}");
        let bars: u32 = histogram.bars().map(|(_, n)| u32::from(n)).sum();
        prop_assert_eq!((bars, histogram.total() as usize), (histogram.total(), secs.len()));
    }

    #[test]
    fn each_interval_lies_within_the_bounds_of_its_bucket(
        secs in prop::collection::vec(0.0f32..200_000.0, 0..50),
    ) {
        let mut histogram = Histogram::default();
        secs.iter().for_each(|s| histogram.add(*s));
        let (bounds, counts) = histogram.filled();
        prop_assert_eq!(bounds.len(), if secs.is_empty() { 0 } else { counts.len() + 1 });
        for (pair, count) in bounds.windows(2).zip(counts) {
            // A logarithm may put what lies on a bound on either side.
            let within = |low: f32, high: f32| {
                secs.iter().filter(|s| (low..high).contains(*s)).count()
            };
            let (least, most) = (
                within(pair[0] * 1.000_01, pair[1] * 0.999_99),
                within(pair[0] * 0.999_99, pair[1] * 1.000_01),
            );
            prop_assert!((least..=most).contains(&usize::from(*count)), "{pair:?} {count}");
        }
    }

    #[test]
    fn common_sizes_are_not_missed(sizes in prop::collection::vec(0u64..40, 1..400)) {
        let mut sketch = Sizes::default();
        let mut exact: BTreeMap<u64, u32> = BTreeMap::new();
        for size in &sizes {
            sketch.add(*size);
            *exact.entry(*size).or_default() += 1;
        }
        let n = sizes.len() as f64;
        let mut counts: Vec<u32> = exact.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let top2 = f64::from(counts.iter().take(2).sum::<u32>()) / n;
        // Space-saving with eight slots counts at most an eighth too much for each size.
        prop_assert!(sketch.top2() >= top2 - 1e-9, "{} {top2}", sketch.top2());
        prop_assert!(sketch.top2() <= top2 + 0.25 + 1e-9, "{} {top2}", sketch.top2());
        prop_assert_eq!(sketch.total() as usize, sizes.len());
        if let Some((size, _)) = exact.iter().find(|(_, count)| f64::from(**count) > n / 2.0) {
            prop_assert_eq!(u64::from(sketch.commonest()), *size);
        }
    }

    #[test]
    fn the_forgetting_map_is_bounded_and_keeps_the_youngest(
        limit in 0usize..60, keys in prop::collection::vec((0u16..200, 0u8..3), 1..500),
    ) {
        let mut map = Generations::new(limit);
        let bound = limit.max(8);
        let mut truth: BTreeMap<u16, usize> = BTreeMap::new();
        let mut order: Vec<u16> = Vec::new();
        for (n, (key, how)) in keys.into_iter().enumerate() {
            match how {
                0 => map.insert(key, n),
                1 => *map.entry(key, || n) = n,
                _ => {
                    if let Some(value) = map.get(&key) {
                        prop_assert_eq!(Some(value), truth.get(&key));
                    } else {
                        continue;
                    }
                }
            }
            if how < 2 {
                truth.insert(key, n);
            }
            order.retain(|k| *k != key);
            order.push(key);
            prop_assert!(map.len() <= bound, "{} of {bound}", map.len());
            // The last used, half as many as there may be, are all there with their last value.
            for key in order.iter().rev().take(bound / 2) {
                prop_assert_eq!(map.peek(key), truth.get(key));
            }
            let mut seen: Vec<u16> = map.iter().map(|(key, _)| *key).collect();
            prop_assert_eq!(seen.len(), map.len());
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), map.len(), "each key once");
        }
        prop_assert!(!map.is_empty() || order.is_empty());
    }
}

#[test]
fn what_is_no_number_or_out_of_range_lies_at_the_ends() {
    let mut histogram = Histogram::default();
    for secs in [f32::NAN, -1.0, 0.0, f32::INFINITY, f32::MAX, f32::NEG_INFINITY] {
        histogram.add(secs);
    }
    assert_eq!(histogram.total(), 6);
    assert!(histogram.quantile(0.0) < 0.3);
    assert!(histogram.quantile(0.99) > 200_000.0);
    assert_eq!(Histogram::default().quantile(0.5), 0.0);
}

#[test]
fn the_last_quantile_is_the_longest() {
    let mut histogram = Histogram::default();
    for secs in [10.0, 20.0, 60.0] {
        histogram.add(secs);
    }
    let last = histogram.quantile(1.0);
    assert!((54.0..66.0).contains(&last), "{last}");
}

#[test]
fn counts_that_are_full_are_halved() {
    let mut histogram = Histogram::default();
    for n in 0..200_000 {
        histogram.add(if n % 4 == 0 { 60.0 } else { 300.0 });
    }
    let bars: Vec<(f32, u16)> = histogram.bars().collect();
    assert_eq!(bars.iter().map(|(_, n)| u32::from(*n)).sum::<u32>(), histogram.total());
    let share = histogram.densest(1);
    assert!((0.74..0.76).contains(&share), "{share}");
}

#[test]
fn no_sizes_have_no_share() {
    assert_eq!((Sizes::default().top2(), Sizes::default().commonest()), (0.0, 0));
    let mut sizes = Sizes::default();
    sizes.add(0);
    sizes.add(u64::MAX);
    assert_eq!(sizes.top2(), 1.0);
}
