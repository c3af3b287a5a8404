//! All machines of a world at once, merged by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ostium_event::Timestamp;

use crate::actor::Run;
use crate::record::Told;

/// A world being played.
pub(crate) struct Play {
    runs: Vec<Run>,
    /// Who is next, and when.
    turns: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

// === impl Play ===

impl Play {
    pub(crate) fn new(mut runs: Vec<Run>) -> Self {
        let mut turns = BinaryHeap::with_capacity(runs.len());
        for (n, run) in runs.iter_mut().enumerate() {
            turns.extend(run.next_at().map(|at| Reverse((at, n))));
        }
        Self { runs, turns }
    }

    /// Tells the facts of whoever is next, up to their time; false when all is told. The machine
    /// is told by its number.
    pub(crate) fn tell(&mut self, hear: &mut dyn FnMut(usize, &Told)) -> bool {
        let Some(Reverse((_, n))) = self.turns.pop() else {
            return false;
        };
        if let Some(run) = self.runs.get_mut(n) {
            run.tell(&mut |told| hear(n, told));
            self.turns.extend(run.next_at().map(|at| Reverse((at, n))));
        }
        true
    }

    /// The world has ended: every flow is told as it stands.
    pub(crate) fn finish(&mut self, hear: &mut dyn FnMut(usize, &Told)) {
        for (n, run) in self.runs.iter_mut().enumerate() {
            run.finish(&mut |told| hear(n, told));
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
