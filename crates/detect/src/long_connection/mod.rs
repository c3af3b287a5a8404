//! Long connection: one flow that stays open for hours to somebody who is not known for it.
//!
//! Levels of 1, 4, 8 and 12 hours follow common hunting practice; weights are small, because push
//! services and virtual private networks do the same.

use ostium_evidence::{Evidence, Group};
use ostium_profile::{Conversation, View as Kind};

use crate::detector::{Detector, View, about_conversation};
use crate::rails::timing_cap;
use crate::words::{bytes, duration};

/// The detector.
pub(crate) struct LongConnection;

// === impl LongConnection ===

impl Detector for LongConnection {
    fn name(&self) -> &'static str {
        "long-connection"
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        if !matches!(c.key.view, Kind::Address | Kind::Name) || c.inbound > 0 {
            return;
        }
        let hours = c.longest.secs_f64() / 3600.0;
        let nats: f64 = match hours {
            h if h >= 12.0 => 2.2,
            h if h >= 8.0 => 1.8,
            h if h >= 4.0 => 1.3,
            h if h >= 1.0 => 0.7,
            _ => return,
        };
        let (sent, received) = c.longest_bytes;
        // What carries much is used for something else than waiting for orders.
        let idle = (sent as f64 + received as f64) / c.longest.secs_f64() < 5_000.0;
        let nats = nats.min(timing_cap(c, view)) * if idle { 1.0 } else { 0.5 };
        if nats < 0.3 || sent == 0 || received == 0 {
            return;
        }
        out.push(Evidence {
            log_odds: nats,
            summary: format!(
                "keeps one connection to {} open for {} ({} sent, {} received)",
                c.peer(),
                duration(c.longest.secs_f64()),
                bytes(sent),
                bytes(received)
            ),
            numbers: vec![
                ("seconds", c.longest.secs_f64()),
                ("sent_bytes", sent as f64),
                ("received_bytes", received as f64),
            ],
            first: c.longest_first,
            last: c.longest_first.plus(c.longest),
            ..about_conversation(self.name(), Group::Timing, "T1571", c)
        });
    }
}

#[cfg(test)]
mod tests;
