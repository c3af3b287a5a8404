//! How the conversations of a family go, learned from confirmed destinations.
//!
//! Bias: against the pattern. It takes two destinations and the quorum of organisations that saw
//! them by other means, marks that nobody knows of harmless traffic, and days for show at every
//! sensor; one site that says that harmless traffic goes so ends it. What a pattern finds is no
//! sight of it: what rests on a pattern alone neither founds it nor keeps it alive.

mod judge;
mod learn;

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::Timestamp;
use ostium_intel::{Mark, Pattern, PatternIndex, Shape};
use serde::{Deserialize, Serialize};

use super::KeptPart;
use super::orders::{Ordered, confirms};
use crate::{Case, OrgId, Reason, State};

/// A pattern, what it was learned from, and how it fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// The number under which it is published.
    pub id: u64,
    /// What is to be matched.
    pub pattern: Pattern,
    /// How far it is.
    pub state: State,
    /// Why.
    pub why: Reason,
    /// What most call the family.
    pub family: Option<String>,
    /// The cases that it was learned from.
    pub cases: BTreeSet<u64>,
    /// When it was first published.
    pub published: Option<Timestamp>,
    /// When the family was last seen by other means.
    pub seen: Timestamp,
    /// Who met it.
    pub hits: BTreeMap<OrgId, Met>,
    /// Who says that harmless traffic goes so, and since when.
    pub against: BTreeMap<OrgId, Timestamp>,
    /// How it stands published: until when, by how many, how sure, to how many canaries.
    pub stands: Option<(Timestamp, u16, u8, u16)>,
    /// It changed since it was published.
    pub revised: bool,
    /// When it is to be looked at though nobody says anything.
    pub next: Option<Timestamp>,
    /// What an analyst said.
    #[serde(default)]
    pub ordered: Option<Ordered>,
}

/// What an organisation met by a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// When first.
    pub first: Timestamp,
    /// It has evidence of its own about what it met.
    pub proven: bool,
}

/// All that is known of shapes.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// Cases by the marks that somebody told of them.
    by_mark: BTreeMap<Mark, BTreeSet<u64>>,
    /// Marks of harmless traffic: who says so, and when.
    common: BTreeMap<Mark, BTreeMap<OrgId, Timestamp>>,
    known: BTreeMap<u64, Learned>,
    index: PatternIndex,
    /// Patterns by the cases that they were learned from.
    of_case: BTreeMap<u64, BTreeSet<u64>>,
    due: BTreeSet<(Timestamp, u64)>,
    /// Confirmed cases of which more is known, to be compared with others.
    looks: BTreeSet<u64>,
    /// Patterns to be looked at.
    dirty: BTreeSet<u64>,
    /// To be kept anew.
    changed: BTreeSet<Key>,
}

/// What is kept apart from cases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Pattern(u64),
    Common(Mark),
}

/// Cases of one mark; of more it is everybody's.
const MOST_OF_A_MARK: usize = 1_000;
/// Marks that one organisation calls common.
const MOST_COMMON: usize = 1_000;

// === impl Patterns ===

impl Patterns {
    /// Somebody told a case's shape.
    pub(super) fn tell(&mut self, case: u64, shape: &Shape) {
        for mark in shape.marks() {
            let cases = self.by_mark.entry(mark).or_default();
            if cases.len() < MOST_OF_A_MARK {
                cases.insert(case);
            }
        }
        self.looks.insert(case);
        self.dirty.extend(self.index.matches(shape));
    }

    /// A case was confirmed.
    pub(super) fn look_at(&mut self, case: u64) {
        self.looks.insert(case);
    }

    /// A case is let go.
    pub(super) fn forget(&mut self, case: &Case) {
        for vote in case.votes.values() {
            for mark in vote.shape.iter().flat_map(|shape| shape.marks()) {
                if let Some(cases) = self.by_mark.get_mut(&mark) {
                    cases.remove(&case.id);
                    if cases.is_empty() {
                        self.by_mark.remove(&mark);
                    }
                }
            }
        }
    }

    /// A case changed: what was learned from it is looked at.
    pub(super) fn touch(&mut self, case: u64) {
        self.dirty.extend(self.of_case.get(&case).into_iter().flatten());
    }

    /// Takes a pattern in, in place of the one of its number.
    fn put(&mut self, learned: Learned) {
        for case in &learned.cases {
            self.of_case.entry(*case).or_default().insert(learned.id);
        }
        if let Some(old) = self.known.get(&learned.id) {
            self.index.remove(old.id, &old.pattern);
        }
        self.index.put(learned.id, learned.pattern.clone());
        self.due.extend(learned.next.map(|at| (at, learned.id)));
        self.known.insert(learned.id, learned);
    }

    /// The cases that have all these marks, and those that it was learned from.
    fn alike(&self, learned: &Learned) -> BTreeSet<u64> {
        let mut alike = learned.cases.clone();
        let sets: Option<Vec<_>> =
            learned.pattern.marks().iter().map(|mark| self.by_mark.get(mark)).collect();
        if let Some((first, more)) = sets.as_deref().and_then(<[_]>::split_first) {
            let all = |id: &&u64| more.iter().all(|set| set.contains(id));
            alike.extend(first.iter().filter(all));
        }
        alike
    }

    /// Everything changed.
    pub(super) fn touch_all(&mut self) {
        self.dirty.extend(self.known.keys());
    }

    /// Harmless traffic has these marks, one organisation says.
    pub(super) fn call_common(&mut self, marks: Vec<Mark>, says: OrgId, now: Timestamp) {
        let told = self.common.values().filter(|who| who.contains_key(&says)).count();
        for mark in marks.into_iter().take(MOST_COMMON.saturating_sub(told)) {
            let having = |known: &&Learned| known.pattern.marks().contains(&mark);
            self.dirty.extend(self.known.values().filter(having).map(|known| known.id));
            self.changed.insert(Key::Common(mark.clone()));
            self.common.entry(mark).or_default().insert(says, now);
        }
    }

    /// What changed since this was asked last, as it is to be kept.
    pub(super) fn keep(&mut self) -> Vec<(String, Option<KeptPart>)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let of = |key: Key| match key {
            Key::Pattern(id) => {
                let learned = self.known.get(&id).cloned();
                (format!("pattern/{id}"), learned.map(|it| KeptPart::Pattern(Box::new(it))))
            }
            Key::Common(mark) => {
                let who = self.common.get(&mark).cloned();
                let key = match &mark {
                    Mark::Server(text) => format!("common/server/{text}"),
                    Mark::Uri(text) => format!("common/uri/{text}"),
                    Mark::HeaderOrder(text) => format!("common/header_order/{text}"),
                    Mark::Ja4(ja4) => format!("common/ja4/{ja4}"),
                };
                (key, who.map(|who| KeptPart::Common(mark, who)))
            }
        };
        changed.map(of).collect()
    }

    /// An analyst decides; is there such a pattern?
    pub(super) fn order(&mut self, id: u64, ordered: Option<Ordered>, now: Timestamp) -> bool {
        let Some(known) = self.known.get_mut(&id) else { return false };
        if confirms(ordered.as_ref()) {
            known.seen = known.seen.max(now);
        }
        known.ordered = ordered;
        self.dirty.insert(id);
        true
    }

    /// Takes in what was kept of a pattern.
    pub(super) fn restore(&mut self, learned: Learned) {
        self.put(learned);
    }

    /// Takes in what was kept of a mark.
    pub(super) fn restore_common(&mut self, mark: Mark, who: BTreeMap<OrgId, Timestamp>) {
        self.common.insert(mark, who);
    }

    /// Takes in the shapes that a kept case tells of.
    pub(super) fn restore_case(&mut self, case: &Case) {
        for shape in case.votes.values().filter_map(|vote| vote.shape.as_deref()) {
            self.tell(case.id, shape);
        }
    }

    /// What was only taken in has not just happened.
    pub(super) fn restored(&mut self) {
        self.looks.clear();
        self.dirty.clear();
    }

    /// All patterns, by number.
    pub(super) const fn known(&self) -> &BTreeMap<u64, Learned> {
        &self.known
    }
}
