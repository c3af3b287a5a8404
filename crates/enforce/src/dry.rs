//! A dry run: keeps what would be blocked, and counts what would have been stopped.

use std::collections::BTreeMap;

use ostium_event::{FlowKey, Proto, Timestamp};
use ostium_verdict::{Block, BlockSet, Mode, Target, Transport};

use crate::{Applied, EnforceError, Enforcer, Stopped};

/// What would be blocked. Holds blocks of the modes simulate and block; touches nothing.
#[derive(Clone, Debug, Default)]
pub struct Dry {
    held: BTreeMap<Target, Would>,
}

#[derive(Clone, Copy, Debug)]
struct Would {
    until: Timestamp,
    packets: u64,
    bytes: u64,
}

// === impl Dry ===

impl Dry {
    /// A dry run that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells of traffic; gives back what would have stopped it. Names are matched by the caller,
    /// who knows them, with [`Dry::saw_name`].
    pub fn saw(
        &mut self,
        flow: &FlowKey,
        packets: u64,
        bytes: u64,
        now: Timestamp,
    ) -> Option<Target> {
        let transport = match flow.proto {
            Proto::TCP => Some(Transport::Tcp),
            Proto::UDP => Some(Transport::Udp),
            _ => None,
        };
        let port = transport.map(|t| Target::AddressPort(flow.outside, t, flow.outside_port));
        let rest = [Target::Address(flow.outside), Target::Host(flow.inside)];
        rest.into_iter().chain(port).find(|target| self.count(target, packets, bytes, now))
    }

    /// Tells that a name was asked for; gives back the name that would have been blocked.
    pub fn saw_name(&mut self, name: &str, now: Timestamp) -> Option<Target> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let parents = std::iter::successors(Some(name), |name| Some(name.split_once('.')?.1));
        parents.filter_map(Target::name).find(|target| self.count(target, 1, 0, now))
    }

    fn count(&mut self, target: &Target, packets: u64, bytes: u64, now: Timestamp) -> bool {
        match self.held.get_mut(target) {
            Some(would) if now < would.until => {
                would.packets = would.packets.saturating_add(packets);
                would.bytes = would.bytes.saturating_add(bytes);
                true
            }
            _ => false,
        }
    }
}

impl Enforcer for Dry {
    fn apply(&mut self, blocks: &BlockSet, now: Timestamp) -> Result<Applied, EnforceError> {
        let mut applied = Applied::default();
        let mut next = BTreeMap::new();
        for block in blocks.iter() {
            if block.mode < Mode::Simulate || !block.is_live(now) {
                applied.left += 1;
                continue;
            }
            let held = self.held.remove(&block.target);
            match held {
                None => applied.added += 1,
                Some(would) if would.until == block.until => applied.kept += 1,
                Some(_) => applied.refreshed += 1,
            }
            let (packets, bytes) = held.map_or((0, 0), |would| (would.packets, would.bytes));
            next.insert(block.target.clone(), Would { until: block.until, packets, bytes });
        }
        applied.removed = self.held.values().filter(|would| now < would.until).count();
        self.held = next;
        Ok(applied)
    }

    fn hot(&mut self, block: &Block, now: Timestamp) -> Result<(), EnforceError> {
        if block.mode >= Mode::Simulate && block.is_live(now) {
            let fresh = Would { until: block.until, packets: 0, bytes: 0 };
            let would = self.held.entry(block.target.clone()).or_insert(fresh);
            would.until = would.until.max(block.until);
        }
        Ok(())
    }

    fn release(&mut self, target: &Target) -> Result<(), EnforceError> {
        self.held.remove(target);
        Ok(())
    }

    fn counters(&mut self) -> Result<Vec<Stopped>, EnforceError> {
        let told = |(target, would): (&Target, &Would)| Stopped {
            target: target.clone(),
            packets: would.packets,
            bytes: would.bytes,
        };
        Ok(self.held.iter().map(told).collect())
    }

    fn teardown(&mut self) -> Result<(), EnforceError> {
        self.held.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ostium_event::{Addr, Span};
    use ostium_verdict::Origin;

    use super::*;

    fn block(text: &str, mode: Mode, secs: u64) -> Block {
        let target = text.parse().unwrap();
        Block::new(target, Origin::Detector, mode, Timestamp::ZERO, Span::from_secs(secs))
    }

    #[test]
    fn tells_what_would_have_been_stopped() {
        let mut dry = Dry::new();
        let set: BlockSet = [
            block("198.51.100.7", Mode::Simulate, 60),
            block("198.51.100.8:443/tcp", Mode::Block, 60),
            block("host:10.0.0.9", Mode::Simulate, 60),
            block("c2.example", Mode::Simulate, 60),
            block("198.51.100.9", Mode::Observe, 60),
            block("198.51.100.10", Mode::Simulate, 1),
        ]
        .into_iter()
        .collect();
        let now = Timestamp::from_secs(2);
        let first = dry.apply(&set, now).unwrap();
        assert_eq!((first.added, first.left), (4, 2));
        let again = dry.apply(&set, now).unwrap();
        assert_eq!((again.kept, again.is_change()), (4, false));

        let mut stops = |inside: u8, outside: u8, port| {
            let flow = FlowKey {
                inside: Addr::v4([10, 0, 0, inside]),
                outside: Addr::v4([198, 51, 100, outside]),
                outside_port: port,
                proto: Proto::TCP,
                ..FlowKey::default()
            };
            dry.saw(&flow, 3, 180, now).map(|target| target.to_string())
        };
        assert_eq!(stops(1, 7, 80).as_deref(), Some("198.51.100.7"));
        assert_eq!(stops(1, 8, 443).as_deref(), Some("198.51.100.8:443/tcp"));
        assert_eq!(stops(1, 8, 80), None);
        assert_eq!(stops(9, 1, 80).as_deref(), Some("host:10.0.0.9"));
        assert_eq!(stops(1, 9, 80), None, "observed only");
        assert_eq!(stops(1, 10, 80), None, "expired");
        assert!(dry.saw_name("a.b.c2.example.", now).is_some());
        assert!(dry.saw_name("notc2.example", now).is_none());

        let stopped = dry.counters().unwrap();
        assert_eq!(stopped.iter().map(|s| s.packets).sum::<u64>(), 10);
        let late = Timestamp::from_secs(61);
        assert_eq!(dry.apply(&BlockSet::default(), late).unwrap().removed, 0, "they had ended");
        assert!(dry.counters().unwrap().is_empty());
    }
}
