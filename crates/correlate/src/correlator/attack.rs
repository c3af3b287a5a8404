//! One victim hit from many sites, each below what its own sensor calls an attack.
//!
//! Bias: for the victim and its honest clients. It becomes a rate for each source, never a block;
//! it takes the quorum and a sum that no organisation reaches alone, stands for minutes after the
//! last report and for hours at most, and one site that uses the victim as a matter of course ends
//! it. Sums over sites: research of distributed attacks finds each source within what is usual
//! (Mirkovic and Reiher, 2004, A Taxonomy of DDoS Attack, SIGCOMM CCR 34(2)).

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Addr, Timestamp};
use ostium_intel::{IndicatorValue, Throttle, Transport};
use serde::{Deserialize, Serialize};

use super::orders::{Ordered, confirms, forbids};
use super::{Correlator, KeptPart, Refused};
use crate::{Decision, Flow, Ground, OrgId, Reason, State, Value};

/// A victim, who hits it, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flood {
    /// The number under which it is published.
    pub id: u64,
    /// Who is hit.
    pub victim: Addr,
    /// Where.
    pub port: u16,
    /// How.
    pub transport: Transport,
    /// What leaves each organisation for it.
    pub flows: BTreeMap<OrgId, Leaves>,
    /// Who says that this is as it should be, and since when.
    pub against: BTreeMap<OrgId, Timestamp>,
    /// How far it is.
    pub state: State,
    /// Why.
    pub why: Reason,
    /// When it was first published.
    pub published: Option<Timestamp>,
    /// Until when it stands published, by how many, and the packets a second that each source may send.
    pub stands: Option<(Timestamp, u16, u32)>,
    /// When it is to be looked at though nobody says anything.
    pub next: Option<Timestamp>,
    /// What an analyst said.
    #[serde(default)]
    pub ordered: Option<Ordered>,
}

/// What leaves one organisation for a victim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaves {
    /// From all its hosts.
    pub packets_per_second: u64,
    /// Its hosts.
    pub sources: u32,
    /// When it was said last.
    pub last: Timestamp,
}

/// All victims.
#[derive(Debug, Default)]
pub(super) struct Floods {
    known: BTreeMap<u64, Flood>,
    of: BTreeMap<(Addr, u16, Transport), u64>,
    due: BTreeSet<(Timestamp, u64)>,
    dirty: BTreeSet<u64>,
    changed: BTreeSet<u64>,
}

/// More is no rate of a network.
const MOST_PACKETS: u64 = 1 << 40;

// === impl Floods ===

impl Floods {
    /// All victims, by number.
    pub(super) const fn known(&self) -> &BTreeMap<u64, Flood> {
        &self.known
    }

    /// Everything changed.
    pub(super) fn touch_all(&mut self) {
        self.dirty.extend(self.known.keys());
    }

    /// What changed since this was asked last, as it is to be kept.
    pub(super) fn keep(&mut self) -> impl Iterator<Item = (String, Option<KeptPart>)> + '_ {
        std::mem::take(&mut self.changed).into_iter().map(|id| {
            let flood = self.known.get(&id).cloned();
            (format!("flood/{id}"), flood.map(|it| KeptPart::Flood(Box::new(it))))
        })
    }

    /// An analyst decides; is there such a victim?
    pub(super) fn order(&mut self, id: u64, ordered: Option<Ordered>) -> bool {
        let Some(flood) = self.known.get_mut(&id) else { return false };
        flood.ordered = ordered;
        self.dirty.insert(id);
        true
    }

    /// Takes one in, in place of the one of its number.
    pub(super) fn put(&mut self, flood: Flood) {
        self.of.insert((flood.victim, flood.port, flood.transport), flood.id);
        self.due.extend(flood.next.map(|at| (at, flood.id)));
        self.known.insert(flood.id, flood);
    }

    fn take(&mut self, id: u64) -> Option<Flood> {
        let flood = self.known.remove(&id)?;
        self.of.remove(&(flood.victim, flood.port, flood.transport));
        if let Some(next) = flood.next {
            self.due.remove(&(next, id));
        }
        Some(flood)
    }
}

// === impl Correlator: attack ===

impl Correlator {
    /// Hears what leaves an organisation for a victim; its number, or why it was not taken.
    pub fn hear_flow(&mut self, from: OrgId, flow: &Flow, now: Timestamp) -> Result<u64, Refused> {
        if !self.organisations.contains_key(&from) {
            return Err(Refused::UnknownOrganisation);
        }
        if !self.counts(from, now) {
            return Err(Refused::NoWeight);
        }
        let last = flow.seen.1.min(now);
        if now >= last.plus(self.policy.attack_window) {
            return Err(Refused::TooOld);
        }
        if flow.packets_per_second > MOST_PACKETS {
            return Err(Refused::BadNumbers);
        }
        if flow.victim.is_private() || flow.victim.is_special() {
            return Err(Refused::NeverABlock);
        }
        if self.kept(&IndicatorValue::Addr(flow.victim)).is_some() {
            return Err(Refused::Rail);
        }
        let key = (flow.victim, flow.port, flow.transport);
        let id = match self.floods.of.get(&key) {
            Some(id) => *id,
            None => self.new_flood(from, flow)?,
        };
        let harmless = flow.false_positive
            || (flow.crowd >= self.policy.collateral && flow.hosts >= self.policy.collateral_hosts);
        if harmless {
            self.denials.note(from, id, &self.policy, now);
        }
        let window = self.policy.attack_window;
        let Some(flood) = self.floods.known.get_mut(&id) else { return Err(Refused::BadNumbers) };
        if harmless {
            flood.against.insert(from, now);
            flood.flows.remove(&from);
        } else {
            let new = Leaves {
                packets_per_second: flow.packets_per_second,
                sources: flow.sources.max(1),
                last,
            };
            // Several sensors of one organisation tell of their own; the most of the moment counts.
            let old = flood.flows.get(&from).filter(|old| last < old.last.plus(window));
            let more = old.filter(|old| old.packets_per_second > new.packets_per_second);
            // Who only uses the victim says nothing of how long the flood goes on.
            let goes_on = flow.packets_per_second >= self.policy.attack_least;
            let joined = more.map_or(new, |old| match goes_on {
                true => Leaves { last: old.last.max(last), ..*old },
                false => *old,
            });
            flood.flows.insert(from, joined);
        }
        self.floods.dirty.insert(id);
        Ok(id)
    }

    fn new_flood(&mut self, from: OrgId, flow: &Flow) -> Result<u64, Refused> {
        let speaks =
            |flood: &&Flood| flood.flows.contains_key(&from) || flood.against.contains_key(&from);
        if self.floods.known.values().filter(speaks).count() >= self.policy.most_victims {
            return Err(Refused::TooMany);
        }
        let id = self.next;
        self.next += 1;
        self.floods.put(Flood {
            id,
            victim: flow.victim,
            port: flow.port,
            transport: flow.transport,
            flows: BTreeMap::new(),
            against: BTreeMap::new(),
            state: State::Observed,
            why: Reason::Reported,
            published: None,
            stands: None,
            next: None,
            ordered: None,
        });
        Ok(id)
    }

    /// Looks at every victim of whom somebody spoke, or who is due.
    pub(super) fn decide_floods(&mut self, now: Timestamp, decisions: &mut Vec<Decision>) {
        while let Some(&(at, id)) = self.floods.due.first().filter(|(at, _)| *at <= now) {
            self.floods.due.remove(&(at, id));
            self.floods.dirty.insert(id);
        }
        for id in std::mem::take(&mut self.floods.dirty) {
            let Some(mut flood) = self.floods.take(id) else { continue };
            self.floods.changed.insert(id);
            flood.next = None;
            self.judge_flood(&mut flood, now, decisions);
            if flood.ordered.is_some() {
                // An analyst's word is remembered until it is taken back.
                wake(&mut flood, now.plus(self.policy.collateral_hold));
            }
            // What nobody speaks of and nothing holds is let go.
            if flood.next.is_some() {
                self.floods.put(flood);
            } else {
                flood.against.keys().for_each(|who| self.denials.forget(*who, id));
            }
        }
    }

    fn judge_flood(&mut self, flood: &mut Flood, now: Timestamp, to: &mut Vec<Decision>) {
        let policy = &self.policy;
        flood.flows.retain(|_, leaves| now < leaves.last.plus(policy.attack_window));
        let hold = policy.collateral_hold;
        flood.against.retain(|_, at| now < at.plus(policy.denial_window));
        let (state, why, goes_on) = self.flood_state(flood, now);
        let wakes = flood.flows.values().map(|leaves| leaves.last.plus(self.policy.attack_window));
        // A denial is remembered for as long as it holds, and is no reason to look before.
        let against = flood.against.values().map(|at| at.plus(hold));
        let aged = (why == Reason::Age).then(|| flood.published.map(|at| self.aged_until(at)));
        flood.next = wakes.chain(against).chain(aged.flatten()).filter(|at| *at > now).min();
        if state == State::Confirmed {
            if flood.stands.is_none() && !self.takes_turn() {
                (flood.state, flood.why) = (State::Suspected, Reason::Waits);
                wake(flood, Timestamp::from_secs((now.secs() / 60 + 1) * 60));
                return;
            }
            // What only stands to its end is not told anew.
            if goes_on {
                self.publish_flood(flood, now, to);
            }
            (flood.state, flood.why) = (state, why);
            if let Some((until, ..)) = flood.stands {
                wake(flood, until);
            }
            return;
        }
        (flood.state, flood.why) = (state, why);
        if flood.stands.take().is_some() {
            to.push(Decision::Withdraw { id: flood.id, reason: flood.why.clone() });
        }
        if flood.why != Reason::Age {
            flood.published = None;
        }
    }

    /// How far it is, why, and whether it goes on.
    fn flood_state(&self, flood: &Flood, now: Timestamp) -> (State, Reason, bool) {
        let policy = &self.policy;
        if self.killed {
            return (
                State::Suspected,
                Reason::Rail { rail: "the kill switch is on".to_owned() },
                false,
            );
        }
        if let Some(kept) = self.kept(&IndicatorValue::Addr(flood.victim)) {
            return (State::Withdrawn, Reason::Rail { rail: kept.to_string() }, false);
        }
        if let Some(why) = forbids(flood.ordered.as_ref()) {
            return (State::Withdrawn, why, false);
        }
        let by_hand = confirms(flood.ordered.as_ref());
        if !by_hand && self.is_denied(&flood.against, now) {
            return (State::Withdrawn, Reason::FalsePositive, false);
        }
        if let Some(at) = flood.published
            && now >= at.plus(policy.throttle_at_most)
            && now < self.aged_until(at)
        {
            return (State::Expired, Reason::Age, false);
        }
        let hits = |(who, leaves): &(&OrgId, &Leaves)| {
            leaves.packets_per_second >= policy.attack_least && self.counts(**who, now)
        };
        let hitting: Vec<_> = flood.flows.iter().filter(hits).collect();
        let who: Vec<OrgId> = hitting.iter().map(|(who, _)| **who).collect();
        let of_one = |leaves: &Leaves| leaves.packets_per_second.min(policy.attack_most_of_one);
        let sum: u64 = hitting.iter().map(|(_, leaves)| of_one(leaves)).sum();
        if let Some(ordered) = flood.ordered.as_ref().filter(|_| !who.is_empty()) {
            return (State::Confirmed, ordered.why(), true);
        }
        if self.is_quorum(&who) && sum >= policy.attack_sum {
            let organisations = u16::try_from(who.len()).unwrap_or(u16::MAX);
            let why = Reason::Flood { organisations, packets_per_second: sum };
            return (State::Confirmed, why, true);
        }
        match flood.stands {
            // It ends by itself, unless it goes on.
            Some((until, ..)) if now < until => (State::Confirmed, flood.why.clone(), false),
            Some(_) => (State::Expired, Reason::Silence, false),
            None => (State::Observed, Reason::Reported, false),
        }
    }

    /// What was throttled for as long as may be is left alone for a day.
    fn aged_until(&self, published: Timestamp) -> Timestamp {
        published.plus(self.policy.throttle_at_most).plus(self.policy.collateral_hold)
    }

    fn publish_flood(&self, flood: &mut Flood, now: Timestamp, to: &mut Vec<Decision>) {
        let policy = &self.policy;
        let first = *flood.published.get_or_insert(now);
        let last = flood.flows.values().map(|leaves| leaves.last).max().unwrap_or(Timestamp::ZERO);
        let old = flood.stands.map_or(Timestamp::ZERO, |(until, ..)| until);
        let most = first.plus(policy.throttle_at_most);
        let until = last.plus(policy.keep_throttle).min(most).max(old.min(most));
        let organisations = u16::try_from(flood.flows.len()).unwrap_or(u16::MAX);
        let rate = self.rate(flood);
        // A frame for each half of its life, not for each report.
        let half = ostium_event::Span::from_nanos(policy.keep_throttle.nanos() / 2);
        let (stands, again) = match flood.stands {
            Some(stands) if until < old.plus(half) && until <= most => (stands, false),
            _ => ((until, organisations, rate), true),
        };
        flood.stands = Some(stands);
        if again {
            to.push(Decision::Publish {
                id: flood.id,
                value: Value::Throttle(Throttle {
                    addr: flood.victim,
                    port: flood.port,
                    transport: flood.transport,
                    packets_per_second: rate,
                }),
                confidence: 90,
                family: None,
                until: stands.0,
                organisations,
                canary: 0,
                ground: match confirms(flood.ordered.as_ref()) {
                    true => Ground::Analyst,
                    false => Ground::Quorum,
                },
            });
        }
    }

    /// A share of what each source sends on average, and never less than an ordinary client needs.
    fn rate(&self, flood: &Flood) -> u32 {
        let packets = flood.flows.values().map(|leaves| leaves.packets_per_second);
        let packets: u64 = packets.fold(0, u64::saturating_add);
        let sources: u64 = flood.flows.values().map(|leaves| u64::from(leaves.sources)).sum();
        let each = packets / sources.max(1) / self.policy.throttle_share.max(1);
        u32::try_from(each).unwrap_or(u32::MAX).max(self.policy.throttle_floor)
    }
}

fn wake(flood: &mut Flood, at: Timestamp) {
    flood.next = Some(flood.next.map_or(at, |next| next.min(at)));
}
