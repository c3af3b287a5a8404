//! DGA: asks for names that a machine made up and nobody registered.
//!
//! A sequential test for each host on distinct unregistered registrable names, whatever the share of
//! failures: each new name adds the log-likelihood ratio of its characters under machine-made and
//! under human-made names (trigram model trained by `cargo xtask names`), clipped to 3 nats; the sum
//! never falls below 0 and halves in six hours. Source of the sequential form: Wald 1945; of counting
//! by registrable name: Antonakakis et al., USENIX Security 2012.

mod state;
#[cfg(test)]
mod tests;

use ostium_event::{DnsStage, Event, RecordType, What};
use ostium_evidence::{Evidence, Group};
use ostium_names as names;
use ostium_profile::keep::KeepError;
use ostium_profile::{HostId, PerHost, Profile, Seen};

use crate::detector::{Detector, Interest, View, about_host};
use state::Asked;

/// The detector.
pub(crate) struct Dga {
    hosts: PerHost<Box<Asked>>,
}

/// Name error: nobody registered this (RFC 1035, RFC 8020).
const NXDOMAIN: u8 = 3;
/// Nats and names from which the test convicts alone.
const CERTAIN_NATS: f64 = 14.0;
const CERTAIN_NAMES: u32 = 8;
/// Distinct unregistered names within some hours, however human they look, and nats: generators
/// that join words ask for scores of them, people mistype a few.
const DEAD_NAMES: [(f64, f64); 3] = [(150.0, 5.5), (60.0, 4.0), (25.0, 2.0)];
/// More than this says nothing more.
const MOST_NATS: f64 = 30.0;

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
        let met = match asked.candidate() {
            Some(name) => format!("; then {name} answered"),
            None => String::new(),
        };
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
