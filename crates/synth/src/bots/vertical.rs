//! A scan of many ports of a few machines outside, one after another, as somebody who has broken in
//! looks for the next step.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::{Rng, mix};
use crate::tcp::{self, Conn, Failure, Side};

/// A scan of many ports.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PortScan {
    /// Machines that are scanned, each an address without a name.
    pub targets: usize,
    /// Ports of each, from 1 on.
    pub ports: u16,
    /// Ports in a second.
    pub per_second: f64,
    /// Ports that are filtered, of those that are not open, 0 to 1.
    pub filtered: f64,
}

/// One port of so many is open.
const OPEN: u64 = 150;

impl Default for PortScan {
    fn default() -> Self {
        Self { targets: 3, ports: 1000, per_second: 20.0, filtered: 0.3 }
    }
}

impl Behaviour for PortScan {
    type State = usize;

    fn first(&self) -> Span {
        Span::from_secs(900)
    }

    fn wake(
        &self,
        done: &mut usize,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let ports = usize::from(self.ports.max(1));
        let (target, port) = (*done / ports, (*done % ports) as u16 + 1);
        if target >= self.targets {
            return None;
        }
        *done += 1;
        let to = host.net.bare(&format!("scanned-{target}"));
        if mix(u64::from(port) ^ (target as u64) << 20).is_multiple_of(OPEN) {
            let mut conn = Conn::dial(host, rng, to, port, now);
            conn.reset(&mut host.out, Side::Inside);
        } else {
            let how = if rng.chance(self.filtered) { Failure::Silence } else { Failure::Refusal };
            let (own, peer) = (host.end(), host.peer(to, port));
            let seq = rng.next() as u32;
            tcp::fail(host, &own, &peer, seq, now, how);
        }
        let wait = rng.exponential(1.0 / self.per_second.max(0.001));
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_port_of_every_target_is_tried() {
        let scan = PortScan { ports: 300, ..PortScan::default() };
        rehearsal::assert_plays(scan.clone(), 1.0, 1800);
        let mut tried: BTreeMap<ostium_event::Addr, BTreeSet<u16>> = BTreeMap::new();
        for s in watch(scan, 1.0).into_iter().filter(|s| s.syn) {
            tried.entry(s.peer).or_default().insert(s.port);
        }
        assert_eq!(tried.len(), 3);
        assert!(tried.values().all(|ports| ports.len() == 300));
    }
}
