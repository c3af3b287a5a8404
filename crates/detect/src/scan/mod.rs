//! Scan: tries many doors, most of them shut.
//!
//! Threshold random walk (Jung, Paxson, Berger and Balakrishnan, IEEE S&P 2004) on first contacts:
//! a failure speaks 4:1 for a scanner, a success 4:1 against. It convicts alone at thirty distinct
//! destinations or ports of which 80 % failed. Look-alikes excluded: destinations with a name,
//! peer-to-peer programs (each peer has a port of its own, a scanner asks all for the same few),
//! web pages over IPv6 that nobody answers, private addresses beside home networks (other
//! inside networks, not what leaves; beside single hosts named as home they count). Mirai's scanner gives itself away by a sequence number
//! that is the address it goes to (Antonakakis et al., USENIX Security 2017); five of them by chance
//! are beyond doubt.

mod state;
#[cfg(test)]
mod tests;

use ostium_event::{Addr, Anomaly, Event, FlowState, OpenedBy, Proto, Scope, What};
use ostium_evidence::{Evidence, Group};
use ostium_profile::keep::KeepError;
use ostium_profile::{HostId, PerHost, Profile, Seen};

use crate::detector::{Detector, Interest, View, about_host};
use crate::words::percent;
use state::Doors;

/// The detector.
pub(crate) struct Scan {
    hosts: PerHost<Box<Doors>>,
    /// Private addresses that are not home are other inside networks, and nothing that leaves.
    private_is_inside: bool,
}

const CERTAIN_DOORS: u32 = 30;
const CERTAIN_SHARE: f64 = 0.8;
const CERTAIN_SEQUENCES: u32 = 5;

// === impl Scan ===

impl Scan {
    pub(crate) fn new(hosts: usize, private_is_inside: bool) -> Self {
        Self { hosts: PerHost::new(hosts), private_is_inside }
    }
}

impl Scan {
    fn is_inside(&self, outside: Addr) -> bool {
        outside.is_special() || (self.private_is_inside && outside.is_private())
    }
}

impl Detector for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn interest(&self) -> Interest {
        Interest::CLOSED.and(Interest::ANOMALY)
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
        if event.opened_by != OpenedBy::Inside || event.scope != Scope::Egress {
            return;
        }
        match event.what {
            What::Anomaly(Anomaly::SequenceIsAddress) => {
                if let Some(doors) = self.hosts.entry(seen.host) {
                    doors.sequence_is_address(event.at);
                }
            }
            What::FlowClosed(record) => {
                // UDP that is not answered is no failure, unless somebody said so.
                let probed = event.flow.outside_port < 1024
                    || matches!(event.flow.outside_port, 1900 | 5060 | 5683 | 11211);
                let failed = match (event.flow.proto, record.state) {
                    (Proto::TCP, FlowState::Unanswered | FlowState::Refused) => true,
                    // Peers that are gone refuse datagrams on ports of their own.
                    (Proto::UDP, FlowState::Refused) if probed => true,
                    (_, FlowState::Established) => false,
                    _ => return,
                };
                // Opening ports to talk and to shut at once is scanning too: half-open probes.
                let named = seen.name.is_some();
                if self.is_inside(event.flow.outside) || (named && !failed) {
                    return;
                }
                if let Some(doors) = self.hosts.entry(seen.host) {
                    doors.tried(&event.flow, record.first, failed, named);
                }
            }
            _ => {}
        }
    }

    fn forget(&mut self, host: HostId) {
        self.hosts.forget(host);
    }

    fn host(&self, id: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(doors) = self.hosts.get(id) else {
            return;
        };
        if doors.sequences() >= 2 {
            out.push(self.mirai(doors, view));
        }
        if view.blind.replies {
            return;
        }
        let horizontal = doors.horizontal();
        let vertical = doors.vertical();
        let found = if horizontal.shut >= vertical.shut { horizontal } else { vertical };
        let tried = found.shut + found.open;
        let share = f64::from(found.shut) / f64::from(tried.max(1));
        if found.shut < 8 || share < 0.5 {
            return;
        }
        let certain = tried >= CERTAIN_DOORS && share >= CERTAIN_SHARE && found.concentrated;
        // Each failure beyond the first ten adds what the walk gives it, up to the group's cap.
        let walk = f64::from(found.shut) * 4f64.ln() - f64::from(found.open) * 4f64.ln();
        let nats = match (found.concentrated, certain) {
            (_, true) => walk.min(14.0),
            (true, false) => walk.clamp(0.0, 5.0),
            (false, false) => 1.0,
        };
        if nats <= 0.0 {
            return;
        }
        out.push(Evidence {
            log_odds: nats,
            certain,
            first: doors.first(),
            last: doors.last(),
            summary: format!("tried {} {}, {} of them shut", tried, found.words, percent(share)),
            numbers: vec![
                ("tried", f64::from(tried)),
                ("shut", f64::from(found.shut)),
                ("walk_nats", walk),
                ("ports", f64::from(doors.ports())),
            ],
            ..about_host(self.name(), Group::Behaviour, "T1046", view.host, doors.example())
        });
    }
}

// === impl Scan: Mirai ===

impl Scan {
    fn mirai(&self, doors: &Doors, view: &View<'_>) -> Evidence {
        Evidence {
            log_odds: 9.0,
            certain: doors.sequences() >= CERTAIN_SEQUENCES,
            first: doors.first(),
            last: doors.last(),
            summary: format!(
                "sent {} connection requests whose sequence number is the address they go to, as \
                 Mirai's scanner does",
                doors.sequences()
            ),
            numbers: vec![("requests", f64::from(doors.sequences()))],
            family: Some("mirai".to_owned()),
            ..about_host(self.name(), Group::Behaviour, "T1046", view.host, doors.example())
        }
    }
}
