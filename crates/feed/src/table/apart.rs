//! What is not looked for by its value: patterns, victims, generators. Few, and read as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ostium_intel::{Pattern, PatternIndex, Shape, Throttle};

use super::Hit;
use crate::entry::Entry;
use crate::value::{Generator, Value};

#[derive(Debug)]
pub(super) struct Apart {
    patterns: BTreeMap<u64, Hit<Box<Pattern>>>,
    index: PatternIndex,
    throttles: BTreeMap<u64, Hit<Throttle>>,
    generators: BTreeMap<u64, Hit<Generator>>,
    /// Generators by the prints of their names, lowest number first.
    by_print: BTreeMap<u64, BTreeSet<u64>>,
    bytes: usize,
}

/// Bytes of an entry in its maps, and of one print in both of its own, about.
const EACH: usize = 256;
const PRINT: usize = 160;

// === impl Apart ===

impl Apart {
    pub(super) const fn new() -> Self {
        Self {
            patterns: BTreeMap::new(),
            index: PatternIndex::new(),
            throttles: BTreeMap::new(),
            generators: BTreeMap::new(),
            by_print: BTreeMap::new(),
            bytes: 0,
        }
    }

    pub(super) fn put(&mut self, entry: &Entry, family: Option<Arc<str>>) {
        let id = entry.id;
        match &entry.value {
            Value::Indicator(_) => {}
            Value::Pattern(pattern) => {
                self.bytes += of_pattern(pattern);
                self.index.put(id, pattern.as_ref().clone());
                self.patterns.insert(id, hit(entry, pattern.clone(), family));
            }
            Value::Throttle(throttle) => {
                self.bytes += EACH;
                self.throttles.insert(id, hit(entry, throttle.clone(), family));
            }
            Value::Generator(generator) => {
                self.bytes += of_generator(generator);
                for print in &generator.prints {
                    self.by_print.entry(*print).or_default().insert(id);
                }
                self.generators.insert(id, hit(entry, generator.clone(), family));
            }
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        if let Some(gone) = self.patterns.remove(&id) {
            self.bytes = self.bytes.saturating_sub(of_pattern(&gone.value));
            self.index.remove(id, &gone.value);
        }
        if self.throttles.remove(&id).is_some() {
            self.bytes = self.bytes.saturating_sub(EACH);
        }
        if let Some(gone) = self.generators.remove(&id) {
            self.bytes = self.bytes.saturating_sub(of_generator(&gone.value));
            for print in &gone.value.prints {
                if let Some(of) = self.by_print.get_mut(print) {
                    of.remove(&id);
                    if of.is_empty() {
                        self.by_print.remove(print);
                    }
                }
            }
        }
    }

    /// Bytes of all, about: who holds them is bounded by it.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn matches(
        &self,
        shape: &Shape,
        holds: impl Fn(&Hit<Box<Pattern>>) -> bool,
    ) -> Option<&Hit<Box<Pattern>>> {
        let found = self.index.matches(shape).into_iter();
        found.filter_map(|id| self.patterns.get(&id)).find(|hit| holds(hit))
    }

    pub(super) fn pattern(&self, id: u64) -> Option<&Hit<Box<Pattern>>> {
        self.patterns.get(&id)
    }

    pub(super) fn makes(
        &self,
        print: u64,
        holds: impl Fn(&Hit<Generator>) -> bool,
    ) -> Option<&Hit<Generator>> {
        let found = self.by_print.get(&print)?.iter();
        found.filter_map(|id| self.generators.get(id)).find(|hit| holds(hit))
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &Hit<Box<Pattern>>> {
        self.patterns.values()
    }

    pub(super) fn throttles(&self) -> impl Iterator<Item = &Hit<Throttle>> {
        self.throttles.values()
    }

    pub(super) fn generators(&self) -> impl Iterator<Item = &Hit<Generator>> {
        self.generators.values()
    }
}

/// Once as an entry, once in the index.
fn of_pattern(pattern: &Pattern) -> usize {
    let Pattern { server, uri, header_order, application, .. } = pattern;
    let text: usize = [server, uri, header_order, application].map(String::len).iter().sum();
    2 * (EACH + size_of::<Pattern>() + text)
}

fn of_generator(generator: &Generator) -> usize {
    EACH + generator.form.len() + generator.prints.len() * (8 + PRINT)
}

fn hit<V>(entry: &Entry, value: V, family: Option<Arc<str>>) -> Hit<V> {
    Hit {
        id: entry.id,
        value,
        confidence: entry.confidence,
        family,
        expires: entry.expires,
        basis: entry.basis,
        organisations: entry.organisations,
        canary: entry.canary,
    }
}
