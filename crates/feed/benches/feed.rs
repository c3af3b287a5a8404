//! What the feed costs: a look-up among ten million entries, a delta, a snapshot.
//!
//! `OSTIUM_BENCH_ENTRIES=1000000` makes the big set smaller; it takes a gibibyte otherwise.
#![allow(clippy::unwrap_used, reason = "a bench that cannot begin should stop")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ostium_event::Addr;
use ostium_feed::{
    Basis, Change, Entry, Follower, Hash, OnlineKey, Position, Publisher, RootKey, State, Table,
};
use ostium_intel::IndicatorValue;
use prost::bytes::Bytes;

const FEED: [u8; 16] = [7; 16];
const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 86_400_000;
/// Asked in turn: enough that what was asked before has left the cache.
const ASKED: u64 = 1 << 20;

/// Numbers that look like chance (SplitMix64, Steele et al. 2014).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn name_of(id: u64) -> String {
    format!("{:x}.{}", mix(id) >> 20, ["com", "net", "example", "co.uk"][(id % 4) as usize])
}

fn addr_of(id: u64) -> Addr {
    Addr::v4(((mix(id) >> 32) as u32).to_be_bytes())
}

/// Two of three are names, the third is an address.
fn entry(id: u64) -> Entry {
    let value = match id % 3 {
        2 => IndicatorValue::Addr(addr_of(id)),
        _ => IndicatorValue::Domain(name_of(id)),
    };
    Entry {
        id,
        value: value.into(),
        confidence: 90,
        family: ["mirai", "qakbot", "emotet", ""][(id % 4) as usize].to_owned(),
        expires: u32::MAX,
        basis: Basis::Quorum,
        organisations: 2,
        canary: 0,
    }
}

/// A hub that publishes to followers without a wire.
struct Hub {
    root: RootKey,
    online: OnlineKey,
}

impl Hub {
    fn new() -> Self {
        Self { root: RootKey::made().unwrap(), online: OnlineKey::made().unwrap() }
    }

    fn follower(&self) -> Follower {
        let mut follower = Follower::new(FEED, self.root.public());
        let frame = self.root.certify(FEED, 1, 1, self.online.public(), (NOW - DAY, NOW + DAY));
        follower.take(&frame, NOW).unwrap();
        follower
    }

    /// A publisher whose set is the entries with these numbers.
    fn at(seq: u64, ids: std::ops::Range<u64>) -> Publisher {
        let state = ids
            .fold(State::default(), |state, id| state.after(&[Change::Put(entry(id))], |_| None));
        Publisher::new(Position { feed: FEED, epoch: 1, seq, head: Hash::default(), state }, 60_000)
    }

    /// A follower that took in a snapshot of so many.
    fn filled(&self, entries: u64) -> Follower {
        let publisher = Self::at(0, 0..entries);
        let all = (0..entries).map(|id| entry(id).encode());
        let snapshot = publisher.snapshot(&self.online, all, NOW).unwrap();
        let mut follower = self.follower();
        follower.take(&snapshot.head, NOW).unwrap();
        for part in &snapshot.parts {
            follower.take(part, NOW).unwrap();
        }
        follower
    }
}

fn names(from: u64, labels: &str) -> Vec<String> {
    (from..from + ASKED)
        .map(|n| format!("{labels}{}", name_of(mix(n) % from.max(1) / 3 * 3)))
        .collect()
}

fn look_ups(c: &mut Criterion, table: &Table, entries: u64) {
    let size = if entries >= 1_000_000 {
        format!("{} M", entries / 1_000_000)
    } else {
        entries.to_string()
    };
    let mut group = c.benchmark_group(format!("look up, {size} entries"));
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    let mut ask_names = |what: &str, asked: Vec<String>, hit: bool| {
        assert_eq!(table.domain(&asked[0]).is_some(), hit);
        let mut next = asked.iter().cycle();
        group.bench_function(what, |b| {
            b.iter(|| table.domain(black_box(next.next().unwrap())).is_some());
        });
    };
    ask_names("name of 3 labels, hit", names(entries, "www."), true);
    ask_names("name of 4 labels, hit", names(entries, "a.www."), true);
    let miss =
        |labels: &str| (0..ASKED).map(|n| format!("{labels}{}", name_of(n + (1 << 40)))).collect();
    ask_names("name of 3 labels, miss", miss("www."), false);
    ask_names("name of 4 labels, miss", miss("a.www."), false);
    let mut ask_addrs = |what: &str, asked: Vec<Addr>| {
        let mut next = asked.iter().cycle();
        group.bench_function(what, |b| {
            b.iter(|| table.addr(*black_box(next.next().unwrap())).is_some())
        });
    };
    let known = |n: u64| addr_of(mix(n) % entries / 3 * 3 + 2);
    ask_addrs("address, hit", (0..ASKED).map(known).collect());
    ask_addrs("address, miss", (0..ASKED).map(|n| addr_of(n + (1 << 40))).collect());
    group.finish();
}

/// Small and big; both are larger than the processor's caches.
fn tables(c: &mut Criterion) {
    let most = std::env::var("OSTIUM_BENCH_ENTRIES").ok().and_then(|text| text.parse().ok());
    for entries in [1_000_000, most.unwrap_or(10_000_000)] {
        let hub = Hub::new();
        let start = Instant::now();
        let follower = hub.filled(entries);
        let table = follower.table();
        let each = table.bytes() as f64 / table.len() as f64;
        println!(
            "{entries} entries made, taken in after {:.1?}: {each:.1} bytes each",
            start.elapsed()
        );
        look_ups(c, table, entries);
    }
}

fn deltas(c: &mut Criterion) {
    let hub = Hub::new();
    let mut follower = hub.filled(1_000_000);
    let mut publisher = Publisher::new(follower.at(), 60_000);
    let mut from = 1_000_000;
    // Half are new, half replace one that is there.
    let mut next = || {
        let changes: Vec<Change> = (0..500)
            .map(|n| Change::Put(entry(from + n)))
            .chain((0..500).map(|n| {
                Change::Put(Entry {
                    confidence: (from % 90) as u8,
                    ..entry(mix(from + n) % 1_000_000)
                })
            }))
            .collect();
        from += 500;
        changes
    };
    let mut group = c.benchmark_group("delta of 1,000 in 1 M entries");
    group.sample_size(20);
    let mut kept = std::collections::HashMap::<u64, Bytes>::new();
    group.bench_function("taken in", |b| {
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let changes = next();
                let old = |id| {
                    kept.get(&id).cloned().or_else(|| (id < 1_000_000).then(|| entry(id).encode()))
                };
                let state = publisher.at().state.after(&changes, old);
                for change in &changes {
                    if let Change::Put(entry) = change {
                        kept.insert(entry.id, entry.encode());
                    }
                }
                let (frame, to) = publisher.delta(&hub.online, &changes, state, NOW).unwrap();
                publisher.moved(to);
                let start = Instant::now();
                follower.take(&frame, NOW).unwrap();
                spent += start.elapsed();
            }
            spent
        });
    });
    group.finish();
}

fn snapshots(c: &mut Criterion) {
    let hub = Hub::new();
    let publisher = Hub::at(0, 0..1_000_000);
    let entries: Vec<Bytes> = (0..1_000_000).map(|id| entry(id).encode()).collect();
    let mut group = c.benchmark_group("snapshot of 1 M entries");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    let make = || publisher.snapshot(&hub.online, entries.iter().cloned(), NOW).unwrap();
    group.bench_function("made", |b| b.iter(make));
    let snapshot = make();
    group.bench_function("taken in", |b| {
        b.iter_batched(
            || hub.follower(),
            |mut follower| {
                follower.take(&snapshot.head, NOW).unwrap();
                for part in &snapshot.parts {
                    follower.take(part, NOW).unwrap();
                }
                follower
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, tables, deltas, snapshots);
criterion_main!(benches);
