//! A replay that takes its time: so many times as fast as it was.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ostium_capture::PacketBlock;
use ostium_event::Timestamp;

use crate::inbox::{Letter, Slot};

/// Packets that are due within this time come together.
const STEP: Duration = Duration::from_millis(5);
/// How long a wait may be before it is looked whether to end.
const LOOK: Duration = Duration::from_millis(100);

/// How fast, and since when.
pub(crate) struct Pace {
    times: f64,
    begun: Option<(Instant, Timestamp)>,
}

// === impl Pace ===

impl Pace {
    pub(crate) fn new(times: f64) -> Self {
        Self { times: if times > 0.0 { times } else { 1.0 }, begun: None }
    }

    /// Hands over the packets of a block, each when it is due; `false` when that is to end.
    pub(crate) fn put(&mut self, block: &PacketBlock, slot: &Slot, stop: &AtomicBool) -> bool {
        let mut rest = block.packets.as_slice();
        while let Some(first) = rest.first() {
            let due = self.due(first.at);
            if !wait(due, stop) {
                return false;
            }
            let mut later = |at| self.due(at) > due + STEP;
            let many = rest.iter().position(|packet| later(packet.at)).unwrap_or(rest.len());
            let (now, after) = rest.split_at(many);
            let mut some = slot.buffer();
            some.bytes.clone_from(&block.bytes);
            some.packets.clear();
            some.packets.extend_from_slice(now);
            if !slot.put(Letter::Packets(some)) {
                return false;
            }
            rest = after;
        }
        true
    }

    /// When a packet of this time is due.
    #[allow(clippy::disallowed_methods, reason = "a replay in real time reads the clock")]
    fn due(&mut self, at: Timestamp) -> Instant {
        let (begun, first) = *self.begun.get_or_insert_with(|| (Instant::now(), at));
        begun + Duration::from_secs_f64(at.since(first).secs_f64() / self.times)
    }
}

/// Waits until then; `false` when it is to end.
#[allow(clippy::disallowed_methods, reason = "a replay in real time reads the clock")]
fn wait(until: Instant, stop: &AtomicBool) -> bool {
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(LOOK));
    }
}
