//! What infected hosts talked to, as indicators that others can use.
//!
//! Bias: only what is about conversations that convicted, never a host's other contacts.

use std::collections::BTreeMap;

use ostium_evidence::{Group, Peer};
use ostium_verdict::{Rationale, Verdict};

use crate::build::Judged;
use crate::document::IndicatorRow;
use crate::text::escape;

/// Nats that a conversation must gather over two groups to be worth telling others.
const ENOUGH: f64 = 5.0;

/// Indicators from infected hosts, sorted by type and value.
pub(crate) fn indicators(judged: &[Judged]) -> Vec<IndicatorRow> {
    let mut found: BTreeMap<(&'static str, String), (f64, u64)> = BTreeMap::new();
    let rationales = judged.iter().map(|judged| &judged.rationale);
    for r in rationales.filter(|r| r.verdict == Verdict::Infected) {
        let mut of_host: BTreeMap<(&'static str, String), f64> = BTreeMap::new();
        for peer in controllers(r) {
            let Some(value) = value(peer) else {
                continue;
            };
            let confidence = of_host.entry(value).or_default();
            *confidence = confidence.max(r.probability);
        }
        for (value, confidence) in of_host {
            let entry = found.entry(value).or_default();
            entry.0 = entry.0.max(confidence);
            entry.1 += 1;
        }
    }
    found
        .into_iter()
        .map(|((kind, value), (probability, hosts))| IndicatorRow {
            kind: kind.to_owned(),
            value,
            confidence: (probability.clamp(0.0, 1.0) * 100.0) as u8,
            hosts,
        })
        .collect()
}

/// Whom an infected host talked to that convicted it: its controllers, as far as evidence goes.
pub fn controllers(r: &Rationale) -> impl Iterator<Item = &Peer> {
    let infected = r.verdict == Verdict::Infected;
    let speaks = infected && speaks_for_itself(r);
    let counted = r.counted.iter().filter_map(|place| r.evidence.get(*place));
    // What is certain convicts alone, though another conversation may be louder.
    let certain = r.evidence.iter().filter(move |item| infected && item.certain);
    counted
        .filter(move |_| speaks)
        .chain(certain)
        // Victims of a behaviour are no controllers; who is certainly worked for is one.
        .filter(|item| {
            let worked_for = item.group != Group::Behaviour || item.certain;
            item.about.conversation().is_some() && worked_for
        })
        .filter_map(|item| item.about.peer())
}

/// Was the conversation itself suspicious enough, whatever else the host did? A host that scans
/// talks to somebody odd too, who has nothing to do with it.
fn speaks_for_itself(r: &Rationale) -> bool {
    let about: Vec<_> = r
        .counted
        .iter()
        .filter_map(|place| r.evidence.get(*place))
        .filter(|item| item.about.conversation().is_some())
        .collect();
    let best =
        |group| about.iter().filter(|i| i.group == group).map(|i| i.log_odds).reduce(f64::max);
    let groups: Vec<f64> = Group::ALL.into_iter().filter_map(best).collect();
    about.iter().any(|item| item.certain)
        || (groups.len() >= 2 && groups.iter().sum::<f64>() >= ENOUGH)
}

/// The most exact value of a peer, with its type.
fn value(peer: &Peer) -> Option<(&'static str, String)> {
    match (&peer.name, peer.addr, peer.port) {
        (Some(name), _, _) => Some(("domain-name", escape(name))),
        (None, Some(addr), Some(port)) if addr.is_v4() => {
            Some(("socket", format!("{addr}:{port}")))
        }
        (None, Some(addr), Some(port)) => Some(("socket", format!("[{addr}]:{port}"))),
        (None, Some(addr), None) if addr.is_v4() => Some(("ipv4-addr", addr.to_string())),
        (None, Some(addr), None) => Some(("ipv6-addr", addr.to_string())),
        (None, None, _) => None,
    }
}
