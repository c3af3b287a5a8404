//! All machines of a world at once, merged by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ostium_event::{Span, Timestamp};

use crate::actor::Run;
use crate::record::Told;

/// A world being played.
pub(crate) struct Play {
    runs: Vec<Run>,
    /// Who is next, and when.
    turns: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

/// The longest that one machine is told of at once where the order of all matters.
const PIECE: Span = Span::from_secs(60);

// === impl Play ===

impl Play {
    pub(crate) fn new(mut runs: Vec<Run>) -> Self {
        let mut turns = BinaryHeap::with_capacity(runs.len());
        for (n, run) in runs.iter_mut().enumerate() {
            turns.extend(run.next_at().map(|at| Reverse((at, n))));
        }
        Self { runs, turns }
    }

    /// Tells the facts of whoever is next, until another's are due by more than `slack`; false
    /// when all is told. The machine is told by its number.
    pub(crate) fn tell(&mut self, slack: Span, hear: &mut dyn FnMut(usize, &Told)) -> bool {
        let Some(Reverse((at, n))) = self.turns.pop() else {
            return false;
        };
        if let Some(run) = self.runs.get_mut(n) {
            let other = self.turns.peek().map_or(Timestamp::MAX, |Reverse((at, _))| *at);
            // A world of one is told in pieces too, so that a watcher can end it.
            let until = other.plus(slack).min(at.plus(slack.max(PIECE)));
            run.tell(until, &mut |told| hear(n, told));
            self.turns.extend(run.next_at().map(|at| Reverse((at, n))));
        }
        true
    }

    /// The world has ended: every flow is told as it stands, in order of its end.
    pub(crate) fn finish(&mut self, hear: &mut dyn FnMut(usize, &Told)) {
        let mut last = Vec::new();
        for (n, run) in self.runs.iter_mut().enumerate() {
            run.finish(&mut |told| last.push((n, told)));
        }
        last.sort_by_key(|(_, told)| told.at);
        for (n, told) in &last {
            hear(*n, told);
        }
    }

    /// Appends the next packet to `out`; when it passes.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) -> Option<Timestamp> {
        let Reverse((_, n)) = self.turns.pop()?;
        let run = self.runs.get_mut(n)?;
        let at = run.write(out);
        self.turns.extend(run.next_at().map(|at| Reverse((at, n))));
        at
    }
}
