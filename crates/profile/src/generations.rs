//! A map that forgets: two generations, the older of which goes when the younger is full.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// A bounded map of recently used entries. Its order is never looked at.
#[derive(Debug)]
pub struct Generations<K, V> {
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
    limit: usize,
}

// === impl Generations ===

impl<K: Hash + Eq + Clone, V: Clone> Generations<K, V> {
    /// At most `limit` entries, at least half of them the most recently inserted.
    pub fn new(limit: usize) -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
            limit: (limit / 2).max(4),
        }
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
        if self.young.len() >= self.limit && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// The entry, if it is remembered, to be changed; inserted when it is not.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if self.young.len() >= self.limit && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young
            .entry(key)
            .or_insert_with_key(|key| old.remove(key).unwrap_or_else(make))
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
