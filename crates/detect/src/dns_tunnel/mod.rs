//! DNS tunnel and DNS C2: information carried in names that are asked for once.
//!
//! For each host and domain, and pooled over a host's rare domains by the shape of their first label
//! and of the replies, the information in distinct labels is estimated as in ibHH (Ozery et al.,
//! arXiv 2307.02614): the sum over distinct labels of their length times the bits of a character.
//! A channel asks each label once, and its answers are for reading, not for connecting to.
//! Excluded: popular names, block-list look-ups (reversed addresses), names that the host then
//! talks to. Security programs ask their maker about files and sites in the same way; but every
//! machine of a site runs the same program, so a channel that several hosts have is weak evidence,
//! and never certain. What a channel looked like when it was answered last is not taken back for what
//! is asked once it is refused, but halves in six hours of that.

mod channel;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ostium_event::{AnswerData, Dns, DnsStage, Event, RecordType, What};
use ostium_evidence::{About, Evidence, Group, Peer};
use ostium_names as names;
use ostium_profile::keep::KeepError;
use ostium_profile::{Generations, HostId, PerHost, Profile, Seen, View as Kind};

use crate::detector::{Detector, Interest, View, about_host};
use crate::words::duration;
use channel::{Channel, Pattern};

/// The detector.
pub(crate) struct DnsTunnel {
    hosts: PerHost<Box<Channels>>,
}

/// The possible channels of one host.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Channels(Generations<Key, Box<Channel>>);

/// A channel under one domain, or a host's rare domains of one pattern.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
enum Key {
    Domain(Arc<str>),
    Pattern(Pattern),
}

/// Labels from which a domain counts as a channel of a host's, when it is asked who shares it.
const SHARED_LABELS: u32 = 4;

/// Domains and patterns followed for one host.
const FOLLOWED: usize = 128;

// === impl Channels ===

impl Default for Channels {
    fn default() -> Self {
        Self(Generations::new(FOLLOWED))
    }
}

// === impl DnsTunnel ===

impl DnsTunnel {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts: PerHost::new(hosts) }
    }

    fn hear(&mut self, host: HostId, event: &Event<'_>, dns: &Dns<'_>, domain: &str) {
        let Some(labels) = dns.name.strip_suffix(domain).and_then(|l| l.strip_suffix('.')) else {
            return;
        };
        let label = labels.strip_prefix("www.").unwrap_or(labels);
        if label.is_empty() || label == "www" || channel::is_reversed_address(label) {
            return;
        }
        let asked = dns.stage != DnsStage::Reply;
        let pattern = Pattern::of(label, dns.record_type);
        let Some(channels) = self.hosts.entry(host) else {
            return;
        };
        for key in [Key::Domain(Arc::from(domain)), Key::Pattern(pattern)] {
            // Replies only add to what a question began.
            if !asked && channels.0.get(&key).is_none() {
                continue;
            }
            let channel = channels.0.entry(key, Box::default);
            if asked {
                channel.ask(event.at, label, domain, dns.record_type);
            }
            if dns.stage != DnsStage::Query {
                channel.reply(dns.rcode, carried(dns));
            }
        }
    }
}

/// Bytes of the answer that can carry data.
fn carried(dns: &Dns<'_>) -> u32 {
    dns.answers
        .iter()
        .map(|answer| match answer.data {
            AnswerData::Addr(_) => 4,
            AnswerData::Cname(name) => name.len() as u32,
            AnswerData::Other(_, len) => len,
        })
        .fold(0, u32::saturating_add)
}

impl Detector for DnsTunnel {
    fn name(&self) -> &'static str {
        "dns-tunnel"
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
        if names::is_local(dns.name) || dns.record_type == RecordType::PTR {
            return;
        }
        let Some(domain) = names::registrable(dns.name) else {
            return;
        };
        let excused = names::popularity(domain).is_some() || names::is_infrastructure(dns.name);
        if domain.len() == dns.name.len() || (excused && !names::is_dynamic_dns(domain)) {
            return;
        }
        self.hear(seen.host, event, &dns, domain);
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn shares(&self, host: HostId, out: &mut Vec<u64>) {
        let Some(channels) = self.hosts.get(host) else {
            return;
        };
        out.extend(channels.0.iter().filter_map(|(key, channel)| match key {
            Key::Domain(domain) if channel.labels() >= SHARED_LABELS => Some(share_key(domain)),
            _ => None,
        }));
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(channels) = self.hosts.get(id) else {
            return;
        };
        let mut found: Vec<(&Key, &Channel)> = channels
            .0
            .iter()
            .map(|(key, channel)| (key, &**channel))
            .filter(|(_, channel)| channel.labels() >= 15)
            .collect();
        // One channel is told once: the pooled pattern only when it spreads over domains.
        found.retain(|(key, channel)| matches!(key, Key::Domain(_)) || channel.domains() >= 2);
        found.sort_by(|a, b| {
            let larger = b.1.labels().cmp(&a.1.labels());
            larger.then(a.1.first().cmp(&b.1.first())).then(a.0.cmp(b.0))
        });
        for (key, channel) in found.into_iter().take(2) {
            if talks_to(channel, view) {
                continue;
            }
            if let Some(item) = self.weigh(key, channel, view) {
                out.push(item);
            }
        }
    }
}

// === impl DnsTunnel: weighing ===

impl DnsTunnel {
    fn weigh(&self, key: &Key, c: &Channel, view: &View<'_>) -> Option<Evidence> {
        let told = c.told();
        if !told.speaks() {
            return None;
        }
        let sharing = view.prevalence.sharing(share_key(c.domain()));
        // Answers without data are verdicts on files and sites, or commands in few bits.
        let nats = match (sharing, told.carrying) {
            (1, _) => told.nats,
            (_, true) => told.nats / 2.0,
            (2, false) => told.nats.min(2.0),
            (_, false) => told.nats.min(1.0),
        };
        let under = match key {
            Key::Domain(domain) => format!("under {domain}"),
            Key::Pattern(_) => format!("under {} domains such as {}", c.domains(), c.domain()),
        };
        let peer = Peer { name: Some(Arc::from(c.domain())), addr: None, port: None };
        let about = About::Conversation { id: domain_id(c.domain()), peer };
        Some(Evidence {
            log_odds: nats,
            certain: told.certain && sharing == 1,
            about,
            first: told.first,
            last: told.last,
            summary: format!(
                "asked for {} distinct names {under} in {}, {} once, such as {}: data in the DNS",
                told.labels,
                duration(told.last.since(told.first).secs_f64()),
                if told.once > 0.95 { "each" } else { "most" },
                c.example()
            ),
            numbers: vec![
                ("distinct_labels", f64::from(told.labels)),
                ("queries", f64::from(told.queries)),
                ("bits", told.bits),
                ("bytes_an_hour", told.bytes_an_hour),
                ("reply_bytes_each", told.reply_bytes_each),
                ("domains", f64::from(c.domains())),
                ("hosts_sharing", f64::from(sharing)),
            ],
            ..about_host(self.name(), Group::Naming, "T1071.004", view.host, None)
        })
    }
}

/// Does the host connect to what the names lead to? Then they are names, not data.
fn talks_to(channel: &Channel, view: &View<'_>) -> bool {
    let talks = view
        .conversations
        .iter()
        .filter(|c| c.key.view == Kind::Name)
        .filter(|c| c.name.as_ref().is_some_and(|n| channel.is_under(n.site())))
        .take(channel.labels() as usize)
        .count();
    talks as f64 > 0.3 * f64::from(channel.labels())
}

/// A key that is no conversation's: asking and talking are counted apart.
fn share_key(domain: &str) -> u64 {
    ostium_profile::domain_key(domain) ^ 0x4153_4b45_4400
}

fn domain_id(domain: &str) -> u64 {
    ostium_profile::domain_key(domain)
}
