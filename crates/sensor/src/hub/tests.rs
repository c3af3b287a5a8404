//! What leaves, byte by byte.

use std::collections::BTreeSet;
use std::sync::Arc;

use ostium_event::{Addr, Home, Timestamp};
use ostium_evidence::{About, Evidence, Group, HostCase, Peer};
use ostium_hub_api as wire;
use ostium_intel::IndicatorValue;
use ostium_pipeline::{Engine, Settings};
use ostium_report::Judged;
use ostium_synth::{Scenario, Wishes};
use prost::Message;

use super::pseudonym::Pseudonyms;
use super::shape::bytes;
use super::tell::{Tell, Teller};
use crate::config::{HubConfig, Share};
use crate::warden::Alike;

mod apart;
mod whole;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + secs)
}

fn teller(config: HubConfig, home: &Home) -> Teller {
    Teller::new(config, home.clone(), Pseudonyms::of(&[7; 32]))
}

/// Everything that is said of a world, as it would be sent, with the inside addresses of it.
fn said_of(name: &str, config: &HubConfig) -> (Vec<wire::Report>, BTreeSet<Addr>) {
    let scenario = Scenario::named(name).unwrap();
    let world = scenario.world(&Wishes::default()).unwrap();
    let truth = world.truth();
    let home = Home::new(&truth.home);
    let settings = Settings { home: home.clone(), ..Settings::default() };
    let mut engine = Engine::new(Arc::new(settings));
    // A week is gigabytes: it is read while it is made.
    let (packets, to) = std::io::pipe().unwrap();
    let made = std::thread::spawn(move || {
        world.write_pcap(std::io::BufWriter::with_capacity(1 << 20, to)).unwrap();
    });
    let mut file = ostium_capture::CaptureFile::open(Box::new(packets)).unwrap();
    let mut block = engine.buffer();
    while file.next_block(&mut block).unwrap() {
        engine.take(block);
        block = engine.buffer();
    }
    made.join().unwrap();
    engine.end_flows();
    engine.gather();
    let mut teller = teller(config.clone(), &home);
    teller.active(engine.crowd().hosts);
    let now = engine.counts().latest;
    let mut reports = Vec::new();
    let mut hosts: BTreeSet<Addr> = truth.clean.iter().copied().collect();
    hosts.extend(truth.infected.iter().map(|(host, _)| *host));
    for judged in engine.look(0, 1) {
        hosts.insert(judged.rationale.host);
        let told = teller.judged(&judged, now);
        for Tell { report, .. } in &told {
            let met = IndicatorValue::Domain("c2.example".to_owned());
            reports.extend(teller.met(&met, judged.rationale.host, now));
            assert!(report.subject.is_some());
        }
        for talk in judged.talks.iter().filter(|_| !told.is_empty()) {
            let (peer, host) = (talk.peer.clone(), Some(judged.rationale.host));
            let (family, confidence) = (None, 75);
            let met = Alike { peer, id: 7, family, confidence, for_show: false, host };
            reports.extend(teller.alike(&met, now));
        }
        reports.extend(told.into_iter().map(|told| told.report));
    }
    let apart = teller.apart(&engine.tells(), &engine.crowd(), &[], now);
    reports.extend(apart.into_iter().map(|told| told.report));
    (reports, hosts)
}

/// Is this in there, in text of either case?
fn holds(sent: &[u8], text: &str) -> bool {
    let (sent, text) = (sent.to_ascii_lowercase(), text.to_ascii_lowercase());
    !text.is_empty() && sent.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn no_inside_address_and_no_name_of_a_person_is_in_any_byte_sent() {
    // All that can be shared is.
    let config = HubConfig { suspects_from: 1, ..HubConfig::default() };
    let (mut count, mut shapes, mut generators, mut patterns) = (0, 0, 0, 0);
    for world in ["demo", "theft"] {
        let (reports, hosts) = said_of(world, &config);
        count += reports.len();
        shapes += reports.iter().filter(|report| report.shape.is_some()).count();
        generators += reports.iter().filter(|report| report.generator.is_some()).count();
        patterns += reports.iter().filter(|report| !report.patterns.is_empty()).count();
        let batch = wire::Batch { first: 1, reports, urgent: false };
        let sent = batch.encode_to_vec();
        for host in hosts {
            assert!(!holds(&sent, &host.to_string()), "{world}: {host} as text");
            let mut forward = bytes(host);
            assert!(!sent.windows(forward.len()).any(|w| w == forward), "{world}: {host}");
            forward.reverse();
            assert!(!sent.windows(forward.len()).any(|w| w == forward), "{world}: {host} reversed");
        }
        for person in ["DESKTOP-7K2", "PW_user", "password", "alice"] {
            assert!(!holds(&sent, person), "{world}: {person}");
        }
    }
    assert!(count > 10, "{count} reports: there must be something to inspect");
    let all = (shapes, generators, patterns);
    assert!(shapes > 2 && generators > 0 && patterns > 2, "of every kind: {all:?}");
}

fn evidence(group: Group, nats: f64, name: &str, id: u64) -> Evidence {
    let peer = Peer { name: Some(name.into()), addr: "198.51.100.7".parse().ok(), port: Some(443) };
    Evidence {
        detector: group.name(),
        group,
        log_odds: nats,
        certain: false,
        about: About::Conversation { id, peer },
        first: at(0),
        last: at(60),
        technique: "T1071",
        summary: "10.0.0.9 (the laptop of alice) polls".to_owned(),
        numbers: Vec::new(),
        family: None,
    }
}

fn judged(host: [u8; 4], evidence: Vec<Evidence>) -> Judged {
    let case =
        HostCase { host: Addr::v4(host), roles: Vec::new(), first: at(0), last: at(60), evidence };
    let rationale = ostium_judge::judge(case, &ostium_judge::Policy::default());
    Judged { rationale, talks: Vec::new() }
}

fn suspicious(host: u8) -> Judged {
    judged([10, 0, 0, host], vec![evidence(Group::Timing, 5.0, "odd.example", 1)])
}

fn infected(host: u8) -> Judged {
    let both = vec![
        evidence(Group::Timing, 6.5, "www.c2.example", 1),
        evidence(Group::Destination, 6.0, "c2.example", 1),
    ];
    judged([10, 0, 0, host], both)
}

#[test]
fn what_one_person_alone_visits_stays_here() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    teller.active(40);
    assert!(teller.judged(&suspicious(1), at(0)).is_empty());
    assert!(teller.judged(&suspicious(1), at(9)).is_empty(), "the same one again is still one");
    let told = teller.judged(&suspicious(2), at(10));
    let [Tell { report, urgent: false, .. }] = told.as_slice() else { panic!("{told:?}") };
    let hosts = report.hosts.as_ref().unwrap();
    assert_eq!((hosts.count, hosts.crowd, hosts.lowest.len()), (2, 50, 2));
    assert!(!holds(&report.encode_to_vec(), "alice"));
    // The next day is counted anew.
    assert!(teller.judged(&suspicious(3), at(86_400)).is_empty());
}

#[test]
fn who_convicts_is_told_at_once_and_not_all_the_time() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    let told = teller.judged(&infected(1), at(0));
    let [Tell { report, urgent: true, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(report.verdict, i32::from(wire::Verdict::Infected));
    // Two groups, as the judge adds them up; one name for what is one conversation.
    assert!((report.log_odds - 12.5).abs() < 1e-3, "{}", report.log_odds);
    let what = report.subject.clone().unwrap().what;
    assert_eq!(what, Some(wire::subject::What::Domain("c2.example".to_owned())));
    assert_eq!(report.addresses, [bytes(Addr::v4([198, 51, 100, 7]))]);
    assert!(teller.judged(&infected(1), at(2)).is_empty());
    assert_eq!(teller.judged(&infected(2), at(4)).len(), 1, "twice as many hosts");
    assert!(teller.judged(&infected(3), at(6)).is_empty());
    let again = teller.judged(&infected(1), at(3_700));
    assert_eq!(again.len(), 1, "it lasts");
    assert!(!again[0].urgent, "nobody waits for that");
}

#[test]
fn the_louder_of_two_conversations_tells_of_one_destination() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    let all = vec![
        evidence(Group::Timing, 6.5, "c2.example", 1),
        evidence(Group::Destination, 6.0, "c2.example", 1),
        evidence(Group::Client, 3.2, "c2.example", 2),
    ];
    let told = teller.judged(&judged([10, 0, 0, 1], all), at(0));
    let [Tell { report, news: Some(_), .. }] = told.as_slice() else { panic!("{told:?}") };
    assert!((report.log_odds - 12.5).abs() < 1e-3, "{}", report.log_odds);
}

#[test]
fn what_rests_on_the_word_of_others_is_not_said_as_if_it_had_been_seen() {
    let config = HubConfig { suspects_from: 1, ..HubConfig::default() };
    let mut teller = teller(config, &Home::private());
    let mut listed = evidence(Group::Reputation, 6.8, "listed.example", 1);
    listed.certain = true;
    assert!(teller.judged(&judged([10, 0, 0, 1], vec![listed]), at(0)).is_empty());
    // A victim of a flood is no controller.
    let flood = evidence(Group::Behaviour, 6.8, "victim.example", 1);
    assert!(teller.judged(&judged([10, 0, 0, 1], vec![flood]), at(0)).is_empty());
}

#[test]
fn a_site_may_say_less_or_nothing() {
    let of = |share| HubConfig { share, suspects_from: 1, ..HubConfig::default() };
    let home = Home::private();
    let mut infected_only = teller(of(Share::Infected), &home);
    assert!(infected_only.judged(&suspicious(1), at(0)).is_empty());
    assert_eq!(infected_only.judged(&infected(1), at(0)).len(), 1);
    let mut silent = teller(of(Share::Nothing), &home);
    assert!(silent.judged(&infected(1), at(0)).is_empty());
    let met = IndicatorValue::Domain("c2.example".to_owned());
    assert_eq!(silent.met(&met, Addr::v4([10, 0, 0, 1]), at(0)), None);
}

#[test]
fn meetings_are_told_when_they_are_news() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    teller.active(100);
    let met = IndicatorValue::Domain("c2.example".to_owned());
    let mut told = Vec::new();
    for n in 0..64u8 {
        let report = teller.met(&met, Addr::v4([10, 0, 0, n]), at(n.into()));
        told.extend(report.map(|report| report.hosts.unwrap().count));
    }
    assert_eq!(told, [1, 2, 4, 8, 16, 32, 64], "as it doubles, so that collateral is seen early");
    assert_eq!(teller.met(&met, Addr::v4([10, 0, 0, 1]), at(100)), None);
    let report = teller.met(&met, Addr::v4([10, 0, 0, 1]), at(4_000)).unwrap();
    assert!(report.items.is_empty() && report.log_odds == 0.0, "nothing is said about it");
}
