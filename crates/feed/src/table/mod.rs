//! The set of entries, matched by value: ten million of them, below a hundred bytes each.
//!
//! An entry lies in one line of the cache, in a hash table by value; a table of places finds it by
//! number. The hash is fixed, so that two runs are alike: who could make collisions is who may
//! publish.

mod apart;
mod cell;
mod cells;
mod change;
mod far;
mod memory;
mod value;

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use foldhash::quality::FixedState;
use hashbrown::HashMap;
use ostium_event::{Addr, Ja4, Prefix};
use ostium_intel::{IndicatorValue, Pattern, Shape, Throttle};

use self::apart::Apart;
use self::cell::{Cell, Place};
use self::cells::Cells;
use self::far::Far;
pub use self::value::Raw;
use self::value::{ADDR, APART, DOMAIN, JA4, NETWORK, SOCKET, UNKNOWN, URL, short};
use crate::canary::Reach;
use crate::entry::Basis;
use crate::state::{Leaf, State};
use crate::value::Generator;

const HASHER: FixedState = FixedState::with_seed(0x6f73_7469_756d);

/// Names that are asked for together: few have more labels.
const AT_ONCE: usize = 8;

/// What an entry says of what was asked for. In a [`Met`] the value is still where the table has it.
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

/// What a look-up finds: nothing is copied until somebody asks for the value.
pub type Met<'a> = Hit<Raw<'a>>;

// === impl Met ===

impl Met<'_> {
    /// The same with its value, on its own.
    pub fn whole(self) -> Option<Hit> {
        let value = self.value.read()?;
        let Self { id, confidence, family, expires, basis, organisations, canary, .. } = self;
        Some(Hit { id, value, confidence, family, expires, basis, organisations, canary })
    }
}

/// All entries.
#[derive(Debug)]
pub struct Table {
    cells: Cells,
    /// Values that do not fit into their cell.
    far: Far,
    families: Vec<Arc<str>>,
    /// Where each family is in `families`, and one more.
    family_of: HashMap<Arc<str>, u16, FixedState>,
    /// Lengths of networks, in free bits, with how many there are; the smallest network first.
    free_bits: Vec<(u8, u32)>,
    state: State,
    /// Entries whose value another entry has as well, by the hash of the value.
    doubles: HashMap<u64, Vec<u64>, FixedState>,
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
    /// Bytes of an entry of common length, with the room between.
    pub(crate) const BYTES_EACH: u64 = 100;

    /// An empty set.
    pub const fn new() -> Self {
        Self {
            cells: Cells::EMPTY,
            far: Far::EMPTY,
            families: Vec::new(),
            family_of: HashMap::with_hasher(HASHER),
            free_bits: Vec::new(),
            state: State::EMPTY,
            doubles: HashMap::with_hasher(HASHER),
            written: Vec::new(),
            apart: Apart::new(),
        }
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.cells.len() == 0
    }

    /// The sum over all entries.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Bytes that the set takes.
    pub fn bytes(&self) -> usize {
        self.cells.bytes() + self.far.bytes() + self.apart.bytes()
    }

    /// The entry of the name, or of the nearest name above it; `name` in lower case.
    pub fn domain(&self, name: &str) -> Option<Met<'_>> {
        self.domain_if(name, |_| true)
    }

    /// The same among those that `holds` says are there for the one who asks: an entry that is over,
    /// or for other sensors, hides none above it.
    pub fn domain_if(&self, name: &str, holds: impl Fn(&Met<'_>) -> bool) -> Option<Met<'_>> {
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
            let maybe = self.cells.maybe(asked);
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
    pub fn addr(&self, addr: Addr) -> Option<Met<'_>> {
        self.addr_if(addr, |_| true)
    }

    /// The same among those that `holds` says are there for the one who asks.
    pub fn addr_if(&self, addr: Addr, holds: impl Fn(&Met<'_>) -> bool) -> Option<Met<'_>> {
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
    pub fn socket(&self, addr: Addr, port: u16) -> Option<Met<'_>> {
        let (bytes, len) = short(addr, &port.to_be_bytes());
        self.find(SOCKET, bytes.get(..len)?)
    }

    /// The entry of exactly this URL: `host` in lower case without its port, `uri` the path with its
    /// query. The port of an entry does not count.
    pub fn url(&self, host: &str, uri: &str) -> Option<Met<'_>> {
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
    pub fn ja4(&self, ja4: &Ja4) -> Option<Met<'_>> {
        self.find(JA4, ja4.as_str().as_bytes())
    }

    /// The entry of this number.
    pub fn get(&self, id: u64) -> Option<Hit> {
        self.met(self.cells.numbered(id)?).whole()
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
        self.cells.iter().filter_map(|cell| self.met(cell).whole())
    }

    /// What the entry of this number adds to the sum.
    pub(crate) fn leaf(&self, id: u64) -> Option<Leaf> {
        Some(self.cells.numbered(id)?.leaf())
    }

    fn find(&self, kind: u8, value: &[u8]) -> Option<Met<'_>> {
        self.find_hashed(hash(kind, value), kind, value)
    }

    fn find_hashed(&self, hash: u64, kind: u8, value: &[u8]) -> Option<Met<'_>> {
        let same = |cell: Cell<'_>| {
            cell.kind() == kind && !cell.is_hidden() && value_of(&self.far, cell) == value
        };
        Some(self.met(self.cells.find(hash, same)?))
    }

    fn met<'a>(&'a self, cell: Cell<'a>) -> Met<'a> {
        let head = cell.head();
        let family = usize::from(head.family).checked_sub(1);
        Hit {
            id: head.id,
            value: Raw::new(head.kind, value_of(&self.far, cell)),
            confidence: head.confidence,
            family: family.and_then(|at| self.families.get(at)).cloned(),
            expires: head.expires,
            basis: Basis::of(head.basis),
            organisations: head.organisations,
            canary: head.canary,
        }
    }
}

/// The value of a cell; long ones lie elsewhere.
fn value_of<'a>(far: &'a Far, cell: Cell<'a>) -> &'a [u8] {
    match cell.place() {
        Place::Near(value) => value,
        Place::Far(place, len) => far.get(place, len),
    }
}

/// Is an entry of this kind found by its value?
const fn is_asked_for(kind: u8) -> bool {
    !matches!(kind, UNKNOWN | APART)
}

fn hash(kind: u8, value: &[u8]) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write(value);
    hasher.write_u8(kind);
    hasher.finish()
}

#[cfg(test)]
mod tests;
