//! A case that was touched is looked at again: its state, and what follows from that.

use ostium_event::{Span, Timestamp};

use super::{Correlator, Stands};
use crate::score::{Score, score};
use crate::{Case, Decision, Ground, Kept, OrgId, Reason, State, Value, Vote};

// === impl Correlator: judge ===

impl Correlator {
    /// Looks at a case; what is new and has no turn yet is left as it is, and `true` is said.
    pub(super) fn judge(
        &mut self,
        case: &mut Case,
        now: Timestamp,
        turn: bool,
        decisions: &mut Vec<Decision>,
    ) -> bool {
        let found = score(case, &self.organisations, &self.policy, &self.denials, now);
        let kept = self.rails.keep(&case.subject, &self.organisations);
        let (state, why) = self.next_state(case, &found, kept, now);
        let was = self.published.get(&case.id).copied();
        if state == State::Confirmed && was.is_none() {
            if !turn {
                return true;
            }
            if self.minute.1 >= self.policy.most_a_minute && case.ordered != Some(true) {
                self.waiting.insert(case.id);
                case.go(State::Suspected, Reason::Waits, now);
                return false;
            }
            self.minute.1 += 1;
        }
        case.go(state, why.clone(), now);
        if state == State::Confirmed {
            self.publish(case, &found, was, now, decisions);
            self.praise(case, now);
            if was.is_none() {
                self.patterns.look_at(case.id);
                self.acquit(case);
            }
            return false;
        }
        if was.is_some() {
            self.falls(case);
            decisions.push(Decision::Withdraw { id: case.id, reason: why });
        }
        if state == State::Withdrawn {
            self.blame(case, &found);
        }
        false
    }

    fn next_state(
        &self,
        case: &Case,
        found: &Score,
        kept: Option<Kept>,
        now: Timestamp,
    ) -> (State, Reason) {
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let evidence = Reason::Evidence {
            probability: thousandths(found.probability),
            organisations: count(found.organisations),
            networks: count(found.networks),
        };
        let analyst = || match case.reasons.iter().rev().find(|(.., why)| is_order(why)) {
            Some((.., why)) => why.clone(),
            None => Reason::Analyst { note: String::new() },
        };
        let rail = |kept: &Kept| Reason::Rail { rail: kept.to_string() };
        let published = self.published.contains_key(&case.id);
        if case.ordered == Some(false) {
            return (State::Withdrawn, analyst());
        }
        if let Some(kept) = &kept
            && (published || case.ordered == Some(true))
        {
            return (State::Withdrawn, rail(kept));
        }
        if self.killed {
            return (State::Suspected, Reason::Rail { rail: "the kill switch is on".to_owned() });
        }
        if case.ordered == Some(true) {
            return (State::Confirmed, analyst());
        }
        let quorum = found.organisations >= self.policy.organisations
            && found.networks >= self.policy.networks
            && found.vouched >= self.policy.vouched_supporters
            // Patterns alone would bring forth what they are learned from.
            && found.own > 0;
        if published {
            if found.deniers > 0 && found.probability < self.policy.hold {
                return (State::Withdrawn, Reason::FalsePositive);
            }
            if now >= case.seen.plus(self.life(&case.subject)) {
                return (State::Expired, Reason::Silence);
            }
            if case.published.is_some_and(|at| now >= at.plus(self.policy.keep_at_most)) {
                return (State::Expired, Reason::Age);
            }
            return (State::Confirmed, evidence);
        }
        // What was published for as long as anything may be stays expired until an analyst says
        // otherwise: its sightings would bring it back at once, and for ever.
        let end = case.reasons.last();
        if case.state == State::Expired && matches!(end, Some((.., Reason::Age))) {
            return (State::Expired, Reason::Age);
        }
        // What was withdrawn for its collateral stays so until an analyst says otherwise; for one
        // organisation's word, for a time.
        let collateral = |(.., why): &&(_, _, Reason)| matches!(why, Reason::Collateral { .. });
        if case.state == State::Withdrawn
            && let Some((at, _, why)) = case.reasons.iter().rev().find(collateral)
            && (self.is_denied_by_quorum(found) || now < at.plus(self.policy.collateral_hold))
        {
            return (State::Withdrawn, why.clone());
        }
        if quorum && found.probability >= self.policy.confirm {
            return match &kept {
                Some(kept) => (State::Suspected, rail(kept)),
                None => (State::Confirmed, evidence),
            };
        }
        let state = match case.state {
            State::Expired | State::Withdrawn => case.state,
            _ if found.probability >= self.policy.suspect => State::Suspected,
            _ => State::Observed,
        };
        (state, evidence)
    }

    fn publish(
        &mut self,
        case: &mut Case,
        found: &Score,
        was: Option<Stands>,
        now: Timestamp,
        decisions: &mut Vec<Decision>,
    ) {
        if was.is_none() {
            // Another life: what ended in silence may be met again years later.
            case.published = Some(now);
        }
        let first = case.published.unwrap_or(now);
        let by_analyst = case.ordered == Some(true);
        let keep = self.life(&case.subject);
        let most = first.plus(self.policy.keep_at_most);
        // An analyst's word holds until an analyst takes it back.
        let until = if by_analyst { now.plus(keep) } else { case.seen.plus(keep).min(most) };
        let shown_until = first.plus(self.policy.canary);
        let canary = if now < shown_until && !by_analyst { self.policy.canary_share } else { 0 };
        // The same again is only worth a delta when it lives notably longer, is about to end, or
        // goes to more.
        let same = was.is_some_and(|old| {
            let longer = until.since(old.until).nanos();
            // By a step that is worth a delta, or else at the last moment.
            let step = if now >= old.until { 1 } else { keep.nanos() / 32 };
            let ends = now >= renewal(old.until, keep) && longer >= step;
            old.canary == canary && longer < keep.nanos() / 4 && !ends
        });
        if same {
            return;
        }
        self.falls(case);
        // Votes grow old while sightings keep it alive; that makes it no less sure.
        let (sure, by) = was.map_or((0, 0), |old| (old.confidence, old.organisations));
        let organisations = u16::try_from(found.organisations).unwrap_or(u16::MAX).max(by);
        let now_sure = if by_analyst { 100 } else { confidence(found.probability) };
        let confidence = now_sure.max(sure);
        self.stands(case, Stands { until, organisations, confidence, canary });
        decisions.push(Decision::Publish {
            id: case.id,
            value: Value::Indicator(case.subject.clone()),
            confidence,
            family: case.family().map(str::to_owned),
            until,
            organisations,
            canary,
            ground: if by_analyst { Ground::Analyst } else { Ground::Quorum },
        });
    }

    /// It stands published, and is looked at again when that is about to end.
    pub(super) fn stands(&mut self, case: &Case, stands: Stands) {
        self.due.extend(self.dues(case, &stands));
        self.published.insert(case.id, stands);
    }

    /// It does not stand published any more.
    pub(super) fn falls(&mut self, case: &Case) {
        if let Some(stands) = self.published.remove(&case.id) {
            for due in self.dues(case, &stands) {
                self.due.remove(&due);
            }
        }
    }

    /// When what stands is to be looked at again.
    fn dues(&self, case: &Case, stands: &Stands) -> impl Iterator<Item = (Timestamp, u64)> + use<> {
        let shown_until = case.published.map(|at| at.plus(self.policy.canary));
        let shown_until = shown_until.filter(|_| stands.canary > 0);
        let renewal = renewal(stands.until, self.life(&case.subject));
        let id = case.id;
        [Some(renewal), Some(stands.until), shown_until]
            .into_iter()
            .flatten()
            .map(move |at| (at, id))
    }

    /// Others confirmed what these said on their own: their word is worth more.
    fn praise(&mut self, case: &mut Case, now: Timestamp) {
        if std::mem::replace(&mut case.settled, true) {
            return;
        }
        let policy = &self.policy;
        let weigh = |id: &OrgId| {
            self.organisations.get(id).map_or(0.0, |member| member.weight(policy, now))
        };
        let speaks = |vote: &Vote| vote.independent && vote.log_odds >= policy.support;
        let weighty: Vec<OrgId> = case
            .votes
            .iter()
            .filter(|(id, vote)| speaks(vote) && weigh(id) >= policy.least_weight)
            .map(|(id, _)| *id)
            .collect();
        for (id, vote) in &case.votes {
            // Its own word does not make it right.
            let others = weighty.iter().any(|other| other != id) || case.ordered == Some(true);
            let Some(organisation) = self.organisations.get_mut(id) else { continue };
            if speaks(vote) && others {
                organisation.standing.right = organisation.standing.right.saturating_add(1);
            } else if vote.denies {
                // More say otherwise: a doubt, for liars could be the more.
                organisation.standing.doubted = organisation.standing.doubted.saturating_add(1);
            }
        }
    }

    /// As many say that it is harmless as would have to say that it is not.
    const fn is_denied_by_quorum(&self, found: &Score) -> bool {
        found.deniers >= self.policy.organisations && found.denying_networks >= self.policy.networks
    }

    /// It was harmless: who supported it is believed less, and what it earned by it is taken back.
    /// By the word of one organisation alone it is only doubted.
    fn blame(&mut self, case: &mut Case, found: &Score) {
        let by_one = matches!(
            case.reasons.last(),
            Some((.., Reason::FalsePositive | Reason::Collateral { .. }))
        ) && !self.is_denied_by_quorum(found);
        if by_one && (std::mem::replace(&mut case.doubted, true) || found.deniers == 0) {
            return;
        }
        let doubted = !by_one && std::mem::replace(&mut case.doubted, false);
        let praised = std::mem::replace(&mut case.settled, false);
        for (id, vote) in &mut case.votes {
            let supports = vote.log_odds >= self.policy.support && vote.independent;
            let Some(organisation) = self.organisations.get_mut(id).filter(|_| supports) else {
                continue;
            };
            let standing = &mut organisation.standing;
            standing.right = standing.right.saturating_sub(u32::from(praised));
            if by_one {
                standing.doubted = standing.doubted.saturating_add(1);
                continue;
            }
            standing.doubted = standing.doubted.saturating_sub(u32::from(doubted));
            standing.wrong = standing.wrong.saturating_add(1);
            // It is blamed once.
            vote.independent = false;
        }
    }

    /// It was doubted, and more have said it since: the doubt is taken back.
    fn acquit(&mut self, case: &mut Case) {
        if !std::mem::replace(&mut case.doubted, false) {
            return;
        }
        for (id, vote) in &case.votes {
            let Some(organisation) = self.organisations.get_mut(id) else { continue };
            let doubted = &mut organisation.standing.doubted;
            if vote.independent && vote.log_odds >= self.policy.support {
                *doubted = doubted.saturating_sub(1);
            }
        }
    }
}

/// When what ends at `until` is given to all anew, if it lives on: an eighth of its life before.
fn renewal(until: Timestamp, keep: Span) -> Timestamp {
    until.minus(Span::from_nanos(keep.nanos() / 8))
}

const fn is_order(why: &Reason) -> bool {
    matches!(why, Reason::Analyst { .. })
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability lies between 0 and 1"
)]
fn thousandths(p: f64) -> u16 {
    (p * 1_000.0) as u16
}

/// 0 to 100.
fn confidence(p: f64) -> u8 {
    u8::try_from(thousandths(p) / 10).unwrap_or(100)
}
