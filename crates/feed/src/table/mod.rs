//! The set of entries, matched by value: ten million of them, below a hundred bytes each.
//!
//! An entry is a record of 40 bytes and the bytes of its value; two hash tables of places find it
//! by number and by value. The hash is fixed, so that two runs are alike: who could make collisions
//! is who may publish.

mod apart;
mod index;
mod record;
mod value;

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use ostium_event::{Addr, Ja4, Prefix};
use ostium_intel::{IndicatorValue, Pattern, Shape, Throttle};

use self::apart::Apart;
use self::index::Index;
use self::record::{Head, Record, Records};
use self::value::{ADDR, APART, DOMAIN, JA4, NETWORK, SOCKET, UNKNOWN, URL, read, short, write};
use crate::canary::Reach;
use crate::entry::{Basis, Entry};
use crate::state::{Leaf, State};
use crate::value::{Generator, Value};

const HASHER: FixedState = FixedState::with_seed(0x6f73_7469_756d);

/// Names that are asked for together: few have more labels.
const AT_ONCE: usize = 8;

/// What an entry says of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit<V = IndicatorValue> {
    /// Its number.
    pub id: u64,
    /// The value that matched: the name above the one that was asked for, or the network.
    pub value: V,
    /// 0 to 100.
    pub confidence: u8,
    /// The malware family, if somebody named it.
    pub family: Option<Arc<str>>,
    /// Seconds since 1970.
    pub expires: u32,
    /// On what it rests.
    pub basis: Basis,
    /// How many organisations saw it.
    pub organisations: u16,
    /// Sensors, in thousandths, that match it, only for show; 0 is everybody, in earnest.
    pub canary: u16,
}

// === impl Hit ===

impl<V> Hit<V> {
    /// What it is to the sensor of this name at this time, in seconds since 1970.
    pub fn reach(&self, sensor: &[u8], now_s: u64) -> Reach {
        if now_s >= u64::from(self.expires) {
            return Reach::Not;
        }
        Reach::of(sensor, self.id, self.canary)
    }
}

/// All entries.
#[derive(Debug)]
pub struct Table {
    records: Records,
    by_id: HashTable<u32>,
    by_value: Index,
    families: Vec<Arc<str>>,
    /// Where each family is in `families`, and one more.
    family_of: HashMap<Arc<str>, u16, FixedState>,
    /// Lengths of networks, in free bits, with how many there are; the smallest network first.
    free_bits: Vec<(u8, u32)>,
    state: State,
    /// Where values are written before they are kept; here so that a put allocates nothing.
    written: Vec<u8>,
    /// What is not looked for by its value.
    apart: Apart,
}

// === impl Table ===

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

impl Table {
    /// An empty set.
    pub const fn new() -> Self {
        Self {
            records: Records::EMPTY,
            by_id: HashTable::new(),
            by_value: Index::new(),
            families: Vec::new(),
            family_of: HashMap::with_hasher(HASHER),
            free_bits: Vec::new(),
            state: State::EMPTY,
            written: Vec::new(),
            apart: Apart::new(),
        }
    }

    /// Makes room for so many, so that growing costs nothing later.
    pub fn reserve(&mut self, entries: usize) {
        let records = &self.records;
        self.by_id.reserve(entries, |&at| hash_of_place_id(records, at));
        self.by_value.reserve(entries, |at| hash_of_place(records, at));
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The sum over all entries.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Bytes that the set takes.
    pub fn bytes(&self) -> usize {
        self.records.bytes() + self.by_id.allocation_size() + self.by_value.bytes()
    }

    /// Puts an entry in, in place of the one with its number; `None` is one whose value this
    /// reader does not know.
    pub(crate) fn put(&mut self, id: u64, entry: Option<&Entry>, leaf: Leaf) {
        self.remove(id);
        let mut value = std::mem::take(&mut self.written);
        value.clear();
        let kind = match entry.map(|entry| &entry.value) {
            None => UNKNOWN,
            Some(Value::Indicator(indicator)) => write(indicator, &mut value),
            Some(_) => APART,
        };
        let head = Head {
            kind,
            confidence: entry.map_or(0, |entry| entry.confidence),
            basis: entry.map_or(0, |entry| entry.basis.number()),
            family: entry.map_or(0, |entry| self.family(&entry.family)),
            organisations: entry.map_or(0, |entry| entry.organisations),
            canary: entry.map_or(0, |entry| entry.canary),
            expires: entry.map_or(0, |entry| entry.expires),
            id,
            leaf,
        };
        if let Some(place) = self.records.push(&head, &value) {
            self.state.add(leaf);
            self.enter(place, id, kind, &value);
            if kind == NETWORK {
                self.count_network(value.last().copied().unwrap_or(0), true);
            }
            if let Some(entry) = entry.filter(|_| kind == APART) {
                let family = usize::from(head.family).checked_sub(1);
                let family = family.and_then(|at| self.families.get(at)).cloned();
                self.apart.put(entry, family);
            }
        }
        self.written = value;
    }

    /// Makes the record at this place one that is found.
    fn enter(&mut self, place: u32, id: u64, kind: u8, value: &[u8]) {
        let records = &self.records;
        self.by_id.insert_unique(hash_of_id(id), place, |&at| hash_of_place_id(records, at));
        if is_asked_for(kind) {
            let hash = hash(kind, value);
            self.by_value.insert(hash, place, |at| hash_of_place(records, at));
        }
    }

    /// Takes an entry out; was it there?
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let records = &self.records;
        let same = |&at: &u32| records.get(at).is_some_and(|record| record.id() == id);
        let Ok(found) = self.by_id.find_entry(hash_of_id(id), same) else {
            return false;
        };
        let (place, _) = found.remove();
        let Some(record) = self.records.get(place) else {
            return false;
        };
        let (kind, value) = (record.kind(), record.value());
        self.state.take(record.leaf());
        let free = value.last().copied().unwrap_or(0);
        if is_asked_for(kind) {
            self.by_value.remove(hash(kind, value), place);
        }
        if kind == APART {
            self.apart.remove(id);
        }
        if kind == NETWORK {
            self.count_network(free, false);
        }
        self.records.free(place);
        if self.records.is_sparse() {
            self.close_up();
        }
        true
    }

    /// The entry of the name, or of the nearest name above it; `name` in lower case.
    pub fn domain(&self, name: &str) -> Option<Hit> {
        self.domain_if(name, |_| true)
    }

    /// The same among those that `holds` says are there for the one who asks: an entry that is over,
    /// or for other sensors, hides none above it.
    pub fn domain_if(&self, name: &str, holds: impl Fn(&Hit) -> bool) -> Option<Hit> {
        let mut rest = name.strip_suffix('.').unwrap_or(name);
        if rest.len() > 255 {
            return None;
        }
        loop {
            // The hashes of the name and of those above it first: what is not there, as nearly all
            // that is asked for, is waited for once, not once for each.
            let (mut names, mut hashes, mut count) = ([""; AT_ONCE], [0; AT_ONCE], 0);
            for (name, hash_of) in names.iter_mut().zip(&mut hashes) {
                // A single label is never published: nothing is asked of "com".
                let Some((_, above)) = rest.split_once('.') else { break };
                (*name, *hash_of) = (rest, hash(DOMAIN, rest.as_bytes()));
                (rest, count) = (above, count + 1);
            }
            let asked = hashes.get(..count)?;
            let maybe = self.by_value.maybe(asked);
            let mut likely = names.iter().zip(asked).enumerate();
            let met = likely.find_map(|(at, (name, hash))| {
                let may = maybe >> at & 1 != 0;
                may.then(|| self.find_hashed(*hash, DOMAIN, name.as_bytes()).filter(&holds))?
            });
            if met.is_some() || count < AT_ONCE {
                return met;
            }
        }
    }

    /// The entry of the address, or of the smallest network around it.
    pub fn addr(&self, addr: Addr) -> Option<Hit> {
        self.addr_if(addr, |_| true)
    }

    /// The same among those that `holds` says are there for the one who asks.
    pub fn addr_if(&self, addr: Addr, holds: impl Fn(&Hit) -> bool) -> Option<Hit> {
        if let Some(hit) = self.find(ADDR, &addr.bits().to_be_bytes()).filter(&holds) {
            return Some(hit);
        }
        let width = if addr.is_v4() { 32 } else { 128 };
        self.free_bits.iter().filter(|(free, _)| *free <= width).find_map(|&(free, _)| {
            let (first, _) = Prefix::new(addr, width - free)?.bounds();
            let (bytes, len) = short(first, &[free]);
            self.find(NETWORK, bytes.get(..len)?).filter(&holds)
        })
    }

    /// The entry of exactly this address and port.
    pub fn socket(&self, addr: Addr, port: u16) -> Option<Hit> {
        let (bytes, len) = short(addr, &port.to_be_bytes());
        self.find(SOCKET, bytes.get(..len)?)
    }

    /// The entry of exactly this URL: `host` in lower case without its port, `uri` the path with its
    /// query. The port of an entry does not count.
    pub fn url(&self, host: &str, uri: &str) -> Option<Hit> {
        let uri = uri.split('#').next().unwrap_or(uri);
        if self.is_empty() {
            return None;
        }
        let mut whole = Vec::with_capacity(host.len() + uri.len());
        whole.extend_from_slice(host.as_bytes());
        whole.extend_from_slice(uri.as_bytes());
        self.find(URL, &whole)
    }

    /// The entry of the client fingerprint.
    pub fn ja4(&self, ja4: &Ja4) -> Option<Hit> {
        self.find(JA4, ja4.as_str().as_bytes())
    }

    /// The entry of this number.
    pub fn get(&self, id: u64) -> Option<Hit> {
        self.hit(self.numbered(id)?)
    }

    /// All patterns, by number. They are matched by nothing else than [`Table::pattern_if`].
    pub fn patterns(&self) -> impl Iterator<Item = &Hit<Box<Pattern>>> {
        self.apart.patterns()
    }

    /// The first pattern that a conversation matches, of those that `holds` says are there for the
    /// one who asks; lowest number first. Costs one look-up for each mark of the conversation.
    pub fn pattern_if(
        &self,
        shape: &Shape,
        holds: impl Fn(&Hit<Box<Pattern>>) -> bool,
    ) -> Option<&Hit<Box<Pattern>>> {
        self.apart.matches(shape, holds)
    }

    /// The pattern of this number.
    pub fn pattern(&self, id: u64) -> Option<&Hit<Box<Pattern>>> {
        self.apart.pattern(id)
    }

    /// The first generator that makes the name of this print, of those that `holds` says are there
    /// for the one who asks; lowest number first.
    pub fn generator_if(
        &self,
        print: u64,
        holds: impl Fn(&Hit<Generator>) -> bool,
    ) -> Option<&Hit<Generator>> {
        self.apart.makes(print, holds)
    }

    /// All victims to whom less may be sent, by number.
    pub fn throttles(&self) -> impl Iterator<Item = &Hit<Throttle>> {
        self.apart.throttles()
    }

    /// All generators, by number.
    pub fn generators(&self) -> impl Iterator<Item = &Hit<Generator>> {
        self.apart.generators()
    }

    /// All indicators, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Hit> {
        self.records.iter().filter_map(|record| self.hit(record))
    }

    /// What the entry of this number adds to the sum.
    pub(crate) fn leaf(&self, id: u64) -> Option<Leaf> {
        Some(self.numbered(id)?.leaf())
    }

    fn numbered(&self, id: u64) -> Option<Record<'_>> {
        let same = |&at: &u32| self.records.get(at).is_some_and(|record| record.id() == id);
        self.records.get(*self.by_id.find(hash_of_id(id), same)?)
    }

    fn find(&self, kind: u8, value: &[u8]) -> Option<Hit> {
        self.find_hashed(hash(kind, value), kind, value)
    }

    fn find_hashed(&self, hash: u64, kind: u8, value: &[u8]) -> Option<Hit> {
        let is_it = |record: Record<'_>| record.kind() == kind && record.value() == value;
        let same = |at| self.records.get(at).is_some_and(is_it);
        let place = self.by_value.find(hash, same)?;
        self.hit(self.records.get(place)?)
    }

    fn hit(&self, record: Record<'_>) -> Option<Hit> {
        let head = record.head();
        let family = usize::from(head.family).checked_sub(1);
        Some(Hit {
            id: head.id,
            value: read(head.kind, record.value())?,
            confidence: head.confidence,
            family: family.and_then(|at| self.families.get(at)).cloned(),
            expires: head.expires,
            basis: Basis::of(head.basis),
            organisations: head.organisations,
            canary: head.canary,
        })
    }

    /// The place of a family and one more. Families are some thousands; when 65,535 have been seen,
    /// further ones have no name.
    fn family(&mut self, name: &str) -> u16 {
        if name.is_empty() {
            return 0;
        }
        if let Some(known) = self.family_of.get(name) {
            return *known;
        }
        let Ok(number) = u16::try_from(self.families.len() + 1) else {
            return 0;
        };
        let name: Arc<str> = name.into();
        self.families.push(Arc::clone(&name));
        self.family_of.insert(name, number);
        number
    }

    fn count_network(&mut self, free: u8, more: bool) {
        match (self.free_bits.binary_search_by_key(&free, |(free, _)| *free), more) {
            (Ok(at), true) => {
                if let Some((_, count)) = self.free_bits.get_mut(at) {
                    *count += 1;
                }
            }
            (Ok(at), false) => {
                let last = self.free_bits.get_mut(at).is_none_or(|(_, count)| {
                    *count = count.saturating_sub(1);
                    *count == 0
                });
                if last {
                    self.free_bits.remove(at);
                }
            }
            (Err(at), true) => self.free_bits.insert(at, (free, 1)),
            (Err(_), false) => {}
        }
    }

    /// Moves the records together, so that what was freed is free.
    fn close_up(&mut self) {
        let old = std::mem::take(&mut self.records);
        self.by_id.clear();
        self.by_value.clear();
        for record in old.iter() {
            let (head, value) = (record.head(), record.value());
            if let Some(place) = self.records.push(&head, value) {
                self.enter(place, head.id, head.kind, value);
            }
        }
    }
}

/// Is a record of this kind found by its value?
const fn is_asked_for(kind: u8) -> bool {
    !matches!(kind, UNKNOWN | APART)
}

fn hash(kind: u8, value: &[u8]) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write(value);
    hasher.write_u8(kind);
    hasher.finish()
}

fn hash_of_id(id: u64) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write_u64(id);
    hasher.finish()
}

fn hash_of_place(records: &Records, at: u32) -> u64 {
    records.get(at).map_or(0, |record| hash(record.kind(), record.value()))
}

fn hash_of_place_id(records: &Records, at: u32) -> u64 {
    records.get(at).map_or(0, |record| hash_of_id(record.id()))
}

#[cfg(test)]
mod tests;
