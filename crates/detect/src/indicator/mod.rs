//! Indicator: the other end is known.
//!
//! A name, or an address with its port, that is known for command and control and with which data
//! went both ways convicts alone; an address alone may be shared hosting, and a fingerprint a shared
//! library, so they only speak.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ostium_event::{DnsStage, Event, Scope, What};
use ostium_evidence::{About, Evidence, Group, Peer};
use ostium_intel::Indicator;
use ostium_profile::keep::{KeepError, bytes_of, of_bytes};
use ostium_profile::{Conversation, HostId, PerHost, Profile, Seen, View as Kind};
use serde_bytes::ByteBuf;

use crate::detector::{Detector, Interest, View, about_conversation, about_host};

/// The detector.
pub(crate) struct IndicatorMatch {
    /// URLs asked for, by host: an indicator of a URL is matched when the host is looked at.
    asked: PerHost<BTreeMap<String, u32>>,
    /// Names asked of the DNS, whether or not anything followed.
    questions: PerHost<BTreeMap<Box<str>, u32>>,
    /// There are indicators to match.
    known: bool,
}

/// URLs and names remembered for each host.
const REMEMBERED: usize = 256;

/// How sure a kind of match is.
enum Sure {
    /// Convicts alone when data went both ways.
    Exact,
    /// Speaks, by its confidence.
    Loose(f64),
}

// === impl IndicatorMatch ===

impl IndicatorMatch {
    pub(crate) fn new(hosts: usize, known: bool) -> Self {
        Self { asked: PerHost::new(hosts), questions: PerHost::new(hosts), known }
    }
}

impl Detector for IndicatorMatch {
    fn name(&self) -> &'static str {
        "indicator"
    }

    fn interest(&self) -> Interest {
        if self.known { Interest::HTTP.and(Interest::DNS) } else { Interest::NONE }
    }

    fn keep(&self) -> Result<Vec<u8>, KeepError> {
        bytes_of(&(ByteBuf::from(self.asked.keep()?), ByteBuf::from(self.questions.keep()?)))
    }

    fn recall(&mut self, kept: &[u8]) -> Result<(), KeepError> {
        let (asked, questions): (ByteBuf, ByteBuf) = of_bytes(kept)?;
        self.asked.recall(&asked)?;
        self.questions.recall(&questions)
    }

    fn remembered(&self) -> usize {
        self.asked.len().max(self.questions.len())
    }

    fn set_limit(&mut self, hosts: usize) {
        self.asked.set_limit(hosts);
        self.questions.set_limit(hosts);
    }

    fn event(&mut self, seen: &Seen, event: &Event<'_>, _: &Profile) {
        match event.what {
            What::Http(request) if event.scope == Scope::Egress || request.via_proxy => {
                let Some(host) = request.host else { return };
                let Some(asked) = self.asked.entry(seen.host) else {
                    return;
                };
                if asked.len() < REMEMBERED {
                    *asked.entry(format!("{host}{}", request.uri)).or_default() += 1;
                }
            }
            What::Dns(dns) if dns.stage != DnsStage::Reply => {
                let Some(asked) = self.questions.entry(seen.host) else {
                    return;
                };
                if asked.len() < REMEMBERED && !asked.contains_key(dns.name) {
                    asked.insert(dns.name.into(), 1);
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, host: HostId) {
        self.asked.forget(host);
        self.questions.forget(host);
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        if view.intel.is_empty() {
            return;
        }
        for url in self.asked.get(id).into_iter().flat_map(BTreeMap::keys) {
            let (host, uri) = url.split_at(url.find('/').unwrap_or(url.len()));
            let known = view.intel.url(host, uri);
            let Some(indicator) = known.filter(|i| i.is_live(view.host.first)) else {
                continue;
            };
            out.push(self.about_name(view, indicator, host, "fetched the known URL", 6.0));
        }
        for name in self.questions.get(id).into_iter().flat_map(BTreeMap::keys) {
            let known = view.intel.domain(name);
            let Some(indicator) = known.filter(|i| i.is_live(view.host.first)) else {
                continue;
            };
            out.push(self.about_name(
                view,
                indicator,
                name,
                "asked the DNS for the known name",
                4.0,
            ));
        }
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        if view.intel.is_empty() || (c.starts == 0 && c.inbound > 0) {
            return;
        }
        let Some((indicator, what, sure)) = find(c, view) else {
            return;
        };
        let confidence = f64::from(indicator.confidence) / 100.0;
        let two_way = c.two_way > 0 || c.http.as_ref().is_some_and(|h| h.replies > 0);
        let (nats, certain) = match sure {
            Sure::Exact if two_way && indicator.confidence >= 50 => (9.0 * confidence, true),
            Sure::Exact => (5.0 * confidence, false),
            Sure::Loose(nats) => (nats * confidence, false),
        };
        let family = indicator.family.clone();
        let known = family.as_deref().map(|f| format!(" of {f}")).unwrap_or_default();
        out.push(Evidence {
            log_odds: nats,
            certain,
            summary: format!(
                "talks to {}, a known {what}{known} ({}, confidence {})",
                c.peer(),
                indicator.source,
                indicator.confidence
            ),
            numbers: vec![
                ("confidence", f64::from(indicator.confidence)),
                ("flows_both_ways", f64::from(c.two_way)),
            ],
            family,
            ..about_conversation(self.name(), Group::Reputation, "T1071", c)
        });
    }
}

/// The most exact indicator of a conversation that was still true when it began.
fn find<'a>(c: &Conversation, view: &View<'a>) -> Option<(&'a Indicator, &'static str, Sure)> {
    let intel = view.intel;
    let live = |indicator: &&Indicator| indicator.is_live(c.first);
    if let Some(name) = &c.name
        && matches!(c.key.view, Kind::Name | Kind::Domain)
        && let Some(indicator) = intel.domain(&name.text).filter(live)
    {
        return Some((indicator, "name", Sure::Exact));
    }
    if c.key.view == Kind::Address {
        if let Some(indicator) = intel.socket(c.addr, c.port).filter(live) {
            return Some((indicator, "address and port", Sure::Exact));
        }
        // A popular name on a listed address is the listing's mistake, or shared hosting.
        if c.name.as_ref().is_none_or(|n| !n.is_popular())
            && let Some(indicator) = intel.addr(c.addr).filter(live)
        {
            return Some((indicator, "address", Sure::Loose(5.0)));
        }
    }
    let ja4 = c.tls.as_ref()?.ja4?;
    let indicator = intel.ja4(&ja4).filter(live)?;
    Some((indicator, "client fingerprint", Sure::Loose(3.0)))
}

impl IndicatorMatch {
    fn about_name(
        &self,
        view: &View<'_>,
        indicator: &Indicator,
        name: &str,
        what: &str,
        nats: f64,
    ) -> Evidence {
        let peer = Peer { name: Some(name.into()), addr: None, port: None };
        // The same as of a conversation with the name, so that they count together.
        let site = ostium_names::registrable(name).unwrap_or(name);
        let id = ostium_profile::domain_key(site);
        let family = indicator.family.clone();
        let known = family.as_deref().map(|f| format!(" of {f}")).unwrap_or_default();
        Evidence {
            log_odds: nats * f64::from(indicator.confidence) / 100.0,
            summary: format!("{what} {name}{known} ({})", indicator.source),
            numbers: vec![("confidence", f64::from(indicator.confidence))],
            about: About::Conversation { id, peer },
            family,
            ..about_host(self.name(), Group::Reputation, "T1071", view.host, None)
        }
    }
}
