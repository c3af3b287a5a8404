//! Bounded tables: hosts and conversations by id, and a detector's own state by host.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::host::HostId;
use crate::keep::{KeepError, bytes_of, of_bytes};

/// Items with a key, found by hash, kept in a vector of stable places, at most `limit` of them.
#[derive(Debug)]
pub(crate) struct Table<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
    index: HashTable<u32>,
    hasher: RandomState,
    limit: usize,
    hand: usize,
}

/// Something with a key.
pub(crate) trait Keyed {
    type Key: Hash + Eq;
    fn key(&self) -> &Self::Key;
}

// === impl Table: over a restart ===

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(to)
    }
}

impl<'de, T: Keyed + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut table = Self::new(usize::MAX);
        table.items = Vec::deserialize(from)?;
        for id in 0..u32::try_from(table.items.len()).unwrap_or(u32::MAX) {
            match table.get(id).map(|item| table.hasher.hash_one(item.key())) {
                Some(hash) => table.enter(hash, id),
                None => table.free.push(id),
            }
        }
        Ok(table)
    }
}

impl<T> Table<T> {
    /// Takes over what another held, in the same places, under its own limit.
    pub(crate) fn take_over(&mut self, other: Self) {
        *self = Self { limit: self.limit, ..other };
    }

    /// Every item, to change what is not its key.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut().flatten()
    }
}

// === impl Table ===

impl<T: Keyed> Table<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            items: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
            limit: limit.max(16),
            hand: 0,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(16);
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.len() >= self.limit
    }

    #[inline]
    pub(crate) fn find(&self, key: &T::Key) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        self.index.find(hash, |&id| self.get(id).is_some_and(|item| item.key() == key)).copied()
    }

    #[inline]
    pub(crate) fn hash(&self, key: &T::Key) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Where an item probably is, by its hash alone: the item itself is not looked at.
    #[inline]
    pub(crate) fn guess(&self, hash: u64) -> Option<u32> {
        self.index.find(hash, |_| true).copied()
    }

    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.items.get(id as usize)?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.items.get_mut(id as usize)?.as_mut()
    }

    /// Adds an item whose key is not in the table.
    pub(crate) fn insert(&mut self, item: T) -> u32 {
        let hash = self.hasher.hash_one(item.key());
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.items.push(None);
                u32::try_from(self.items.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if let Some(slot) = self.items.get_mut(id as usize) {
            *slot = Some(item);
        }
        self.enter(hash, id);
        id
    }

    fn enter(&mut self, hash: u64, id: u32) {
        let (items, hasher) = (&self.items, &self.hasher);
        self.index.insert_unique(hash, id, |&id| {
            items.get(id as usize).and_then(Option::as_ref).map_or(0, |i| hasher.hash_one(i.key()))
        });
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let item = self.items.get_mut(id as usize)?.take()?;
        let hash = self.hasher.hash_one(item.key());
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
        self.free.push(id);
        Some(item)
    }

    /// Of the next sixteen items the one of least rank: who has to go when the table is full.
    pub(crate) fn least<R: Ord>(&mut self, rank: impl Fn(&T) -> R) -> Option<u32> {
        let bound = self.items.len().max(1);
        let victim = (0..bound.min(64))
            .map(|step| ((self.hand + step) % bound) as u32)
            .filter_map(|id| self.get(id).map(|item| (id, item)))
            .take(16)
            .min_by_key(|(_, item)| rank(item))
            .map(|(id, _)| id);
        self.hand = (self.hand + 16) % bound;
        victim
    }

    /// Every item, in order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.items.iter().enumerate().filter_map(|(id, item)| Some((id as u32, item.as_ref()?)))
    }
}

/// A detector's own state of some hosts, bounded by the number of hosts it may remember.
#[derive(Debug)]
pub struct PerHost<T> {
    states: HashMap<HostId, T, RandomState>,
    limit: usize,
    refused: u64,
}

// === impl PerHost ===

impl<T> PerHost<T> {
    /// State of at most `limit` hosts.
    pub fn new(limit: usize) -> Self {
        Self { states: HashMap::default(), limit: limit.max(16), refused: 0 }
    }

    /// The state of a host, if there is any.
    pub fn get(&self, host: HostId) -> Option<&T> {
        self.states.get(&host)
    }

    /// The state of a host, if there is any, to change it.
    pub fn get_mut(&mut self, host: HostId) -> Option<&mut T> {
        self.states.get_mut(&host)
    }

    /// The state of a host, made when there is none; `None` when no more hosts can be remembered.
    pub fn entry(&mut self, host: HostId) -> Option<&mut T>
    where
        T: Default,
    {
        if self.states.len() >= self.limit && !self.states.contains_key(&host) {
            self.refused += 1;
            return None;
        }
        Some(self.states.entry(host).or_default())
    }

    /// A host was forgotten.
    pub fn forget(&mut self, host: HostId) {
        self.states.remove(&host);
    }

    /// All states, for a restart.
    ///
    /// # Errors
    /// When memory is short.
    pub fn keep(&self) -> Result<Vec<u8>, KeepError>
    where
        T: Serialize,
    {
        bytes_of(&self.states)
    }

    /// The states that were kept, instead of those that are there, as many as it may remember.
    ///
    /// # Errors
    /// When the bytes make no sense; nothing is changed then.
    pub fn recall(&mut self, bytes: &[u8]) -> Result<(), KeepError>
    where
        T: DeserializeOwned,
    {
        let states: HashMap<HostId, T, RandomState> = of_bytes(bytes)?;
        self.states = states.into_iter().take(self.limit).collect();
        Ok(())
    }

    /// Another limit from now on. Who is remembered stays until the profile forgets the host.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(16);
    }

    /// Hosts remembered.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// No host is remembered.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// How often a host could not be remembered.
    pub const fn refused(&self) -> u64 {
        self.refused
    }
}
