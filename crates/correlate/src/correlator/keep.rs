//! What outlives a restart: a service keeps it, this only says what.

use std::collections::BTreeMap;

use ostium_event::Timestamp;
use ostium_intel::{IndicatorValue, Mark};
use serde::{Deserialize, Serialize};

use super::{Correlator, Flood, Learned, Maker, Stands};
use crate::{Case, OrgId, Organisation, Policy, Rails, Reason};

/// A case, and how it stands published if it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptCase {
    /// The case.
    pub case: Case,
    /// Until when it stands published, by how many, how sure, and to how many canaries.
    pub stands: Option<(Timestamp, u16, u8, u16)>,
}

/// What is kept beside cases, each under a key of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptPart {
    /// The next number: none is ever given to two things.
    Next(u64),
    /// A pattern.
    Pattern(Box<Learned>),
    /// A mark of harmless traffic, and who says so.
    Common(Mark, BTreeMap<OrgId, Timestamp>),
    /// A generator of names.
    Maker(Box<Maker>),
    /// A victim.
    Flood(Box<Flood>),
}

// === impl Correlator: keep ===

impl Correlator {
    /// One that goes on from what was kept.
    pub fn restored(
        policy: Policy,
        rails: Rails,
        organisations: impl IntoIterator<Item = Organisation>,
        cases: impl IntoIterator<Item = KeptCase>,
        parts: impl IntoIterator<Item = KeptPart>,
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
            it.patterns.restore_case(&case);
            it.makers.see(&case.subject, case.id);
            if matches!(case.subject, IndicatorValue::Domain(_)) {
                for addr in case.leads.keys() {
                    it.led_by.entry(*addr).or_default().insert(case.id);
                }
            }
            it.cases.insert(case.id, case);
        }
        for part in parts {
            it.take_in(part);
        }
        it.patterns.restored();
        it.kept_next = it.next;
        it
    }

    fn take_in(&mut self, part: KeptPart) {
        match part {
            KeptPart::Next(next) => self.next = self.next.max(next),
            KeptPart::Pattern(learned) => {
                self.next = self.next.max(learned.id + 1);
                for (who, at) in &learned.against {
                    self.denials.note(*who, learned.id, &self.policy, *at);
                }
                self.patterns.restore(*learned);
            }
            KeptPart::Maker(maker) => {
                self.next = self.next.max(maker.id + 1);
                self.makers.put(*maker);
            }
            KeptPart::Flood(flood) => {
                self.next = self.next.max(flood.id + 1);
                for (who, at) in &flood.against {
                    self.denials.note(*who, flood.id, &self.policy, *at);
                }
                self.floods.put(*flood);
            }
            KeptPart::Common(mark, who) => self.patterns.restore_common(mark, who),
        }
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

    /// What else changed since this was asked last, under its key; `None` is gone.
    pub fn changed_parts(&mut self) -> Vec<(String, Option<KeptPart>)> {
        let mut parts = self.patterns.keep();
        parts.extend(self.floods.keep());
        parts.extend(self.makers.keep());
        if self.next != std::mem::replace(&mut self.kept_next, self.next) {
            parts.push(("next".to_owned(), Some(KeptPart::Next(self.next))));
        }
        parts
    }
}
