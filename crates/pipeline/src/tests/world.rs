//! The demonstration world: found with any number of threads, any packing, any split, little
//! memory.

use std::sync::OnceLock;

use ostium_synth::{Truth, demo};

use super::*;
use crate::examine;

/// The world as a capture, and its truth.
fn world() -> &'static (Vec<u8>, Truth) {
    static WORLD: OnceLock<(Vec<u8>, Truth)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut capture = Vec::new();
        let truth = demo(1).write_pcap(&mut capture).unwrap();
        (capture, truth)
    })
}

fn settings(threads: usize) -> Settings {
    Settings { home: Home::new(&world().1.home), threads, ..Settings::default() }
}

/// The report on the world in one plain file, by two threads.
fn plain() -> &'static Document {
    static PLAIN: OnceLock<Document> = OnceLock::new();
    PLAIN.get_or_init(|| report(&[("world", &world().0)], &settings(2)))
}

fn infected(document: &Document) -> Vec<&str> {
    let mut hosts: Vec<&str> = document
        .hosts
        .iter()
        .filter(|h| h.verdict == "infected")
        .map(|h| h.host.as_str())
        .collect();
    hosts.sort_unstable();
    hosts
}

fn truly_infected() -> Vec<String> {
    let mut hosts: Vec<String> = world().1.infected.iter().map(|(a, _)| a.to_string()).collect();
    hosts.sort_unstable();
    hosts
}

/// Hosts with their verdicts, and what was counted of them.
fn verdicts(document: &Document) -> Vec<(&str, &str)> {
    let mut all: Vec<(&str, &str)> =
        document.hosts.iter().map(|h| (h.host.as_str(), h.verdict.as_str())).collect();
    all.sort_unstable();
    all
}

#[test]
fn the_three_bots_and_nobody_else() {
    assert_eq!(infected(plain()), truly_infected());
    let totals = &plain().totals;
    assert_eq!(totals.packets as usize, packets_of(&world().0).len());
    assert_eq!((totals.infected, totals.hosts >= 15), (3, true));
    assert!(totals.dropped.is_empty() && totals.anomalies.is_empty(), "{totals:?}");
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let expected = json(plain());
    for threads in [1, 2, 3, 5, 7, 8, 64] {
        let got = json(&report(&[("world", &world().0)], &settings(threads)));
        assert!(got == expected, "{threads} threads: {}", first_difference(&got, &expected));
    }
}

fn first_difference(a: &str, b: &str) -> String {
    let differ = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    format!("{differ:?}")
}

#[test]
fn the_number_of_threads_changes_no_byte_when_memory_is_short() {
    let run = |threads| {
        let settings = Settings { memory: 32 << 20, all: true, ..settings(threads) };
        json(&report(&[("world", &world().0)], &settings))
    };
    let (one, many) = (run(1), run(5));
    assert!(one == many, "{}", first_difference(&one, &many));
}

#[test]
fn packing_changes_no_byte() {
    let packed = zstd::encode_all(&world().0[..], 1).unwrap();
    for bytes in [gzip(&world().0), packed] {
        let got = report(&[("world", &bytes)], &settings(2));
        assert_eq!(json(&got), json(plain()));
    }
}

#[test]
fn pcapng_is_as_good_as_pcap() {
    let ng = pcapng(&packets_of(&world().0));
    let got = report(&[("world", &ng)], &settings(2));
    assert_eq!(json(&got), json(plain()));
}

#[test]
fn two_files_merged_by_time_are_as_one() {
    let all = packets_of(&world().0);
    // By turns of a few packets, as two interfaces of one tap would write them.
    let part = |which: usize| -> Packets {
        let mine = |(n, _): &(usize, &(u64, Vec<u8>))| n / 3 % 2 == which;
        all.iter().enumerate().filter(mine).map(|(_, p)| p.clone()).collect()
    };
    let (a, b) = (pcap(&part(0)), pcap(&part(1)));
    let got = report(&[("a", &a), ("b", &b)], &settings(2));
    assert_eq!(got.inputs, ["a", "b"]);
    assert_eq!(verdicts(&got), verdicts(plain()));
    assert_eq!(got.totals.packets, plain().totals.packets);
    assert_eq!(got.totals.flows, plain().totals.flows);
}

#[test]
fn a_morning_and_an_afternoon_in_any_order_are_as_one_day() {
    let all = packets_of(&world().0);
    let half = all.len() / 2;
    let (morning, afternoon) = (pcap(&all[..half]), pcap(&all[half..]));
    for files in [[&morning, &afternoon], [&afternoon, &morning]] {
        let mut got = report(&[("a", files[0]), ("b", files[1])], &settings(2));
        got.inputs = plain().inputs.clone();
        assert_eq!(json(&got), json(plain()));
    }
}

#[test]
fn little_memory_still_finds_the_bots() {
    let settings = Settings { memory: 64 << 20, ..settings(2) };
    let got = report(&[("world", &world().0)], &settings);
    assert_eq!(infected(&got), truly_infected());
}

#[test]
fn a_home_with_nobody_inside() {
    let settings = Settings { home: home(&["192.0.2.0/24"]), ..settings(2) };
    let got = report(&[("world", &world().0)], &settings);
    assert!(got.hosts.is_empty() && got.indicators.is_empty());
    assert_eq!((got.totals.hosts, got.totals.flows), (0, 0));
    assert_eq!(got.totals.dropped["neither_end_inside"], got.totals.packets);
    assert_eq!(got.home, ["192.0.2.0/24"]);
}

#[test]
fn reading_can_be_ended_and_is_reported_until_then() {
    for threads in [1, 3] {
        let mut blocks = 0;
        let analysis =
            analyze(vec![input("world", &world().0)], &settings(threads), &mut |progress| {
                blocks += 1;
                assert!(progress.read <= progress.total.unwrap());
                if blocks == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        assert!(analysis.interrupted);
        let totals = &analysis.document.totals;
        assert!(totals.packets > 0 && totals.packets < plain().totals.packets, "{totals:?}");
        assert!(totals.flows > 0, "what was open is told");
    }
}

#[test]
fn settings_are_told_apart_by_their_fingerprint() {
    let of = |settings: Settings| settings.fingerprint();
    let base = of(settings(1));
    assert_eq!(base, of(settings(7)), "threads shape nothing");
    assert_eq!((base.len(), base.chars().all(|c| c.is_ascii_hexdigit())), (64, true));
    let policy = ostium_judge::Policy { prior: 0.01, ..Default::default() };
    for other in [
        Settings { home: home(&["10.0.0.0/8"]), ..settings(1) },
        Settings { memory: 1 << 29, ..settings(1) },
        Settings { site: "x".into(), ..settings(1) },
        Settings { policy, ..settings(1) },
        Settings {
            roles: vec![crate::RoleAt {
                role: ostium_evidence::Role::Nat,
                host: "10.0.0.1".parse().unwrap(),
            }],
            ..settings(1)
        },
    ] {
        assert_ne!(base, of(other));
    }
}

#[test]
fn a_beacon_shows_when_it_called_and_how_long_it_waited() {
    let mut told = 0;
    for host in &plain().hosts {
        assert!(host.conversations.len() <= 12);
        for item in host.evidence.iter().filter(|item| item.detector == "beacon") {
            assert!(item.conversation.is_some() || !item.counted, "{item:?}");
            let Some(place) = item.conversation else { continue };
            let talk = &host.conversations[place];
            let timeline = talk.timeline.as_ref().unwrap();
            let active: u32 = timeline.counts.iter().map(|n| u32::from(*n)).sum();
            assert!(active >= talk.starts, "{talk:?}");
            let intervals = talk.intervals.as_ref().unwrap();
            assert_eq!(intervals.edges.len(), intervals.counts.len() + 1);
            let median = item.numbers["median_seconds"];
            let mut buckets = intervals.edges.windows(2).zip(&intervals.counts);
            let within = |(edges, count): (&[f64], &u16)| {
                *count > 0 && (edges[0]..edges[1]).contains(&median)
            };
            assert!(buckets.any(within), "{median} in {intervals:?}");
            told += 1;
        }
    }
    assert!(told > 3, "{told} beacons");
}

#[test]
fn an_examined_run_is_the_same_run_and_tells_when_the_bots_were_found() {
    let inputs = vec![input("world", &world().0)];
    let examined = examine(inputs, &settings(4), &mut |_| ControlFlow::Continue(()));
    assert_eq!(json(&examined.analysis.document), json(plain()));
    let (first, last) = examined.cases.iter().fold((Timestamp::MAX, Timestamp::ZERO), |span, c| {
        (span.0.min(c.first), span.1.max(c.last))
    });
    let mut found: Vec<String> = examined.convicted.keys().map(ToString::to_string).collect();
    found.sort_unstable();
    assert_eq!(found, truly_infected());
    for (host, at) in &examined.convicted {
        // What a cut capture comes to is what was seen at that time, but for flows still open.
        assert!((first..=last).contains(at), "{host}");
        let cut = until(&world().0, *at);
        let judged = report(&[("cut", &cut)], &settings(1));
        assert!(infected(&judged).contains(&host.to_string().as_str()), "{host} at {at:?}");
    }
    for case in &examined.cases {
        let again = ostium_judge::judge(case.clone(), &Settings::default().policy);
        let row = plain().hosts.iter().find(|row| row.host == again.host.to_string());
        assert_eq!(row.map_or("clean", |row| row.verdict.as_str()), again.verdict.name());
    }
}

/// The packets of a capture until a time.
fn until(capture: &[u8], at: Timestamp) -> Vec<u8> {
    let mut packets = packets_of(capture);
    packets.retain(|(micros, _)| *micros * 1000 <= at.nanos());
    pcap(&packets)
}
