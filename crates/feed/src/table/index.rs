//! A hash table of places whose buckets are lines of the cache: twelve places with a byte of each
//! one's hash. A look-up of what is not there waits for memory once, and of what is there twice.

/// Places of one line.
const WAYS: usize = 12;
/// Lines of the smallest table.
const FEWEST: usize = 4;

/// One line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line {
    /// A byte of the hash of each place, 0 where there is none.
    tags: [u8; WAYS],
    /// A bit for each hash, of 32 kinds, of which a place that belongs here or before lies further
    /// on: few look further than they must. Bits are taken back only when the table is made anew,
    /// which the records are with each turnover of theirs, so that few are set in vain.
    passed: u32,
    places: [u32; WAYS],
}

/// Places by the hash of what is there.
#[derive(Debug)]
pub(super) struct Index {
    lines: Vec<Line>,
    len: usize,
}

// === impl Line ===

impl Line {
    const EMPTY: Self = Self { tags: [0; WAYS], passed: 0, places: [0; WAYS] };

    /// Is there a place with this byte? All twelve are compared at once, in two words that overlap.
    fn has(&self, tag: u8) -> bool {
        const ONES: u64 = u64::from_le_bytes([1; 8]);
        let all = u64::from(tag) * ONES;
        let zero = |bytes: Option<&[u8; 8]>| {
            let apart = bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes)) ^ all;
            apart.wrapping_sub(ONES) & !apart & (ONES << 7)
        };
        zero(self.tags.first_chunk()) | zero(self.tags.last_chunk()) != 0
    }

    /// A bit for each place with this byte.
    fn with(&self, tag: u8) -> u16 {
        let bits = self.tags.iter().enumerate();
        bits.fold(0, |all, (at, known)| all | (u16::from(*known == tag) << at))
    }
}

/// Never 0.
fn tag(hash: u64) -> u8 {
    (hash as u8).max(1)
}

/// One of 32 bits, of other bits of the hash than the tag and the line.
const fn kind(hash: u64) -> u32 {
    1 << ((hash >> 8) & 31)
}

// === impl Index ===

impl Index {
    pub(super) const fn new() -> Self {
        Self { lines: Vec::new(), len: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
    }

    pub(super) fn clear(&mut self) {
        self.lines.fill(Line::EMPTY);
        self.len = 0;
    }

    /// Which of these hashes may be there, a bit for each of the first 32. The lines are all asked
    /// for before any is waited for.
    pub(super) fn maybe(&self, hashes: &[u64]) -> u32 {
        let mut maybe = 0;
        for (at, hash) in hashes.iter().take(32).enumerate() {
            let Some(line) = self.lines.get(self.home(*hash)) else { return 0 };
            let may = line.has(tag(*hash)) | (line.passed & kind(*hash) != 0);
            maybe |= u32::from(may) << at;
        }
        maybe
    }

    /// A place with this hash of which `same` says that it is the one.
    pub(super) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        for _ in 0..self.lines.len() {
            let line = self.lines.get(at)?;
            let mut with = line.with(tag(hash));
            while with != 0 {
                let place = *line.places.get(with.trailing_zeros() as usize)?;
                if same(place) {
                    return Some(place);
                }
                with &= with - 1;
            }
            if line.passed & kind(hash) == 0 {
                return None;
            }
            at = self.after(at);
        }
        None
    }

    /// Adds a place; `hash_of` gives the hash of those that are there, when more room is made.
    pub(super) fn insert(&mut self, hash: u64, place: u32, hash_of: impl Fn(u32) -> u64) {
        self.reserve(1, hash_of);
        self.add(hash, place);
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize, hash_of: impl Fn(u32) -> u64) {
        let wanted = self.len + more;
        // At four of five a line is full once in six times.
        if wanted * 5 <= self.lines.len() * WAYS * 4 {
            return;
        }
        let half_more = self.lines.len() + self.lines.len() / 2;
        let lines = half_more.max(wanted * 5 / (WAYS * 4) + 1).max(FEWEST);
        let old = std::mem::replace(&mut self.lines, vec![Line::EMPTY; lines]);
        self.len = 0;
        for line in &old {
            for (tag, place) in line.tags.iter().zip(line.places) {
                if *tag != 0 {
                    self.add(hash_of(place), place);
                }
            }
        }
    }

    /// Takes a place out.
    pub(super) fn remove(&mut self, hash: u64, place: u32) {
        let mut at = self.home(hash);
        for _ in 0..self.lines.len() {
            let Some(line) = self.lines.get_mut(at) else { return };
            let mut known = line.tags.iter_mut().zip(line.places);
            if let Some((known, _)) = known.find(|(tag, other)| **tag != 0 && *other == place) {
                *known = 0;
                self.len = self.len.saturating_sub(1);
                return;
            }
            if line.passed & kind(hash) == 0 {
                return;
            }
            at = self.after(at);
        }
    }

    fn add(&mut self, hash: u64, place: u32) {
        let mut at = self.home(hash);
        for _ in 0..self.lines.len() {
            let Some(line) = self.lines.get_mut(at) else { return };
            let mut ways = line.tags.iter_mut().zip(&mut line.places);
            if let Some((known, to)) = ways.find(|(tag, _)| **tag == 0) {
                (*known, *to) = (tag(hash), place);
                self.len += 1;
                return;
            }
            line.passed |= kind(hash);
            at = self.after(at);
        }
    }

    /// The line where a hash belongs, by its upper bits.
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.lines.len() as u128) >> 64) as usize
    }

    const fn after(&self, at: usize) -> usize {
        if at + 1 < self.lines.len() { at + 1 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few hashes, so that lines overflow into the next ones and around the end.
        #[test]
        fn a_set_says_the_same(ops in proptest::collection::vec((0u32..200, any::<bool>()), 0..600)) {
            let hash = |place: u32| u64::from(place % 5).wrapping_mul(0x3fff_ffff_ffff_ff01);
            let (mut index, mut set) = (Index::new(), BTreeSet::new());
            for (place, add) in ops {
                if add && set.insert(place) {
                    index.insert(hash(place), place, hash);
                } else if !add && set.remove(&place) {
                    index.remove(hash(place), place);
                }
            }
            prop_assert_eq!(index.len, set.len());
            for place in 0..200 {
                let found = index.find(hash(place), |other| other == place);
                prop_assert!(found.is_none() || index.maybe(&[!hash(place), hash(place)]) & 2 != 0);
                prop_assert_eq!(found.is_some(), set.contains(&place));
            }
            for place in &set {
                index.remove(hash(*place), *place);
            }
            prop_assert!(index.lines.iter().all(|line| line.tags == [0; WAYS]));
        }
    }
}
