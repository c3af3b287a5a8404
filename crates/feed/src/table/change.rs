//! How the set changes: entries come, take the place of others, go.

use std::sync::Arc;

use super::cell::{self, Cell, EMPTY, Head, NEAR, Place, SIZE};
use super::cells::{Cells, NoRoom, tag};
use super::far::Far;
use super::value::{APART, NETWORK, UNKNOWN, write};
use super::{Table, hash, is_asked_for, value_of};
use crate::entry::Entry;
use crate::state::Leaf;
use crate::value::Value;

/// From so many entries on the table grows by little.
const MANY: usize = 1 << 16;

// === impl Table: changes ===

impl Table {
    /// Makes room for so many more, so that growing costs nothing later.
    pub fn reserve(&mut self, entries: usize) {
        let wanted = self.cells.len() + entries;
        if !self.cells.has_room(wanted) {
            self.make_anew(wanted);
        }
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
        if self.enter(&head, &value).is_some() {
            self.state.add(leaf);
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

    /// Takes an entry out; was it there?
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let Some(gone) = self.cells.remove(id) else {
            return false;
        };
        let cell = Cell(&gone);
        self.state.take(cell.leaf());
        match cell.kind() {
            APART => self.apart.remove(id),
            NETWORK => {
                let free = value_of(&self.far, cell).last().copied().unwrap_or(0);
                self.count_network(free, false);
            }
            _ => {}
        }
        if !self.doubles.is_empty() {
            self.show_another(cell);
        }
        if let Place::Far(_, len) = cell.place() {
            self.far.free(len);
        }
        if self.far.is_sparse() {
            self.close_up();
        }
        true
    }

    /// Keeps an entry. `None` if its value can be kept nowhere.
    fn enter(&mut self, head: &Head, value: &[u8]) -> Option<()> {
        let place = if value.len() <= NEAR {
            Place::Near(value)
        } else {
            let (place, len) = self.far.push(value)?;
            Place::Far(place, len)
        };
        if !self.cells.has_room(self.cells.len() + 1) {
            self.grow();
        }
        let mut cell = EMPTY;
        cell::write(&mut cell, head, place);
        let double = is_asked_for(head.kind) && self.find(head.kind, value).is_some();
        if double {
            self.hide(cell)
        } else {
            self.settle(cell)
        }
        Some(())
    }

    /// Puts a cell where its hash says.
    fn settle(&mut self, mut cell: [u8; SIZE]) {
        loop {
            let far = &self.far;
            let hash = hash_of(far, Cell(&cell));
            cell::mark(&mut cell, tag(hash));
            match self.cells.add(cell, |cell| hash_of(far, cell)) {
                Ok(()) => return,
                Err(NoRoom(out)) => cell = out,
            }
            // Nearly empty and yet no room: hashes that are alike, for which no room is enough.
            if self.cells.is_nearly_empty() && !Cell(&cell).is_hidden() {
                return self.hide(cell);
            }
            self.grow();
        }
    }

    /// Keeps a cell that is found by its number alone, as long as the other of its hash is there.
    fn hide(&mut self, mut cell: [u8; SIZE]) {
        let hash = hash_of(&self.far, Cell(&cell));
        self.doubles.entry(hash).or_default().push(Cell(&cell).id());
        cell::hide(&mut cell, true);
        self.settle(cell);
    }

    /// After a cell is gone: one that was hidden behind it is found by its value from now on.
    fn show_another(&mut self, gone: Cell<'_>) {
        let value = value_of(&self.far, gone);
        if !is_asked_for(gone.kind()) {
            return;
        }
        let hash = hash(gone.kind(), value);
        let Some(others) = self.doubles.get_mut(&hash) else {
            return;
        };
        let next = match gone.is_hidden() {
            true => {
                others.retain(|id| *id != gone.id());
                None
            }
            false => others.pop(),
        };
        if others.is_empty() {
            self.doubles.remove(&hash);
        }
        if let Some(mut cell) = next.and_then(|id| self.cells.remove(id)) {
            cell::hide(&mut cell, false);
            self.settle(cell);
        }
    }

    /// Makes room for more: for many more while they are few, for memory is dear when they are many.
    fn grow(&mut self) {
        let entries = self.cells.room();
        self.make_anew(entries + 16 + entries / if entries < MANY { 2 } else { 8 });
    }

    /// Makes the table anew, with room for so many. Long values stay where they are: a cell that has
    /// no place yet may speak of one.
    fn make_anew(&mut self, entries: usize) {
        let cells = std::mem::replace(&mut self.cells, Cells::with_room(entries));
        cells.iter().for_each(|cell| self.settle(*cell.0));
    }

    /// Moves long values together, so that what was freed is free.
    fn close_up(&mut self) {
        let room = Cells::with_room(self.cells.len());
        let cells = std::mem::replace(&mut self.cells, room);
        let far = std::mem::replace(&mut self.far, Far::EMPTY);
        for cell in cells.iter() {
            let mut copy = *cell.0;
            if let Place::Far(place, len) = cell.place()
                && let Some((place, len)) = self.far.push(far.get(place, len))
            {
                cell::put(&mut copy, Place::Far(place, len));
            }
            self.settle(copy);
        }
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
}

/// By the value, or by the number for what is not found by its value.
fn hash_of(far: &Far, cell: Cell<'_>) -> u64 {
    if is_asked_for(cell.kind()) && !cell.is_hidden() {
        hash(cell.kind(), value_of(far, cell))
    } else {
        hash(UNKNOWN, &cell.id().to_le_bytes())
    }
}
