//! A timer wheel of one-second slots.
//!
//! A flow is entered once when it opens and once more when its time-out shortens; when its slot
//! comes round its true deadline is worked out, and it is entered again if it lived on. So a packet
//! costs nothing here.

#[cfg(test)]
mod tests;

/// Slots of the ring: a little more than an hour.
const SLOTS: usize = 4096;

/// Who is due when.
#[derive(Debug)]
pub(crate) struct Wheel {
    slots: Vec<Vec<u32>>,
    now: u32,
    started: bool,
}

// === impl Wheel ===

impl Wheel {
    pub(crate) fn new() -> Self {
        Self { slots: vec![Vec::new(); SLOTS], now: 0, started: false }
    }

    /// The second that the wheel has reached.
    #[inline]
    pub(crate) const fn now(&self) -> u32 {
        self.now
    }

    /// Enters `id` at second `due` (at the earliest the next one); says which second was taken.
    pub(crate) fn enter(&mut self, id: u32, due: u32) -> u32 {
        let latest = self.now.saturating_add(SLOTS as u32 - 1);
        let due = due.clamp(self.now.saturating_add(1), latest);
        if let Some(slot) = self.slots.get_mut(due as usize % SLOTS) {
            slot.push(id);
        }
        due
    }

    /// Does time `secs` lie ahead of the wheel, so that something may be due?
    #[inline]
    pub(crate) const fn is_behind(&self, secs: u32) -> bool {
        secs > self.now || !self.started
    }

    /// Moves time to `secs`, adding everyone whose slot was passed to `due`, in order. `true` when
    /// all slots were passed, so that nobody is left to be looked at later.
    pub(crate) fn advance(&mut self, secs: u32, due: &mut Vec<u32>) -> bool {
        if !self.started {
            self.started = true;
            self.now = secs;
            return false;
        }
        let steps = (secs.saturating_sub(self.now) as usize).min(SLOTS);
        let first = self.now as usize + 1;
        for at in first..first + steps {
            if let Some(slot) = self.slots.get_mut(at % SLOTS) {
                due.append(slot);
            }
        }
        self.now = secs;
        if steps == SLOTS {
            // Those entered twice are looked at once.
            due.sort_unstable();
            due.dedup();
        }
        steps == SLOTS
    }

    /// Time ran back to `secs`: everyone is looked at again as their slots come round.
    pub(crate) const fn rewind(&mut self, secs: u32) {
        self.now = secs;
    }

    /// Everyone, in slot order, for the end of the input.
    pub(crate) fn drain(&mut self, due: &mut Vec<u32>) {
        let first = self.now as usize + 1;
        for at in first..first + SLOTS {
            if let Some(slot) = self.slots.get_mut(at % SLOTS) {
                due.append(slot);
            }
        }
    }
}
