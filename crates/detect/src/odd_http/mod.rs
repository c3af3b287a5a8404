//! Odd HTTP: requests that no browser makes, to a place that no updater calls.
//!
//! Signs (header order and sparse heads, no or changing User-Agent, only uploads, one path again and
//! again, programs fetched from a bare address) are those of protocol-template work such as
//! ExecScent (Nelms et al., USENIX Security 2013); each is weak, so they are added and capped.

#[cfg(test)]
mod tests;

use ostium_evidence::{Evidence, Group};
use ostium_profile::{Conversation, HttpFacts, View as Kind};

use crate::detector::{Detector, View, about_conversation};
use crate::rails::{is_excused, is_redundant};

/// The detector.
pub(crate) struct OddHttp;

const MOST: f64 = 4.0;

// === impl OddHttp ===

impl Detector for OddHttp {
    fn name(&self) -> &'static str {
        "odd-http"
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(http) = &c.http else { return };
        if c.key.view == Kind::Client
            || http.requests == 0
            || is_redundant(c, view)
            || is_excused(c, view)
        {
            return;
        }
        let signs = signs(c, http);
        let nats: f64 = signs.iter().map(|(nats, _)| nats).sum::<f64>().min(MOST);
        if nats < 0.8 {
            return;
        }
        let words: Vec<&str> = signs.iter().map(|(_, words)| *words).collect();
        out.push(Evidence {
            log_odds: nats,
            summary: format!("HTTP to {} as no browser does it: {}", c.peer(), words.join(", ")),
            numbers: vec![
                ("requests", f64::from(http.requests)),
                ("uploads", f64::from(http.posts)),
                ("fewest_headers", f64::from(http.fewest_headers)),
                ("without_agent", f64::from(http.no_agent)),
                ("uri_shapes", f64::from(http.uri_shapes())),
                ("uploaded_bytes", http.posted_bytes as f64),
            ],
            ..about_conversation(self.name(), Group::Client, "T1071.001", c)
        });
    }
}

/// What is odd, with its weight.
fn signs(c: &Conversation, http: &HttpFacts) -> Vec<(f64, &'static str)> {
    let most = |count: u32| count * 10 >= http.requests * 9;
    let mut signs = Vec::new();
    if most(http.no_agent) {
        signs.push((1.2, "no User-Agent"));
    }
    if http.fewest_headers > 0 && http.fewest_headers <= 3 {
        signs.push((0.8, "three headers or fewer"));
    }
    if http.agent_changes >= 5 && http.agent_changes * 4 >= http.requests {
        signs.push((1.0, "the User-Agent keeps changing"));
    }
    if http.posts >= 3 && most(http.posts) {
        signs.push((1.0, "uploads only"));
    }
    if http.requests >= 10 && http.uri_shapes() <= 2 && http.with_referer == 0 {
        signs.push((0.8, "the same request again and again"));
    }
    if http.programs > 0 && c.name.as_ref().is_none_or(|n| n.dynamic) {
        signs.push((2.0, "a program was fetched from it"));
    }
    if http.errors >= 5 && http.errors * 10 >= http.replies * 8 && http.requests >= 8 {
        signs.push((0.7, "nearly all answered with an error"));
    }
    let browser = http.agent.as_deref().is_some_and(|a| a.starts_with("Mozilla/"));
    if browser && most(http.no_language) && http.requests >= 3 {
        signs.push((0.7, "claims to be a browser, but accepts no language"));
    }
    signs
}
