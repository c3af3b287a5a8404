//! Who goes first when there is too much: caps are shared, so that a flood by some starves nobody.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Correlator;
use crate::{Case, OrgId, State};

// === impl Correlator: bound ===

impl Correlator {
    /// New cases in the order in which they are published while the minute lasts, and analysts'
    /// before all.
    ///
    /// A case counts for the supporter who has second most of those that wait: a quorum is two, so
    /// colluders stand behind their own flood, and what two others say passes it.
    pub(super) fn in_turn(&self, mut fresh: Vec<u64>) -> Vec<u64> {
        let left = self.policy.most_a_minute.saturating_sub(self.minute.1) as usize;
        if fresh.len() <= left {
            return fresh;
        }
        let supporters = |id: &u64| {
            let votes = self.cases.get(id).into_iter().flat_map(|case| &case.votes);
            votes.filter(|(_, vote)| vote.log_odds >= self.policy.support).map(|(id, _)| *id)
        };
        let mut load: BTreeMap<OrgId, usize> = BTreeMap::new();
        for who in fresh.iter().flat_map(&supporters) {
            *load.entry(who).or_default() += 1;
        }
        fresh.sort_by_cached_key(|id| {
            let ordered = self.cases.get(id).is_some_and(|case| case.ordered == Some(true));
            let mut loads: Vec<usize> =
                supporters(id).filter_map(|who| load.get(&who).copied()).collect();
            loads.sort_unstable();
            let second = loads.get(1).or_else(|| loads.first()).copied().unwrap_or(usize::MAX);
            (!ordered, second, Reverse(loads.len()), *id)
        });
        fresh
    }

    /// Lets cases go when there are too many: not what is published or an analyst's, and first what
    /// only one organisation speaks of, of the one that has most of these, the oldest first.
    pub(super) fn bound_cases(&mut self) {
        let over = self.cases.len().saturating_sub(self.policy.most_cases);
        if over == 0 {
            return;
        }
        let idle = |case: &&Case| case.ordered.is_none() && case.state != State::Confirmed;
        let mut alone: BTreeMap<OrgId, usize> = BTreeMap::new();
        for case in self.cases.values().filter(idle) {
            if let (1, Some(who)) = (case.votes.len(), case.votes.keys().next()) {
                *alone.entry(*who).or_default() += 1;
            }
        }
        let load = |case: &Case| {
            let loads = case.votes.keys().map(|who| alone.get(who).copied().unwrap_or_default());
            loads.min().unwrap_or(usize::MAX)
        };
        let mut all: Vec<(Reverse<usize>, u64)> =
            self.cases.values().filter(idle).map(|case| (Reverse(load(case)), case.id)).collect();
        all.sort_unstable();
        // A tenth more than needed, so that this is rare.
        all.truncate(over + self.policy.most_cases / 10);
        for (_, id) in all {
            self.changed.insert(id);
            if let Some(case) = self.cases.remove(&id) {
                case.votes.keys().for_each(|who| self.denials.forget(*who, id));
                self.of.remove(&case.subject);
                self.patterns.forget(&case);
                self.lead_no_more(&case);
                self.makers.forget(&case.subject);
                self.waiting.remove(&id);
            }
        }
    }
}
