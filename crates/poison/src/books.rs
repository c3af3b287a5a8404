//! What stood published, from when to when, and whom that hit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ostium_event::{Span, Timestamp};
use ostium_intel::IndicatorValue;

/// The books of a run.
#[derive(Debug, Default)]
pub(crate) struct Books {
    values: BTreeMap<u64, IndicatorValue>,
    records: HashMap<IndicatorValue, Record>,
    /// Values on a rail that were published.
    pub(crate) on_rails: BTreeSet<u64>,
    /// Patterns that stood in earnest: those of families alone, and those that harmless programs
    /// match too; and of the latter those for show.
    pub(crate) patterns: BTreeSet<u64>,
    pub(crate) wrong_patterns: BTreeSet<u64>,
    pub(crate) shown_patterns: BTreeSet<u64>,
    /// Victims that had a rate, and those of them with one that hurts an ordinary client.
    pub(crate) throttled: BTreeSet<u64>,
    pub(crate) starved: BTreeSet<u64>,
    /// Harmless addresses in earnest because of names or contacts.
    pub(crate) wrong_addresses: BTreeSet<u64>,
    pub(crate) most_cases: usize,
    pub(crate) most_waiting: usize,
}

/// How a value fared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// Published since.
    pub(crate) since: Option<Timestamp>,
    /// When it was published before.
    pub(crate) spells: Vec<(Timestamp, Timestamp)>,
    /// Whose harmless use was blocked.
    pub(crate) hits: Vec<Hit>,
}

/// A user that was blocked.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) user: usize,
    pub(crate) hosts: u32,
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

// === impl Books ===

impl Books {
    pub(crate) fn publish(&mut self, id: u64, value: &IndicatorValue, now: Timestamp) {
        self.values.insert(id, value.clone());
        self.records.entry(value.clone()).or_default().since.get_or_insert(now);
    }

    pub(crate) fn withdraw(&mut self, id: u64, now: Timestamp) {
        if let Some(record) = self.values.get(&id).and_then(|value| self.records.get_mut(value)) {
            record.end(now);
        }
    }

    pub(crate) fn record(&self, value: &IndicatorValue) -> Option<&Record> {
        self.records.get(value)
    }

    pub(crate) fn record_mut(&mut self, value: &IndicatorValue) -> Option<&mut Record> {
        self.records.get_mut(value)
    }

    pub(crate) fn is_published(&self, value: &IndicatorValue) -> bool {
        self.records.get(value).is_some_and(|record| record.since.is_some())
    }
}

// === impl Record ===

impl Record {
    fn end(&mut self, now: Timestamp) {
        if let Some(since) = self.since.take() {
            self.spells.push((since, now));
        }
        for hit in &mut self.hits {
            hit.until.get_or_insert(now);
        }
    }

    /// When it stood published, until `end` if it still does.
    pub(crate) fn all(&self, end: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        self.spells.iter().copied().chain(self.since.map(|since| (since, end)))
    }

    /// How long it stood published between two times.
    pub(crate) fn within(&self, from: Timestamp, to: Timestamp) -> Span {
        let each = self.all(to).map(|(begin, end)| end.min(to).since(begin.max(from)).nanos());
        Span::from_nanos(each.sum())
    }

    /// Hours of hosts that wanted to use it and could not.
    pub(crate) fn host_hours(&self, end: Timestamp) -> f64 {
        let of = |hit: &Hit| {
            let blocked = hit.until.unwrap_or(end).since(hit.from).secs_f64() / 3_600.0;
            blocked * f64::from(hit.hosts)
        };
        self.hits.iter().map(of).sum()
    }
}
