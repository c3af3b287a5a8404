//! Failing contact: calls again and again at a door that nobody opens: a bot whose C2 is dead.
//!
//! Research on real traffic: one bot had 100 % unanswered connections to its dead C2, another 76 %;
//! no clean regular pair failed over half of the time except a time server. Excluded: time, DNS,
//! known names, IPv6 on a host where IPv6 never works (happy eyeballs), peer-to-peer programs.

use ostium_event::Service;
use ostium_evidence::{Evidence, Group};
use ostium_profile::{Conversation, View as Kind};

use crate::detector::{Detector, View, about_conversation};
use crate::rails::timing_cap;
use crate::words::{duration, percent};

/// The detector.
pub(crate) struct FailingContact;

const FEWEST: u32 = 8;

// === impl FailingContact ===

impl Detector for FailingContact {
    fn name(&self) -> &'static str {
        "failing-contact"
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        if !matches!(c.key.view, Kind::Address | Kind::Name | Kind::Domain)
            || c.failed < FEWEST
            || view.blind.replies
            || view.summary.looks_like_p2p()
            || matches!(c.port, 53 | 123)
            || c.spoke(Service::BitTorrent)
        {
            return;
        }
        if !c.addr.is_v4() && view.summary.v6_answered == 0 {
            return;
        }
        let share = f64::from(c.failed) / f64::from(c.ended.max(1));
        let span = c.last.since(c.first).secs_f64();
        if share < 0.5 || span < 300.0 {
            return;
        }
        let regularity = c.detail.as_ref().map(|d| d.starts.coarse.regularity());
        let rhythm = regularity.is_some_and(|r| {
            r.intervals >= 7 && (r.lv < 0.5 || r.looks_passed * 2 >= r.looks.max(1))
        });
        let nats: f64 = match (rhythm, share >= 0.9) {
            (true, true) => 4.0,
            (true, false) => 3.0,
            (false, true) => 2.0,
            (false, false) => 1.0,
        };
        let nats = nats.min(timing_cap(c, view));
        if nats < 0.5 {
            return;
        }
        out.push(Evidence {
            log_odds: nats,
            summary: format!(
                "called {} {} times in {}, {} of them in vain{}",
                c.peer(),
                c.ended,
                duration(span),
                percent(share),
                if rhythm { ", in a rhythm" } else { "" }
            ),
            numbers: vec![
                ("attempts", f64::from(c.ended)),
                ("failed", f64::from(c.failed)),
                ("lv", regularity.map_or(1.0, |r| r.lv)),
                ("median_seconds", regularity.map_or(0.0, |r| r.median)),
            ],
            ..about_conversation(self.name(), Group::Timing, "T1008", c)
        });
    }
}

#[cfg(test)]
mod tests;
