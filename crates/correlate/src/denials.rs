//! How often organisations call something harmless: who denies everything says nothing.

use std::collections::BTreeMap;

use ostium_event::Timestamp;

use crate::{OrgId, Policy};

/// What each organisation denied lately, and when.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    of: BTreeMap<OrgId, BTreeMap<u64, Timestamp>>,
}

/// A denial whose share is below this is none: it withdraws nothing at once, and costs nobody. With
/// three in full, the fourth has 0.56.
pub(crate) const COUNTS: f64 = 0.6;
/// Denials remembered for one organisation: with so many their share is nothing.
const MOST: usize = 1_000;

// === impl Denials ===

impl Denials {
    /// Notes one; the same case counts once.
    pub(crate) fn note(&mut self, who: OrgId, case: u64, policy: &Policy, now: Timestamp) {
        let all = self.of.entry(who).or_default();
        all.retain(|_, at| now.since(*at).nanos() < policy.denial_window.nanos());
        if all.len() < MOST {
            all.insert(case, now);
        }
    }

    /// It no longer calls that case harmless, or the case is gone.
    pub(crate) fn forget(&mut self, who: OrgId, case: u64) {
        if let Some(all) = self.of.get_mut(&who) {
            all.remove(&case);
        }
    }

    /// How much a denial of this organisation counts, 0 to 1.
    pub(crate) fn share(&self, who: OrgId, policy: &Policy, now: Timestamp) -> f64 {
        let Some(all) = self.of.get(&who) else { return 1.0 };
        let young = |at: &&Timestamp| now.since(**at).nanos() < policy.denial_window.nanos();
        let many = all.values().filter(young).count();
        let share = (f64::from(policy.denials) / many.max(1) as f64).min(1.0);
        // Squared: the more there are, the less all of them together count.
        share * share
    }
}
