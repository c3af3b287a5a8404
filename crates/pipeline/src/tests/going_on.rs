//! The engine that goes on: it tells at its end what an analysis of the same capture tells, and of
//! watched destinations at once.

use std::collections::BTreeSet;
use std::sync::{Arc, mpsc};

use ostium_capture::CaptureFile;
use ostium_event::Addr;
use ostium_synth::{Truth, demo};
use ostium_verdict::Verdict;

use super::*;
use crate::{Alarm, Cause, Engine, Watcher};

/// Watches for names, and for all addresses of one port.
pub(super) struct Watched {
    names: BTreeSet<String>,
    port: u16,
}

impl Watcher for Watched {
    fn name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn address(&self, _: Addr, port: u16) -> bool {
        port == self.port
    }
}

pub(super) fn world() -> (Vec<u8>, Truth) {
    let mut capture = Vec::new();
    let truth = demo(1).write_pcap(&mut capture).unwrap();
    (capture, truth)
}

pub(super) fn run(
    capture: &[u8],
    settings: Settings,
    watched: Watched,
    mut between: impl FnMut(&mut Engine),
) -> (Document, Vec<Alarm>) {
    let (sender, alarms) = mpsc::sync_channel(1 << 16);
    let watcher: Arc<dyn Watcher> = Arc::new(watched);
    let mut engine = Engine::new(Arc::new(settings));
    engine.watch(&watcher, &sender);
    let mut file = CaptureFile::open(Box::new(Cursor::new(capture.to_vec()))).unwrap();
    loop {
        let mut block = engine.buffer();
        if !file.next_block(&mut block).unwrap() {
            break;
        }
        engine.take(block);
        between(&mut engine);
    }
    let document = engine.finish(vec!["world".to_owned()]);
    drop(sender);
    (document, alarms.into_iter().collect())
}

pub(super) fn nothing() -> Watched {
    Watched { names: BTreeSet::new(), port: 0 }
}

#[test]
fn ends_with_what_an_analysis_tells_however_often_it_was_looked_at() {
    let (capture, truth) = world();
    let settings =
        |threads| Settings { home: Home::new(&truth.home), threads, ..Settings::default() };
    let wanted = report(&[("world", &capture)], &settings(1));
    for threads in [1, 3] {
        let (mut round, mut found) = (0, BTreeSet::new());
        let (document, _) = run(&capture, settings(threads), nothing(), |engine| {
            if round % 8 == 0 {
                engine.gather();
            }
            let judged = engine.look(round % 4, 4);
            found.extend(judged.iter().map(|judged| judged.rationale.host.to_string()));
            round += 1;
        });
        assert_eq!(document.hosts, wanted.hosts, "{threads}");
        assert_eq!(document.totals.flows, wanted.totals.flows);
        assert_eq!(document.totals.packets, wanted.totals.packets);
        let infected = |d: &Document| {
            let hosts = d.hosts.iter().filter(|h| h.verdict == "infected");
            hosts.map(|h| h.host.clone()).collect::<BTreeSet<_>>()
        };
        assert!(infected(&document).is_subset(&found), "looks in between named them: {found:?}");
    }
}

#[test]
fn a_flood_by_one_flow_is_told_while_it_goes_on() {
    let (bot, victim) = (([10, 0, 0, 7], 40_000), ([203, 0, 113, 80], 9));
    // Two hundred datagrams a second for a minute.
    let flood: Packets = (0..12_000u64)
        .map(|n| (START * 1_000_000 + n * 5_000, udp(bot, victim, &n.to_be_bytes())))
        .collect();
    let mut engine = Engine::new(Arc::new(Settings::default()));
    let mut found = None;
    for second in flood.chunks(200) {
        let mut file = CaptureFile::open(Box::new(Cursor::new(pcap(second)))).unwrap();
        let mut block = engine.buffer();
        while file.next_block(&mut block).unwrap() {
            engine.take(std::mem::take(&mut block));
        }
        engine.gather();
        let infected = engine.look(0, 1).iter().any(|j| j.rationale.verdict == Verdict::Infected);
        if infected {
            found = Some(engine.latest().since(Timestamp::from_secs(START)));
            break;
        }
    }
    assert!(found.is_some_and(|after| after.secs() <= 6), "{found:?}");
}

#[test]
fn watched_names_and_contacts_are_told_at_once() {
    let (capture, truth) = world();
    let settings = Settings { home: Home::new(&truth.home), ..Settings::default() };
    let all = report(&[("world", &capture)], &settings);
    let name = all.indicators.iter().find(|i| i.kind == "domain-name").unwrap().value.clone();
    let watched = Watched { names: [name.clone()].into(), port: 443 };
    let (_, alarms) = run(&capture, settings, watched, |_| {});
    let about = |wanted: fn(&Cause) -> Option<&str>| {
        alarms.iter().filter(|a| wanted(&a.cause) == Some(&name)).count()
    };
    assert!(about(|c| if let Cause::Asked(n) = c { Some(n) } else { None }) > 0);
    assert!(about(|c| if let Cause::Answered(n, _) = c { Some(n) } else { None }) > 0);
    let answered =
        alarms.iter().any(|a| matches!(&a.cause, Cause::Answered(_, to) if !to.is_empty()));
    assert!(answered, "with the addresses that it stands for");
    let named =
        alarms.iter().find(|a| matches!(&a.cause, Cause::Named(n) if **n == *name)).unwrap();
    let segment = named.segment.unwrap();
    assert!(segment.from_inside && segment.len > 0 && segment.seq != 0, "{segment:?}");
    let contacts = alarms.iter().filter(|a| a.cause == Cause::Contact);
    assert!(contacts.clone().count() > 10);
    assert!(contacts.clone().all(|a| a.flow.outside_port == 443));
}

#[test]
fn a_flow_that_was_told_of_is_told_again_while_it_goes_on() {
    let (capture, truth) = world();
    let settings = Settings { home: Home::new(&truth.home), ..Settings::default() };
    // The remote control holds one connection for hours.
    let watched = Watched { names: BTreeSet::new(), port: 6606 };
    let (_, alarms) = run(&capture, settings, watched, |_| {});
    let of = alarms.first().unwrap().flow;
    assert!(alarms.iter().all(|alarm| alarm.flow == of && alarm.cause == Cause::Contact));
    // Once by its first packet, and then by the next sixty-four.
    assert_eq!(alarms.len(), 65);
    let segments: Vec<_> = alarms.iter().map(|alarm| alarm.segment.unwrap()).collect();
    let sent: Vec<u32> = segments.iter().filter(|s| s.from_inside).map(|s| s.seq).collect();
    let first = sent[0];
    let on: Vec<u32> = sent.iter().map(|seq| seq.wrapping_sub(first)).collect();
    assert!(on.is_sorted() && *on.last().unwrap() > 100, "each says where it is by then: {on:?}");
    assert!(segments.iter().any(|s| !s.from_inside), "by packets of both ends");
}

#[test]
fn what_is_let_go_is_counted_and_nobody_is_accused_for_it() {
    let (capture, truth) = world();
    let settings = Settings { home: Home::new(&truth.home), ..Settings::default() };
    let (document, _) = run(&capture, settings, nothing(), |engine| engine.shed(1));
    let shed = document.totals.dropped["shed_packet"];
    let packets = document.totals.packets;
    assert!(shed > packets / 8 && shed < packets * 7 / 8, "{shed} of {packets}");
    let bots: BTreeSet<String> = truth.infected.iter().map(|(a, _)| a.to_string()).collect();
    for host in document.hosts.iter().filter(|h| h.verdict == "infected") {
        assert!(bots.contains(&host.host), "{} is clean", host.host);
    }
}
