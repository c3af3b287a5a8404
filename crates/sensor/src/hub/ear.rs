//! What the hub said and the main thread has not heard yet: bounded, and nobody ever waits.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ostium_uplink::Heard;

/// Pieces that wait; of more the main thread only needs to know that all may be different.
const WAITING: usize = 1_024;

/// The pieces, in order.
#[derive(Debug, Default)]
pub(crate) struct Ear(Mutex<VecDeque<Heard>>);

// === impl Ear ===

impl Ear {
    /// Adds one; is it the first that waits?
    pub(crate) fn add(&self, heard: Heard) -> bool {
        let mut all = self.all();
        if all.len() >= WAITING {
            all.clear();
            all.push_back(Heard::Whole);
        }
        all.push_back(heard);
        all.len() == 1
    }

    /// All of them; none waits then.
    pub(crate) fn take(&self) -> VecDeque<Heard> {
        std::mem::take(&mut *self.all())
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_but_its_details() {
        let ear = Ear::default();
        assert!(ear.add(Heard::Changed(vec![1])));
        assert!(!ear.add(Heard::Changed(vec![2])));
        assert_eq!(ear.take(), [Heard::Changed(vec![1]), Heard::Changed(vec![2])]);
        for n in 0..5_000 {
            ear.add(Heard::Changed(vec![n]));
        }
        let all = ear.take();
        assert!(all.len() <= WAITING + 1);
        assert_eq!(all.front(), Some(&Heard::Whole), "what went before may be anything");
        assert_eq!(all.back(), Some(&Heard::Changed(vec![4_999])));
        assert!(ear.take().is_empty());
    }
}
