//! Spoofed source: packets that leave with an address that nobody inside has (BCP 38, RFC 2827).
//!
//! A host that lies about its address can only be named by its hardware address: packets between two
//! outside addresses, sent from the hardware address of exactly one inside host. A router forwards
//! for others too: addresses that somebody sends to are real, and are not held against anyone.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Addr, Timestamp};
use ostium_evidence::{About, Evidence, Group, Peer};

/// Which hardware addresses sent what, in one shard.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Origins {
    /// Outside addresses that were sent to by others outside, and so exist.
    real: BTreeSet<Addr>,
    inside: BTreeMap<u64, BTreeSet<Addr>>,
    foreign: BTreeMap<u64, Foreign>,
}

/// Packets from addresses that are not inside.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Foreign {
    packets: u64,
    sources: BTreeSet<Addr>,
    victims: BTreeSet<Addr>,
    first: Timestamp,
    last: Timestamp,
}

/// Hardware addresses followed, and addresses remembered of each.
const FOLLOWED: usize = 4096;
const REMEMBERED: usize = 64;
/// Sources that one machine must have made up before it is accused.
const CERTAIN_SOURCES: usize = 20;
/// Fewer may be addresses of its own that home does not name.
const FEWEST_SOURCES: usize = 5;

// === impl Origins ===

impl Origins {
    /// An inside host sent something from this hardware address.
    pub fn inside(&mut self, mac: u64, host: Addr) {
        if mac == 0 || (self.inside.len() >= FOLLOWED && !self.inside.contains_key(&mac)) {
            return;
        }
        let hosts = self.inside.entry(mac).or_default();
        if hosts.len() < 4 {
            hosts.insert(host);
        }
    }

    /// A packet between two outside addresses was sent from this hardware address.
    pub fn foreign(&mut self, at: Timestamp, mac: u64, source: Addr, victim: Addr) {
        if mac == 0
            || source.is_special()
            || victim.is_special()
            || (self.foreign.len() >= FOLLOWED && !self.foreign.contains_key(&mac))
        {
            return;
        }
        if self.real.len() < FOLLOWED {
            self.real.insert(victim);
        }
        let foreign = self.foreign.entry(mac).or_default();
        if foreign.packets == 0 {
            foreign.first = at;
        }
        foreign.packets += 1;
        foreign.last = foreign.last.max(at);
        for (set, addr) in [(&mut foreign.sources, source), (&mut foreign.victims, victim)] {
            if set.len() < REMEMBERED {
                set.insert(addr);
            }
        }
    }

    /// Adds another shard's.
    pub fn merge(&mut self, other: &Self) {
        self.real.extend(&other.real);
        for (mac, hosts) in &other.inside {
            self.inside.entry(*mac).or_default().extend(hosts);
        }
        for (mac, theirs) in &other.foreign {
            let ours = self.foreign.entry(*mac).or_default();
            ours.first = match ours.packets {
                0 => theirs.first,
                _ => ours.first.min(theirs.first),
            };
            ours.packets += theirs.packets;
            ours.last = ours.last.max(theirs.last);
            ours.sources.extend(&theirs.sources);
            ours.victims.extend(&theirs.victims);
        }
    }
}

/// Evidence against inside hosts that sent from addresses that are not theirs.
pub fn spoofed_sources(origins: &Origins) -> Vec<(Addr, Evidence)> {
    let mut found = Vec::new();
    for (mac, foreign) in &origins.foreign {
        let Some(hosts) = origins.inside.get(mac) else {
            continue;
        };
        let (Some(host), 1) = (hosts.first(), hosts.len()) else {
            continue;
        };
        let unreal: Vec<&Addr> = foreign
            .sources
            .iter()
            .filter(|source| !origins.real.contains(source) && source.is_v4() == host.is_v4())
            .collect();
        if unreal.len() < FEWEST_SOURCES || unreal.len() * 10 < foreign.sources.len() * 9 {
            continue;
        }
        let victim = foreign.victims.first().copied();
        let certain = unreal.len() >= CERTAIN_SOURCES;
        let peer = Peer { name: None, addr: victim, port: None };
        found.push((
            *host,
            Evidence {
                detector: "spoofed-source",
                group: Group::Behaviour,
                log_odds: if certain { 12.0 } else { 3.0 },
                certain,
                about: About::Host { peer: Some(peer) },
                first: foreign.first,
                last: foreign.last,
                technique: "T1498",
                summary: format!(
                    "sent {} packets under {}{} addresses that are not its own",
                    foreign.packets,
                    if foreign.sources.len() >= REMEMBERED { "at least " } else { "" },
                    foreign.sources.len()
                ),
                numbers: vec![
                    ("packets", foreign.packets as f64),
                    ("sources", foreign.sources.len() as f64),
                    ("victims", foreign.victims.len() as f64),
                ],
                family: None,
            },
        ));
    }
    found
}
