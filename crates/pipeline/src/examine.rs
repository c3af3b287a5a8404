//! Analysis under examination: what the verdicts would have been earlier, and the cases behind them.
//!
//! The state is looked at when event time has passed 1, 1.5, 2, 3, 4, 6, 8, 12 ... minutes since the
//! first event: each look judges every host by what was heard until then, as a sensor would that
//! reports at that time. Flows that are still open count as open. Bias: a host is convicted at the
//! first look that says so, at most a third (early: half) later than it could have been; a log row
//! that is written at the end of a connection counts at the time that stands in the row.

use std::collections::BTreeMap;

use ostium_event::{Addr, Span, Timestamp};
use ostium_evidence::HostCase;
use ostium_verdict::Verdict;

use crate::analyze::{Analysis, Memory, Watch, read};
use crate::evaluate::{evaluate_each, rationales};
use crate::events::{Listener, hear_all};
use crate::input::Input;
use crate::settings::Settings;
use crate::shard::Shard;

/// What came of a run under examination.
#[derive(Debug)]
pub struct Examination {
    /// The run itself, as it would have been otherwise.
    pub analysis: Analysis,
    /// Every host's case, to be judged again without some of its evidence.
    pub cases: Vec<HostCase>,
    /// When each host was first called infected, though it may not be at the end.
    pub convicted: BTreeMap<Addr, Timestamp>,
}

/// Looks at a run while it goes on.
pub(crate) struct Looks<'a> {
    settings: &'a Settings,
    first: Option<Timestamp>,
    /// Looks that are over or that nothing was heard before.
    past: u32,
    convicted: BTreeMap<Addr, Timestamp>,
}

/// When the first look is.
const FIRST: Span = Span::from_secs(60);

/// Analyses inputs as one observation, by one thread, and looks at it now and then.
pub fn examine(inputs: Vec<Input>, settings: &Settings, watch: &mut Watch<'_>) -> Examination {
    let mut looks = Looks::new(settings);
    let ran = read(inputs, settings, watch, Some(&mut looks));
    let mut cases = Vec::new();
    let document =
        evaluate_each(&ran.shards, settings, ran.read, &mut |case| cases.push(case.clone()));
    let analysis = Analysis {
        document,
        notes: ran.notes,
        interrupted: ran.interrupted,
        memory: Memory::default(),
    };
    Examination { analysis, cases, convicted: looks.convicted }
}

/// Analyses what `tell` tells, as [`crate::analyze_events`] does, and looks at it now and then. Who
/// is told of between a machine's own events may be ahead or behind, and is then judged by that.
pub fn examine_events(
    name: &str,
    settings: &Settings,
    tell: impl FnOnce(&mut Listener<'_>),
) -> Examination {
    let mut looks = Looks::new(settings);
    let (shards, read) = hear_all(name, settings, tell, Some(&mut looks));
    let mut cases = Vec::new();
    let document = evaluate_each(&shards, settings, read, &mut |case| cases.push(case.clone()));
    let analysis =
        Analysis { document, notes: Vec::new(), interrupted: false, memory: Memory::default() };
    Examination { analysis, cases, convicted: looks.convicted }
}

// === impl Looks ===

impl<'a> Looks<'a> {
    pub(crate) const fn new(settings: &'a Settings) -> Self {
        Self { settings, first: None, past: 0, convicted: BTreeMap::new() }
    }

    /// The next event is at `head`: until when may be read without a look? `None` when it is time
    /// for one.
    pub(crate) fn until(&mut self, head: Timestamp) -> Option<Timestamp> {
        let first = *self.first.get_or_insert(head);
        let next = first.plus(offset(self.past));
        (head <= next).then_some(next)
    }

    /// Judges all hosts by what was heard so far; looks that nothing new comes before are skipped.
    pub(crate) fn look(&mut self, shards: &[Shard], head: Timestamp) {
        let first = *self.first.get_or_insert(head);
        let now = first.plus(offset(self.past));
        for rationale in rationales(shards, self.settings) {
            if rationale.verdict == Verdict::Infected {
                self.convicted.entry(rationale.host).or_insert(now);
            }
        }
        while first.plus(offset(self.past)) < head {
            self.past += 1;
        }
    }
}

/// How long after the first event the look of this number is.
fn offset(look: u32) -> Span {
    let doubled = FIRST.nanos().saturating_mul(1u64.checked_shl(look / 2).unwrap_or(u64::MAX));
    // Half as much again stands between two doublings.
    let between = if look.is_multiple_of(2) { 0 } else { doubled / 2 };
    Span::from_nanos(doubled.saturating_add(between))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_half_an_octave_apart_and_never_go_back() {
        let minutes: Vec<f64> = (0..8).map(|look| offset(look).secs_f64() / 60.0).collect();
        assert_eq!(minutes, [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0]);
        assert!((0..300).all(|look| offset(look) <= offset(look + 1)));
    }
}
