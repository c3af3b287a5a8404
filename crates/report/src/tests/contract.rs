//! The fields that programs rely on: names, types, order.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn value() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Names of an object's members, sorted.
fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

proptest! {
    #[test]
    fn every_number_is_read_as_it_was_written(number in prop::num::f64::NORMAL) {
        let mut written = document();
        written.hosts[0].probability = number;
        let text = serde_json::to_string(&written).unwrap();
        prop_assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), written);
    }
}

#[test]
fn every_promised_field_is_there() {
    let all = value();
    for field in [
        "schema",
        "inputs",
        "span",
        "version",
        "config_sha256",
        "home",
        "site",
        "blind",
        "totals",
        "hosts",
        "indicators",
    ] {
        assert!(all.get(field).is_some(), "{field}");
    }
    assert_eq!(all["schema"], "ostium.report/1");
    assert_eq!(all["inputs"], json!(["a.pcap"]));
    assert_eq!(
        all["span"],
        json!({"first": "2026-01-01T00:00:00Z", "last": "2026-01-01T01:00:00Z"})
    );
    assert_eq!(all["blind"], json!(["replies unseen"]));
    for field in ["packets", "bytes", "flows", "events", "hosts"] {
        assert!(all["totals"][field].is_u64(), "{field}");
    }
    assert_eq!(all["totals"]["hosts"], 3);
    assert_eq!((&all["totals"]["infected"], &all["totals"]["suspect"]), (&json!(1), &json!(1)));
    assert_eq!(all["totals"]["anomalies"], json!({"not_ip": 3}));
    assert_eq!(all["totals"]["dropped"], json!({"duplicate_packet": 2}));
}

#[test]
fn a_host_is_as_promised() {
    let all = value();
    let host = &all["hosts"][0];
    assert_eq!(
        names(host),
        [
            "evidence",
            "families",
            "groups",
            "host",
            "prior_log_odds",
            "probability",
            "roles",
            "verdict"
        ]
    );
    assert_eq!((&host["host"], &host["verdict"]), (&json!("10.0.0.9"), &json!("infected")));
    assert_eq!(host["families"], json!(["somerat"]));
    assert_eq!(host["groups"], json!({"timing": {"raw": 9.123457, "capped": 6.8}}));
    let resolver = &all["hosts"][1];
    assert_eq!(resolver["roles"], json!(["resolver"]));
    assert_eq!(resolver["set_aside"][0]["because"], "it asks for others");
}

#[test]
fn an_item_of_evidence_is_as_promised() {
    let all = value();
    let beacon = &all["hosts"][0]["evidence"][0];
    for field in ["detector", "group", "peer", "first", "last", "technique", "summary"] {
        assert!(beacon[field].is_string(), "{field}");
    }
    assert_eq!(beacon["peer"], "c2.example:443");
    assert_eq!(beacon["log_odds"], 4.2);
    assert_eq!((&beacon["certain"], &beacon["counted"]), (&json!(false), &json!(true)));
    assert_eq!(beacon["numbers"], json!({"period_s": 60.0, "starts": 345.0}));
    let of_host = &all["hosts"][0]["evidence"][3];
    assert_eq!(of_host["peer"], "", "an item about the host has no peer, and says so by ''");
}

#[test]
fn a_conversation_is_as_promised() {
    let judged = || Judged {
        rationale: sample().pop().unwrap(),
        talks: vec![
            conversation(7, peer(Some("c2.ex\u{202e}ample"), None, Some(443))),
            Talk {
                bytes: None,
                activity: None,
                intervals: None,
                ..conversation(9, Peer::default())
            },
        ],
    };
    let document = crate::build(facts(), vec![judged()], false);
    let host = serde_json::to_value(&document.hosts[0]).unwrap();
    assert_eq!(
        host["conversations"][0],
        json!({
            "peer": "c2.ex\u{fffd}ample:443",
            "first": "2026-01-01T00:00:00Z", "last": "2026-01-01T00:10:00Z", "starts": 11,
            "out_bytes": 1200, "back_bytes": 54321,
            "timeline": { "start": "2026-01-01T00:00:00Z", "bucket_seconds": 64,
                          "counts": [2, 1, 1, 1, 1, 1, 1, 1, 2] },
            "intervals": { "between": "starts", "edges": [53.817371, 64.0, 76.109261],
                           "counts": [9, 1] },
        })
    );
    assert_eq!(names(&host["conversations"][1]), ["first", "last", "peer", "starts"]);
    assert_eq!(host["evidence"][0]["conversation"], 0);
    assert_eq!(host["evidence"][3].get("conversation"), None, "an item about the host itself");
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), document);
}

#[test]
fn it_reads_back_as_it_was_written() {
    let document = document();
    let text = serde_json::to_string_pretty(&document).unwrap();
    let back: Document = serde_json::from_str(&text).unwrap();
    assert_eq!(back, document);
    assert_eq!(serde_json::to_string_pretty(&back).unwrap(), text);
}

#[test]
fn hosts_are_sorted_by_probability_then_address() {
    let of = |host, p| rationale(host, Verdict::Suspect, p, vec![]);
    let unsorted = vec![
        of("10.0.0.10", 0.5),
        of("2001:db8::1", 0.5),
        of("10.0.0.9", 0.5),
        of("10.0.0.1", 0.2),
        of("10.0.0.200", 0.9),
    ];
    let hosts: Vec<String> =
        build(facts(), unsorted, false).hosts.into_iter().map(|h| h.host).collect();
    assert_eq!(hosts, ["10.0.0.200", "10.0.0.9", "10.0.0.10", "2001:db8::1", "10.0.0.1"]);
}

#[test]
fn the_order_of_cases_changes_nothing() {
    let mut reversed = sample();
    reversed.reverse();
    assert_eq!(build(facts(), reversed, true), build(facts(), sample(), true));
}

#[test]
fn clean_hosts_only_when_asked_for() {
    let verdicts = |all| -> Vec<String> {
        build(facts(), sample(), all).hosts.into_iter().map(|h| h.verdict).collect()
    };
    assert_eq!(verdicts(false), ["infected", "suspect"]);
    assert_eq!(verdicts(true), ["infected", "suspect", "clean"]);
}

#[test]
fn numbers_are_rounded_and_finite() {
    let mut bad = item("beacon", Group::Timing, f64::NAN, About::Host { peer: None });
    bad.numbers = vec![
        ("nan", f64::NAN),
        ("inf", f64::INFINITY),
        ("minus", -0.000_000_01),
        ("third", 1.0 / 3.0),
        ("large", 12_345_678.9),
    ];
    let document =
        build(facts(), vec![rationale("10.0.0.1", Verdict::Suspect, 1.0 / 3.0, vec![bad])], false);
    let text = serde_json::to_string(&document).unwrap();
    let host = &document.hosts[0];
    assert_eq!((host.probability, host.prior_log_odds), (0.333_333, -6.906_755));
    let numbers = &host.evidence[0].numbers;
    assert_eq!(
        serde_json::to_value(numbers).unwrap(),
        json!({"nan": 0.0, "inf": 0.0, "minus": 0.0, "third": 0.333333, "large": 12345679.0})
    );
    assert!(!text.contains("null") && !text.contains("-0.0,"), "{text}");
}

#[test]
fn times_beyond_the_calendar_do_no_harm() {
    let mut facts = facts();
    facts.span = Some((Timestamp::ZERO, Timestamp::MAX));
    let span = build(facts, vec![], false).span.unwrap();
    assert_eq!(span.first, "1970-01-01T00:00:00Z");
    assert!(span.last.starts_with("2554-"), "{}", span.last);
}

#[test]
fn evidence_of_one_host_is_bounded() {
    let many =
        |n| (0..n).map(|_| item("x", Group::Peers, 1.0, About::Host { peer: None })).collect();
    let document =
        build(facts(), vec![rationale("10.0.0.1", Verdict::Suspect, 0.5, many(500))], false);
    assert!((1..=100).contains(&document.hosts[0].evidence.len()));
}

#[test]
fn what_counted_comes_first() {
    let mut r = rationale(
        "10.0.0.1",
        Verdict::Suspect,
        0.5,
        vec![
            item("loud", Group::Timing, 9.0, talk(peer(Some("a.example"), None, None))),
            item("counted", Group::Timing, 3.0, talk(peer(Some("b.example"), None, None))),
        ],
    );
    r.counted = vec![1];
    let items = &build(facts(), vec![r], false).hosts[0].evidence;
    let order: Vec<(&str, bool)> = items.iter().map(|i| (i.detector.as_str(), i.counted)).collect();
    assert_eq!(order, [("counted", true), ("loud", false)]);
}

#[test]
fn indicators_come_from_infected_hosts_only() {
    let mut rationales = sample();
    rationales[1].evidence = vec![item(
        "beacon",
        Group::Timing,
        4.0,
        talk(peer(Some("only-suspect.example"), None, Some(443))),
    )];
    rationales[1].counted = vec![0];
    let document = build(facts(), rationales, true);
    let all = serde_json::to_value(&document.indicators).unwrap();
    assert_eq!(
        all,
        json!([
            {"type": "domain-name", "value": "c2.example", "confidence": 99, "hosts": 1},
            {"type": "socket", "value": "198.51.100.7:4444", "confidence": 99, "hosts": 1},
            {"type": "socket", "value": "[2001:db8::7]:8443", "confidence": 99, "hosts": 1},
        ])
    );
}

#[test]
fn an_indicator_counts_hosts_once_and_only_what_counted() {
    let c2 = || talk(peer(Some("c2.example"), None, Some(443)));
    let infected = |host, p, others: Vec<Evidence>| {
        let mut all =
            vec![item("beacon", Group::Timing, 4.0, c2()), item("rare", Group::Client, 4.0, c2())];
        let counted = vec![0, 1];
        all.extend(others);
        let mut r = rationale(host, Verdict::Infected, p, all);
        r.counted = counted;
        r
    };
    let bystander = item("beacon", Group::Timing, 1.0, talk(peer(Some("cdn.example"), None, None)));
    let victim = item("scan", Group::Behaviour, 9.0, talk(peer(None, Some("8.8.8.8"), Some(25))));
    let mut scanner = infected("10.0.0.3", 0.91, vec![victim]);
    scanner.counted.push(2);
    let document = build(
        facts(),
        vec![
            infected("10.0.0.1", 0.95, vec![bystander]),
            infected("10.0.0.2", 0.999, vec![]),
            scanner,
        ],
        false,
    );
    let row = &document.indicators[0];
    assert_eq!(document.indicators.len(), 1, "no bystander and no victim");
    assert_eq!((row.value.as_str(), row.hosts, row.confidence), ("c2.example", 3, 99));
}

#[test]
fn addresses_without_a_port_have_their_own_type() {
    let of = |group, at| item("x", group, 9.0, talk(peer(None, Some(at), None)));
    let items = vec![of(Group::Reputation, "198.51.100.7"), of(Group::Timing, "2001:db8::7")];
    let r = rationale("10.0.0.1", Verdict::Infected, 1.0, items);
    let rows = build(facts(), vec![r], false).indicators;
    let kinds: Vec<(&str, &str)> =
        rows.iter().map(|r| (r.kind.as_str(), r.value.as_str())).collect();
    assert_eq!(kinds, [("ipv4-addr", "198.51.100.7"), ("ipv6-addr", "2001:db8::7")]);
    assert_eq!(rows[0].confidence, 100);
}

#[test]
fn what_a_convicted_host_happens_to_talk_to_is_no_indicator() {
    let odd = item("x", Group::Destination, 9.0, talk(peer(Some("odd.example"), None, None)));
    let scan = item("scan", Group::Behaviour, 9.0, About::Host { peer: None });
    let r = rationale("10.0.0.1", Verdict::Infected, 1.0, vec![odd, scan]);
    assert_eq!(build(facts(), vec![r], false).indicators, []);
}

#[test]
fn what_is_certain_is_an_indicator_though_another_conversation_is_louder() {
    let dga = item("dga", Group::Naming, 14.0, About::Host { peer: None });
    let odd = item("x", Group::Destination, 9.0, talk(peer(Some("odd.example"), None, None)));
    let about = talk(peer(Some("qxkzvwpfhtg.example"), Some("198.51.100.7"), Some(80)));
    let met = item("dga-rendezvous", Group::Naming, 4.5, about);
    let mut r = rationale("10.0.0.1", Verdict::Infected, 1.0, vec![dga, odd, met]);
    (r.evidence[0].certain, r.evidence[2].certain) = (true, true);
    r.counted = vec![0, 1];
    let rows = build(facts(), vec![r.clone()], false).indicators;
    let values: Vec<&str> = rows.iter().map(|row| row.value.as_str()).collect();
    assert_eq!(values, ["qxkzvwpfhtg.example"]);
    // A host that is not infected accuses nobody.
    r.verdict = Verdict::Suspect;
    assert_eq!(build(facts(), vec![r], false).indicators, []);
}

#[test]
fn an_empty_run_is_a_report_too() {
    let document = build(Facts::default(), vec![], true);
    let all = serde_json::to_value(&document).unwrap();
    assert_eq!(
        (&all["span"], &all["hosts"], &all["indicators"]),
        (&Value::Null, &json!([]), &json!([]))
    );
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<Document>(&text).unwrap(), document);
}
