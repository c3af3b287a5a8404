//! How far a pattern is, and what follows from that.

use std::collections::BTreeMap;

use ostium_event::{Span, Timestamp};

use super::super::Correlator;
use super::super::orders::{confirms, forbids};
use super::learn::Ground;
use super::{Key, Learned, Met};
use crate::denials::COUNTS;
use crate::{Decision, Finding, Ground as Basis, OrgId, Reason, Report, State, Value};

// === impl Correlator: patterns ===

impl Correlator {
    /// A report about a conversation that matched patterns, or whose shape is that of a crowd.
    pub(in crate::correlator) fn hear_shape(
        &mut self,
        from: OrgId,
        report: &Report,
        now: Timestamp,
    ) {
        if !self.counts(from, now) {
            return;
        }
        let policy = &self.policy;
        let harmless = report.finding == Finding::FalsePositive
            || (report.crowd >= policy.collateral && report.hosts >= policy.collateral_hosts);
        if let Some(shape) = report.shape.as_deref().filter(|_| harmless) {
            self.patterns.call_common(shape.marks(), from, now);
        }
        let says = matches!(report.finding, Finding::Suspicious { log_odds, .. }
            if log_odds >= policy.support && !report.by_pattern);
        // To meet what is confirmed anyway is no mistake of the pattern.
        let of = self.of.get(&report.subject);
        let confirmed = of.is_some_and(|case| self.published.contains_key(case));
        // What stands on a rail is harmless, whoever met it.
        let harmless = harmless || self.kept(&report.subject).is_some();
        for id in &report.patterns {
            if !self.patterns.known.contains_key(id) {
                continue;
            }
            if harmless {
                self.denials.note(from, *id, &self.policy, now);
            }
            let Some(known) = self.patterns.known.get_mut(id) else { continue };
            if harmless {
                known.against.insert(from, now);
            } else {
                let met = known.hits.entry(from).or_insert(Met { first: now, proven: false });
                met.proven |= says || confirmed;
                if says {
                    // It thinks better of it.
                    known.against.remove(&from);
                    self.denials.forget(from, *id);
                    known.seen = known.seen.max(report.seen.1.min(now));
                }
            }
            self.patterns.dirty.insert(*id);
        }
    }

    /// Learns, and looks at every pattern that was touched or is due.
    pub(in crate::correlator) fn decide_patterns(
        &mut self,
        now: Timestamp,
        decisions: &mut Vec<Decision>,
    ) {
        self.learn(now);
        while let Some(&(at, id)) = self.patterns.due.first().filter(|(at, _)| *at <= now) {
            self.patterns.due.remove(&(at, id));
            self.patterns.dirty.insert(id);
        }
        for id in std::mem::take(&mut self.patterns.dirty) {
            let Some(mut known) = self.patterns.known.get(&id).cloned() else { continue };
            if let Some(next) = known.next.take() {
                self.patterns.due.remove(&(next, id));
            }
            self.judge_pattern(&mut known, now, decisions);
            self.patterns.changed.insert(Key::Pattern(id));
            self.patterns.put(known);
        }
    }

    fn judge_pattern(&mut self, known: &mut Learned, now: Timestamp, to: &mut Vec<Decision>) {
        let alike = self.patterns.alike(known);
        let cases: Vec<_> = alike.iter().filter_map(|id| self.cases.get(id)).collect();
        let ground = self.ground(&cases, &|shape| known.pattern.matches(shape), now);
        let sources = cases.iter().filter(|case| known.cases.contains(&case.id));
        let last = sources.map(|case| case.seen).max().unwrap_or(Timestamp::ZERO);
        known.seen = known.seen.max(last.min(now));
        // Of equals the first in the alphabet.
        let most = ground.families.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        known.family = most.map(|(family, _)| family.clone());
        let unproven = self.unproven(known, now);
        let (state, why) = self.pattern_state(known, &ground, &unproven, now);
        if state == State::Confirmed && known.stands.is_none() && !self.takes_turn() {
            (known.state, known.why) = (State::Suspected, Reason::Waits);
            known.next = Some(Timestamp::from_secs((now.secs() / 60 + 1) * 60));
            return;
        }
        (known.state, known.why) = (state, why);
        if state == State::Confirmed {
            self.publish_pattern(known, &ground, unproven.len(), now, to);
            return;
        }
        // What was withdrawn by one word is looked at again when that word is old.
        let again = known.against.values().map(|at| at.plus(self.policy.collateral_hold));
        known.next = again.filter(|at| *at > now).min();
        if known.stands.take().is_some() {
            known.published = None;
            to.push(Decision::Withdraw { id: known.id, reason: known.why.clone() });
        }
    }

    fn pattern_state(
        &self,
        known: &Learned,
        ground: &Ground,
        unproven: &[OrgId],
        now: Timestamp,
    ) -> (State, Reason) {
        let policy = &self.policy;
        if self.killed {
            return (State::Suspected, Reason::Rail { rail: "the kill switch is on".to_owned() });
        }
        if let Some(why) = forbids(known.ordered.as_ref()) {
            return (State::Withdrawn, why);
        }
        if let Some(ordered) = known.ordered.as_ref() {
            return (State::Confirmed, ordered.why());
        }
        if self.is_denied(&known.against, now) {
            return (State::Withdrawn, Reason::FalsePositive);
        }
        if self.is_quorum(unproven) {
            return (State::Withdrawn, Reason::Unproven);
        }
        if ground.harmless {
            return (State::Withdrawn, Reason::Source);
        }
        let doubted = ground.doubters.len() >= policy.pattern_doubts;
        if known.stands.is_some() {
            if doubted || self.has_common(&known.pattern, now) {
                return (State::Withdrawn, Reason::Common);
            }
            if now >= known.seen.plus(policy.keep_pattern) {
                return (State::Expired, Reason::Silence);
            }
            if known.published.is_some_and(|at| now >= at.plus(policy.keep_at_most)) {
                return (State::Expired, Reason::Age);
            }
        } else if doubted || self.has_common(&known.pattern, now) || !self.is_founded(ground) {
            return (State::Observed, Reason::Reported);
        } else if now >= known.seen.plus(policy.keep_pattern) {
            return (State::Expired, Reason::Silence);
        } else if known.state == State::Expired && known.why == Reason::Age {
            return (State::Expired, Reason::Age);
        }
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let (organisations, networks) = (count(ground.tellers.len()), count(ground.networks.len()));
        (State::Confirmed, Reason::Alike { organisations, networks })
    }

    fn publish_pattern(
        &self,
        known: &mut Learned,
        ground: &Ground,
        unproven: usize,
        now: Timestamp,
        to: &mut Vec<Decision>,
    ) {
        let policy = &self.policy;
        let first = *known.published.get_or_insert(now);
        let until = known.seen.plus(policy.keep_pattern).min(first.plus(policy.keep_at_most));
        let shown_until = first.plus(policy.pattern_show);
        // What was met lately may still be proven: until then it stays for show, if it is that.
        let open = known.hits.iter().any(|(who, met)| !met.proven && self.counts(*who, now));
        let shown = known.stands.is_none_or(|(.., share)| share > 0);
        let by_hand = confirms(known.ordered.as_ref());
        let show = !by_hand && (now < shown_until || unproven > 0 || (shown && open));
        let canary = if show { policy.pattern_share } else { 0 };
        let keep = policy.keep_pattern.nanos();
        let renewal = |until: Timestamp| until.minus(Span::from_nanos(keep / 8));
        let organisations = u16::try_from(ground.tellers.len()).unwrap_or(u16::MAX);
        let same = known.stands.is_some_and(|(old, _, _, share)| {
            let longer = until.since(old).nanos();
            share == canary && longer < keep / 4 && (now < renewal(old) || longer < keep / 32)
        });
        if !same || std::mem::take(&mut known.revised) {
            let proven = known.hits.values().filter(|met| met.proven).count();
            let confidence = sure(ground.cases.len() + proven, ground.doubters.len() + unproven);
            known.stands = Some((until, organisations, confidence, canary));
            to.push(Decision::Publish {
                id: known.id,
                value: Value::Pattern(Box::new(known.pattern.clone())),
                confidence,
                family: known.family.clone(),
                until,
                organisations,
                canary,
                ground: if by_hand { Basis::Analyst } else { Basis::Quorum },
            });
        }
        let stands = known.stands.map_or(until, |(until, ..)| until);
        let proofs = known.hits.values().filter(|met| !met.proven);
        let proofs = proofs.map(|met| met.first.plus(policy.pattern_proof));
        let times = [shown_until, renewal(stands), stands].into_iter().chain(proofs);
        known.next = times.filter(|at| *at > now).min();
    }

    /// Organisations that met it long ago, and have found nothing else about what they met.
    fn unproven(&self, known: &Learned, now: Timestamp) -> Vec<OrgId> {
        let old = |(who, met): &(&OrgId, &Met)| {
            !met.proven
                && now >= met.first.plus(self.policy.pattern_proof)
                && self.counts(**who, now)
        };
        known.hits.iter().filter(old).map(|(who, _)| *who).collect()
    }

    /// Somebody whose word counts says that it is harmless: one, for a time, or the quorum.
    pub(in crate::correlator) fn is_denied(
        &self,
        against: &BTreeMap<OrgId, Timestamp>,
        now: Timestamp,
    ) -> bool {
        let policy = &self.policy;
        let word = |who: &&OrgId| {
            self.counts(**who, now) && self.denials.share(**who, policy, now) >= COUNTS
        };
        let who: Vec<OrgId> = against.keys().filter(word).copied().collect();
        let held =
            |who: &OrgId| against.get(who).is_some_and(|at| now < at.plus(policy.collateral_hold));
        self.is_quorum(&who) || who.iter().any(held)
    }

    /// As many as it takes to confirm, one of them vouched for.
    pub(in crate::correlator) fn is_quorum(&self, who: &[OrgId]) -> bool {
        let of = |who: &OrgId| self.organisations.get(who);
        let networks: std::collections::BTreeSet<_> =
            who.iter().filter_map(of).map(|o| (o.id == OrgId::HUB, o.network)).collect();
        let vouched = who.iter().filter_map(of).filter(|o| o.id == OrgId::HUB || o.vouched > 0.0);
        who.len() >= self.policy.organisations
            && networks.len() >= self.policy.networks
            && vouched.count() >= self.policy.vouched_supporters
    }
}

/// 0 to 100: the rule of succession (Laplace, 1774) over what spoke for it and against.
fn sure(right: usize, wrong: usize) -> u8 {
    let share = (right + 1) * 100 / (right + wrong + 2);
    u8::try_from(share).unwrap_or(100)
}
