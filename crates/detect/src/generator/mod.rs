//! Generator: asks for names that one program makes of which several organisations know.
//!
//! The hub publishes prints of names that infected hosts of several organisations asked for in vain
//! (docs/hub.md). Whoever asks for some of the same has that program. Bias: one name alone is a typing
//! error or a dead link and says little; nothing is blocked by it, and it never convicts alone.
//!
//! What a host of this site asked for in vain, if it looks made, is told from here to the hub, as
//! prints.

mod asked;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ostium_event::{DnsStage, Event, RecordType, What};
use ostium_evidence::{Evidence, Group, Tells};
use ostium_names as names;
use ostium_profile::keep::KeepError;
use ostium_profile::{HostId, PerHost, Profile, Seen};

use self::asked::{Asked, made_names, remember};
use crate::detector::{Detector, Interest, View, about_host};

/// The detector.
pub(crate) struct Generator {
    hosts: PerHost<Vec<Asked>>,
}

/// Name error: nobody registered this (RFC 1035, RFC 8020).
const NXDOMAIN: u8 = 3;
/// Nats of a name from which it looks made, as the DGA detector has it.
const LOOKS_MADE: f32 = 0.5;
/// Nats by the number of distinct names of one generator.
const NATS: [(usize, f64); 3] = [(3, 5.0), (2, 3.0), (1, 1.0)];
/// Nats of a generator that is tried for show.
const SHOWN: f64 = 0.01;

// === impl Generator ===

impl Generator {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts: PerHost::new(hosts) }
    }
}

impl Detector for Generator {
    fn name(&self) -> &'static str {
        "generator"
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
        let of_address = matches!(dns.record_type, RecordType::A | RecordType::AAAA);
        if dns.stage == DnsStage::Query || !of_address || names::is_local(dns.name) {
            return;
        }
        let in_vain = match dns.rcode {
            Some(NXDOMAIN) => true,
            // Its owner may have registered it by now.
            Some(0) if !dns.answers.is_empty() => false,
            _ => return,
        };
        let Some(domain) = names::registrable(dns.name) else { return };
        let whole = dns.name == domain || dns.name.strip_prefix("www.") == Some(domain);
        // The test of the characters is the dearest, and most names are popular.
        if !whole || names::popularity(domain).is_some() || names::dga_llr(domain) < LOOKS_MADE {
            return;
        }
        if let Some(asked) = self.hosts.entry(seen.host) {
            remember(asked, domain, event.at, in_vain);
        }
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn tells(&self, host: HostId, out: &mut Tells) {
        out.names = self.hosts.get(host).and_then(|asked| made_names(asked));
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(lore) = view.lore.filter(|lore| lore.knows().1) else { return };
        let mut met = BTreeMap::new();
        for asked in self.hosts.get(id).into_iter().flatten() {
            let (print, at, ..) = asked;
            let Some(told) = lore.generator(*print) else { continue };
            let (_, count, first, last) = met.entry(told.id).or_insert((told, 0, *at, *at));
            (*count, *first, *last) = (*count + 1, (*first).min(*at), (*last).max(*at));
        }
        for (told, count, first, last) in met.into_values() {
            let nats =
                NATS.iter().find(|(names, _)| count >= *names).map_or(0.0, |(_, nats)| *nats);
            let of = told.family.as_deref().map_or_else(String::new, |of| format!(" of {of}"));
            let tried = if told.for_show { ", for show" } else { "" };
            out.push(Evidence {
                log_odds: if told.for_show { SHOWN } else { nats },
                first,
                last,
                summary: format!(
                    "asked for {count} of the names that a generator{of} makes (generator {} of the \
                     hub, seen by {} organisations{tried})",
                    told.id, told.organisations
                ),
                numbers: vec![
                    ("generator", told.id as f64),
                    ("distinct_names", count as f64),
                    ("organisations", f64::from(told.organisations)),
                ],
                family: told.family.as_deref().map(str::to_owned),
                ..about_host(self.name(), Group::Reputation, "T1568.002", view.host, None)
            });
        }
    }
}
