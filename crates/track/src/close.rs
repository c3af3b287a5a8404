//! Ending flows: time-outs, the end of the input.

use std::hash::BuildHasher;

use ostium_event::{Anomaly, Proto, Timestamp};

use crate::flow::{Flow, Marks};
use crate::observe::Observer;
use crate::reassemble::skip_holes;
use crate::tracker::{Tracker, secs};

/// Trailing packets of a finished connection are taken for this long.
const LINGER: u32 = 3;
/// A SYN is retransmitted for a minute with growing pauses; 40 s is longer than the last of them.
const TCP_UNANSWERED: u32 = 40;
/// Keep-alives of push services come every 15 to 30 minutes; a C2 connection may be as quiet.
const TCP_IDLE: u32 = 45 * 60;
const UDP_ONE_WAY: u32 = 30;
const UDP_IDLE: u32 = 120;

/// Seconds of silence after which a flow has ended.
pub(crate) fn timeout<P>(flow: &Flow<P>) -> u32 {
    let answered = flow.out.packets > 0 && flow.back.packets > 0;
    if flow.key.proto == Proto::TCP {
        return match (flow.marks.is_over(), answered || flow.marks.has(Marks::ACKED)) {
            (true, _) => LINGER,
            (false, true) => TCP_IDLE,
            (false, false) if flow.marks.has(Marks::START) => TCP_UNANSWERED,
            // One direction of a flow whose start was missed.
            (false, false) => TCP_IDLE / 3,
        };
    }
    if answered { UDP_IDLE } else { UDP_ONE_WAY }
}

// === impl Tracker: endings ===

impl<P: Default> Tracker<P> {
    /// Moves time on to `now` (seconds) and ends what has been silent for too long.
    pub(crate) fn expire<O: Observer<P>>(&mut self, now: u32, observer: &mut O) {
        let mut due = std::mem::take(&mut self.due);
        let all = self.wheel.advance(now, &mut due);
        for id in due.drain(..) {
            let Some(flow) = self.flows.get(id) else {
                continue;
            };
            if flow.due > now && !all {
                // An older entry of a flow that was entered again, or of another flow of this id.
                continue;
            }
            let deadline = secs(flow.last).saturating_add(timeout(flow));
            if deadline > now {
                let due = self.wheel.enter(id, deadline);
                if let Some(flow) = self.flows.get_mut(id) {
                    flow.due = due;
                }
            } else {
                self.end(id, observer);
            }
        }
        self.due = due;
    }

    /// A flow that is over is looked at sooner.
    pub(crate) fn hasten(&mut self, id: u32, at: Timestamp) {
        let due = secs(at).saturating_add(LINGER + 1);
        let Some(flow) = self.flows.get_mut(id) else {
            return;
        };
        if flow.due > due {
            flow.due = self.wheel.enter(id, due);
        }
    }

    /// Ends one flow and tells of it.
    pub(crate) fn end<O: Observer<P>>(&mut self, id: u32, observer: &mut O) {
        let Some(flow) = self.flows.get(id) else {
            return;
        };
        let hash = self.hasher.hash_one(flow.key);
        if let Ok(entry) = self.table.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
        let Some(mut flow) = self.flows.remove(id) else {
            return;
        };
        let held = flow.held.as_ref().map_or(0, |h| h.bytes());
        self.held_bytes = self.held_bytes.saturating_sub(held);
        let last = flow.last;
        if flow.held.is_some() {
            skip_holes(&mut flow, last, observer);
        }
        let (info, record) = (flow.info(last), flow.record());
        observer.closed(&info, &mut flow.parser, record);
    }

    /// Time has come to `at`, with or without packets.
    pub fn advance<O: Observer<P>>(&mut self, at: Timestamp, observer: &mut O) {
        let now = secs(at);
        if self.wheel.is_behind(now) {
            self.expire(now, observer);
        }
    }

    /// The input has ended: every flow is told as it stands.
    pub fn finish<O: Observer<P>>(&mut self, observer: &mut O) {
        for lost in self.defrag.drain() {
            observer.anomaly(&lost, Anomaly::FragmentLost);
        }
        let mut due = std::mem::take(&mut self.due);
        self.wheel.drain(&mut due);
        for id in due.drain(..) {
            self.end(id, observer);
        }
        // Whoever the wheel has lost sight of (after time ran backwards).
        for id in 0..self.flows.bound() {
            self.end(id as u32, observer);
        }
        self.due = due;
    }
}
