//! What infected hosts talked to, as indicators that others can use.
//!
//! Bias: only what is about the conversation that convicted, never a host's other contacts.

use std::collections::BTreeMap;

use ostium_evidence::Group;
use ostium_verdict::{Rationale, Verdict};

use crate::document::IndicatorRow;
use crate::text::escape;

/// Indicators from infected hosts, sorted by type and value.
pub(crate) fn indicators(rationales: &[Rationale]) -> Vec<IndicatorRow> {
    let mut found: BTreeMap<(&'static str, String), (f64, u64)> = BTreeMap::new();
    for r in rationales.iter().filter(|r| r.verdict == Verdict::Infected) {
        let mut of_host: BTreeMap<(&'static str, String), f64> = BTreeMap::new();
        let counted = r.counted.iter().filter_map(|place| r.evidence.get(*place));
        for item in counted.filter(|item| item.about.conversation().is_some()) {
            // Victims of a behaviour are no controllers.
            if item.group == Group::Behaviour {
                continue;
            }
            let Some(peer) = item.about.peer() else {
                continue;
            };
            let value = match (&peer.name, peer.addr, peer.port) {
                (Some(name), _, _) => ("domain-name", escape(name)),
                (None, Some(addr), Some(port)) => (
                    "socket",
                    match addr.is_v4() {
                        true => format!("{addr}:{port}"),
                        false => format!("[{addr}]:{port}"),
                    },
                ),
                (None, Some(addr), None) if addr.is_v4() => ("ipv4-addr", addr.to_string()),
                (None, Some(addr), None) => ("ipv6-addr", addr.to_string()),
                (None, None, _) => continue,
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
