//! The set of entries, matched by value: ten million of them, below a hundred bytes each.
//!
//! An entry is a slot of 48 bytes and the bytes of its value; two hash tables of places find it by
//! number and by value. The hash is fixed, so that two runs are alike: who could make collisions
//! is who may publish.

mod chunks;
mod text;

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use ostium_event::{Addr, Ja4, Prefix};
use ostium_intel::IndicatorValue;

use self::chunks::Chunks;
use self::text::Text;
use crate::entry::{Basis, Entry};
use crate::state::{Leaf, State};

const HASHER: FixedState = FixedState::with_seed(0x6f73_7469_756d);

/// What an entry says of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its number.
    pub id: u64,
    /// The value that matched: the name above the one that was asked for, or the network.
    pub value: IndicatorValue,
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

/// All entries.
#[derive(Debug)]
pub struct Table {
    slots: Chunks<Slot>,
    free: Vec<u32>,
    text: Text,
    by_id: HashTable<u32>,
    by_value: HashTable<u32>,
    families: Vec<Arc<str>>,
    /// Where each family is in `families`, and one more.
    family_of: HashMap<Arc<str>, u16, FixedState>,
    /// Lengths of networks, in free bits, with how many there are; the smallest network first.
    free_bits: Vec<(u8, u32)>,
    state: State,
}

/// Kinds of values, as they are hashed.
const UNKNOWN: u8 = 0;
const DOMAIN: u8 = 1;
const ADDR: u8 = 2;
const NETWORK: u8 = 3;
const SOCKET: u8 = 4;
const URL: u8 = 5;
const JA4: u8 = 6;

/// One entry. `family` is a place in `families` and one more, 0 for none.
#[derive(Debug)]
struct Slot {
    leaf: [u8; 16],
    id: u64,
    text: u32,
    expires: u32,
    len: u16,
    family: u16,
    organisations: u16,
    canary: u16,
    kind: u8,
    confidence: u8,
    basis: u8,
    used: bool,
}

/// The bytes of a value that is asked for: at most an address, its port or its free bits.
type Short = ([u8; 18], usize);

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
            slots: Chunks::new(),
            free: Vec::new(),
            text: Text::EMPTY,
            by_id: HashTable::new(),
            by_value: HashTable::new(),
            families: Vec::new(),
            family_of: HashMap::with_hasher(HASHER),
            free_bits: Vec::new(),
            state: State::EMPTY,
        }
    }

    /// Makes room for so many, so that growing costs nothing later.
    pub fn reserve(&mut self, entries: usize) {
        let slots = &self.slots;
        self.by_id.reserve(entries, |&at| slots.get(at).map_or(0, |slot| hash_of_id(slot.id)));
        let text = &self.text;
        self.by_value.reserve(entries, |&at| hash_of_slot(slots, text, at));
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
        // A bucket is a place and a byte of control.
        let tables = (self.by_id.allocation_size()) + self.by_value.allocation_size();
        self.slots.bytes() + self.text.bytes() + tables + self.free.capacity() * 4
    }

    /// Puts an entry in, in place of the one with its number; `None` is one whose value this
    /// reader does not know.
    pub(crate) fn put(&mut self, id: u64, entry: Option<&Entry>, leaf: Leaf) {
        self.remove(id);
        let mut value = Vec::new();
        let kind = entry.map_or(UNKNOWN, |entry| write(&entry.value, &mut value));
        // Values are bounded where they are read, at 2,048 bytes.
        let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
        let Some(text) = self.text.push(&value) else { return };
        let slot = Slot {
            leaf: leaf.to_be_bytes(),
            id,
            text,
            expires: entry.map_or(0, |entry| entry.expires),
            len,
            family: entry.map_or(0, |entry| self.family(&entry.family)),
            organisations: entry.map_or(0, |entry| entry.organisations),
            canary: entry.map_or(0, |entry| entry.canary),
            kind,
            confidence: entry.map_or(0, |entry| entry.confidence),
            basis: entry.map_or(0, |entry| entry.basis.number()),
            used: true,
        };
        let Some(place) = self.place(slot) else { return };
        self.state.add(leaf);
        let (slots, text) = (&self.slots, &self.text);
        self.by_id.insert_unique(hash_of_id(id), place, |&at| {
            slots.get(at).map_or(0, |slot| hash_of_id(slot.id))
        });
        if kind == UNKNOWN {
            return;
        }
        self.by_value.insert_unique(hash(kind, &value), place, |&at| hash_of_slot(slots, text, at));
        if kind == NETWORK {
            self.count_network(value.last().copied().unwrap_or(0), true);
        }
    }

    /// Takes an entry out; was it there?
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let slots = &self.slots;
        let same = |&at: &u32| slots.get(at).is_some_and(|slot| slot.id == id);
        let Ok(found) = self.by_id.find_entry(hash_of_id(id), same) else {
            return false;
        };
        let (place, _) = found.remove();
        let Some(slot) = self.slots.get_mut(place) else {
            return false;
        };
        slot.used = false;
        let (leaf, kind, at, len) = (slot.leaf, slot.kind, slot.text, slot.len);
        self.state.take(Leaf::from_be_bytes(leaf));
        if kind != UNKNOWN {
            let value = self.text.get(at, len);
            let bits = value.last().copied().unwrap_or(0);
            let hash = hash(kind, value);
            if let Ok(found) = self.by_value.find_entry(hash, |&other| other == place) {
                found.remove();
            }
            if kind == NETWORK {
                self.count_network(bits, false);
            }
        }
        self.text.free(len);
        self.free.push(place);
        if self.text.is_sparse() {
            self.close_up();
        }
        true
    }

    /// The entry of the name, or of the nearest name above it; `name` in lower case.
    pub fn domain(&self, name: &str) -> Option<Hit> {
        let mut rest = name.strip_suffix('.').unwrap_or(name);
        if rest.len() > 255 {
            return None;
        }
        // A single label is never published: nothing is asked of "com".
        while let Some((_, above)) = rest.split_once('.') {
            if let Some(hit) = self.find(DOMAIN, rest.as_bytes()) {
                return Some(hit);
            }
            rest = above;
        }
        None
    }

    /// The entry of the address, or of the smallest network around it.
    pub fn addr(&self, addr: Addr) -> Option<Hit> {
        if let Some(hit) = self.find(ADDR, &addr.bits().to_be_bytes()) {
            return Some(hit);
        }
        let width = if addr.is_v4() { 32 } else { 128 };
        self.free_bits.iter().filter(|(free, _)| *free <= width).find_map(|&(free, _)| {
            let (first, _) = Prefix::new(addr, width - free)?.bounds();
            let (bytes, len) = short(first, &[free]);
            self.find(NETWORK, bytes.get(..len)?)
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
        let same = |&at: &u32| self.slots.get(at).is_some_and(|slot| slot.id == id);
        self.hit(self.slots.get(*self.by_id.find(hash_of_id(id), same)?)?)
    }

    /// All entries whose kind is known, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Hit> {
        self.slots.iter().filter(|slot| slot.used).filter_map(|slot| self.hit(slot))
    }

    /// What the entry of this number adds to the sum.
    pub(crate) fn leaf(&self, id: u64) -> Option<Leaf> {
        let same = |&at: &u32| self.slots.get(at).is_some_and(|slot| slot.id == id);
        let place = self.by_id.find(hash_of_id(id), same)?;
        Some(Leaf::from_be_bytes(self.slots.get(*place)?.leaf))
    }

    fn find(&self, kind: u8, value: &[u8]) -> Option<Hit> {
        let place = self.by_value.find(hash(kind, value), |&at| {
            self.slots.get(at).is_some_and(|slot| {
                slot.kind == kind
                    && usize::from(slot.len) == value.len()
                    && self.text.get(slot.text, slot.len) == value
            })
        })?;
        self.hit(self.slots.get(*place)?)
    }

    fn hit(&self, slot: &Slot) -> Option<Hit> {
        let family = usize::from(slot.family).checked_sub(1);
        Some(Hit {
            id: slot.id,
            value: read(slot.kind, self.text.get(slot.text, slot.len))?,
            confidence: slot.confidence,
            family: family.and_then(|at| self.families.get(at)).cloned(),
            expires: slot.expires,
            basis: Basis::of(slot.basis),
            organisations: slot.organisations,
            canary: slot.canary,
        })
    }

    fn place(&mut self, slot: Slot) -> Option<u32> {
        let Some(place) = self.free.pop() else {
            return self.slots.push(slot);
        };
        *self.slots.get_mut(place)? = slot;
        Some(place)
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

    /// Moves the bytes of values together, so that what was freed is free.
    fn close_up(&mut self) {
        let old = std::mem::take(&mut self.text);
        for slot in self.slots.iter_mut().filter(|slot| slot.used) {
            if let Some(place) = self.text.push(old.get(slot.text, slot.len)) {
                slot.text = place;
            }
        }
    }
}

/// The bytes by which a value is found, and its kind.
fn write(value: &IndicatorValue, to: &mut Vec<u8>) -> u8 {
    match value {
        IndicatorValue::Domain(name) => {
            to.extend_from_slice(name.as_bytes());
            DOMAIN
        }
        IndicatorValue::Addr(addr) => {
            to.extend_from_slice(&addr.bits().to_be_bytes());
            ADDR
        }
        IndicatorValue::Network(prefix) => {
            let (first, last) = prefix.bounds();
            let free = (first.bits() ^ last.bits()).count_ones();
            to.extend_from_slice(&first.bits().to_be_bytes());
            to.push(u8::try_from(free).unwrap_or(128));
            NETWORK
        }
        IndicatorValue::Socket(addr, port) => {
            to.extend_from_slice(&addr.bits().to_be_bytes());
            to.extend_from_slice(&port.to_be_bytes());
            SOCKET
        }
        IndicatorValue::Url(url) => {
            let (site, path) = url.split_at(url.find('/').unwrap_or(url.len()));
            to.extend_from_slice(without_port(site).as_bytes());
            to.extend_from_slice(path.as_bytes());
            URL
        }
        IndicatorValue::Ja4(ja4) => {
            to.extend_from_slice(ja4.as_str().as_bytes());
            JA4
        }
    }
}

/// The value of these bytes.
fn read(kind: u8, bytes: &[u8]) -> Option<IndicatorValue> {
    let text = || std::str::from_utf8(bytes).ok();
    let addr = |bytes: &[u8]| Some(Addr::from_bits(u128::from_be_bytes(bytes.try_into().ok()?)));
    Some(match kind {
        DOMAIN => IndicatorValue::Domain(text()?.to_owned()),
        ADDR => IndicatorValue::Addr(addr(bytes)?),
        NETWORK => {
            let (first, free) = (addr(bytes.get(..16)?)?, *bytes.get(16)?);
            let width: u8 = if first.is_v4() { 32 } else { 128 };
            IndicatorValue::Network(Prefix::new(first, width.checked_sub(free)?)?)
        }
        SOCKET => {
            let port = u16::from_be_bytes(bytes.get(16..)?.try_into().ok()?);
            IndicatorValue::Socket(addr(bytes.get(..16)?)?, port)
        }
        URL => IndicatorValue::Url(text()?.to_owned()),
        JA4 => IndicatorValue::Ja4(Ja4::parse(text()?)?),
        _ => return None,
    })
}

/// The host of `host`, `host:port` or `[address]:port`.
fn without_port(site: &str) -> &str {
    match site.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => site.split(':').next().unwrap_or(site),
    }
}

fn short(addr: Addr, rest: &[u8]) -> Short {
    let mut bytes = [0; 18];
    for (to, from) in bytes.iter_mut().zip(addr.bits().to_be_bytes().iter().chain(rest)) {
        *to = *from;
    }
    (bytes, 16 + rest.len())
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

fn hash_of_slot(slots: &Chunks<Slot>, text: &Text, at: u32) -> u64 {
    slots.get(at).map_or(0, |slot| hash(slot.kind, text.get(slot.text, slot.len)))
}

#[cfg(test)]
mod tests;
