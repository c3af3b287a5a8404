//! DGA: asks for names that a machine made up and nobody registered.
//!
//! A sequential test for each host on distinct unregistered registrable names, whatever the share of
//! failures: each new name adds the log-likelihood ratio of its characters under machine-made and
//! under human-made names (trigram model trained by `cargo xtask names`), clipped to 3 nats; the sum
//! never falls below 0 and halves in six hours. Source of the sequential form: Wald 1945; of counting
//! by registrable name: Antonakakis et al., USENIX Security 2012.
//!
//! Once the test is convincing, the names of the same kind that answered and were called are told
//! too: they are the rendezvous. They are certain when the test is.

mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ostium_event::{DnsStage, Event, RecordType, What};
use ostium_evidence::{About, Evidence, Group, Peer};
use ostium_names as names;
use ostium_profile::keep::KeepError;
use ostium_profile::{Conversation, HostId, PerHost, Profile, Seen, View as Kind};

use crate::detector::{Detector, Interest, View, about_conversation, about_host};
use state::{Asked, Best};

/// The detector.
pub(crate) struct Dga {
    hosts: PerHost<Box<Asked>>,
}

/// Name error: nobody registered this (RFC 1035, RFC 8020).
const NXDOMAIN: u8 = 3;
/// Nats and names from which the test convicts alone.
const CERTAIN_NATS: f64 = 14.0;
const CERTAIN_NAMES: u32 = 8;
/// Nats from which whom it called besides is told, too: they fill a group of evidence.
const SPEAKS_NATS: f64 = 8.0;
/// Distinct unregistered names within some hours, however human they look, and nats: generators
/// that join words ask for scores of them, people mistype a few.
const DEAD_NAMES: [(f64, f64); 3] = [(150.0, 5.5), (60.0, 4.0), (25.0, 2.0)];
/// More than this says nothing more.
const MOST_NATS: f64 = 30.0;
/// Nats of a rendezvous: seven in a thousand unpopular names of people look as generated. What the
/// test says already is in the same group and saturates it, so that this adds nothing to a verdict.
const RENDEZVOUS_NATS: f64 = 4.5;

// === impl Dga ===

impl Dga {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts: PerHost::new(hosts) }
    }
}

impl Detector for Dga {
    fn name(&self) -> &'static str {
        "dga"
    }

    fn interest(&self) -> Interest {
        Interest::DNS
    }

    fn keep(&self) -> Result<Vec<u8>, KeepError> {
        self.hosts.keep()
    }

    fn recall(&mut self, kept: &[u8]) -> Result<(), KeepError> {
        self.hosts.recall(kept)
    }

    fn remembered(&self) -> usize {
        self.hosts.len()
    }

    fn set_limit(&mut self, hosts: usize) {
        self.hosts.set_limit(hosts);
    }

    fn event(&mut self, seen: &Seen, event: &Event<'_>, _: &Profile) {
        let What::Dns(dns) = event.what else { return };
        let asked_for_address = matches!(dns.record_type, RecordType::A | RecordType::AAAA);
        if dns.stage == DnsStage::Query || !asked_for_address || names::is_local(dns.name) {
            return;
        }
        let Some(domain) = names::registrable(dns.name) else {
            return;
        };
        if dns.rcode != Some(NXDOMAIN) {
            if dns.rcode == Some(0)
                && !dns.answers.is_empty()
                && let Some(asked) = self.hosts.get_mut(seen.host)
            {
                asked.resolved(event.at, domain);
            }
            return;
        }
        // An error below a domain does not say that the domain is unregistered.
        if !(dns.name == domain || dns.name.strip_prefix("www.").is_some_and(|n| n == domain)) {
            return;
        }
        let Some(asked) = self.hosts.entry(seen.host) else {
            return;
        };
        asked.unregistered(event.at, domain);
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(asked) = self.hosts.get(id) else {
            return;
        };
        let best = asked.best();
        if let Some((_, nats)) = DEAD_NAMES.iter().find(|(names, _)| asked.most() >= *names)
            && *nats > best.nats
        {
            out.push(Evidence { log_odds: *nats, ..dead_names(asked, view) });
            return;
        }
        if best.nats < 2.0 || best.names < 4 {
            return;
        }
        let certain = best.nats >= CERTAIN_NATS && best.names >= CERTAIN_NAMES;
        let examples = asked.examples().join(", ");
        let met = match asked.rendezvous().next() {
            Some(name) => format!("; then {name} answered"),
            None => String::new(),
        };
        if best.nats >= SPEAKS_NATS {
            let met = asked.rendezvous().filter_map(|name| rendezvous(name, best, view));
            out.extend(met.map(|item| Evidence { certain, ..item }));
        }
        out.push(Evidence {
            log_odds: best.nats.min(MOST_NATS),
            certain,
            first: asked.first(),
            last: asked.last(),
            summary: format!(
                "asked for {} unregistered names that look machine-made, such as {examples}{met}",
                best.names
            ),
            numbers: vec![
                ("sum_nats", best.nats),
                ("distinct_names", f64::from(best.names)),
                ("top_level_domains", f64::from(asked.suffixes())),
                ("all_unregistered", f64::from(asked.total())),
            ],
            ..about_host(self.name(), Group::Naming, "T1568.002", view.host, None)
        });
    }
}

/// A generated name that answered, was called, and said something: where the generator's owner
/// waits. It rests on the test that convicts the host, and adds to it only whom it called.
fn rendezvous(name: &str, best: Best, view: &View<'_>) -> Option<Evidence> {
    let called = |c: &&&Conversation| {
        let named = c.name.as_ref().is_some_and(|known| **known.site() == *name);
        c.key.view == Kind::Name && named && c.starts > 0 && said_something(c)
    };
    let called = view.conversations.iter().filter(called).min_by_key(|c| (c.first, c.key))?;
    let peer = Peer { name: Some(Arc::from(name)), ..called.peer() };
    Some(Evidence {
        log_odds: RENDEZVOUS_NATS,
        summary: format!(
            "called {name}, which looks as machine-made as {} names that it asked for in vain",
            best.names
        ),
        numbers: vec![
            ("name_nats", f64::from(names::dga_llr(name))),
            ("distinct_names", f64::from(best.names)),
        ],
        about: About::Conversation { id: called.id(), peer },
        ..about_conversation("dga-rendezvous", Group::Naming, "T1568.002", called)
    })
}

/// Did the other end send anything? A flow that is still open has not told its volume yet.
fn said_something(c: &Conversation) -> bool {
    c.two_way > 0
        || c.tls.as_ref().is_some_and(|tls| tls.servers > 0)
        || c.http.as_ref().is_some_and(|http| http.replies > 0)
}

/// Names in vain that look like people's, but too many of them.
fn dead_names(asked: &Asked, view: &View<'_>) -> Evidence {
    Evidence {
        first: asked.first(),
        last: asked.last(),
        summary: format!("asked for {:.0} unregistered names within hours", asked.most()),
        numbers: vec![
            ("names_within_hours", asked.most()),
            ("sum_nats", asked.best().nats),
            ("all_unregistered", f64::from(asked.total())),
        ],
        ..about_host("dead-names", Group::Naming, "T1568.002", view.host, None)
    }
}
