//! Beacon: contacts, or messages inside one connection, that come in a rhythm.
//!
//! Statistics: local variation (Shinomoto et al. 2003), share of intervals within a factor of two,
//! dispersion of interval sums (Cox and Lewis 1966), and sustained regularity over distinct hours;
//! the thresholds (Lv < 0.37, share > 0.61, z < -3.2) are those of a mix of random, office-hours and
//! application traffic at 1 % and 0.1 % false positives. What goes on by day and by night is also
//! asked whether its intervals vary less than chance (Greenwood 1946). Timing alone never convicts:
//! it is capped by who the other end is, and by its group.

mod regular;
#[cfg(test)]
mod tests;

use ostium_event::Service;
use ostium_evidence::{Evidence, Group};
use ostium_profile::{Conversation, Regularity, View as Kind};

use crate::detector::{Detector, View, about_conversation};
use crate::rails::{is_redundant, timing_cap};
use crate::words::duration;

/// The detector.
pub(crate) struct Beacon;

const NAME: &str = "beacon";

// === impl Beacon ===

impl Detector for Beacon {
    fn name(&self) -> &'static str {
        NAME
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(detail) = &c.detail else { return };
        if is_redundant(c, view) || is_innocent(c) {
            return;
        }
        let cap = timing_cap(c, view);
        if cap <= 0.0 {
            return;
        }
        let fine = detail.starts.fine.as_ref().map(|fine| fine.regularity()).unwrap_or_default();
        let coarse = detail.starts.coarse.regularity();
        let starts = match regular::nats(&coarse) >= regular::nats(&fine) {
            true => coarse,
            false => fine,
        };
        let inside = [&detail.sent, &detail.received]
            .into_iter()
            .flatten()
            .map(|series| series.regularity())
            .max_by(|a, b| regular::nats(a).total_cmp(&regular::nats(b)));
        let (best, messages) = match inside {
            // Web sockets tick too: a rhythm inside a connection counts a little less.
            Some(inside) if regular::nats(&inside) - 0.5 > regular::nats(&starts) => (inside, true),
            _ => (starts, false),
        };
        let browser = c
            .tls
            .as_ref()
            .and_then(|tls| tls.ja4)
            .is_some_and(|ja4| view.summary.is_general_client(&ja4));
        // A page that polls from within a browser keeps time as well as a bot.
        let cap = if browser { cap.min(3.0) } else { cap };
        let nats = if browser { regular::browser_nats(&best) } else { regular::nats(&best) };
        let nats = nats - if messages { 0.5 } else { 0.0 };
        if nats < 0.5 {
            return;
        }
        out.push(evidence(c, &best, messages, nats.min(cap)));
    }
}

/// Protocols whose timers mean nothing.
fn is_innocent(c: &Conversation) -> bool {
    c.spoke_only(Service::Ntp)
        || c.spoke_only(Service::Dns)
        || c.spoke_only(Service::Media)
        || c.spoke_only(Service::BitTorrent)
        || (c.starts == 0 && c.inbound > 0)
        // A pool of failures is the failing-contact detector's.
        || (c.key.view == Kind::Nameless && c.ended > 0 && c.failed * 10 > c.ended * 9)
}

fn evidence(c: &Conversation, r: &Regularity, messages: bool, nats: f64) -> Evidence {
    let what = if messages { "sends a message inside its connection" } else { "calls" };
    let spread = if r.tight >= 0.8 { "like a clock" } else { "with jitter" };
    Evidence {
        log_odds: nats,
        summary: format!(
            "{what} to {} every {} {spread}, {} times in {}",
            c.peer(),
            duration(r.median),
            r.starts,
            duration(r.span)
        )
        .replacen("calls to", "calls", 1),
        numbers: vec![
            ("intervals", f64::from(r.intervals)),
            ("median_seconds", r.median),
            ("mean_seconds", r.mean),
            ("lv", r.lv),
            ("within_factor_two", r.win2),
            ("within_fifth", r.tight),
            ("variation", r.variation),
            ("variation_z", r.variation_z),
            ("dispersion", r.dispersion),
            ("dispersion_z", r.dispersion_z),
            ("regular_looks", f64::from(r.looks_passed)),
            ("looks", f64::from(r.looks)),
            ("regular_hours", f64::from(r.hours_passed)),
            ("pauses", f64::from(r.pauses)),
            ("inside_connection", f64::from(u8::from(messages))),
        ],
        ..about_conversation(NAME, Group::Timing, "T1071", c)
    }
}
