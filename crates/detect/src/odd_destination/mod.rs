//! Odd destination: the other end does not look like a service that people use.
//!
//! Each oddity is an item of its own in one group, so the strongest counts in full and the others a
//! little: a certificate that signed itself, TLS to a bare address or on an unusual port, an unknown
//! protocol, content that is not what the port promises, a name of a dynamic DNS provider, an
//! address that no name led to. What is popular, infrastructure, or common here is excused.

mod oddity;
#[cfg(test)]
mod tests;

use ostium_event::{Addr, Anomaly, Event, OpenedBy, Scope, What};
use ostium_evidence::{About, Evidence, Group};
use ostium_profile::keep::{KeepError, bytes_of, of_bytes};
use ostium_profile::{Conversation, Generations, Profile, Seen, View as Kind};

use crate::detector::{Detector, Interest, View, about_conversation};
use crate::rails::{is_excused, is_redundant};

/// The detector.
pub(crate) struct OddDestination {
    /// Flows whose content was not what the port promises, by host, address and port.
    mismatches: Generations<(Addr, u128, u16), u32>,
}

// === impl OddDestination ===

impl OddDestination {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { mismatches: Generations::new(hosts) }
    }
}

impl Detector for OddDestination {
    fn name(&self) -> &'static str {
        "odd-destination"
    }

    fn interest(&self) -> Interest {
        Interest::ANOMALY
    }

    fn keep(&self) -> Result<Vec<u8>, KeepError> {
        bytes_of(&self.mismatches)
    }

    fn recall(&mut self, kept: &[u8]) -> Result<(), KeepError> {
        self.mismatches.take_over(of_bytes(kept)?);
        Ok(())
    }

    fn remembered(&self) -> usize {
        self.mismatches.len()
    }

    fn set_limit(&mut self, hosts: usize) {
        self.mismatches.set_limit(hosts);
    }

    fn event(&mut self, _: &Seen, event: &Event<'_>, _: &Profile) {
        let What::Anomaly(Anomaly::PortMismatch | Anomaly::PortUnknownContent) = event.what else {
            return;
        };
        if event.opened_by == OpenedBy::Outside || event.scope != Scope::Egress {
            return;
        }
        let key = (event.flow.inside, event.flow.outside.bits(), event.flow.outside_port);
        *self.mismatches.entry(key, || 0) += 1;
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        if c.key.view == Kind::Client
            || (c.starts == 0 && c.inbound > 0)
            || is_redundant(c, view)
            || is_excused(c, view)
        {
            return;
        }
        let mismatched = c.key.view == Kind::Address
            && self.mismatches.peek(&(view.host.addr, c.addr.bits(), c.port)).is_some();
        for oddity in oddity::of(c, view, mismatched) {
            let mut peer = c.peer();
            peer.port = oddity.port.or(peer.port);
            out.push(Evidence {
                log_odds: oddity.nats,
                summary: format!("{peer}: {}", oddity.words),
                about: About::Conversation { id: c.id(), peer },
                numbers: oddity.numbers,
                ..about_conversation(oddity.name, Group::Destination, oddity.technique, c)
            });
        }
    }
}
