//! Reports in, decisions out.

mod attack;
mod bound;
mod hear;
mod judge;
mod keep;
mod maker;
mod mutual;
mod orders;
mod pattern;

pub use attack::{Flood, Leaves};
pub use keep::{KeptCase, KeptPart};
pub use maker::{Asked, Maker, name_print};
pub use mutual::Contact;
pub use orders::Ordered;
pub use pattern::{Learned, Met};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use ostium_event::{Addr, Span, Timestamp};
use ostium_intel::IndicatorValue;

use self::attack::Floods;
use self::maker::Makers;
use self::pattern::Patterns;
use crate::denials::Denials;
use crate::score::{Weighed, decayed, score};
use crate::{Case, Decision, OrgId, Organisation, Policy, Rails, Reason, Said, State};

/// What an analyst orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is confirmed, whatever others say.
    Confirm,
    /// It is harmless, whatever others say.
    Withdraw,
    /// Let the evidence decide again.
    Leave,
}

/// Why a report or an order was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// No such organisation has joined.
    UnknownOrganisation,
    /// What it is about is never a destination of interest: it would be noise, or a trap.
    NeverABlock,
    /// It is about something that was seen too long ago; old signals are replayed.
    TooOld,
    /// Its numbers are none.
    BadNumbers,
    /// The rails forbid it, even to an analyst.
    Rail,
    /// Its word has no weight yet, or no more.
    NoWeight,
    /// It speaks of too many at a time.
    TooMany,
    /// No pattern, victim or generator has this number.
    NoEntry,
}

/// All cases, and what decides on them.
#[derive(Debug)]
pub struct Correlator {
    policy: Policy,
    rails: Rails,
    organisations: BTreeMap<OrgId, Organisation>,
    cases: BTreeMap<u64, Case>,
    of: HashMap<IndicatorValue, u64>,
    next: u64,
    /// What of it is kept.
    kept_next: u64,
    touched: BTreeSet<u64>,
    /// When a case is to be looked at though nobody reports.
    due: BTreeSet<(Timestamp, u64)>,
    published: BTreeMap<u64, Stands>,
    /// The minute that counts, and how many were new in it.
    minute: (u64, u32),
    waiting: BTreeSet<u64>,
    /// Withdrawn for their collateral since the last `decide`.
    collateral: Vec<u64>,
    /// To be kept anew.
    changed: BTreeSet<u64>,
    killed: bool,
    denials: Denials,
    patterns: Patterns,
    /// Names by the addresses that they lead to.
    led_by: BTreeMap<Addr, BTreeSet<u64>>,
    floods: Floods,
    makers: Makers,
}

/// How something stands published.
#[derive(Clone, Copy, Debug)]
struct Stands {
    until: Timestamp,
    organisations: u16,
    confidence: u8,
    canary: u16,
}

// === impl Refused ===

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownOrganisation => "no such organisation has joined",
            Self::NeverABlock => "it is about what only the inside of a network has",
            Self::TooOld => "it is about what was seen too long ago",
            Self::BadNumbers => "its numbers are none",
            Self::Rail => "it is on a rail: it is never published as a block",
            Self::NoWeight => "the word of its organisation has no weight yet",
            Self::TooMany => "its organisation speaks of too many at a time",
            Self::NoEntry => "no pattern, victim or generator has that number",
        })
    }
}

// === impl Correlator ===

impl Correlator {
    /// One without cases; the hub itself is its first organisation.
    pub fn new(policy: Policy, rails: Rails) -> Self {
        let hub = Organisation {
            id: OrgId::HUB,
            name: "hub".to_owned(),
            network: 0,
            joined: Timestamp::ZERO,
            vouched: 1.0,
            ranges: Vec::new(),
            standing: crate::Standing::default(),
            silenced: false,
        };
        Self {
            policy,
            rails,
            organisations: BTreeMap::from([(OrgId::HUB, hub)]),
            cases: BTreeMap::new(),
            of: HashMap::new(),
            next: 1,
            kept_next: 1,
            touched: BTreeSet::new(),
            due: BTreeSet::new(),
            published: BTreeMap::new(),
            minute: (0, 0),
            waiting: BTreeSet::new(),
            collateral: Vec::new(),
            changed: BTreeSet::new(),
            killed: false,
            denials: Denials::default(),
            patterns: Patterns::default(),
            led_by: BTreeMap::new(),
            floods: Floods::default(),
            makers: Makers::default(),
        }
    }

    /// The thresholds.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// An organisation joins, or changed; its standing is kept. Only cases that it can change are
    /// looked at again: those that it votes on, and what is published of its own space.
    pub fn join(&mut self, mut organisation: Organisation) {
        let id = organisation.id;
        let old = self.organisations.get(&id);
        if let Some(old) = old {
            organisation.standing = old.standing;
        }
        if old == Some(&organisation) {
            return;
        }
        if old.is_some() {
            let votes = self.cases.values().filter(|case| case.votes.contains_key(&id));
            self.touched.extend(votes.map(|case| case.id));
            self.patterns.touch_all();
        }
        if !organisation.ranges.is_empty() {
            self.touched.extend(self.published.keys());
            self.floods.touch_all();
        }
        self.organisations.insert(id, organisation);
    }

    /// All organisations.
    pub const fn organisations(&self) -> &BTreeMap<OrgId, Organisation> {
        &self.organisations
    }

    /// All cases, by number.
    pub const fn cases(&self) -> &BTreeMap<u64, Case> {
        &self.cases
    }

    /// The case of a destination.
    pub fn case(&self, subject: &IndicatorValue) -> Option<&Case> {
        self.cases.get(self.of.get(subject)?)
    }

    /// How a case is weighed now.
    pub fn weigh(&self, case: &Case, now: Timestamp) -> Weighed {
        let witnesses = self.witnesses(case, now);
        let (all, policy) = (&self.organisations, &self.policy);
        let found = score(case, all, policy, &self.denials, &witnesses, now);
        let votes = case.votes.iter().map(|(id, vote)| {
            let weight =
                self.organisations.get(id).map_or(0.0, |one| one.weight(&self.policy, now));
            let nats = decayed(vote, self.policy.half_life, now);
            (*id, (weight, nats.clamp(0.0, self.policy.most_of_one)))
        });
        Weighed {
            probability: found.probability,
            organisations: found.organisations,
            networks: found.networks,
            votes: votes.collect(),
        }
    }

    /// All patterns that were learned, by number.
    pub const fn patterns(&self) -> &BTreeMap<u64, Learned> {
        self.patterns.known()
    }

    /// All victims that are hit, by number.
    pub const fn floods(&self) -> &BTreeMap<u64, Flood> {
        self.floods.known()
    }

    /// All generators of names, by number.
    pub const fn makers(&self) -> &BTreeMap<u64, Maker> {
        self.makers.known()
    }

    /// Hears whatever an organisation says.
    pub fn take(&mut self, from: OrgId, said: &Said, now: Timestamp) -> Result<u64, Refused> {
        match said {
            Said::Of(report) => self.hear(from, report, now),
            Said::Flow(flow) => self.hear_flow(from, flow, now),
            Said::Made(made) => self.hear_made(from, made, now),
            Said::Contacts(contacts) => self.hear_contacts(from, contacts, now),
        }
    }

    /// How many wait for the next minute.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Nothing is published while this is so, and all that is published is withdrawn.
    pub fn kill(&mut self, killed: bool) {
        self.killed = killed;
        self.touched.extend(self.cases.keys());
        self.patterns.touch_all();
        self.floods.touch_all();
        self.makers.touch_all();
    }

    /// Other rails; what they keep is withdrawn by the next `decide`.
    pub fn settle(&mut self, policy: Policy, rails: Rails) {
        (self.policy, self.rails) = (policy, rails);
        self.touched.extend(self.cases.keys());
        self.patterns.touch_all();
        self.floods.touch_all();
        self.makers.touch_all();
    }

    /// An analyst decides. Even an analyst does not publish what is on a rail.
    pub fn order(
        &mut self,
        subject: &IndicatorValue,
        order: &Order,
        note: &str,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        if *order == Order::Confirm && self.kept(subject).is_some() {
            return Err(Refused::Rail);
        }
        let id = self.case_of(subject, now);
        let Some(case) = self.cases.get_mut(&id) else {
            return Err(Refused::BadNumbers);
        };
        let analyst = Reason::Analyst { note: note.to_owned() };
        match order {
            Order::Confirm => {
                case.ordered = Some(true);
                case.seen = case.seen.max(now);
                // It is published by the next `decide`, like all others.
                case.go(State::Suspected, analyst, now);
            }
            Order::Withdraw => {
                case.ordered = Some(false);
                case.go(State::Withdrawn, analyst, now);
            }
            Order::Leave => {
                case.ordered = None;
                case.go(State::Observed, analyst, now);
            }
        }
        self.touched.insert(id);
        Ok(id)
    }

    /// What keeps this from being published.
    pub fn kept(&self, subject: &IndicatorValue) -> Option<crate::Kept> {
        self.rails.keep(subject, &self.organisations)
    }

    /// Looks at every case that was touched or is due, and says what is to be done, in the order of
    /// their numbers.
    pub fn decide(&mut self, now: Timestamp) -> Vec<Decision> {
        while let Some(&(at, id)) = self.due.first() {
            if at > now {
                break;
            }
            self.due.pop_first();
            // What was withdrawn before its time was looked at then.
            if self.published.contains_key(&id) {
                self.touched.insert(id);
            }
        }
        let minute = now.secs() / 60;
        if self.minute.0 != minute {
            self.minute = (minute, 0);
            self.touched.append(&mut self.waiting);
        }
        let mut decisions = Vec::new();
        for id in std::mem::take(&mut self.collateral) {
            let case = self.cases.get(&id);
            if let Some((.., reason)) = case.and_then(|case| case.reasons.last()) {
                decisions.push(Decision::Withdraw { id, reason: reason.clone() });
            }
        }
        // What a name leads to follows from how the name stands.
        for id in self.look(now, &mut decisions) {
            self.bind(id, now);
        }
        self.look(now, &mut decisions);
        self.decide_patterns(now, &mut decisions);
        self.decide_floods(now, &mut decisions);
        self.decide_makers(now, &mut decisions);
        decisions.sort_by_key(Decision::id);
        self.bound_cases();
        decisions
    }

    /// Judges what was touched; which cases these were.
    fn look(&mut self, now: Timestamp, decisions: &mut Vec<Decision>) -> BTreeSet<u64> {
        let touched = std::mem::take(&mut self.touched);
        let mut fresh = Vec::new();
        for id in touched.iter().copied() {
            self.changed.insert(id);
            self.patterns.touch(id);
            if let Some(mut case) = self.cases.remove(&id) {
                if self.judge(&mut case, now, false, decisions) {
                    fresh.push(id);
                }
                self.cases.insert(id, case);
            }
        }
        for id in self.in_turn(fresh) {
            if let Some(mut case) = self.cases.remove(&id) {
                self.judge(&mut case, now, true, decisions);
                self.cases.insert(id, case);
            }
        }
        touched
    }

    fn case_of(&mut self, subject: &IndicatorValue, now: Timestamp) -> u64 {
        if let Some(id) = self.of.get(subject) {
            return *id;
        }
        let id = self.next;
        self.next += 1;
        self.of.insert(subject.clone(), id);
        self.makers.see(subject, id);
        self.cases.insert(id, Case::new(id, subject.clone(), now));
        id
    }

    /// Something new may be published this minute.
    const fn takes_turn(&mut self) -> bool {
        let room = self.minute.1 < self.policy.most_a_minute;
        if room {
            self.minute.1 += 1;
        }
        room
    }

    fn life(&self, subject: &IndicatorValue) -> Span {
        match subject {
            IndicatorValue::Domain(_) | IndicatorValue::Url(_) => self.policy.keep_name,
            _ => self.policy.keep_address,
        }
    }
}

#[cfg(test)]
mod tests;
