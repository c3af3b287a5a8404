//! One inside host.

use ostium_event::{Addr, Timestamp};

/// A host within its shard: where it is kept, and which of those that were kept there. What still
/// speaks of a forgotten host speaks of nobody, though its place has been given away.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct HostId {
    pub(crate) place: u32,
    pub(crate) life: u32,
}

/// What is known of an inside host.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Host {
    /// Its address.
    pub addr: Addr,
    /// First seen.
    pub first: Timestamp,
    /// Last seen.
    pub last: Timestamp,
    /// Flows that it opened to the outside.
    pub opened: u64,
    /// Flows that it opened and that ended.
    pub ended: u64,
    /// Those in which the other side was seen to send anything.
    pub replied: u64,
    /// Flows opened from outside that were answered.
    pub served: u64,
    /// Its use of the DNS.
    pub dns: DnsUse,
    /// Which host of its shard it is, counted.
    pub(crate) life: u32,
    /// Its hardware address, where the link shows it; 0 when unknown.
    pub mac: u64,
}

/// A host's use of the DNS.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct DnsUse {
    /// First question.
    pub first: Timestamp,
    /// Last question.
    pub last: Timestamp,
    /// Questions.
    pub queries: u64,
    /// Replies.
    pub replies: u64,
    /// Questions for mail exchangers.
    pub mx: u64,
    /// Distinct servers asked, up to eight.
    pub servers: [Addr; 8],
    /// How many of them there are; 9 means more.
    pub server_count: u8,
}

// === impl Host ===

impl Host {
    pub(crate) const fn new(addr: Addr, at: Timestamp, life: u32) -> Self {
        Self {
            addr,
            first: at,
            last: at,
            opened: 0,
            ended: 0,
            replied: 0,
            served: 0,
            dns: DnsUse {
                first: Timestamp::ZERO,
                last: Timestamp::ZERO,
                queries: 0,
                replies: 0,
                mx: 0,
                servers: [Addr::UNSPECIFIED; 8],
                server_count: 0,
            },
            life,
            mac: 0,
        }
    }

    /// Were replies to what it opened visible at all?
    pub const fn replies_visible(&self) -> bool {
        self.replied > 0
    }

    /// Was its use of the DNS seen for an hour or more, so that a missing name says something?
    pub fn dns_visible(&self) -> bool {
        self.dns.queries >= 5 && self.dns.last.since(self.dns.first).secs() >= 3600
    }
}

// === impl DnsUse ===

impl DnsUse {
    pub(crate) fn query(&mut self, at: Timestamp, server: Addr, mx: bool) {
        if self.queries == 0 {
            self.first = at;
        }
        self.last = self.last.max(at);
        self.queries += 1;
        self.mx += u64::from(mx);
        let known = usize::from(self.server_count).min(self.servers.len());
        if self.servers.iter().take(known).any(|s| *s == server) {
            return;
        }
        match self.servers.get_mut(known) {
            Some(slot) => {
                *slot = server;
                self.server_count += 1;
            }
            None => self.server_count = 9,
        }
    }
}
