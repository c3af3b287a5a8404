//! Tests of reports: the contract of the JSON, safe printing, reasons.

mod contract;
mod printing;
mod reasons;

use std::sync::Arc;

use ostium_event::{Addr, Span, Timestamp};
use ostium_evidence::{About, Evidence, Group, Peer, Role};
use ostium_verdict::{GroupScore, Rationale, Verdict};

use crate::{Activity, Document, Facts, Intervals, Judged, Talk, Totals};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: u64 = 1_767_225_600;

pub(crate) fn addr(text: &str) -> Addr {
    text.parse().unwrap()
}

/// The other end, as `name:port`, `address:port` or `[address]:port`.
pub(crate) fn peer(name: Option<&str>, at: Option<&str>, port: Option<u16>) -> Peer {
    Peer { name: name.map(Arc::from), addr: at.map(addr), port }
}

pub(crate) fn item(detector: &'static str, group: Group, nats: f64, about: About) -> Evidence {
    Evidence {
        detector,
        group,
        log_odds: nats,
        certain: false,
        about,
        first: Timestamp::from_secs(START),
        last: Timestamp::from_secs(START + 60),
        technique: "T1071.001",
        summary: format!("{detector} says so"),
        numbers: vec![("period_s", 60.000_000_4), ("starts", 345.0)],
        family: None,
    }
}

pub(crate) fn talk(peer: Peer) -> About {
    About::Conversation { id: 7, peer }
}

/// A rationale in which all evidence counted.
pub(crate) fn rationale(
    host: &str,
    verdict: Verdict,
    p: f64,
    evidence: Vec<Evidence>,
) -> Rationale {
    Rationale {
        host: addr(host),
        verdict,
        probability: p,
        prior_log_odds: -6.906_754_778_648_554,
        groups: vec![GroupScore { group: Group::Timing, raw: 9.123_456_789, capped: 6.8 }],
        roles: vec![],
        families: vec![],
        counted: (0..evidence.len()).collect(),
        evidence,
        set_aside: vec![],
        first: Timestamp::from_secs(START),
        last: Timestamp::from_secs(START + 3600),
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        inputs: vec!["a.pcap".into()],
        span: Some((Timestamp::from_secs(START), Timestamp::from_secs(START + 3600))),
        config_sha256: "0".repeat(64),
        home: vec!["10.0.0.0/8".into()],
        site: "home office".into(),
        blind: vec!["replies unseen".into()],
        totals: Totals {
            packets: 1_234_567,
            bytes: 987_654_321,
            flows: 4321,
            events: 5432,
            anomalies: [("not_ip".to_owned(), 3)].into(),
            dropped: [("duplicate_packet".to_owned(), 2)].into(),
            ..Totals::default()
        },
    }
}

/// One infected host that talks to names and addresses, one suspect, one clean.
pub(crate) fn sample() -> Vec<Rationale> {
    let c2 = || talk(peer(Some("c2.example"), Some("203.0.113.9"), Some(443)));
    let bare = |at, port| talk(peer(None, Some(at), port));
    let mut bot = rationale(
        "10.0.0.9",
        Verdict::Infected,
        0.998_123_456_789,
        vec![
            item("beacon", Group::Timing, 4.2, c2()),
            item("odd-destination", Group::Destination, 3.1, bare("198.51.100.7", Some(4444))),
            item("rare-client", Group::Client, 2.0, bare("2001:db8::7", Some(8443))),
            item("scan", Group::Behaviour, 5.0, About::Host { peer: None }),
        ],
    );
    bot.families = vec!["somerat".into()];
    let aside = item("dga", Group::Naming, 9.0, About::Host { peer: None });
    let mut resolver = rationale("10.0.0.53", Verdict::Suspect, 0.2, vec![]);
    resolver.roles = vec![Role::Resolver];
    resolver.set_aside = vec![(aside, "it asks for others")];
    let quiet = rationale("10.0.0.2", Verdict::Clean, 0.001, vec![]);
    vec![quiet, resolver, bot]
}

/// The report on hosts without a word of their conversations.
pub(crate) fn build(facts: Facts, rationales: Vec<Rationale>, all: bool) -> Document {
    let alone = |rationale| Judged { rationale, talks: Vec::new() };
    crate::build(facts, rationales.into_iter().map(alone).collect(), all)
}

/// A conversation that evidence with this identity is about.
pub(crate) fn conversation(id: u64, peer: Peer) -> Talk {
    Talk {
        id,
        peer,
        first: Timestamp::from_secs(START),
        last: Timestamp::from_secs(START + 600),
        starts: 11,
        bytes: Some((1200, 54_321)),
        activity: Some(Activity {
            start: Timestamp::from_secs(START),
            width: Span::from_secs(64),
            counts: vec![2, 1, 1, 1, 1, 1, 1, 1, 2],
        }),
        intervals: Some(Intervals {
            between: "starts",
            edges: vec![53.817_37, 64.0, 76.109_26],
            counts: vec![9, 1],
        }),
        shape: None,
    }
}

pub(crate) fn document() -> Document {
    build(facts(), sample(), false)
}
