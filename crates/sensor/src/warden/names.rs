//! Names that the site's resolvers refuse: those that are blocked, and those that are known.

use std::sync::Arc;

use ostium_event::Timestamp;
use ostium_verdict::{BlockSet, Mode, Target};

use super::Warden;
use crate::zone::Names;

// === impl Warden: names ===

impl Warden {
    /// All that the zone is made of.
    pub(crate) fn names(&self, now: Timestamp) -> Names {
        let allowed = self.rails.policy.allow_names.iter().cloned().collect();
        if self.ways.mode != Mode::Block {
            let (blocks, known) = (BlockSet::default(), Arc::default());
            return Names { blocks, known, allowed, now };
        }
        let is_name = |block: &&ostium_verdict::Block| matches!(block.target, Target::Name(_));
        let blocks = self.blocks().filter(is_name).cloned().collect();
        Names { blocks, known: Arc::clone(&self.known_names), allowed, now }
    }

    /// Has the zone say what is blocked now, unless it is still busy with what was before.
    pub(super) fn tell_zone(&mut self, now: Timestamp) {
        if let Some(zone) = self.zone.as_ref().filter(|_| self.zone_is_old) {
            self.zone_is_old = !zone.take(self.names(now));
        }
    }
}
