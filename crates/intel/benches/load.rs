//! Loading a million plain entries, and asking.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ostium_intel::{IndicatorIndex, read_indicators};

const ENTRIES: u64 = 1_000_000;

/// Names and addresses by a generator of numbers: three names for each address.
fn list() -> String {
    let mut text = String::new();
    for number in 0..ENTRIES {
        let roll = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if number % 4 == 0 {
            let [.., b, c, d] = roll.to_be_bytes();
            text.push_str(&format!("45.{b}.{c}.{d}\n"));
        } else {
            text.push_str(&format!("h{:x}.c{:x}.example\n", roll >> 40, number % 5000));
        }
    }
    text
}

fn load(c: &mut Criterion) {
    let text = list();
    let mut group = c.benchmark_group("a million entries");
    group.sample_size(10);
    group.bench_function("read", |b| {
        b.iter(|| read_indicators("bench", black_box(text.as_bytes())).0.len());
    });
    group.bench_function("read and build", |b| {
        b.iter(|| {
            let (indicators, _) = read_indicators("bench", black_box(text.as_bytes()));
            IndicatorIndex::build(indicators).len()
        });
    });
    let index = IndicatorIndex::build(read_indicators("bench", text.as_bytes()).0);
    group.bench_function("ask for a name that is not known", |b| {
        b.iter(|| index.domain(black_box("www.some-site.example.co.uk")).is_some());
    });
    group.finish();
}

criterion_group!(benches, load);
criterion_main!(benches);
