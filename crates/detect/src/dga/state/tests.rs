//! The sequential test against a reference that keeps every name and when it was asked for.

use proptest::prelude::*;

use super::*;

const POPULAR: [&str; 2] = ["doubleclick.net", "google-analytics.com"];

/// A name, some by machines, some by people, some popular.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{8,18}\\.(com|net|top)",
        3 => "(garden|coffee|river|music|letter)(house|market|shop|bridge)[a-z]?\\.(com|org)",
        1 => prop::sample::select(POPULAR.to_vec()).prop_map(str::to_owned),
    ]
}

fn asked() -> impl Strategy<Value = Vec<(u64, String)>> {
    let wait = prop_oneof![6 => 0u64..600, 2 => 0u64..40_000, 1 => 0u64..400_000];
    prop::collection::vec((wait, name(), 0usize..40), 1..200).prop_map(|all| {
        let mut now = 1_700_000_000;
        let mut asked: Vec<(u64, String)> = Vec::new();
        for (wait, name, again) in all {
            now += wait;
            // A third are asked again.
            let old = asked.get(again).filter(|_| again % 3 == 0).map(|(_, name)| name.clone());
            asked.push((now, old.unwrap_or(name)));
        }
        asked
    })
}

/// How much is left after so many seconds.
fn left(from: u64, to: u64) -> f64 {
    0.5f64.powf((to - from) as f64 / (6.0 * 3600.0))
}

/// The distinct names, each when it was asked for first, and its nats.
fn distinct(asked: &[(u64, String)]) -> Vec<(u64, &str, f64)> {
    let mut all: Vec<(u64, &str, f64)> = Vec::new();
    for (at, name) in asked {
        if !all.iter().any(|(_, known, _)| known == name) {
            all.push((*at, name, f64::from(names::dga_llr(name)).clamp(-3.0, 3.0)));
        }
    }
    all
}

/// The best sum of nats over any names in a row up to this one, what lies back counting for less.
fn sum_at(all: &[(u64, &str, f64)], n: usize) -> f64 {
    let (mut most, mut sum) = (0.0, 0.0);
    for (at, _, nats) in all[..=n].iter().rev() {
        sum += nats * left(*at, all[n].0);
        most = f64::max(most, sum);
    }
    most
}

/// The highest of all sums, and how many names spoke for a machine since the test began anew.
fn naive(all: &[(u64, &str, f64)]) -> (f64, u32) {
    let (mut best, mut counted) = ((0.0, 0), 0);
    for (n, (.., nats)) in all.iter().enumerate() {
        let sum = sum_at(all, n);
        counted = if sum > 0.0 { counted + u32::from(*nats > 0.0) } else { 0 };
        if sum > best.0 {
            best = (sum, counted);
        }
    }
    best
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.max(b).max(1.0)
}

proptest! {
    #[test]
    fn agrees_with_a_reference_that_keeps_all(asked in asked()) {
        let mut state = Asked::default();
        for (at, name) in &asked {
            state.unregistered(Timestamp::from_secs(*at), name);
        }
        let all = distinct(&asked);
        prop_assert_eq!(state.total() as usize, all.len());
        prop_assert_eq!(state.first().secs(), all[0].0);
        prop_assert_eq!(state.last().secs(), all.iter().map(|a| a.0).max().unwrap());
        let (nats, names) = naive(&all);
        prop_assert!(close(state.best().nats, nats), "{} {nats}", state.best().nats);
        prop_assert_eq!(state.best().names, names);
        let rare = |at: u64| {
            let back = all.iter().filter(|(then, name, _)| *then <= at && !POPULAR.contains(name));
            back.map(|(then, ..)| left(*then, at)).sum::<f64>()
        };
        let most = all.iter().filter(|a| !POPULAR.contains(&a.1)).map(|a| rare(a.0));
        let most = most.fold(0.0, f64::max);
        prop_assert!(close(state.most(), most), "{} {most}", state.most());
    }

    #[test]
    fn a_name_counts_once_while_it_is_remembered(count in 1usize..600, again in 1usize..4) {
        let names: Vec<String> = (0..count).map(|n| format!("name-{n}.com")).collect();
        let mut state = Asked::default();
        for _ in 0..again {
            for name in &names {
                state.unregistered(Timestamp::from_secs(1), name);
            }
        }
        // Beyond what is remembered, in a circle, each is forgotten before it comes again.
        let expected = if count <= REMEMBERED { count } else { count * again };
        prop_assert_eq!(state.total() as usize, expected);
    }
}
