//! `why`: about a host, a name, an address, with and without its port.

use super::*;
use crate::{Target, why};

fn told(target: &str) -> Option<String> {
    why(&document(), &Target::new(target))
}

#[test]
fn a_host_is_explained_to_the_end() {
    let text = told("10.0.0.9").unwrap();
    for part in [
        "10.0.0.9 is infected (99.8 %)",
        "Family: somerat",
        "-6.91  before any evidence",
        "+6.80  timing (capped from 9.12",
        "+4.20 beacon (timing, ATT&CK T1071.001)",
        "beacon says so",
        "period_s 60, starts 345",
        "2026-01-01T00:00:00Z to 2026-01-01T00:01:00Z",
        "Counted:",
    ] {
        assert!(text.contains(part), "'{part}' is missing in:\n{text}");
    }
    let resolver = told("10.0.0.53").unwrap();
    assert!(resolver.contains("Role: resolver") && resolver.contains("because it asks for others"));
}

#[test]
fn a_destination_by_name_or_address_with_and_without_its_port() {
    for (target, detector) in [
        ("c2.example", "beacon"),
        ("C2.Example.", "beacon"),
        (" c2.example:443 ", "beacon"),
        ("example", "beacon"),
        ("198.51.100.7", "odd-destination"),
        ("198.51.100.7:4444", "odd-destination"),
        ("2001:db8::7", "rare-client"),
        ("[2001:db8::7]:8443", "rare-client"),
        ("[2001:db8::7]", "rare-client"),
        ("2001:DB8:0:0::7", "rare-client"),
    ] {
        let text = told(target).unwrap_or_else(|| panic!("{target} is not known"));
        assert!(text.contains(detector), "{target}:\n{text}");
        assert!(text.contains("10.0.0.9 (infected"), "{target}:\n{text}");
        assert_eq!(text.matches(" says so").count(), 1, "{target} alone:\n{text}");
    }
}

#[test]
fn what_is_not_known_is_none() {
    for target in [
        "10.0.0.2",
        "c3.example",
        "2.example",
        "c2.example:80",
        "198.51.100",
        "198.51.100.7:44",
        "100.7",
        "7",
        "2001:db8:",
        "",
        ".",
        ":",
        "[]",
        "*",
    ] {
        assert_eq!(told(target), None, "'{target}'");
    }
}

#[test]
fn an_address_without_a_port_in_the_report() {
    let of = |at| item("sinkhole", Group::Reputation, 9.0, talk(peer(None, Some(at), None)));
    let all = vec![of("2001:db8::7"), of("198.51.100.7")];
    let document = build(facts(), vec![rationale("10.0.0.1", Verdict::Infected, 0.99, all)], false);
    for target in ["2001:db8::7", "198.51.100.7"] {
        assert!(why(&document, &Target::new(target)).is_some(), "{target}");
    }
    assert!(why(&document, &Target::new("2001:db8:")).is_none());
}

#[test]
fn the_part_of_a_report_about_a_target() {
    let document = document();
    let part = Target::new("c2.example").of(&document);
    assert_eq!(part.hosts.len(), 1);
    assert_eq!(part.hosts[0].evidence.len(), 1);
    assert_eq!(part.totals, document.totals);
    let host = Target::new("10.0.0.9").of(&document);
    assert_eq!((host.hosts.len(), host.hosts[0].evidence.len()), (1, 4));
    assert!(Target::new("nobody.example").of(&document).hosts.is_empty());
}

#[test]
fn a_certain_item_is_marked() {
    let mut sure = item("scan", Group::Behaviour, 14.0, About::Host { peer: None });
    sure.certain = true;
    let document =
        build(facts(), vec![rationale("10.0.0.1", Verdict::Infected, 0.99, vec![sure])], false);
    let text = why(&document, &Target::new("10.0.0.1")).unwrap();
    assert!(text.contains(", certain, ATT&CK") && text.contains("convicts by itself"), "{text}");
}

#[test]
fn other_conversations_are_told_apart() {
    let c2 = || talk(peer(Some("c2.example"), None, None));
    let mut r = rationale(
        "10.0.0.1",
        Verdict::Suspect,
        0.5,
        vec![item("a", Group::Timing, 4.0, c2()), item("b", Group::Client, 1.0, c2())],
    );
    r.counted = vec![0];
    let text = why(&build(facts(), vec![r], false), &Target::new("10.0.0.1")).unwrap();
    let (counted, seen) = text.split_once("Seen, but about other conversations:").unwrap();
    assert!(counted.contains("a says so") && seen.contains("b says so"));
}

#[test]
fn a_part_keeps_the_conversations_that_its_items_are_about() {
    let ids = [5, 6, 7];
    let items = ids.map(|id| {
        let peer = peer(Some(&format!("c{id}.example")), None, Some(443));
        item("beacon", Group::Timing, 4.0, About::Conversation { id, peer })
    });
    let talks = ids.map(|id| conversation(id, peer(Some(&format!("c{id}.example")), None, None)));
    let rationale = rationale("10.0.0.1", Verdict::Infected, 0.99, items.to_vec());
    let document = crate::build(facts(), vec![Judged { rationale, talks: talks.to_vec() }], false);
    let part = Target::new("c6.example").of(&document);
    let host = &part.hosts[0];
    assert_eq!((host.evidence.len(), host.conversations.len()), (1, 1));
    assert_eq!(host.evidence[0].conversation, Some(0));
    assert_eq!(host.conversations[0].peer, "c6.example");
    assert_eq!(Target::new("10.0.0.1").of(&document), document);
}
