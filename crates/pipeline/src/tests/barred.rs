//! What the site stops itself is heard as an attempt, and as nothing else.

use std::sync::Arc;

use ostium_event::{Addr, Span};
use ostium_verdict::{Block, BlockSet, Mode, Origin, Target};

use ostium_capture::CaptureFile;
use ostium_synth::{Scenario, Wishes};

use super::going_on::{nothing, run, world};
use super::*;
use crate::{Barred, Cause, Engine};

fn blocks(targets: &[&str], since: Timestamp) -> BlockSet {
    let block = |target: &&str| {
        let (mode, hold) = (Mode::Block, Span::from_secs(86_400));
        Block::new(target.parse::<Target>().unwrap(), Origin::Detector, mode, since, hold)
    };
    targets.iter().map(block).collect()
}

/// The demonstration's world, of which the site stops this from the beginning.
fn report_with(barred: Barred) -> Document {
    let (capture, truth) = world();
    let settings = Settings { home: Home::new(&truth.home), all: true, ..Settings::default() };
    let mut engine = Engine::new(Arc::new(settings));
    engine.bar(&Arc::new(barred));
    let mut file = CaptureFile::open(Box::new(Cursor::new(capture))).unwrap();
    let mut block = engine.buffer();
    while file.next_block(&mut block).unwrap() {
        let next = engine.buffer();
        engine.take(std::mem::replace(&mut block, next));
    }
    engine.finish(vec!["world".to_owned()])
}

fn evidence_of(document: &Document, host: &str) -> usize {
    let host = document.hosts.iter().find(|row| row.host == host);
    host.map_or(0, |host| host.evidence.len())
}

#[test]
fn a_host_in_quarantine_gives_no_evidence_but_what_it_asks_of_the_dns() {
    let (_, truth) = world();
    let open = report_with(Barred::default());
    for (bot, _) in &truth.infected {
        let bot = bot.to_string();
        assert!(evidence_of(&open, &bot) > 0, "{bot}");
        let shut = Barred::of(blocks(&[&format!("host:{bot}")], Timestamp::ZERO).iter(), vec![]);
        let shut = report_with(shut);
        let row = shut.hosts.iter().find(|row| row.host == bot).unwrap();
        let of_its_doing = |group: &str| matches!(group, "timing" | "behaviour" | "client");
        let others: Vec<_> = row.evidence.iter().filter(|e| of_its_doing(&e.group)).collect();
        assert!(others.is_empty(), "{bot}: {others:?}");
        // Of nobody else is anything missing.
        let rest = |d: &Document| d.totals.hosts;
        assert_eq!(rest(&shut), rest(&open));
    }
}

#[test]
fn blocks_that_begin_after_the_last_packet_change_nothing() {
    let (_, truth) = world();
    let hosts: Vec<String> = truth.infected.iter().map(|(bot, _)| format!("host:{bot}")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let later = Barred::of(blocks(&hosts, Timestamp::MAX).iter(), Vec::new());
    assert_eq!(report_with(later).hosts, report_with(Barred::default()).hosts);
}

#[test]
fn a_host_that_is_asked_about_is_judged_as_when_its_turn_comes() {
    let (capture, truth) = world();
    for threads in [1, 3] {
        let settings = Settings { home: Home::new(&truth.home), threads, ..Settings::default() };
        let mut seen = 0;
        run(&capture, settings, nothing(), |engine: &mut Engine| {
            engine.gather();
            for judged in engine.look(0, 1) {
                let host: Addr = judged.rationale.host;
                let (at_once, by_turn) = (engine.judge(host).unwrap().rationale, judged.rationale);
                assert_eq!(at_once.probability.to_bits(), by_turn.probability.to_bits());
                assert_eq!(at_once.evidence, by_turn.evidence);
                seen += 1;
            }
            assert!(engine.judge("192.0.2.99".parse().unwrap()).is_none());
        });
        assert!(seen > 0);
    }
}

/// One machine that mines.
const MINER: &str = "about = 'a miner'
start = 2026-09-14T08:00:00Z
home = ['10.0.0.0/24']
[[group]]
name = 'pc'
first = '10.0.0.7'
[[infection]]
name = 'miner'
in = 'pc'
habits = [{ kind = 'miner' }]
";

#[test]
fn work_that_a_pool_took_is_told_at_once_and_its_host_judged_certain() {
    let scenario = Scenario::parse("miner", MINER).unwrap();
    let wishes = Wishes { days: Some(0.1), ..Wishes::default() };
    let mut capture = Vec::new();
    scenario.world(&wishes).unwrap().write_pcap(&mut capture).unwrap();
    let settings = Settings { home: home(&["10.0.0.0/24"]), ..Settings::default() };
    let mut judged = None;
    let (document, alarms) = run(&capture, settings, nothing(), |engine: &mut Engine| {
        judged = engine.judge("10.0.0.7".parse().unwrap());
    });
    assert_eq!(document.hosts[0].verdict, "infected", "{:?}", document.hosts);
    let told: Vec<_> = alarms.iter().filter(|alarm| alarm.cause == Cause::Mines).collect();
    assert!(!told.is_empty() && told.len() <= 3, "once a connection: {}", told.len());
    // What follows in the connection tells where it is, and asks for no other judgement.
    let of = told[0].flow;
    let again = alarms.iter().filter(|alarm| alarm.flow == of && alarm.cause == Cause::Contact);
    assert!(again.count() > 10);
    let rationale = judged.unwrap().rationale;
    assert!(rationale.evidence.iter().any(|item| item.certain), "{rationale:?}");
}
