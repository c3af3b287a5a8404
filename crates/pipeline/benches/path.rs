//! The path of a packet: reading, decoding, and the whole way to the report, in packets a second.
//!
//! `cargo bench -p ostium-pipeline`; compare rows of one run with each other, not with other runs.
#![allow(missing_docs, clippy::expect_used, reason = "a benchmark that cannot run has to say so")]

use std::io::Cursor;
use std::ops::ControlFlow;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ostium_capture::{CaptureFile, PacketBlock};
use ostium_event::Home;
use ostium_pipeline::{Settings, analyze, from_reader};
use ostium_wire::decode;

/// The demo's capture.
fn capture() -> (Vec<u8>, Home) {
    let mut bytes = Vec::new();
    let truth = ostium_synth::demo(1).write_pcap(&mut bytes).expect("memory takes all");
    (bytes, Home::new(&truth.home))
}

/// Reads all packets; gives each to `each`.
fn read(bytes: &[u8], mut each: impl FnMut(&PacketBlock)) {
    let reader = Box::new(Cursor::new(bytes.to_vec()));
    let mut file = CaptureFile::open(reader).expect("the demo is a capture");
    let mut block = PacketBlock::default();
    while file.next_block(&mut block).expect("the demo is whole") {
        each(&block);
    }
}

fn path(c: &mut Criterion) {
    let (bytes, home) = capture();
    let mut packets = 0;
    read(&bytes, |block| packets += block.packets.len() as u64);
    let mut group = c.benchmark_group("path");
    group.throughput(Throughput::Elements(packets)).sample_size(10);
    group.bench_function("read", |b| {
        b.iter(|| read(&bytes, |block| assert!(!block.packets.is_empty())))
    });
    group.bench_function("read and decode", |b| {
        b.iter(|| {
            let mut decoded = 0;
            read(&bytes, |block| {
                for packet in &block.packets {
                    decoded += u64::from(decode(packet.link, block.frame(packet)).is_ok());
                }
            });
            decoded
        });
    });
    for threads in [1, 2] {
        let settings = Settings { home: home.clone(), threads, ..Settings::default() };
        group.bench_function(format!("analyze, {threads} threads"), |b| {
            b.iter(|| {
                let reader = Box::new(Cursor::new(bytes.clone()));
                let input = from_reader("demo", None, reader).expect("the demo is a capture");
                analyze(vec![input], &settings, &mut |_| ControlFlow::Continue(()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, path);
criterion_main!(benches);
