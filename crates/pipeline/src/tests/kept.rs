//! What is remembered over a restart: verdicts stay, and bytes that make no sense break nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ostium_synth::Truth;
use proptest::prelude::*;

use super::going_on::{nothing, run, world};
use super::*;
use crate::{Engine, SHARDS};

const BIG: u64 = 1 << 30;

fn settings(truth: &Truth, threads: usize, memory: u64) -> Settings {
    Settings { home: Home::new(&truth.home), threads, memory, all: true, ..Settings::default() }
}

fn engine(settings: Settings) -> Engine {
    Engine::new(Arc::new(settings))
}

/// What was kept of each shard last, as files would have it.
type Kept = BTreeMap<u32, Vec<u8>>;

fn keep(engine: &mut Engine, kept: &mut Kept) {
    kept.extend((0..SHARDS).filter_map(|shard| Some((shard, engine.keep(shard).unwrap()?))));
}

fn reborn(settings: Settings, kept: &Kept) -> Engine {
    let mut engine = engine(settings);
    kept.iter().for_each(|(shard, bytes)| engine.recall(*shard, bytes.clone()).unwrap());
    engine
}

/// Verdict of each host that is told of, with what speaks for it.
fn hosts(document: &Document) -> BTreeMap<String, (String, BTreeMap<String, f64>)> {
    let of = |host: &ostium_report::HostRow| {
        let evidence = host.evidence.iter().map(|e| (e.detector.clone(), e.log_odds));
        (host.host.clone(), (host.verdict.clone(), evidence.collect()))
    };
    document.hosts.iter().map(of).collect()
}

#[test]
fn what_was_kept_tells_the_same() {
    let (capture, truth) = world();
    for threads in [1, 2] {
        let settings = || settings(&truth, threads, BIG);
        let (mut kept, mut told) = (Kept::new(), None);
        run(&capture, settings(), nothing(), |engine| {
            engine.end_flows();
            keep(engine, &mut kept);
            told = Some(engine.document(Vec::new()));
        });
        let document = told.unwrap();
        assert!(kept.len() > 5 && document.hosts.len() > 5, "{}", kept.len());
        let mut reborn = reborn(settings(), &kept);
        let again = reborn.document(Vec::new());
        assert!(again.hosts == document.hosts, "{threads}");
        assert!(again.indicators == document.indicators);
        assert_eq!(reborn.keep(0).unwrap(), None, "nothing was heard since");
    }
}

#[test]
fn restarts_in_the_middle_change_no_verdict() {
    let (capture, truth) = world();
    let settings = || settings(&truth, 1, BIG);
    let (whole, _) = run(&capture, settings(), nothing(), |_| {});
    let (mut restarts, mut kept) = (0, Kept::new());
    let (parts, _) = run(&capture, settings(), nothing(), |engine| {
        keep(engine, &mut kept);
        restarts += 1;
        *engine = reborn(settings(), &kept);
    });
    assert!(restarts > 3, "{restarts}");
    let infected = |d: &Document| -> Vec<String> {
        hosts(d).into_iter().filter(|(_, (v, _))| v == "infected").map(|(h, _)| h).collect()
    };
    assert_eq!(infected(&parts), infected(&whole));
    assert_eq!(infected(&whole).len(), 3);
    assert!(hosts(&parts)[&infected(&whole)[0]].1.contains_key("beacon"), "{:?}", hosts(&parts));
}

#[test]
fn less_memory_after_a_restart_is_held_to() {
    let (capture, truth) = world();
    let mut kept = Kept::new();
    run(&capture, settings(&truth, 1, BIG), nothing(), |engine| keep(engine, &mut kept));
    let bytes = |engine: &mut Engine| keep_all(engine).iter().map(Vec::len).sum::<usize>();
    let before = bytes(&mut reborn(settings(&truth, 1, BIG), &kept));
    let after = bytes(&mut reborn(settings(&truth, 1, 2 << 20), &kept));
    // There is a least that all shards have together, and it goes where it is wanted.
    assert!(after * 3 < before * 2, "{after} of {before}");
}

fn keep_all(engine: &mut Engine) -> Vec<Vec<u8>> {
    (0..SHARDS).for_each(|shard| engine.keep_again(shard));
    let mut kept = Kept::new();
    keep(engine, &mut kept);
    kept.into_values().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn bytes_that_make_no_sense_break_nothing(
        damage in proptest::collection::vec((0usize..1 << 20, any::<u8>()), 0..8),
        end in 0usize..1 << 16,
    ) {
        static WORLD: LazyLock<(Truth, Kept)> = LazyLock::new(|| {
            let (capture, truth) = world();
            let mut kept = Kept::new();
            run(&capture, settings(&truth, 1, BIG), nothing(), |engine| keep(engine, &mut kept));
            (truth, kept)
        });
        let (truth, kept) = &*WORLD;
        let mut engine = engine(settings(truth, 1, BIG));
        for (shard, bytes) in kept {
            let mut bytes = bytes.clone();
            for (at, byte) in &damage {
                let len = bytes.len();
                bytes[at % len] = *byte;
            }
            if end < bytes.len() && end % 3 == 0 {
                bytes.truncate(end);
            }
            engine.recall(*shard, bytes).ok();
        }
        engine.advance(Timestamp::from_secs(START));
        engine.document(Vec::new());
        keep_all(&mut engine);
    }
}
