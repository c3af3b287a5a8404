//! Spam: a host that is no mail server delivers mail to many others.
//!
//! Fan-out of port 25 (more than 10 exchangers a day, Xie et al., SIGCOMM 2008 in spirit), and
//! questions for mail exchangers of many domains. The two are different facts: the connections are
//! behaviour, the questions are naming.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use ostium_event::{Addr, DnsStage, Event, OpenedBy, RecordType, Scope, Timestamp, What};
use ostium_evidence::{Evidence, Group};
use ostium_profile::keep::KeepError;
use ostium_profile::{HostId, PerHost, Profile, Seen};

use crate::detector::{Detector, Interest, View, about_host};

/// The detector.
pub(crate) struct Spam {
    hosts: PerHost<Box<Mail>>,
}

#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Mail {
    exchangers: BTreeSet<Addr>,
    domains: BTreeSet<Box<str>>,
    connections: u32,
    first: Timestamp,
    last: Timestamp,
}

/// Exchangers and domains counted exactly.
const COUNTED: usize = 64;

// === impl Mail ===

impl Mail {
    fn saw(&mut self, at: Timestamp) {
        if self.first == Timestamp::ZERO {
            self.first = at;
        }
        self.last = self.last.max(at);
    }
}

// === impl Spam ===

impl Spam {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts: PerHost::new(hosts) }
    }
}

impl Detector for Spam {
    fn name(&self) -> &'static str {
        "spam"
    }

    fn interest(&self) -> Interest {
        Interest::CLOSED.and(Interest::DNS)
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
        match event.what {
            // Data both ways: whoever only knocks is a scanner.
            What::FlowClosed(record)
                if event.flow.outside_port == 25
                    && event.scope == Scope::Egress
                    && event.opened_by == OpenedBy::Inside
                    && record.out.bytes > 0
                    && record.back.bytes > 0 =>
            {
                let Some(mail) = self.hosts.entry(seen.host) else {
                    return;
                };
                mail.saw(event.at);
                mail.connections = mail.connections.saturating_add(1);
                if mail.exchangers.len() < COUNTED {
                    mail.exchangers.insert(event.flow.outside);
                }
            }
            What::Dns(dns) if dns.record_type == RecordType::MX && dns.stage != DnsStage::Reply => {
                // Many names of one domain are a tunnel's questions, not a mailer's.
                let Some(domain) = ostium_names::registrable(dns.name) else { return };
                let Some(mail) = self.hosts.entry(seen.host) else { return };
                mail.saw(event.at);
                if mail.domains.len() < COUNTED && !mail.domains.contains(domain) {
                    mail.domains.insert(domain.into());
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(mail) = self.hosts.get(id) else {
            return;
        };
        let exchangers = mail.exchangers.len();
        let nats = match exchangers {
            0..=4 => 0.0,
            5..=10 => 2.0,
            11..=19 => 4.5,
            _ => 6.5,
        };
        if nats > 0.0 {
            out.push(Evidence {
                log_odds: nats,
                first: mail.first,
                last: mail.last,
                summary: format!(
                    "delivered mail to {exchangers}{} servers in {} connections, and is no mail server",
                    if exchangers == COUNTED { " or more" } else { "" },
                    mail.connections
                ),
                numbers: vec![
                    ("servers", exchangers as f64),
                    ("connections", f64::from(mail.connections)),
                ],
                ..about_host(self.name(), Group::Behaviour, "T1566", view.host, None)
            });
        }
        let domains = mail.domains.len();
        if domains >= 5 {
            out.push(Evidence {
                log_odds: if domains >= 15 { 4.0 } else { 2.0 },
                first: mail.first,
                last: mail.last,
                summary: format!("asked for the mail servers of {domains} domains itself"),
                numbers: vec![("domains", domains as f64)],
                ..about_host("mail-questions", Group::Naming, "T1566", view.host, None)
            });
        }
    }
}
