//! A map that forgets: two generations, the older of which goes when the younger is full.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A bounded map of recently used entries. Its order is never looked at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Hash + Eq + Serialize, V: Serialize"))]
#[serde(bound(deserialize = "K: Hash + Eq + Deserialize<'de>, V: Deserialize<'de>"))]
pub struct Generations<K, V> {
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
    limit: usize,
}

// === impl Generations ===

impl<K: Hash + Eq + Clone, V: Clone> Generations<K, V> {
    /// At most `limit` entries, at least half of them the most recently inserted.
    pub fn new(limit: usize) -> Self {
        Self { young: HashMap::default(), old: HashMap::default(), limit: (limit / 2).max(4) }
    }

    /// The entry, if it is remembered. What is found among the old is young again.
    pub fn get(&mut self, key: &K) -> Option<&V> {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.insert(key, value);
        }
        self.young.get(key)
    }

    /// The entry, if it is remembered, without making it young.
    pub fn peek(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Remembers an entry.
    pub fn insert(&mut self, key: K, value: V) {
        self.old.remove(&key);
        self.make_room(&key);
        self.young.insert(key, value);
    }

    /// The entry, if it is remembered, to be changed; inserted when it is not.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        // Taken out first: an entry that is used must not go with the old ones.
        let known = if self.old.is_empty() { None } else { self.old.remove(&key) };
        self.make_room(&key);
        self.young.entry(key).or_insert_with(|| known.unwrap_or_else(make))
    }

    /// The young become the old when there is no room for one more.
    fn make_room(&mut self, key: &K) {
        if self.young.len() >= self.limit && !self.young.contains_key(key) {
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// Another limit from now on. What is too much is old at once, and goes when the young are full.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = (limit / 2).max(4);
        if self.young.len() > self.limit {
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// Takes over what another remembered, under its own limit.
    pub fn take_over(&mut self, other: Self) {
        (self.young, self.old) = (other.young, other.old);
        let limit = self.limit;
        for generation in [&mut self.young, &mut self.old] {
            let mut room = limit;
            generation.retain(|_, _| {
                room = room.saturating_sub(1);
                room > 0
            });
        }
    }

    /// Changes what every key stands for.
    pub(crate) fn each_mut(&mut self, change: impl Fn(&mut V)) {
        self.young.values_mut().chain(self.old.values_mut()).for_each(change);
    }

    /// Every entry, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.young.iter().chain(&self.old)
    }

    /// Entries remembered.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
