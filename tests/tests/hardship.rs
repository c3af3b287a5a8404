//! Worlds as bad taps see them: clocks that step and run backwards, mirror ports that copy every
//! packet at once or later, one direction missing. Verdicts stay sane.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use ostium_event::Home;
use ostium_report::Document;
use ostium_synth::Truth;
use ostium_tests::{Packets, analyzed, pcap, settings, world};
use ostium_wire::{LinkType, decode};

/// The demonstration world, and the report on it as it is.
fn plain() -> &'static (Packets, Truth, Document) {
    static PLAIN: OnceLock<(Packets, Truth, Document)> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let (packets, truth) = world(1);
        let document = judged(&packets, &truth);
        (packets, truth, document)
    })
}

fn judged(packets: &Packets, truth: &Truth) -> Document {
    match analyzed("world.pcap", pcap(packets), &settings(truth)) {
        Ok(analysis) => analysis.document,
        Err(why) => unreachable!("a capture is read: {why}"),
    }
}

fn with(document: &Document, verdict: &str) -> BTreeSet<String> {
    let hosts = document.hosts.iter().filter(|host| host.verdict == verdict);
    hosts.map(|host| host.host.clone()).collect()
}

fn bots(truth: &Truth) -> BTreeSet<String> {
    truth.infected.iter().map(|(addr, _)| addr.to_string()).collect()
}

/// Every host with its verdict.
fn verdicts(document: &Document) -> BTreeSet<(String, String)> {
    document.hosts.iter().map(|host| (host.host.clone(), host.verdict.clone())).collect()
}

/// The world with its packets changed.
fn changed(change: impl FnOnce(&mut Packets)) -> Document {
    let (packets, truth, _) = plain();
    let mut packets = packets.clone();
    change(&mut packets);
    judged(&packets, truth)
}

/// Every packet again, so many microseconds later.
fn doubled(packets: &mut Packets, after: u64) {
    let copies = packets.iter().map(|(at, frame)| (at + after, frame.clone()));
    let copies: Packets = copies.collect();
    packets.extend(copies);
    packets.sort_by_key(|(at, _)| *at);
}

#[test]
fn the_world_as_it_is() {
    let (_, truth, document) = plain();
    assert_eq!(with(document, "infected"), bots(truth));
    assert_eq!(bots(truth).len(), 3);
}

#[test]
fn copies_of_every_packet_change_no_verdict() {
    let (packets, truth, document) = plain();
    for micros in [0, 40, 4_900, 40_000, 700_000] {
        let got = changed(|packets| doubled(packets, micros));
        assert_eq!(got.totals.packets as usize, 2 * packets.len());
        let dropped = got.totals.dropped.get("duplicate_packet").copied().unwrap_or(0);
        // A direction remembers two packets, so a late copy within a burst counts as a packet.
        let least = match micros {
            0..=100 => 95,
            101..=5_000 => 80,
            _ => 0,
        };
        assert!(dropped * 100 >= packets.len() as u64 * least, "{dropped} after {micros} us");
        assert_eq!(with(&got, "infected"), bots(truth), "after {micros} us");
        assert_eq!(verdicts(&got), verdicts(document), "after {micros} us");
    }
}

#[test]
fn neighbours_that_change_places_change_no_verdict() {
    let (_, truth, document) = plain();
    // As two queues of one card write them: places change, times stay.
    let mut swapped = 0;
    let got = changed(|packets| {
        let mut at = 0;
        while let Some([(one, _), (other, _)]) = packets.get(at..at + 2) {
            let close = other - one <= 200;
            if close {
                packets.swap(at, at + 1);
                swapped += 1;
            }
            at += if close { 2 } else { 1 };
        }
    });
    assert!(swapped > 10_000, "{swapped}");
    assert_eq!(with(&got, "infected"), bots(truth));
    assert_eq!(verdicts(&got), verdicts(document));
}

#[test]
fn a_clock_that_is_set_back_accuses_nobody() {
    let (_, truth, _) = plain();
    for back in [2, 300, 3600] {
        let got = changed(|packets| {
            let half = packets.len() / 2;
            packets[half..].iter_mut().for_each(|(at, _)| *at -= back * 1_000_000);
        });
        let wrong: Vec<_> = with(&got, "infected").difference(&bots(truth)).cloned().collect();
        assert!(wrong.is_empty(), "{back} s back: {wrong:?}");
        assert!(got.totals.anomalies.contains_key("time_backwards"), "{:?}", got.totals);
        let found = with(&got, "infected").len();
        assert!(found >= 2, "{back} s back: {found} of 3 found");
    }
}

#[test]
fn a_day_read_backwards_accuses_nobody() {
    let (_, truth, _) = plain();
    let got = changed(|packets| packets.reverse());
    let wrong: Vec<_> = with(&got, "infected").difference(&bots(truth)).cloned().collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(got.totals.anomalies["time_backwards"] > 0);
}

#[test]
fn one_direction_alone_accuses_nobody() {
    for seed in 1..=3 {
        let (packets, truth) = world(seed);
        let home = Home::new(&truth.home);
        for outward in [true, false] {
            let mut half = packets.clone();
            half.retain(|(_, frame)| {
                decode(LinkType::Ethernet, frame).is_ok_and(|m| home.contains(m.src) == outward)
            });
            assert!(half.len() > packets.len() / 5 && half.len() < packets.len() * 4 / 5);
            let got = judged(&half, &truth);
            let infected = with(&got, "infected");
            let wrong: Vec<_> = infected.difference(&bots(&truth)).cloned().collect();
            assert!(wrong.is_empty(), "seed {seed}, outward {outward}: {wrong:?}");
            assert!(!got.blind.is_empty(), "what one direction cannot show is said");
            println!("seed {seed}, outward {outward}: {} of 3", infected.len());
        }
    }
}
