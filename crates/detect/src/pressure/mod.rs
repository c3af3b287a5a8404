//! Pressure: how much a host sends to somebody who does not answer, though it be far less than a
//! flood. It is no evidence: the hub adds it up over sites (docs/hub.md), where one victim of many
//! sources shows.
//!
//! Packets are counted in boxes of ten seconds over the last minute, because floods go on for
//! minutes. What answers, what is a collector and what is a stream of media is left out, as the flood
//! detector does. It is not kept over a restart: it is over by then.

mod rates;
#[cfg(test)]
mod tests;

use ostium_event::{Event, FlowState, OpenedBy, Proto, Scope, Service, What};
use ostium_evidence::Tells;
use ostium_profile::{HostId, PerHost, Profile, Seen};

use self::rates::Rates;
use crate::detector::{Detector, Interest};
use crate::flood::is_collector;

/// The detector.
pub(crate) struct Pressure {
    hosts: PerHost<Box<Rates>>,
}

// === impl Pressure ===

impl Pressure {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { hosts: PerHost::new(hosts) }
    }
}

impl Detector for Pressure {
    fn name(&self) -> &'static str {
        "pressure"
    }

    fn interest(&self) -> Interest {
        Interest::CLOSED.and(Interest::GOES_ON)
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
        let (flow, tcp) = (&event.flow, event.flow.proto == Proto::TCP);
        if event.scope != Scope::Egress
            || event.opened_by == OpenedBy::Outside
            || flow.outside.is_special()
            || !(tcp || flow.proto == Proto::UDP)
            || matches!(record.service, Service::Media | Service::Quic)
            || is_collector(flow.outside_port)
            || (tcp && record.state == FlowState::Partial)
        {
            return;
        }
        let answered = record.back.packets > 0 && record.state == FlowState::Established;
        if answered {
            if let Some(rates) = self.hosts.get_mut(seen.host) {
                rates.answered(flow);
            }
            return;
        }
        if let Some(rates) = self.hosts.entry(seen.host) {
            rates.unanswered(flow, &record, is_over);
        }
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn tells(&self, host: HostId, out: &mut Tells) {
        if let Some(rates) = self.hosts.get(host) {
            rates.told(&mut out.rates);
        }
    }
}
