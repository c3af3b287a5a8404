//! What is remembered over a restart: making its bytes, and reading them, in bytes a second.
//!
//! `cargo bench -p ostium-pipeline --bench restart`; a sensor makes the bytes of one of 64 shards at
//! a time while packets wait.
#![allow(missing_docs, clippy::expect_used, reason = "a benchmark that cannot run has to say so")]

use std::io::Cursor;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ostium_capture::CaptureFile;
use ostium_event::Home;
use ostium_pipeline::{Engine, SHARDS, Settings};

fn engine(home: Home) -> Engine {
    Engine::new(Arc::new(Settings { home, ..Settings::default() }))
}

fn keep(engine: &mut Engine) -> Vec<Vec<u8>> {
    (0..SHARDS).for_each(|shard| engine.keep_again(shard));
    let kept = |shard| engine.keep(shard).expect("memory takes all").unwrap_or_default();
    (0..SHARDS).map(kept).collect()
}

fn restart(c: &mut Criterion) {
    let mut bytes = Vec::new();
    let truth = ostium_synth::demo(1).write_pcap(&mut bytes).expect("memory takes all");
    let home = Home::new(&truth.home);
    let mut heard = engine(home.clone());
    let mut file = CaptureFile::open(Box::new(Cursor::new(bytes))).expect("the demo is a capture");
    let mut block = heard.buffer();
    while file.next_block(&mut block).expect("the demo is whole") {
        heard.take(block);
        block = heard.buffer();
    }
    let kept = keep(&mut heard);
    let all: usize = kept.iter().map(Vec::len).sum();
    let mut group = c.benchmark_group("restart");
    group.throughput(Throughput::Bytes(all as u64)).sample_size(20);
    group.bench_function("keep", |b| b.iter(|| keep(&mut heard).len()));
    group.bench_function("recall", |b| {
        b.iter(|| {
            let mut again = engine(home.clone());
            for (shard, bytes) in (0..).zip(&kept) {
                if !bytes.is_empty() {
                    again.recall(shard, bytes.clone()).expect("it was just made");
                }
            }
        });
    });
    group.finish();
}

criterion_group!(benches, restart);
criterion_main!(benches);
