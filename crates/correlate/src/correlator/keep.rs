//! What outlives a restart: a service keeps it, this only says what.

use ostium_event::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Correlator, Stands};
use crate::{Case, Organisation, Policy, Rails, Reason};

/// A case, and how it stands published if it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptCase {
    /// The case.
    pub case: Case,
    /// Until when it stands published, by how many, how sure, and to how many canaries.
    pub stands: Option<(Timestamp, u16, u8, u16)>,
}

// === impl Correlator: keep ===

impl Correlator {
    /// One that goes on from what was kept.
    pub fn restored(
        policy: Policy,
        rails: Rails,
        organisations: impl IntoIterator<Item = Organisation>,
        cases: impl IntoIterator<Item = KeptCase>,
    ) -> Self {
        let mut it = Self::new(policy, rails);
        for organisation in organisations {
            it.organisations.insert(organisation.id, organisation);
        }
        for KeptCase { case, stands } in cases {
            it.next = it.next.max(case.id + 1);
            it.of.insert(case.subject.clone(), case.id);
            for (who, vote) in case.votes.iter().filter(|(_, vote)| vote.denies) {
                it.denials.note(*who, case.id, &it.policy, vote.last);
            }
            if let Some((until, organisations, confidence, canary)) = stands {
                it.stands(&case, Stands { until, organisations, confidence, canary });
            }
            // What another version's rails let pass is withdrawn at once.
            let on_a_rail = stands.is_some() && it.kept(&case.subject).is_some();
            if on_a_rail || matches!(case.reasons.last(), Some((.., Reason::Waits))) {
                it.touched.insert(case.id);
            }
            it.cases.insert(case.id, case);
        }
        it
    }

    /// A case as it is to be kept.
    pub fn keep(&self, id: u64) -> Option<KeptCase> {
        let stands = self.published.get(&id);
        let stands = stands.map(|s| (s.until, s.organisations, s.confidence, s.canary));
        Some(KeptCase { case: self.cases.get(&id)?.clone(), stands })
    }

    /// The numbers of cases that changed, or are gone, since this was asked last.
    pub fn changed(&mut self) -> std::collections::BTreeSet<u64> {
        std::mem::take(&mut self.changed)
    }
}
