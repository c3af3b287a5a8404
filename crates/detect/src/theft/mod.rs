//! Theft: looks up its own external address, then sends something out by mail, FTP or a bot's API.
//!
//! Stealers report the victim's address with the loot (ATT&CK T1016.001, T1048, T1567). A host that
//! submits mail or files every day is not accused of one more: the first submission must follow the
//! look-up within half an hour, and there must have been none before it.

mod lookup;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ostium_event::{Addr, DnsStage, Event, OpenedBy, Proto, Scope, Service, Span, Timestamp, What};
use ostium_evidence::{About, Evidence, Group, Peer};
use ostium_names as names;
use ostium_profile::keep::KeepError;
use ostium_profile::{HostId, PerHost, Profile, Seen};

use crate::detector::{Detector, Interest, View, about_host};
use crate::words::duration;
use lookup::{asked_by_program, of_a_thief};

/// The detector.
pub(crate) struct Theft {
    hosts: PerHost<Box<Doings>>,
}

/// What one host did, as far as it matters here.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Doings {
    lookup: Option<(Timestamp, Arc<str>)>,
    lookups: u32,
    first_upload: Option<Upload>,
    uploads: u32,
    after: Option<(Upload, Span)>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Upload {
    at: Timestamp,
    how: How,
    name: Option<Arc<str>>,
    addr: Addr,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum How {
    Mail,
    Ftp,
    Api,
}

/// A look-up older than this has nothing to do with an upload.
const SOON: Span = Span::from_secs(1800);

/// Who asks for its address more often than this is a dynamic-DNS client.
const HABITUAL: u32 = 50;
/// Seconds between look-up and upload of a program that does both.
const HURRY: u64 = 60;

// === impl Theft ===

impl Theft {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts: PerHost::new(hosts) }
    }

    fn looked_up(&mut self, host: HostId, at: Timestamp, name: &str) {
        let Some(doings) = self.hosts.entry(host) else {
            return;
        };
        doings.lookups = doings.lookups.saturating_add(1);
        // The last before the upload is what it follows.
        match &mut doings.lookup {
            Some((before, known)) if **known == *name => *before = at.max(*before),
            Some((before, _)) if at < *before => {}
            lookup => *lookup = Some((at, Arc::from(name))),
        }
    }

    fn uploaded(&mut self, seen: &Seen, event: &Event<'_>, how: How) {
        let Some(doings) = self.hosts.entry(seen.host) else {
            return;
        };
        let upload = Upload {
            at: event.at,
            how,
            name: seen.name.as_ref().map(|n| Arc::clone(&n.text)),
            addr: event.flow.outside,
            port: event.flow.outside_port,
        };
        doings.uploads = doings.uploads.saturating_add(1);
        if doings.first_upload.is_some() {
            return;
        }
        if let Some((looked, _)) = &doings.lookup
            && event.at >= *looked
            && event.at.since(*looked) <= SOON
        {
            doings.after = Some((upload.clone(), event.at.since(*looked)));
        }
        doings.first_upload = Some(upload);
    }
}

impl Detector for Theft {
    fn name(&self) -> &'static str {
        "theft"
    }

    fn interest(&self) -> Interest {
        Interest::DNS
            .and(Interest::TLS)
            .and(Interest::HTTP)
            .and(Interest::COMMAND)
            .and(Interest::OPENED)
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
        if event.opened_by == OpenedBy::Outside {
            return;
        }
        match event.what {
            What::Dns(dns)
                if dns.stage != DnsStage::Reply && names::is_address_lookup(dns.name) =>
            {
                self.looked_up(seen.host, event.at, dns.name);
            }
            What::Tls(hello) => {
                let Some(name) = hello.server_name else {
                    return;
                };
                if names::is_address_lookup(name) {
                    self.looked_up(seen.host, event.at, name);
                } else if names::is_upload_api(name) {
                    self.uploaded(seen, event, How::Api);
                }
            }
            What::Http(request) if request.host.is_some_and(names::is_address_lookup) => {
                self.looked_up(seen.host, event.at, request.host.unwrap_or_default());
            }
            What::Command(command) => match (command.service, command.verb) {
                (Service::Smtp, "EHLO" | "HELO" | "AUTH" | "MAIL")
                    if event.scope == Scope::Egress =>
                {
                    self.uploaded(seen, event, How::Mail);
                }
                (Service::Ftp, "STOR" | "APPE") => self.uploaded(seen, event, How::Ftp),
                _ => {}
            },
            // Flow records show no commands; submission ports tell.
            What::FlowOpened { .. }
                if event.flow.proto == Proto::TCP
                    && matches!(event.flow.outside_port, 465 | 587)
                    && event.scope == Scope::Egress =>
            {
                self.uploaded(seen, event, How::Mail);
            }
            _ => {}
        }
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        let doings = self.hosts.get(id);
        let theft = doings.and_then(|d| Some((d, d.after.as_ref()?, &d.lookup.as_ref()?.1)));
        let mut asked = view.conversations.iter().filter_map(|c| asked_by_program(c));
        let Some((doings, (upload, after), service)) = theft else {
            if doings.is_none_or(|d| d.lookups <= HABITUAL) {
                out.extend(asked);
            }
            return;
        };
        let habitual = doings.lookups > HABITUAL;
        let hurried = after.secs() < HURRY && !habitual;
        out.extend(asked.next().map(|item| if hurried { of_a_thief(item) } else { item }));
        let (how, technique, nats) = match upload.how {
            How::Mail => ("submitted mail to", "T1048.003", 5.0),
            How::Ftp => ("stored a file by FTP at", "T1048.003", 5.5),
            How::Api => ("called the bot interface of", "T1567", 4.0),
        };
        // A program does both within seconds; a person happens to do both within half an hour.
        let nats = if after.secs() < HURRY { nats + 2.0 } else { nats };
        let nats = if habitual { nats - 2.0 } else { nats };
        let peer =
            Peer { name: upload.name.clone(), addr: Some(upload.addr), port: Some(upload.port) };
        out.push(Evidence {
            log_odds: nats,
            summary: format!(
                "asked {service} for its own external address, then for the first time {how} {peer}, \
                 {} later",
                duration(after.secs_f64())
            ),
            first: upload.at.minus(*after),
            last: upload.at,
            numbers: vec![
                ("seconds_between", after.secs_f64()),
                ("lookups", f64::from(doings.lookups)),
                ("uploads", f64::from(doings.uploads)),
            ],
            about: About::Host { peer: Some(peer) },
            ..about_host(self.name(), Group::Behaviour, technique, view.host, None)
        });
    }
}
