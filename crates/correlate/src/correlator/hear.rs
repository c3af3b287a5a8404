//! A report joins its case.

use ostium_event::{Addr, Span, Timestamp};
use ostium_intel::{IndicatorValue, host_of};

use super::{Correlator, Refused};
use crate::denials::COUNTS;
use crate::score::decayed;
use crate::{Case, Finding, OrgId, Reason, Report, State, Vote};

/// Nobody is believed about longer ago than this.
const OLDEST: Span = Span::from_secs(30 * 86_400);

// === impl Correlator: hear ===

impl Correlator {
    /// Hears a report; the number of its case, or why it was not taken.
    pub fn hear(&mut self, from: OrgId, report: &Report, now: Timestamp) -> Result<u64, Refused> {
        if !self.organisations.contains_key(&from) {
            return Err(Refused::UnknownOrganisation);
        }
        // A clock that runs ahead is not believed further than ours.
        let last = report.seen.1.min(now);
        let first = report.seen.0.min(last);
        if now.since(last).nanos() > OLDEST.nanos() {
            return Err(Refused::TooOld);
        }
        if let Finding::Suspicious { log_odds, .. } = report.finding
            && !(log_odds.is_finite() && (0.0..=1_000.0).contains(&log_odds))
        {
            return Err(Refused::BadNumbers);
        }
        if is_ours_alone(&report.subject) {
            return Err(Refused::NeverABlock);
        }
        let id = self.case_of(&report.subject, now);
        let Some(case) = self.cases.get_mut(&id) else {
            return Err(Refused::BadNumbers);
        };
        // Who weighs nothing, or calls it harmless, keeps nothing alive.
        let weight = self.organisations.get(&from).map_or(0.0, |o| o.weight(&self.policy, now));
        if weight >= self.policy.least_weight && report.finding != Finding::FalsePositive {
            case.seen = case.seen.max(last);
        }
        if let Some(family) = &report.family {
            case.call(family);
        }
        let (independent, counts) = (case.published.is_none(), weight >= self.policy.least_weight);
        let shape = report.shape.as_ref().filter(|_| counts);
        let half_life = self.policy.half_life;
        match report.finding {
            Finding::Sighting => {}
            Finding::Suspicious { log_odds, convicts } => {
                let new = Vote {
                    log_odds: log_odds.min(self.policy.most_of_one),
                    convicts,
                    denies: false,
                    first,
                    last,
                    reports: 1,
                    hosts: report.hosts,
                    independent,
                    by_pattern: report.by_pattern,
                    shape: shape.cloned(),
                };
                let fresh = independent && new.log_odds >= self.policy.support;
                if fresh && !case.votes.contains_key(&from) {
                    let organisation = self.organisations.get_mut(&from);
                    let said = organisation.map(|organisation| &mut organisation.standing.said);
                    said.into_iter().for_each(|said| *said = said.saturating_add(1));
                }
                let support = self.policy.support;
                vote(case, from, new, half_life, support);
                if let Some(shape) = shape {
                    self.patterns.tell(id, shape);
                }
                if case.votes.get(&from).is_some_and(|vote| !vote.denies) {
                    self.denials.forget(from, id);
                }
            }
            Finding::FalsePositive => {
                let no = denial(first, now, independent);
                vote(case, from, no, half_life, self.policy.support);
                self.denials.note(from, id, &self.policy, now);
            }
        }
        bound_votes(case, self.policy.most_votes, half_life, now);
        if counts {
            report.addresses.iter().for_each(|addr| self.lead(id, *addr, from, last));
        }
        self.see_collateral(id, from, report, now);
        self.hear_shape(from, report, now);
        self.touched.insert(id);
        Ok(id)
    }

    /// A site that uses the destination as a matter of course says by this that it is harmless.
    fn see_collateral(&mut self, id: u64, from: OrgId, report: &Report, now: Timestamp) {
        let (policy, published) = (&self.policy, self.published.contains_key(&id));
        let weight = self.organisations.get(&from).map_or(0.0, |o| o.weight(policy, now));
        let harm = report.crowd >= policy.collateral && report.hosts >= policy.collateral_hosts;
        if !published || !harm || weight < policy.least_weight {
            return;
        }
        let Some(mut case) = self.cases.remove(&id) else { return };
        let says_so = case.votes.get(&from).is_some_and(|vote| vote.denies);
        // Its word is in the vote already; and an analyst who confirmed it knew what he did.
        if !says_so && case.ordered != Some(true) {
            self.denials.note(from, id, &self.policy, now);
            let no = denial(now, now, false);
            vote(&mut case, from, no, self.policy.half_life, self.policy.support);
            if self.denials.share(from, &self.policy, now) >= COUNTS {
                self.falls(&case);
                case.go(State::Withdrawn, Reason::Collateral { crowd: report.crowd }, now);
                self.collateral.push(id);
            }
        }
        self.cases.insert(id, case);
    }
}

const fn denial(first: Timestamp, now: Timestamp, independent: bool) -> Vote {
    Vote {
        log_odds: 0.0,
        convicts: false,
        denies: true,
        first,
        last: now,
        reports: 1,
        hosts: 0,
        independent,
        by_pattern: false,
        shape: None,
    }
}

/// Joins what an organisation says with what it said.
fn vote(case: &mut Case, from: OrgId, new: Vote, half_life: Span, support: f64) {
    let Some(old) = case.votes.get_mut(&from) else {
        case.votes.insert(from, new);
        return;
    };
    let last = old.last.max(new.last);
    // Later words replace a denial, and a denial replaces what was said before.
    if new.denies || old.denies {
        let (first, reports) = (old.first.min(new.first), old.reports.saturating_add(1));
        let independent = old.independent && new.independent;
        if new.last >= old.last {
            // Who calls it harmless does not unsay how it goes.
            let shape = new.shape.or_else(|| old.shape.take());
            *old = Vote { first, reports, independent, shape, ..new };
        }
        return;
    }
    // What a pattern says becomes one's own word when other evidence says as much.
    old.by_pattern &= new.by_pattern || new.log_odds < support;
    let at = |vote: &Vote| decayed(vote, half_life, last);
    old.log_odds = at(old).max(at(&new));
    if new.shape.is_some() && new.last >= old.last {
        old.shape = new.shape;
    }
    old.last = last;
    old.first = old.first.min(new.first);
    old.convicts |= new.convicts;
    old.hosts = old.hosts.max(new.hosts);
    old.reports = old.reports.saturating_add(1);
    // A vote that was made alone stays so, whatever it repeats later.
}

fn bound_votes(case: &mut Case, most: usize, half_life: Span, now: Timestamp) {
    while case.votes.len() > most {
        let weakest = case.votes.iter().min_by(|a, b| {
            let worth = |vote: &Vote| {
                if vote.denies { f64::MAX } else { decayed(vote, half_life, now) }
            };
            worth(a.1).total_cmp(&worth(b.1))
        });
        let Some(id) = weakest.map(|(id, _)| *id) else { return };
        case.votes.remove(&id);
    }
}

/// Addresses of no public network, and names that the public DNS does not hold: nobody else could
/// see these, and a report of them would tell of the inside.
fn is_ours_alone(subject: &IndicatorValue) -> bool {
    match subject {
        IndicatorValue::Addr(addr) | IndicatorValue::Socket(addr, _) => {
            addr.is_private() || addr.is_special()
        }
        IndicatorValue::Domain(name) => ostium_names::is_local(name),
        IndicatorValue::Url(url) => match host_of(url).parse::<Addr>() {
            Ok(addr) => addr.is_private() || addr.is_special(),
            Err(_) => ostium_names::is_local(host_of(url)),
        },
        IndicatorValue::Network(_) => true,
        IndicatorValue::Ja4(_) => false,
    }
}
