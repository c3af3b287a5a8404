//! Entries by value and by number. By value it is a cuckoo table: an entry lies in one of four
//! cells, two beside each other at each of two places that its hash tells, and all of them are
//! asked for before any is waited for, so that a look-up waits for memory once.
//!
//! Source: Pagh and Rodler, Cuckoo Hashing, 2004; with two cells a place it can be filled to 0.897
//! (Dietzfelbinger and Weidling, 2007). It is never more than four fifths full here.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;

use super::HASHER;
use super::cell::{Cell, EMPTY, SIZE};
use super::memory::Memory;

/// Cells beside each other.
const WAYS: usize = 2;
/// Cells of the smallest table.
const FEWEST: usize = 16;
/// Entries that make way for one at most: at four fifths it is seldom more than a dozen.
const MOST_MOVED: usize = 500;

/// Cells by the hash of what is there.
#[derive(Debug)]
pub(super) struct Cells {
    memory: Memory,
    by_id: HashTable<u32>,
}

/// An entry for which there was no room. It is not in the table, whoever it was.
#[derive(Debug)]
pub(super) struct NoRoom(pub(super) [u8; SIZE]);

/// A byte of a hash, never 0.
#[inline]
pub(super) fn tag(hash: u64) -> u8 {
    ((hash >> 16) as u8).max(1)
}

// === impl Cells ===

impl Cells {
    pub(super) const EMPTY: Self = Self { memory: Memory::None, by_id: HashTable::new() };

    /// With room for so many.
    pub(super) fn with_room(entries: usize) -> Self {
        let cells = (entries * 5).div_ceil(4).max(FEWEST).next_multiple_of(WAYS);
        Self { memory: Memory::of(cells), by_id: HashTable::with_capacity(entries) }
    }

    /// So many may be here.
    pub(super) fn room(&self) -> usize {
        self.memory.cells().len() * 4 / 5
    }

    pub(super) fn is_nearly_empty(&self) -> bool {
        self.memory.cells().len() >= (self.len() * 8).max(64)
    }

    pub(super) fn has_room(&self, entries: usize) -> bool {
        entries <= self.room()
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.memory.cells().len() * SIZE + self.by_id.allocation_size()
    }

    /// All that are used.
    pub(super) fn iter(&self) -> impl Iterator<Item = Cell<'_>> {
        self.memory.cells().iter().map(Cell).filter(|cell| cell.tag() != 0)
    }

    /// Which of these hashes may be there, a bit for each of the first 32.
    #[inline]
    pub(super) fn maybe(&self, hashes: &[u64]) -> u32 {
        let cells = self.memory.cells();
        let mut maybe = 0;
        for (at, hash) in hashes.iter().take(32).enumerate() {
            let has = places(cells.len(), *hash).map(|place| has(cells, place, tag(*hash)));
            maybe |= u32::from(has[0] | has[1]) << at;
        }
        maybe
    }

    /// The cell with this hash of which `same` says that it is the one.
    #[inline]
    pub(super) fn find(&self, hash: u64, same: impl Fn(Cell<'_>) -> bool) -> Option<Cell<'_>> {
        let cells = self.memory.cells();
        let places = places(cells.len(), hash);
        let may = places.map(|place| has(cells, place, tag(hash)));
        let mut there = places.into_iter().zip(may).filter(|(_, may)| *may);
        there.find_map(|(place, _)| {
            let pair = cells.get(place..place + WAYS).unwrap_or_default();
            pair.iter().map(Cell).find(|cell| cell.tag() == tag(hash) && same(*cell))
        })
    }

    /// The cell of the entry of this number.
    pub(super) fn numbered(&self, id: u64) -> Option<Cell<'_>> {
        let cells = self.memory.cells();
        let cell = |at: u32| cells.get(at as usize).map(Cell);
        let same = |&at: &u32| cell(at).is_some_and(|cell| cell.id() == id);
        cell(*self.by_id.find(hash_of_id(id), same)?)
    }

    /// Adds an entry whose number is not there; `hash_of` gives the hashes of those that make way.
    pub(super) fn add(
        &mut self,
        new: [u8; SIZE],
        hash_of: impl Fn(Cell<'_>) -> u64,
    ) -> Result<(), NoRoom> {
        let (mut homeless, mut from) = (new, None);
        for step in 0..MOST_MOVED {
            let cells = self.memory.cells_mut();
            let places = places(cells.len(), hash_of(Cell(&homeless)));
            let free = places.into_iter().flat_map(|place| place..place + WAYS);
            let mut free = free.filter(|at| cells.get(*at).is_some_and(|c| Cell(c).tag() == 0));
            // Whoever makes way does not go back to where it was.
            let other = places.into_iter().find(|place| Some(*place) != from);
            let turn = Cell(&homeless).id().rotate_right(step as u32) as usize % WAYS;
            let Some(at) = free.next().or_else(|| Some(other.unwrap_or(places[0]) + turn)) else {
                break;
            };
            let Some(cell) = cells.get_mut(at) else { break };
            let before = std::mem::replace(cell, homeless);
            let place = u32::try_from(at).unwrap_or(u32::MAX);
            let gone = Some(Cell(&before)).filter(|cell| cell.tag() != 0).map(Cell::id);
            if let Some(gone) = gone
                && let Ok(found) = self.by_id.find_entry(hash_of_id(gone), |&at| at == place)
            {
                found.remove();
            }
            let cells = self.memory.cells();
            self.by_id.insert_unique(hash_of_id(Cell(&homeless).id()), place, |&at| {
                cells.get(at as usize).map_or(0, |cell| hash_of_id(Cell(cell).id()))
            });
            if gone.is_none() {
                return Ok(());
            }
            (homeless, from) = (before, Some(at - at % WAYS));
        }
        Err(NoRoom(homeless))
    }

    /// Takes out the entry of this number, and says what it was.
    pub(super) fn remove(&mut self, id: u64) -> Option<[u8; SIZE]> {
        let cells = self.memory.cells_mut();
        let same = |&at: &u32| cells.get(at as usize).is_some_and(|cell| Cell(cell).id() == id);
        let (at, _) = self.by_id.find_entry(hash_of_id(id), same).ok()?.remove();
        let cell = cells.get_mut(at as usize)?;
        Some(std::mem::replace(cell, EMPTY))
    }
}

/// The first cells of the two places where a hash may be.
#[inline]
fn places(cells: usize, hash: u64) -> [usize; 2] {
    let pairs = (cells / WAYS) as u64;
    let place = |half: u64| (half.wrapping_mul(pairs) >> 32) as usize * WAYS;
    [place(hash >> 32), place(hash & u64::from(u32::MAX))]
}

/// Has one of the cells of a place this tag? All are looked at.
#[inline]
fn has(cells: &[[u8; SIZE]], place: usize, tag: u8) -> bool {
    let pair = cells.get(place..place + WAYS).unwrap_or_default();
    pair.iter().fold(false, |has, cell| has | (Cell(cell).tag() == tag))
}

fn hash_of_id(id: u64) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write_u64(id);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::cell::{Head, Place, mark, write};
    use super::*;

    fn cell(id: u64) -> [u8; SIZE] {
        let mut cell = EMPTY;
        let head = Head { id, ..Head::default() };
        write(&mut cell, &head, Place::Near(b"value"));
        mark(&mut cell, tag(hash(id)));
        cell
    }

    fn hash(id: u64) -> u64 {
        hash_of_id(id ^ 0x5555)
    }

    proptest! {
        #[test]
        fn a_set_says_the_same(ops in proptest::collection::vec((0u64..60, any::<bool>()), 0..600)) {
            let (mut cells, mut set) = (Cells::with_room(40), BTreeSet::new());
            for (id, add) in ops {
                if add && set.len() < 40 && !set.contains(&id) {
                    match cells.add(cell(id), |cell| hash(cell.id())) {
                        Ok(()) => drop(set.insert(id)),
                        // One is out, and it may be another.
                        Err(NoRoom(out)) => {
                            set.insert(id);
                            prop_assert!(set.remove(&Cell(&out).id()));
                        }
                    }
                } else if !add {
                    prop_assert_eq!(cells.remove(id).is_some(), set.remove(&id));
                }
            }
            prop_assert_eq!(cells.len(), set.len());
            prop_assert_eq!(cells.iter().map(Cell::id).collect::<BTreeSet<_>>(), set.clone());
            for id in 0..60 {
                let found = cells.find(hash(id), |cell| cell.id() == id);
                prop_assert!(found.is_none() || cells.maybe(&[!hash(id), hash(id)]) & 2 != 0);
                prop_assert_eq!(found.is_some(), set.contains(&id));
                prop_assert!(found.is_none_or(|cell| cell.place() == Place::Near(b"value")));
                prop_assert_eq!(cells.numbered(id).is_some(), set.contains(&id));
            }
        }
    }

    #[test]
    fn four_fifths_find_room() {
        for entries in [1, 40, 1_000, 100_000] {
            let mut cells = Cells::with_room(entries);
            for id in 0..entries as u64 {
                cells.add(cell(id), |cell| hash(cell.id())).unwrap();
            }
            assert!(cells.has_room(entries) && cells.len() == entries);
        }
    }
}
