//! The question for one's own outside address, asked by a program.

use ostium_evidence::{About, Evidence, Group};
use ostium_names as names;
use ostium_profile::{Conversation, View as Kind};

use crate::detector::about_conversation;

/// Nats when nothing else is known: dynamic-DNS clients, tunnels and games ask as well.
const ALONE: f64 = 1.5;
/// Nats for a thief: most stealers ask, and we take it that one clean machine in 25 has a program
/// that asks on a day: ln(0.6 / 0.04).
const OF_A_THIEF: f64 = 2.7;

/// The item, when a program and no browser asked in this conversation.
pub(super) fn asked_by_program(c: &Conversation) -> Option<Evidence> {
    let name = c.name.as_ref().filter(|n| names::is_address_lookup(&n.text))?;
    let plain_tls = c.tls.as_ref().is_some_and(|t| t.hellos > 0 && t.no_alpn == t.hellos);
    let plain_http = c.http.as_ref().is_some_and(|h| {
        h.requests > 0 && (h.no_agent == h.requests || (1..=3).contains(&h.fewest_headers))
    });
    if c.key.view != Kind::Name || !(plain_tls || plain_http) {
        return None;
    }
    let text = &name.text;
    Some(Evidence {
        log_odds: ALONE,
        summary: format!("a program, not a browser, asked {text} for the external address"),
        numbers: vec![("starts", f64::from(c.starts))],
        ..about_conversation("address-lookup", Group::Client, "T1016.001", c)
    })
}

/// The same of a host that sent something out within a minute: the two belong together, whichever
/// conversation is looked at.
pub(super) fn of_a_thief(item: Evidence) -> Evidence {
    let peer = item.about.peer().cloned();
    Evidence { log_odds: OF_A_THIEF, about: About::Host { peer }, ..item }
}
