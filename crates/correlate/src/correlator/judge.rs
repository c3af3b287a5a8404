//! A case that was touched is looked at again: its state, and what follows from that.

use std::collections::BTreeMap;

use ostium_event::{Span, Timestamp};

use super::mutual::Mutual;
use super::{Correlator, Stands};
use crate::score::{Score, score};
use crate::{Case, Decision, Ground, Kept, OrgId, Reason, State, Value, Vote};

/// How sure is what rests on names or contacts, 0 to 100.
const MUTUAL_SURE: u8 = 75;

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
        let witnesses = self.witnesses(case, now);
        let (all, policy) = (&self.organisations, &self.policy);
        let found = score(case, all, policy, &self.denials, &witnesses, now);
        let kept = self.rails.keep(&case.subject, &self.organisations);
        let mutual = self.mutual(case, now);
        let (state, why, ground) = self.next_state(case, &found, kept, mutual.as_ref(), now);
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
            if case.ground != ground {
                // On other ground it is told anew, and looked at at other times.
                self.falls(case);
                case.ground = ground;
            }
            let mutual = mutual.filter(|mutual| mutual.ground == ground);
            self.publish(case, &found, mutual.as_ref(), was, now, decisions);
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
        mutual: Option<&Mutual>,
        now: Timestamp,
    ) -> (State, Reason, Ground) {
        let (state, why) = self.next_of_itself(case, found, kept.as_ref(), now);
        if case.ordered == Some(true) && state == State::Confirmed {
            return (state, why, Ground::Analyst);
        }
        let published = self.published.contains_key(&case.id);
        let stands = published && matches!(case.ground, Ground::Flux | Ground::Peers);
        let may = case.ordered.is_none() && !self.killed && kept.is_none();
        if !may || (state == State::Confirmed && !stands) {
            return (state, why, Ground::Quorum);
        }
        self.next_by_others(case, found, mutual, (state, why), now)
    }

    /// The same, of what may rest on names or contacts.
    fn next_by_others(
        &self,
        case: &Case,
        found: &Score,
        mutual: Option<&Mutual>,
        itself: (State, Reason),
        now: Timestamp,
    ) -> (State, Reason, Ground) {
        let (state, why) = itself;
        let published = self.published.contains_key(&case.id);
        let popular = self.is_denied(&popular(case), now);
        if !(published && matches!(case.ground, Ground::Flux | Ground::Peers)) {
            let held = self.held_by(case, found, now).is_some() || why == Reason::Age;
            return match mutual {
                Some(mutual) if found.deniers == 0 && !popular && !held => {
                    (State::Confirmed, mutual.why.clone(), mutual.ground)
                }
                _ => (state, why, Ground::Quorum),
            };
        }
        if self.is_confirmed(found) {
            return (State::Confirmed, evidence(found), Ground::Quorum);
        }
        if found.deniers > 0 || popular {
            return (State::Withdrawn, Reason::FalsePositive, case.ground);
        }
        if case.published.is_some_and(|at| now >= at.plus(self.policy.keep_at_most)) {
            return (State::Expired, Reason::Age, case.ground);
        }
        match mutual {
            Some(mutual) => (State::Confirmed, mutual.why.clone(), mutual.ground),
            // The name does not stand any more.
            None if case.ground == Ground::Flux && case.bound.is_empty() => {
                (State::Withdrawn, Reason::Source, case.ground)
            }
            None => (State::Expired, Reason::Silence, case.ground),
        }
    }

    /// Evidence and quorum of its own.
    fn is_confirmed(&self, found: &Score) -> bool {
        found.organisations >= self.policy.organisations
            && found.networks >= self.policy.networks
            && found.vouched >= self.policy.vouched_supporters
            // Patterns alone would bring forth what they are learned from.
            && found.own > 0
            && found.probability >= self.policy.confirm
    }

    /// What was withdrawn for its collateral stays so until an analyst says otherwise; for one
    /// organisation's word, for a time.
    fn held_by<'a>(&self, case: &'a Case, found: &Score, now: Timestamp) -> Option<&'a Reason> {
        let collateral = |(.., why): &&(_, _, Reason)| matches!(why, Reason::Collateral { .. });
        let (at, _, why) = case.reasons.iter().rev().find(collateral)?;
        let held = self.is_denied_by_quorum(found) || now < at.plus(self.policy.collateral_hold);
        (case.state == State::Withdrawn && held).then_some(why)
    }

    fn next_of_itself(
        &self,
        case: &Case,
        found: &Score,
        kept: Option<&Kept>,
        now: Timestamp,
    ) -> (State, Reason) {
        let evidence = evidence(found);
        let analyst = || match case.reasons.iter().rev().find(|(.., why)| is_order(why)) {
            Some((.., why)) => why.clone(),
            None => Reason::Analyst { note: String::new() },
        };
        let rail = |kept: &Kept| Reason::Rail { rail: kept.to_string() };
        let published = self.published.contains_key(&case.id);
        if case.ordered == Some(false) {
            return (State::Withdrawn, analyst());
        }
        if let Some(kept) = kept
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
        if let Some(why) = self.held_by(case, found, now) {
            return (State::Withdrawn, why.clone());
        }
        if self.is_confirmed(found) {
            return match kept {
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
        mutual: Option<&Mutual>,
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
        let until = match mutual {
            Some(mutual) => mutual.until.min(most),
            None if by_analyst => now.plus(keep),
            None => case.seen.plus(keep).min(most),
        };
        let share = if mutual.is_some() { 1_000 } else { self.policy.canary_share };
        let shown = now < first.plus(self.show(case)) && !by_analyst;
        let canary = if shown { share } else { 0 };
        // The same again is only worth a delta when it lives notably longer, is about to end, or
        // goes to more.
        let stands = self.published.contains_key(&case.id);
        let same = was.filter(|_| stands).is_some_and(|old| {
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
        let organisations = match mutual {
            Some(mutual) => mutual.organisations,
            None => u16::try_from(found.organisations).unwrap_or(u16::MAX).max(by),
        };
        let now_sure = match mutual {
            // Less than of what was found by itself.
            Some(_) => MUTUAL_SURE,
            None if by_analyst => 100,
            None => confidence(found.probability),
        };
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
            ground: case.ground,
        });
    }

    /// How long it is only for show.
    const fn show(&self, case: &Case) -> Span {
        match case.ground {
            Ground::Flux | Ground::Peers => self.policy.mutual_show,
            Ground::Quorum | Ground::Analyst => self.policy.canary,
        }
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
        let shown_until = case.published.map(|at| at.plus(self.show(case)));
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

fn evidence(found: &Score) -> Reason {
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    Reason::Evidence {
        probability: thousandths(found.probability),
        organisations: count(found.organisations),
        networks: count(found.networks),
    }
}

/// Who says that a crowd keeps contact with it.
fn popular(case: &Case) -> BTreeMap<OrgId, Timestamp> {
    let popular = case.contacts.iter().filter(|(_, contact)| contact.popular);
    popular.map(|(who, contact)| (*who, contact.last)).collect()
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
