//! How many inside hosts share a destination or a client: counted in each shard, summed over all.
//!
//! A host lives in one shard only, so sums are exact as long as nothing was forgotten.

use hashbrown::HashMap;

use ostium_event::Ja4;

use crate::key::stable_hash;

/// Numbers of hosts.
#[derive(Clone, Debug, Default)]
pub struct Prevalence {
    hosts: u32,
    sharing: HashMap<u64, u32, foldhash::fast::FixedState>,
}

// === impl Prevalence ===

impl Prevalence {
    /// One more host shares what the key stands for.
    pub fn count(&mut self, key: u64) {
        *self.sharing.entry(key).or_default() += 1;
    }

    pub(crate) const fn set_hosts(&mut self, hosts: u32) {
        self.hosts = hosts;
    }

    /// Adds another shard's numbers.
    pub fn merge(&mut self, other: &Self) {
        self.hosts = self.hosts.saturating_add(other.hosts);
        for (key, hosts) in &other.sharing {
            *self.sharing.entry(*key).or_default() += hosts;
        }
    }

    /// Hosts that talk to the outside.
    pub const fn hosts(&self) -> u32 {
        self.hosts
    }

    /// Hosts that share what the key stands for (at least one: the one that asks).
    pub fn sharing(&self, key: u64) -> u32 {
        self.sharing.get(&key).copied().unwrap_or(1).max(1)
    }

    /// Evidence in nats that something is rare here: log(hosts / sharing), 0 in networks of fewer
    /// than ten hosts, where everything is rare. What several machines of one site share is mostly
    /// their owner's choice, and counts for a third.
    pub fn rarity(&self, key: u64) -> f64 {
        if self.hosts < 10 {
            return 0.0;
        }
        let sharing = self.sharing(key);
        let rarity = (f64::from(self.hosts) / f64::from(sharing)).ln().max(0.0);
        if sharing > 1 { rarity / 3.0 } else { rarity }
    }

    /// Is it common: at least three hosts, and at least an eighth of them all?
    pub fn is_common(&self, key: u64) -> bool {
        let sharing = self.sharing(key);
        sharing >= 3 && sharing * 8 >= self.hosts
    }
}

/// Key of a client fingerprint.
pub fn client_key(ja4: &Ja4) -> u64 {
    stable_hash(ja4.as_str().as_bytes()) ^ 0x4a41_3400
}

/// Key of a registered domain.
pub fn domain_key(domain: &str) -> u64 {
    stable_hash(domain.as_bytes()) ^ 0x444f_4d00
}
