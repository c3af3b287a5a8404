//! What a channel looks like at one time, and how much that says.

use ostium_event::{Span, Timestamp};

use super::Channel;

/// Distinct labels from which a channel says something, and each asked once from which it convicts.
const SPEAKING_LABELS: u32 = 15;
const CERTAIN_LABELS: u32 = 30;
/// Seconds in which what was said before halves, as names in vain do.
const HALF_LIFE: f64 = 6.0 * 3600.0;
/// What was certain stays so for as long as one host-day, which its error is bounded for.
const CERTAIN_FOR: Span = Span::from_secs(86_400);

/// What a channel looks like at one time.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(in super::super) struct Facts {
    pub(in super::super) labels: u32,
    pub(in super::super) queries: u32,
    /// Share of questions that were the first for their label.
    pub(in super::super) once: f64,
    pub(in super::super) bits: f64,
    pub(in super::super) bytes_an_hour: f64,
    pub(in super::super) reply_bytes_each: f64,
    /// Most labels look encoded.
    pub(in super::super) encoded: bool,
    /// Types or answers are such as carry data.
    pub(in super::super) carrying: bool,
    pub(in super::super) first: Timestamp,
    pub(in super::super) last: Timestamp,
    /// Nats on a host that is alone with it.
    pub(in super::super) nats: f64,
    /// Certain on a host that is alone with it.
    pub(in super::super) certain: bool,
}

// === impl Facts ===

impl Facts {
    pub(super) fn of(c: &Channel) -> Self {
        let span = c.last().since(c.first()).secs_f64();
        let (labels, once, encoded) = (c.labels(), c.once(), c.looks_encoded());
        let bytes_an_hour = c.bits() / 8.0 / (span / 3600.0).max(1.0 / 12.0);
        let carrying = c.carrying_types() || c.reply_bytes_each() > 60.0;
        let speaks = labels >= SPEAKING_LABELS && once >= 0.7 && (encoded || carrying);
        let nats = 2.0
            + 2.0 * f64::from(labels.min(60)) / 60.0
            + if carrying { 1.5 } else { 0.0 }
            + if bytes_an_hour > 500.0 { 1.0 } else { 0.0 };
        Self {
            labels,
            queries: c.queries(),
            once,
            bits: c.bits(),
            bytes_an_hour,
            reply_bytes_each: c.reply_bytes_each(),
            encoded,
            carrying,
            first: c.first(),
            last: c.last(),
            nats: if speaks { nats } else { 0.0 },
            certain: speaks && labels >= CERTAIN_LABELS && once >= 0.9 && encoded,
        }
    }

    /// Does it look like a channel at all?
    pub(in super::super) fn speaks(&self) -> bool {
        self.nats > 0.0
    }

    /// Does it say at least as much as what is left of earlier facts?
    pub(super) fn is_louder(&self, then: &Self) -> bool {
        let then = then.faded(self.last);
        (self.certain, self.nats) >= (then.certain, then.nats)
    }

    /// What is left of it later.
    pub(super) fn faded(&self, now: Timestamp) -> Self {
        let age = now.since(self.last);
        let left = (-age.secs_f64() / HALF_LIFE * std::f64::consts::LN_2).exp();
        Self { nats: self.nats * left, certain: self.certain && age < CERTAIN_FOR, ..self.clone() }
    }
}
