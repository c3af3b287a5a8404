//! Flood: a hundred packets or connections a second to one victim that does not answer, for at
//! least five seconds.
//! A TCP flow without its start may be half of an asymmetric route, and collectors of logs and flow
//! records never answer: neither is a flood.
//!
//! Connections are counted by the second of their start; single flows by their packets. Media
//! streams answer, if only with reports (RFC 3550), and are excluded by that. A single flow is told of
//! while it goes on; what is said of it then is taken back when somebody answers after all.

#[cfg(test)]
mod tests;

use ostium_event::{Addr, Event, FlowRecord, FlowState, OpenedBy, Proto, Scope, Service, What};
use ostium_evidence::{Evidence, Group};
use ostium_profile::keep::KeepError;
use ostium_profile::{HostId, PerHost, Profile, Seen};

use crate::detector::{Detector, Interest, View, about_host};
use crate::words::duration;

/// The detector.
pub(crate) struct Flood {
    hosts: PerHost<Box<Victims>>,
}

#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Victims {
    victims: Vec<Victim>,
}

/// One address that gets packets and does not answer.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Victim {
    addr: Addr,
    port: u16,
    seconds: Seconds,
    unanswered: u64,
    answered: u64,
    /// The longest single flow that is a flood.
    stream: Option<Stream>,
    first: ostium_event::Timestamp,
    last: ostium_event::Timestamp,
}

/// A single flow that is a flood, maybe one that goes on.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Stream {
    began: ostium_event::Timestamp,
    inside_port: u16,
    seconds: f64,
    packets: u64,
}

/// Unanswered connections by second of their start, over the last minute.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Seconds {
    counts: Vec<(u64, u32)>,
    /// Seconds with a hundred and more.
    full: u32,
}

const RATE: u32 = 100;
const SECONDS: u32 = 5;
const VICTIMS: usize = 16;
const REMEMBERED_SECONDS: usize = 64;

// === impl Flood ===

impl Flood {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts: PerHost::new(hosts) }
    }
}

impl Detector for Flood {
    fn name(&self) -> &'static str {
        "flood"
    }

    fn interest(&self) -> Interest {
        Interest::CLOSED.and(Interest::GOES_ON)
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
        let (record, is_over) = match event.what {
            What::FlowClosed(record) => (record, true),
            What::FlowGoesOn(record) => (record, false),
            _ => return,
        };
        if event.scope != Scope::Egress
            || event.opened_by == OpenedBy::Outside
            || event.flow.outside.is_special()
            || matches!(record.service, Service::Media | Service::Quic)
        {
            return;
        }
        // A completed handshake was answered, whether or not the capture shows it.
        let tcp = event.flow.proto == Proto::TCP;
        let established = record.state == FlowState::Established;
        let failed = !established || (record.back.packets == 0 && !tcp);
        if is_collector(event.flow.outside_port) || (tcp && record.state == FlowState::Partial) {
            return;
        }
        // Most flows are answered, and of no interest unless a victim is known already.
        let Some(victims) = (match failed {
            true => self.hosts.entry(seen.host),
            false => self.hosts.get_mut(seen.host),
        }) else {
            return;
        };
        let Some(victim) = victims.of(event, failed) else {
            return;
        };
        victim.last = victim.last.max(record.last);
        victim.stream(event.flow.inside_port, &record, failed);
        // Connections are counted when they are over.
        if !is_over {
            victim.first = victim.first.min(record.first);
        } else if failed {
            victim.unanswered += 1;
            victim.seconds.count(record.first.secs());
        } else {
            victim.answered += 1;
        }
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        if view.blind.replies {
            return;
        }
        let Some(victims) = self.hosts.get(id) else {
            return;
        };
        for victim in &victims.victims {
            let opening =
                victim.seconds.full >= SECONDS && victim.answered * 20 < victim.unanswered;
            let (what, packets, seconds) = match victim.stream {
                Some(stream) => ("packets", stream.packets, stream.seconds),
                None if opening => {
                    ("connections", victim.unanswered, victim.last.since(victim.first).secs_f64())
                }
                None => continue,
            };
            out.push(Evidence {
                log_odds: 12.0,
                certain: true,
                first: victim.first,
                last: victim.last,
                summary: format!(
                    "flooded {} with {packets} {what} in {} without an answer",
                    victim.addr,
                    duration(seconds)
                ),
                numbers: vec![
                    (what, packets as f64),
                    ("seconds", seconds),
                    ("full_seconds", f64::from(victim.seconds.full)),
                ],
                ..about_host(
                    self.name(),
                    Group::Behaviour,
                    "T1498.001",
                    view.host,
                    Some((victim.addr, victim.port)),
                )
            });
        }
    }
}

/// Ports of collectors that are sent to and never answer: syslog, NetFlow, sFlow, IPFIX, statsd.
pub(crate) const fn is_collector(port: u16) -> bool {
    matches!(port, 162 | 514 | 2055 | 4739 | 6343 | 6514 | 8125 | 8649 | 9555 | 9995 | 9996 | 12201)
}

// === impl Victims ===

impl Victims {
    /// The victim of an event; an answered flow makes none.
    fn of(&mut self, event: &Event<'_>, failed: bool) -> Option<&mut Victim> {
        let addr = event.flow.outside;
        let place = match self.victims.iter().position(|v| v.addr == addr) {
            Some(place) => place,
            None if !failed => return None,
            None => {
                if self.victims.len() >= VICTIMS {
                    let least = self
                        .victims
                        .iter()
                        .enumerate()
                        .min_by_key(|(_, v)| (v.seconds.full, v.streamed(), v.unanswered, v.last))
                        .map(|(place, _)| place)?;
                    self.victims.swap_remove(least);
                }
                self.victims.push(Victim {
                    addr,
                    port: event.flow.outside_port,
                    seconds: Seconds::default(),
                    unanswered: 0,
                    answered: 0,
                    stream: None,
                    first: event.at,
                    last: event.at,
                });
                self.victims.len() - 1
            }
        };
        self.victims.get_mut(place)
    }
}

// === impl Victim ===

impl Victim {
    /// A single flow, over or not: it is a flood, or was taken for one until somebody answered.
    fn stream(&mut self, inside_port: u16, record: &FlowRecord, failed: bool) {
        let known = self.stream.filter(|s| (s.began, s.inside_port) == (record.first, inside_port));
        let seconds = record.duration().secs_f64();
        let packets = record.out.packets;
        if record.back.packets > 0 || !failed {
            if known.is_some() {
                self.stream = None;
            }
        } else if seconds >= f64::from(SECONDS)
            && packets as f64 / seconds.max(0.001) >= f64::from(RATE)
            && packets > self.streamed()
        {
            self.stream = Some(Stream { began: record.first, inside_port, seconds, packets });
        }
    }

    /// Packets of the longest single flow.
    fn streamed(&self) -> u64 {
        self.stream.map_or(0, |stream| stream.packets)
    }
}

// === impl Seconds ===

impl Seconds {
    /// Counts a connection by the second of its start; ends come in another order than starts.
    fn count(&mut self, second: u64) {
        if let Some(slot) = self.counts.iter_mut().find(|(s, _)| *s == second) {
            slot.1 += 1;
            self.full += u32::from(slot.1 == RATE);
            return;
        }
        if self.counts.len() < REMEMBERED_SECONDS {
            self.counts.push((second, 1));
        } else if let Some(earliest) = self.counts.iter_mut().min_by_key(|(s, _)| *s)
            && earliest.0 < second
        {
            *earliest = (second, 1);
        }
    }
}
