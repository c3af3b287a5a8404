//! Destinations that several hosts talk to: what a block of one of them would hit.

use std::collections::{BTreeSet, HashMap};

use ostium_event::{Addr, Span, Timestamp};
use ostium_profile::View;

use crate::shard::Shard;

/// How much of the latest traffic belongs to which destination.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    /// Inside hosts that talked to anybody.
    pub hosts: u64,
    /// Connections that they began.
    pub flows: u64,
    shared: HashMap<Addr, Shared>,
}

/// What is known of one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Inside hosts that talked to it.
    pub hosts: u64,
    /// Connections that they began with it.
    pub flows: u64,
    /// Names that it was known by, at most four.
    pub names: BTreeSet<Box<str>>,
}

/// Conversations that were quiet for so long do not count.
const RECENT: Span = Span::from_secs(600);
/// Fewer hosts are no crowd.
const FEW: u64 = 2;
const NAMES: usize = 4;

// === impl Crowd ===

impl Crowd {
    /// What is known of a destination; of one that hardly anybody talks to, nothing.
    pub fn of(&self, addr: Addr) -> Option<&Shared> {
        self.shared.get(&addr)
    }

    /// What the hosts of one shard did lately. Their numbers can be added, for no host is in two.
    pub(crate) fn of_shard(shard: &Shard, now: Timestamp) -> Self {
        let mut crowd = Self::default();
        let mut active = BTreeSet::new();
        for c in shard.hub.profile.conversations() {
            if c.key.view != View::Address || c.starts == 0 || c.last.plus(RECENT) < now {
                continue;
            }
            active.insert(c.key.host);
            crowd.flows += u64::from(c.starts);
            let shared = crowd.shared.entry(c.addr).or_default();
            // Two ports of one destination count a host twice: rather hold a block than hit many.
            shared.hosts += 1;
            shared.flows += u64::from(c.starts);
            if let Some(name) = &c.name
                && shared.names.len() < NAMES
            {
                shared.names.insert(name.text.as_ref().into());
            }
        }
        crowd.hosts = active.len() as u64;
        crowd
    }

    /// All shards together; destinations of few are left out.
    pub(crate) fn sum(all: Vec<Self>) -> Self {
        let mut sum = Self::default();
        for crowd in all {
            sum.hosts += crowd.hosts;
            sum.flows += crowd.flows;
            for (addr, shared) in crowd.shared {
                let whole = sum.shared.entry(addr).or_default();
                whole.hosts += shared.hosts;
                whole.flows += shared.flows;
                let room = NAMES.saturating_sub(whole.names.len());
                whole.names.extend(shared.names.into_iter().take(room));
            }
        }
        sum.shared.retain(|_, shared| shared.hosts > FEW);
        sum
    }
}
