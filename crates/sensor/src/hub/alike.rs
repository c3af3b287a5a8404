//! What is told of conversations that go as a published pattern says.
//!
//! Bias: a pattern that is only tried must not become a way to ask what single people visit: what it
//! meets is told when several hosts do, as what is merely suspicious is. What a pattern in earnest
//! meets is blocked, and is told of at once.

use ostium_event::Timestamp;
use ostium_hub_api as wire;
use ostium_intel::IndicatorValue;
use ostium_pipeline::pattern_nats;

use super::shape::{subject, wired};
use super::tell::{AGAIN, PATTERN, Teller};
use crate::config::Share;
use crate::warden::Alike;

/// Patterns remembered of one destination.
const PATTERNS: usize = 16;

// === impl Teller: patterns ===

impl Teller {
    /// A conversation went as a pattern says; or an operator says that it is harmless.
    pub(crate) fn alike(&mut self, met: &Alike, now: Timestamp) -> Option<wire::Report> {
        let value = subject(&met.peer, &self.home)?;
        let Some(host) = met.host else { return denial(&value, met.id, now) };
        if self.config.share == Share::Nothing {
            return None;
        }
        self.turn(now);
        let told = self.remember(&value, host, now);
        let count = told.hosts.count();
        let (at, before) = told.patterns.get(&met.id).copied().unwrap_or_default();
        let news = before == 0 || count >= 2 * before || now.since(at) >= AGAIN;
        let may = !met.for_show
            || (self.config.share == Share::Suspects && count >= self.config.suspects_from);
        if !news || !may {
            return None;
        }
        let told = self.remember(&value, host, now);
        if told.patterns.len() >= PATTERNS {
            told.patterns.clear();
        }
        told.patterns.insert(met.id, (now, count));
        let log_odds = pattern_nats(met.confidence, met.for_show) as f32;
        let item = wire::Item {
            detector: PATTERN.to_owned(),
            group: ostium_evidence::Group::Reputation.name().to_owned(),
            log_odds,
            certain: false,
        };
        Some(wire::Report {
            subject: Some(wired(&value)?),
            first: now.secs(),
            last: now.secs(),
            verdict: wire::Verdict::Suspect.into(),
            log_odds,
            items: vec![item],
            hosts: self.subject_hosts(&value),
            family: met.family.as_deref().unwrap_or_default().to_owned(),
            patterns: vec![met.id],
            ..wire::Report::default()
        })
    }
}

/// It was blocked by a pattern, and should not have been.
fn denial(value: &IndicatorValue, id: u64, now: Timestamp) -> Option<wire::Report> {
    Some(wire::Report {
        subject: Some(wired(value)?),
        first: now.secs(),
        last: now.secs(),
        false_positive: true,
        patterns: vec![id],
        ..wire::Report::default()
    })
}
