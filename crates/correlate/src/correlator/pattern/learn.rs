//! What confirmed destinations have in common.

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Prefix, Timestamp};
use ostium_intel::{IndicatorValue, Mark, Pattern, Rungs, Shape, host_of};

use super::super::Correlator;
use super::{Learned, MOST_OF_A_MARK};
use crate::{Case, OrgId, Reason, State, Vote};

/// Pairs of marks that are tried, the most telling first: each has the server's print or a path.
const PAIRS: [(usize, usize); 5] = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)];

/// What speaks for a pattern, and against it.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// Confirmed destinations whose conversations go so.
    pub(super) cases: BTreeSet<u64>,
    /// Where they are: names of one owner, and addresses of one network, are one.
    pub(super) sites: BTreeSet<String>,
    /// Who told it, and the networks that they are in.
    pub(super) tellers: BTreeSet<OrgId>,
    pub(super) networks: BTreeSet<(bool, u32)>,
    pub(super) vouched: usize,
    /// Who tells the same of destinations that nobody convicts, or that are harmless.
    pub(super) doubters: BTreeSet<OrgId>,
    /// What their families are called, by how many of them.
    pub(super) families: BTreeMap<String, usize>,
    /// One of them was withdrawn.
    pub(super) harmless: bool,
}

// === impl Correlator: learn ===

impl Correlator {
    /// Compares confirmed cases of which more is known with others.
    pub(super) fn learn(&mut self, now: Timestamp) {
        for id in std::mem::take(&mut self.patterns.looks) {
            let Some(case) = self.cases.get(&id).filter(|case| case.state == State::Confirmed)
            else {
                continue;
            };
            let agreed = agreed(case, &|who| self.counts(who, now));
            let found = PAIRS.iter().find_map(|(one, two)| {
                let (one, two) = (agreed.get(*one)?.as_ref()?, agreed.get(*two)?.as_ref()?);
                self.shared(one, two, now)
            });
            if let Some((pattern, ground)) = found {
                self.adopt(pattern, &ground, now);
            }
        }
    }

    /// What the confirmed cases with both marks share, if that is enough.
    fn shared(&self, one: &Mark, two: &Mark, now: Timestamp) -> Option<(Pattern, Ground)> {
        if self.is_common(one, now) || self.is_common(two, now) {
            return None;
        }
        let (first, second) = (self.patterns.by_mark.get(one)?, self.patterns.by_mark.get(two)?);
        let both = first.intersection(second).filter_map(|id| self.cases.get(id));
        let has = |shape: &Shape| {
            let marks = shape.marks();
            marks.contains(one) && marks.contains(two)
        };
        let both: Vec<&Case> = both.collect();
        let ground = self.ground(&both, &has, now);
        if !self.is_enough(&ground) {
            return None;
        }
        let sources = both.iter().filter(|case| ground.cases.contains(&case.id));
        let shapes: Vec<&Shape> = sources
            .flat_map(|case| self.tellers(case, now))
            .map(|(_, shape)| shape)
            .filter(|shape| has(shape))
            .collect();
        let mut pattern = in_common(&shapes)?;
        self.leave_common(&mut pattern, now);
        pattern.is_specific().then_some((pattern, ground))
    }

    /// Whether a mark is that of harmless traffic.
    fn is_common(&self, mark: &Mark, now: Timestamp) -> bool {
        let keep = self.policy.keep_at_most;
        let says = |(who, at): (&OrgId, &Timestamp)| now < at.plus(keep) && self.counts(*who, now);
        self.patterns.common.get(mark).is_some_and(|who| who.iter().any(says))
            || self.patterns.by_mark.get(mark).is_some_and(|all| all.len() >= MOST_OF_A_MARK)
    }

    /// Takes out what harmless traffic has too.
    fn leave_common(&self, pattern: &mut Pattern, now: Timestamp) {
        for mark in pattern.marks() {
            if self.is_common(&mark, now) {
                match mark {
                    Mark::Server(_) => pattern.server.clear(),
                    Mark::Uri(_) => pattern.uri.clear(),
                    Mark::Ja4(_) => pattern.ja4 = None,
                    Mark::HeaderOrder(_) => pattern.header_order.clear(),
                }
            }
        }
    }

    /// Is anything of this pattern that of harmless traffic?
    pub(super) fn has_common(&self, pattern: &Pattern, now: Timestamp) -> bool {
        pattern.marks().iter().any(|mark| self.is_common(mark, now))
    }

    /// What speaks for and against conversations that go so.
    pub(super) fn ground(
        &self,
        cases: &[&Case],
        goes_so: &dyn Fn(&Shape) -> bool,
        now: Timestamp,
    ) -> Ground {
        let mut ground = Ground::default();
        for case in cases {
            let told = self.tellers(case, now);
            let so: Vec<OrgId> =
                told.iter().filter(|(_, shape)| goes_so(shape)).map(|(who, _)| *who).collect();
            // What most of those who tell a shape do not say is one's own word.
            if so.is_empty() || so.len() * 2 <= told.len() {
                continue;
            }
            if case.state == State::Withdrawn {
                ground.harmless = true;
                ground.doubters.extend(so);
                continue;
            }
            let stood = matches!(case.state, State::Confirmed | State::Expired);
            if stood && case.published.is_some() && self.is_seen_by_itself(case, now) {
                ground.cases.insert(case.id);
                ground.sites.insert(site(&case.subject));
                if let Some(family) = case.family() {
                    *ground.families.entry(family.to_owned()).or_default() += 1;
                }
                ground.tellers.extend(so);
                continue;
            }
            let convicts = case.votes.values().any(|vote| vote.convicts);
            let first = case.votes.values().map(|vote| vote.first).min().unwrap_or(now);
            if !convicts && now >= first.plus(self.policy.pattern_proof) {
                ground.doubters.extend(so);
            }
        }
        for who in &ground.tellers {
            let Some(organisation) = self.organisations.get(who) else { continue };
            ground.networks.insert((*who == OrgId::HUB, organisation.network));
            ground.vouched += usize::from(*who == OrgId::HUB || organisation.vouched > 0.0);
        }
        ground
    }

    /// Enough for a pattern, and little enough against it?
    fn is_enough(&self, ground: &Ground) -> bool {
        self.is_founded(ground)
            && !ground.harmless
            && ground.doubters.len() < self.policy.pattern_doubts
    }

    /// Enough destinations, told by enough organisations.
    pub(super) fn is_founded(&self, ground: &Ground) -> bool {
        let named: usize = ground.families.values().sum();
        let most = ground.families.values().max().copied().unwrap_or_default();
        ground.sites.len() >= self.policy.pattern_destinations
            // Of one family: what several have in common is a tool's, or everybody's.
            && most * 3 >= named * 2
            && ground.tellers.len() >= self.policy.organisations
            && ground.networks.len() >= self.policy.networks
            && ground.vouched >= self.policy.vouched_supporters
    }

    /// The quorum saw it by other means than patterns. An analyst's word is such a sight.
    fn is_seen_by_itself(&self, case: &Case, now: Timestamp) -> bool {
        let own = |(who, vote): &(&OrgId, &Vote)| {
            !vote.denies
                && !vote.by_pattern
                && vote.log_odds >= self.policy.support
                && self.counts(**who, now)
        };
        case.ordered == Some(true)
            || case.votes.iter().filter(own).count() >= self.policy.organisations
    }

    /// Who tells the shape of a case, by other means than patterns, and whose word counts.
    fn tellers<'a>(&self, case: &'a Case, now: Timestamp) -> Vec<(OrgId, &'a Shape)> {
        tellers(case, &|who| self.counts(who, now))
    }

    /// Has the word of an organisation a weight?
    pub(in crate::correlator) fn counts(&self, who: OrgId, now: Timestamp) -> bool {
        let weight = self.organisations.get(&who).map_or(0.0, |o| o.weight(&self.policy, now));
        weight >= self.policy.least_weight
    }

    /// Takes a pattern in, or the cases of one that is known.
    fn adopt(&mut self, pattern: Pattern, ground: &Ground, now: Timestamp) {
        let same = |known: &&Learned| known.pattern.marks() == pattern.marks();
        if let Some(known) = self.patterns.known.values().find(same) {
            let mut joined = known.clone();
            joined.cases.extend(&ground.cases);
            if joined.cases.len() > known.cases.len() {
                // Where its other words lie, the new cases may say otherwise.
                joined.pattern = widened(&known.pattern, &pattern);
                joined.revised |= joined.pattern != known.pattern;
                self.patterns.dirty.insert(joined.id);
                self.patterns.put(joined);
            }
            return;
        }
        if self.patterns.known.len() >= self.policy.most_patterns {
            return;
        }
        let id = self.next;
        self.next += 1;
        let learned = Learned {
            id,
            pattern,
            state: State::Observed,
            why: Reason::Reported,
            family: None,
            cases: ground.cases.clone(),
            published: None,
            seen: now,
            hits: BTreeMap::new(),
            against: BTreeMap::new(),
            stands: None,
            revised: false,
            next: None,
            ordered: None,
        };
        self.patterns.put(learned);
        self.patterns.dirty.insert(id);
    }
}

fn tellers<'a>(case: &'a Case, counts: &dyn Fn(OrgId) -> bool) -> Vec<(OrgId, &'a Shape)> {
    let tells = |(who, vote): (&OrgId, &'a Vote)| {
        let shape = vote.shape.as_deref()?;
        (!vote.denies && !vote.by_pattern && counts(*who)).then_some((*who, shape))
    };
    case.votes.iter().filter_map(tells).collect()
}

/// For each kind of mark the one that more than half of the tellers tell, in the order of `Mark`.
fn agreed(case: &Case, counts: &dyn Fn(OrgId) -> bool) -> [Option<Mark>; 4] {
    let told = tellers(case, counts);
    let mut count: BTreeMap<Mark, usize> = BTreeMap::new();
    for mark in told.iter().flat_map(|(_, shape)| shape.marks()) {
        *count.entry(mark).or_default() += 1;
    }
    let mut agreed = [const { None }; 4];
    for (mark, n) in count {
        let place = match mark {
            Mark::Server(_) => 0,
            Mark::Uri(_) => 1,
            Mark::Ja4(_) => 2,
            Mark::HeaderOrder(_) => 3,
        };
        if let Some(to) = agreed.get_mut(place).filter(|_| n * 2 > told.len()) {
            *to = Some(mark);
        }
    }
    agreed
}

/// What all shapes share. Numbers that lie too far apart say nothing.
fn in_common(shapes: &[&Shape]) -> Option<Pattern> {
    let first = shapes.first()?;
    let same = |of: &dyn Fn(&Shape) -> String| {
        let word = of(first);
        if shapes.iter().all(|shape| of(shape) == word) { word } else { String::new() }
    };
    let range = |of: &dyn Fn(&Shape) -> u64| {
        let rungs: Option<Vec<u8>> = shapes.iter().map(|shape| Rungs::of(of(shape))).collect();
        let rungs = rungs?;
        let (low, high) = (*rungs.iter().min()?, *rungs.iter().max()?);
        // One more to either side, because the next of the family may lie there; of more than an
        // octave it is not a habit any more.
        let wide = Rungs { low: low.saturating_sub(1), high: high.saturating_add(1) };
        (high - low <= 2).then_some(wide)
    };
    Some(Pattern {
        server: same(&|shape| shape.server.clone()),
        ja4: first.ja4.filter(|ja4| shapes.iter().all(|shape| shape.ja4 == Some(*ja4))),
        uri: same(&|shape| shape.uri.clone()),
        header_order: same(&|shape| shape.header_order.clone()),
        port: Some(first.port)
            .filter(|port| *port != 0 && shapes.iter().all(|shape| shape.port == *port)),
        transport: first
            .transport
            .filter(|kind| shapes.iter().all(|shape| shape.transport == Some(*kind))),
        application: same(&|shape| shape.application.clone()),
        period: range(&|shape| shape.period_ms),
        sent: range(&|shape| shape.sent_bytes),
        received: range(&|shape| shape.received_bytes),
    })
}

/// What both say, of the same marks.
fn widened(old: &Pattern, new: &Pattern) -> Pattern {
    let range = |old: Option<Rungs>, new: Option<Rungs>| {
        let (old, new) = (old?, new?);
        Some(Rungs { low: old.low.min(new.low), high: old.high.max(new.high) })
    };
    let application = if old.application == new.application { &old.application } else { "" };
    Pattern {
        port: old.port.filter(|_| old.port == new.port),
        transport: old.transport.filter(|_| old.transport == new.transport),
        application: application.to_owned(),
        period: range(old.period, new.period),
        sent: range(old.sent, new.sent),
        received: range(old.received, new.received),
        ..old.clone()
    }
}

/// Where a destination is: names of one owner are one, and addresses of one network.
fn site(subject: &IndicatorValue) -> String {
    let owner = |name: &str| ostium_names::registrable(name).unwrap_or(name).to_owned();
    let network = |addr: &ostium_event::Addr| {
        let bits = if addr.is_v4() { 24 } else { 48 };
        Prefix::new(*addr, bits).map(|prefix| prefix.to_string()).unwrap_or_default()
    };
    match subject {
        IndicatorValue::Domain(name) => owner(name),
        IndicatorValue::Addr(addr) | IndicatorValue::Socket(addr, _) => network(addr),
        IndicatorValue::Url(url) => match host_of(url).parse() {
            Ok(addr) => network(&addr),
            Err(_) => owner(host_of(url)),
        },
        IndicatorValue::Network(prefix) => prefix.to_string(),
        IndicatorValue::Ja4(ja4) => ja4.to_string(),
    }
}
