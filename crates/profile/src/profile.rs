//! All behaviour of one shard's hosts.

use std::sync::Arc;

use hashbrown::HashMap;
use ostium_event::{Addr, Anomaly};

use crate::conversation::Conversation;
use crate::generations::Generations;
use crate::host::{Host, HostId};
use crate::key::{ConversationKey, View, stable_hash};
use crate::name::Name;
use crate::prevalence::{Prevalence, client_key, domain_key};
use crate::roles::Served;
use crate::table::{Keyed, Table};

/// What a profile may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Hosts.
    pub hosts: usize,
    /// Bytes of conversations.
    pub conversation_bytes: usize,
    /// Names, and addresses that names led to.
    pub names: usize,
}

/// A key that no conversation has.
const NOBODY: ConversationKey = ConversationKey {
    host: HostId { place: u32::MAX, life: u32::MAX },
    view: View::Client,
    proto: ostium_event::Proto(0),
    port: 0,
    value: 0,
};
/// Bytes of one conversation with its place in the table.
const CONVERSATION: usize = size_of::<Option<Conversation>>() + 16;

/// All behaviour of one shard's hosts.
pub struct Profile {
    pub(crate) hosts: Table<Host>,
    pub(crate) conversations: Table<Conversation>,
    pub(crate) names: Generations<u64, Arc<Name>>,
    /// By the host's address, because numbers of forgotten hosts are used again.
    pub(crate) resolved: Generations<(Addr, Addr), Arc<Name>>,
    pub(crate) served: Generations<Addr, Served>,
    pub(crate) anomalies: Box<[u64]>,
    pub(crate) forgotten_hosts: Vec<HostId>,
    pub(crate) evicted_hosts: u64,
    pub(crate) evicted_conversations: u64,
    pub(crate) last_host: (Addr, HostId),
    /// Hosts that there were, forgotten ones included.
    lives: u32,
    /// The conversation of each view looked up last: a flow's opening, close and name follow each
    /// other.
    pub(crate) last: [(ConversationKey, u32); View::COUNT],
    /// The last address met in each site, for sites of one address need no view of their own.
    pub(crate) sites: Generations<u64, u32>,
    /// Bytes that conversations hold on the heap, and the most they may take in all.
    heap_bytes: usize,
    conversation_bytes: usize,
}

/// What a profile says of the event that it just heard.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The inside host.
    pub host: HostId,
    /// Name of the other end, as far as it is known at this event.
    pub name: Option<Arc<Name>>,
}

impl Keyed for Host {
    type Key = Addr;
    fn key(&self) -> &Addr {
        &self.addr
    }
}

impl Keyed for Conversation {
    type Key = ConversationKey;
    fn key(&self) -> &ConversationKey {
        &self.key
    }
}

// === impl Profile ===

impl Profile {
    /// An empty profile.
    pub fn new(limits: Limits) -> Self {
        Self {
            hosts: Table::new(limits.hosts),
            conversations: Table::new(usize::MAX),
            names: Generations::new(limits.names),
            resolved: Generations::new(limits.names),
            served: Generations::new(limits.hosts),
            anomalies: vec![0; Anomaly::ALL.len()].into(),
            forgotten_hosts: Vec::new(),
            evicted_hosts: 0,
            evicted_conversations: 0,
            last_host: (Addr::UNSPECIFIED, NOBODY.host),
            lives: 0,
            last: [(NOBODY, u32::MAX); View::COUNT],
            sites: Generations::new(limits.names),
            heap_bytes: 0,
            conversation_bytes: limits.conversation_bytes,
        }
    }

    /// A host, unless it was forgotten.
    pub fn host(&self, id: HostId) -> Option<&Host> {
        self.hosts.get(id.place).filter(|host| host.life == id.life)
    }

    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.hosts.iter().map(|(place, host)| (HostId { place, life: host.life }, host))
    }

    /// All conversations, grouped by host in no particular order of hosts.
    pub fn conversations(&self) -> impl Iterator<Item = &Conversation> {
        let all = self.conversations.iter().map(|(_, conversation)| conversation);
        all.filter(|conversation| self.host(conversation.key.host).is_some())
    }

    /// How often an anomaly was seen.
    pub fn anomaly_counts(&self) -> impl Iterator<Item = (Anomaly, u64)> {
        Anomaly::ALL.iter().copied().zip(self.anomalies.iter().copied())
    }

    /// Hosts and conversations that had to be forgotten for want of room.
    pub const fn evicted(&self) -> (u64, u64) {
        (self.evicted_hosts, self.evicted_conversations)
    }

    /// Hosts forgotten since the last call: detectors must forget them too.
    pub fn take_forgotten(&mut self) -> Vec<HostId> {
        std::mem::take(&mut self.forgotten_hosts)
    }

    /// Were hosts forgotten since?
    #[inline]
    pub const fn has_forgotten(&self) -> bool {
        !self.forgotten_hosts.is_empty()
    }

    /// What was served, by the address that served it; sorted.
    pub fn served(&self) -> Vec<(Addr, Served)> {
        let mut all: Vec<(Addr, Served)> = self.served.iter().map(|(a, s)| (*a, *s)).collect();
        all.sort_unstable_by_key(|(addr, _)| *addr);
        all
    }

    /// How many hosts of this shard share each destination and client.
    pub fn prevalence(&self) -> Prevalence {
        let mut prevalence = Prevalence::default();
        let active = self.hosts.iter().filter(|(_, h)| h.opened > 0 || h.dns.queries > 0).count();
        prevalence.set_hosts(u32::try_from(active).unwrap_or(u32::MAX));
        let mut once: HashMap<(HostId, u64), (), foldhash::fast::FixedState> = HashMap::default();
        for conversation in self.conversations() {
            let key = &conversation.key;
            prevalence.count(key.of_anyone());
            let ja4 = conversation.tls.as_ref().and_then(|tls| tls.ja4);
            let client = ja4.as_ref().map(client_key);
            let domain = match (key.view, &conversation.name) {
                (View::Name, Some(name)) => Some(domain_key(name.site())),
                _ => None,
            };
            for shared in client.into_iter().chain(domain) {
                if once.insert((key.host, shared), ()).is_none() {
                    prevalence.count(shared);
                }
            }
        }
        prevalence
    }

    /// The identity of a host, made when it is new.
    pub(crate) fn host_id(&mut self, addr: Addr, at: ostium_event::Timestamp) -> HostId {
        if self.last_host.0 == addr && self.host(self.last_host.1).is_some() {
            return self.last_host.1;
        }
        let place = match self.hosts.find(&addr) {
            Some(place) => place,
            None => {
                if self.hosts.is_full() {
                    self.forget_a_host();
                }
                self.lives = self.lives.wrapping_add(1);
                self.hosts.insert(Host::new(addr, at, self.lives))
            }
        };
        let life = self.hosts.get(place).map_or(0, |host| host.life);
        self.last_host = (addr, HostId { place, life });
        self.last_host.1
    }

    /// The host that was quiet longest goes. Its conversations are nobody's then, and the first to
    /// go when room is wanted; to look for them now would cost a walk through all, for each source
    /// of a flood.
    fn forget_a_host(&mut self) {
        let Some(place) = self.hosts.least(|host| (host.opened > 8, host.last)) else {
            return;
        };
        if let Some(gone) = self.hosts.remove(place) {
            self.evicted_hosts += 1;
            self.forgotten_hosts.push(HostId { place, life: gone.life });
        }
    }

    /// Changes a conversation, made when it is new, and keeps count of what it holds.
    pub(crate) fn with_conversation<R>(
        &mut self,
        key: ConversationKey,
        at: ostium_event::Timestamp,
        addr: Addr,
        port: u16,
        change: impl FnOnce(&mut Conversation) -> R,
    ) -> Option<R> {
        let id = self.ensure(key, at, addr, port);
        self.change(id, change)
    }

    /// The number of a conversation, made when it is new.
    #[inline]
    pub(crate) fn ensure(
        &mut self,
        key: ConversationKey,
        at: ostium_event::Timestamp,
        addr: Addr,
        port: u16,
    ) -> u32 {
        if let Some(id) = self.find(&key) {
            return id;
        }
        self.make_room();
        let id = self.conversations.insert(Conversation::new(key, at, addr, port));
        self.remember(key, id);
        id
    }

    /// Changes a conversation that is there.
    pub(crate) fn with_known<R>(
        &mut self,
        key: &ConversationKey,
        change: impl FnOnce(&mut Conversation) -> R,
    ) -> Option<R> {
        let id = self.find(key)?;
        self.change(id, change)
    }

    /// Finds a conversation's number.
    pub(crate) fn find(&mut self, key: &ConversationKey) -> Option<u32> {
        // The number may have been given to another since.
        if let Some((last, id)) = self.last.get(key.view as usize)
            && last == key
            && self.conversations.get(*id).is_some_and(|c| c.key == *key)
        {
            return Some(*id);
        }
        let id = self.conversations.find(key)?;
        self.remember(*key, id);
        Some(id)
    }

    fn remember(&mut self, key: ConversationKey, id: u32) {
        if let Some(slot) = self.last.get_mut(key.view as usize) {
            *slot = (key, id);
        }
    }

    #[inline]
    pub(crate) fn change<R>(
        &mut self,
        id: u32,
        change: impl FnOnce(&mut Conversation) -> R,
    ) -> Option<R> {
        let conversation = self.conversations.get_mut(id)?;
        let before = conversation.heap_bytes();
        let changed = change(conversation);
        let after = conversation.heap_bytes();
        self.heap_bytes = self.heap_bytes.saturating_sub(before).saturating_add(after);
        if after > before {
            // What is here already may grow too.
            self.make_room();
        }
        Some(changed)
    }

    /// Conversations of forgotten hosts go, then the least suspicious and oldest, until there is
    /// room for one more.
    fn make_room(&mut self) {
        while self.conversations.len() * CONVERSATION + self.heap_bytes >= self.conversation_bytes {
            let hosts = &self.hosts;
            let lives = |id: HostId| hosts.get(id.place).is_some_and(|host| host.life == id.life);
            let Some(victim) = self.conversations.least(|c| (lives(c.key.host), c.keep_rank()))
            else {
                return;
            };
            if let Some(gone) = self.conversations.remove(victim) {
                self.heap_bytes = self.heap_bytes.saturating_sub(gone.heap_bytes());
                self.evicted_conversations += u64::from(self.host(gone.key.host).is_some());
            }
        }
    }

    /// What is held of all that is limited.
    pub fn used(&self) -> Limits {
        Limits {
            hosts: self.hosts.len().max(self.served.len()),
            conversation_bytes: self.conversations.len() * CONVERSATION + self.heap_bytes,
            names: self.names.len().max(self.resolved.len()).max(self.sites.len()),
        }
    }

    /// Other limits from now on; what is too much goes.
    pub fn set_limits(&mut self, limits: Limits) {
        self.hosts.set_limit(limits.hosts);
        self.served.set_limit(limits.hosts);
        self.names.set_limit(limits.names);
        self.resolved.set_limit(limits.names);
        self.sites.set_limit(limits.names);
        self.conversation_bytes = limits.conversation_bytes;
        self.shrink();
    }

    fn shrink(&mut self) {
        // Each step looks further on, and some find nobody.
        for _ in 0..self.hosts.len() {
            if self.hosts.len() <= self.hosts.limit() {
                break;
            }
            self.forget_a_host();
        }
        self.make_room();
    }

    /// Lives of hosts so far.
    pub(crate) const fn lives(&self) -> u32 {
        self.lives
    }

    /// Hosts and conversations were taken over: what is counted of them is counted, and what is
    /// too much goes.
    pub(crate) fn settle_in(&mut self, lives: u32) {
        self.lives = lives;
        self.last_host = (Addr::UNSPECIFIED, NOBODY.host);
        self.last = [(NOBODY, u32::MAX); View::COUNT];
        self.heap_bytes = self.conversations.iter().map(|(_, c)| c.heap_bytes()).sum();
        self.shrink();
    }

    /// What is known of a name, looked up once.
    pub(crate) fn name(&mut self, text: &str) -> Arc<Name> {
        let hash = stable_hash(text.as_bytes());
        if let Some(name) = self.names.get(&hash)
            && *name.text == *text
        {
            return Arc::clone(name);
        }
        let name = Arc::new(Name::of(text));
        self.names.insert(hash, Arc::clone(&name));
        name
    }
}
