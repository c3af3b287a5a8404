//! Patterns by the one mark that is rarest: a conversation is compared with few of them.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{Mark, Pattern, Shape};

/// Patterns by their numbers. What is asked is answered in the order of the numbers.
#[derive(Debug, Default)]
pub struct PatternIndex {
    by_mark: HashMap<Mark, Vec<(u64, Pattern)>, FixedState>,
    len: usize,
}

// === impl PatternIndex ===

impl PatternIndex {
    /// None.
    pub const fn new() -> Self {
        Self { by_mark: HashMap::with_hasher(FixedState::with_seed(0x7061_7474)), len: 0 }
    }

    /// Puts a pattern in; one that is not specific is matched by nobody and not put in.
    pub fn put(&mut self, id: u64, pattern: Pattern) -> bool {
        let Some(mark) = pattern.marks().into_iter().next().filter(|_| pattern.is_specific())
        else {
            return false;
        };
        let of_mark = self.by_mark.entry(mark).or_default();
        match of_mark.binary_search_by_key(&id, |(id, _)| *id) {
            Ok(at) => of_mark.get_mut(at).into_iter().for_each(|(_, old)| *old = pattern.clone()),
            Err(at) => {
                of_mark.insert(at, (id, pattern));
                self.len += 1;
            }
        }
        true
    }

    /// Takes a pattern out that was put in as this.
    pub fn remove(&mut self, id: u64, pattern: &Pattern) {
        let Some(mark) = pattern.marks().into_iter().next() else { return };
        let Some(of_mark) = self.by_mark.get_mut(&mark) else { return };
        let before = of_mark.len();
        of_mark.retain(|(other, _)| *other != id);
        self.len -= before - of_mark.len();
        if of_mark.is_empty() {
            self.by_mark.remove(&mark);
        }
    }

    /// How many.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The numbers of the patterns that a conversation matches, lowest first. Without any pattern
    /// this costs nothing, else one look-up for each mark of the conversation.
    pub fn matches(&self, shape: &Shape) -> Vec<u64> {
        if self.is_empty() {
            return Vec::new();
        }
        let of_marks = shape.marks().into_iter().filter_map(|mark| self.by_mark.get(&mark));
        let fit = of_marks.flatten().filter(|(_, pattern)| pattern.matches(shape));
        let mut found: Vec<u64> = fit.map(|(id, _)| *id).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}
