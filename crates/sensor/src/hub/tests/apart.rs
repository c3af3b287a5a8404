//! What is told of patterns, generators and victims, and what is not.

use ostium_event::Proto;
use ostium_evidence::{MadeNames, Rate, Tells};
use ostium_pipeline::Crowd;

use super::*;

const VICTIM: [u8; 4] = [203, 0, 113, 80];

fn rate(packets_per_second: u64, last: u64) -> Rate {
    Rate {
        victim: Addr::v4(VICTIM),
        port: 443,
        proto: Proto::UDP,
        packets_per_second,
        bytes_per_second: 10 * packets_per_second,
        last: at(last),
    }
}

/// So many hosts that send so much.
fn sending(hosts: u8, packets: u64, last: u64) -> Vec<(Addr, Tells)> {
    let one = |n| {
        let rates = vec![rate(packets, last)];
        (Addr::v4([10, 0, 0, n]), Tells { rates, ..Tells::default() })
    };
    (1..=hosts).map(one).collect()
}

fn attacks(teller: &mut Teller, all: &[(Addr, Tells)], now: u64) -> Vec<wire::Attack> {
    let told = teller.apart(all, &Crowd::default(), &[], at(now));
    told.into_iter().filter_map(|told| told.report.attack).collect()
}

#[test]
fn what_leaves_for_a_victim_is_added_up_and_told_while_it_lasts() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    assert!(attacks(&mut teller, &sending(3, 6, 0), 1).is_empty(), "less than one client's page");
    let told = attacks(&mut teller, &sending(4, 6, 0), 1);
    let [attack] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((attack.packets_per_second, attack.bytes_per_second, attack.sources), (24, 240, 4));
    assert_eq!(
        (&*attack.victim, attack.port, attack.transport.as_str()),
        (&VICTIM[..], 443, "udp")
    );
    assert!(attacks(&mut teller, &sending(4, 6, 10), 20).is_empty(), "not all the time");
    assert_eq!(attacks(&mut teller, &sending(4, 12, 25), 30).len(), 1, "twice as much");
    assert_eq!(attacks(&mut teller, &sending(4, 12, 180), 181).len(), 1, "it lasts");
    assert!(attacks(&mut teller, &sending(4, 12, 181), 600).is_empty(), "it is over");
}

#[test]
fn a_victim_inside_is_nobodys_business_and_a_site_may_say_less() {
    let home = Home::new(&["203.0.113.0/24".parse().unwrap()]);
    let mut inside = teller(HubConfig::default(), &home);
    assert!(attacks(&mut inside, &sending(9, 50, 0), 1).is_empty());
    let of = |share| HubConfig { share, ..HubConfig::default() };
    let mut silent = teller(of(Share::Nothing), &Home::private());
    assert!(attacks(&mut silent, &sending(9, 500, 0), 1).is_empty());
    let mut less = teller(of(Share::Infected), &Home::private());
    assert!(attacks(&mut less, &sending(9, 50, 0), 1).is_empty(), "that is no flood by itself");
    assert_eq!(attacks(&mut less, &sending(1, 100, 0), 1).len(), 1);
}

fn dga(host: u8, nats: f64) -> Judged {
    let mut item = evidence(Group::Naming, nats, "x.example", 1);
    (item.detector, item.about) = ("dga", About::Host { peer: None });
    judged([10, 0, 0, host], vec![item])
}

fn asked(host: u8, prints: std::ops::Range<u64>) -> (Addr, Tells) {
    let names = MadeNames {
        prints: prints.collect(),
        form: "a12-16 .biz,.net".to_owned(),
        first: at(0),
        last: at(50),
    };
    (Addr::v4([10, 0, 0, host]), Tells { names: Some(names), ..Tells::default() })
}

#[test]
fn made_names_are_told_of_hosts_that_the_test_convinces() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    let told = |teller: &mut Teller, prints, now| -> Vec<wire::Report> {
        let all = [asked(1, prints), asked(2, 100..110)];
        let told = teller.apart(&all, &Crowd::default(), &[], at(now));
        told.into_iter().map(|told| told.report).collect()
    };
    teller.judged(&dga(1, 6.0), at(0));
    assert!(told(&mut teller, 0..20, 1).is_empty(), "not yet");
    teller.judged(&dga(1, 15.0), at(2));
    let first = told(&mut teller, 0..20, 3);
    let [report] = first.as_slice() else { panic!("{first:?}") };
    let generator = report.generator.as_ref().unwrap();
    assert_eq!((generator.names, generator.prints.len()), (20, 20));
    assert_eq!(generator.form, "a12-16 .biz,.net");
    assert!(matches!(report.subject.as_ref().unwrap().what, Some(wire::subject::What::Other(_))));
    assert!(report.hosts.is_none() && report.addresses.is_empty());
    assert!(told(&mut teller, 0..22, 4).is_empty(), "two more are no news yet");
    assert_eq!(told(&mut teller, 0..30, 5).len(), 1);
    assert!(told(&mut teller, 0..30, 9_000).is_empty(), "the same again is none");
    assert_eq!(told(&mut teller, 0..31, 9_001).len(), 1);
}

fn alike(host: Option<u8>, for_show: bool) -> Alike {
    let peer = Peer { name: Some("odd.example".into()), addr: None, port: None };
    let host = host.map(|host| Addr::v4([10, 0, 0, host]));
    Alike { peer, id: 7, family: Some("Example".into()), confidence: 80, for_show, host }
}

#[test]
fn what_a_tried_pattern_meets_at_one_person_stays_here() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    assert_eq!(teller.alike(&alike(Some(1), true), at(0)), None);
    let report = teller.alike(&alike(Some(2), true), at(1)).unwrap();
    assert_eq!((report.patterns, report.hosts.unwrap().count), (vec![7], 2));
    assert!(report.items[0].detector == "pattern" && report.items[0].log_odds < 0.1);
    assert_eq!(teller.alike(&alike(Some(2), true), at(2)), None, "told");
}

#[test]
fn what_a_pattern_in_earnest_meets_is_told_at_once_as_its_word_alone() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    let report = teller.alike(&alike(Some(1), false), at(0)).unwrap();
    let item = &report.items[0];
    assert_eq!((report.items.len(), item.detector.as_str(), item.log_odds), (1, "pattern", 4.0));
    assert_eq!((report.log_odds, report.family.as_str()), (4.0, "Example"));
    assert!(report.verdict == i32::from(wire::Verdict::Suspect) && report.shape.is_none());
    assert_eq!(teller.alike(&alike(Some(1), false), at(9)), None);
    assert!(teller.alike(&alike(Some(1), false), at(4_000)).is_some(), "it lasts");
    let denial = teller.alike(&alike(None, false), at(10)).unwrap();
    assert!(denial.false_positive && denial.patterns == [7] && denial.items.is_empty());
}

#[test]
fn a_pattern_beside_own_evidence_is_told_as_a_pattern() {
    let mut teller = teller(HubConfig::default(), &Home::private());
    let mut item = evidence(Group::Reputation, 4.0, "c2.example", 1);
    (item.detector, item.numbers) = ("pattern", vec![("pattern", 7.0)]);
    let alone = judged([10, 0, 0, 1], vec![item.clone()]);
    assert!(teller.judged(&alone, at(0)).is_empty(), "that is told when it is met");
    let own = vec![
        evidence(Group::Timing, 6.5, "c2.example", 1),
        evidence(Group::Destination, 6.0, "c2.example", 1),
        item,
    ];
    let told = teller.judged(&judged([10, 0, 0, 1], own), at(1));
    let [Tell { report, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((report.patterns.as_slice(), report.items.len()), (&[7][..], 3));
    let of_pattern = report.items.iter().filter(|item| item.detector == "pattern").count();
    assert_eq!(of_pattern, 1);
}
