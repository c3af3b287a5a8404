//! From verdicts to requests.

use std::sync::Arc;

use ostium_enforce::rails::Request;
use ostium_event::Timestamp;
use ostium_evidence::{Evidence, Peer};
use ostium_report::controllers;
use ostium_sensor_api::Matter;
use ostium_verdict::{Block, Mode, Origin, Rationale, Target, Verdict};

use super::Warden;
use super::act::led_by;

/// Infected hosts that were told of; a flood of made-up ones must not fill the memory.
const REMEMBERED: usize = 100_000;
/// Lines of evidence that a block carries.
const LINES: usize = 4;

// === impl Warden: verdicts ===

impl Warden {
    /// A host was judged, and is not clean.
    pub(crate) fn verdict(&mut self, r: &Rationale, now: Timestamp) {
        if r.verdict != Verdict::Infected {
            // Whoever is convicted again later is news again.
            self.infected.remove(&r.host);
            return;
        }
        if self.infected.len() >= REMEMBERED {
            self.infected.clear();
        }
        if self.infected.insert(r.host) {
            let said = format!("{} is infected ({:.3}): {}", r.host, r.probability, why(r));
            self.news.tell(now, Matter::Infected, Some(&Target::Host(r.host)), said);
        }
        if self.ways.mode == Mode::Observe {
            return;
        }
        let mut targets: Vec<(Target, Option<Arc<str>>)> = Vec::new();
        for peer in controllers(r) {
            targets.extend(targets_of(peer));
        }
        if self.ways.quarantine {
            targets.push((Target::Host(r.host), None));
        }
        targets.sort_unstable();
        targets.dedup();
        let lines: Vec<&str> = counted(r).take(LINES).map(|e| &*e.summary).collect();
        for (target, name) in targets {
            let block = Block::new(target, Origin::Detector, self.ways.mode, now, self.ways.hold)
                .because(&format!("{} is infected: {}", r.host, why(r)))
                .with_evidence(lines.iter().copied());
            // So that a release of the name finds the address too.
            let by_name = name.as_deref().map(led_by);
            let mut request = Request::of(block.with_evidence(by_name.as_deref()));
            request.names.extend(name);
            self.ask(request, now);
        }
    }
}

/// What of a controller is to be blocked, and by what name it is known.
fn targets_of(peer: &Peer) -> Vec<(Target, Option<Arc<str>>)> {
    let name: Option<Arc<str>> = peer.name.as_deref().map(Arc::from);
    let mut targets = Vec::new();
    if let Some(target) = name.as_deref().and_then(Target::name) {
        targets.push((target, None));
    }
    targets.extend(peer.addr.map(|addr| (Target::Address(addr), name)));
    targets
}

/// What led to the verdict. What else was seen of the host is about others, who have nothing to do
/// with it.
fn counted(r: &Rationale) -> impl Iterator<Item = &Evidence> {
    r.counted.iter().filter_map(|place| r.evidence.get(*place))
}

/// The weightiest evidence in one line.
pub(crate) fn why(r: &Rationale) -> &str {
    let weighty = |a: &&Evidence, b: &&Evidence| a.log_odds.total_cmp(&b.log_odds);
    // Of equals the first.
    let best = counted(r).max_by(|a, b| weighty(a, b).then(std::cmp::Ordering::Greater));
    best.or_else(|| r.evidence.first()).map_or("by its behaviour", |item| &item.summary)
}
