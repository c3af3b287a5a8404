//! Generators of names, known by what several organisations' infected hosts asked for in vain.
//!
//! The same unregistered names, asked at several organisations, are one generator (Antonakakis and
//! others, 2012, From Throw-Away Traffic to Bots, USENIX Security). Bias: nothing is blocked by it.
//! That a generator is known is published, with its family; and a site that asked for a name in
//! vain, as one of the generator's, is a witness when another finds that name, registered by then,
//! to be a controller. A site is no witness for names that it did not ask for itself: else whoever
//! claims a generator could have any name blocked.

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::{Span, Timestamp};
use ostium_intel::IndicatorValue;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::orders::{Ordered, confirms, forbids};
use super::{Correlator, KeptPart, Refused};
use crate::{Case, Decision, Ground, Made, OrgId, Reason, Value};

/// A generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Maker {
    /// The number under which it is published.
    pub id: u64,
    /// What each organisation's hosts asked for.
    pub told: BTreeMap<OrgId, Asked>,
    /// How it stands published: until when, by how many, since when in this form, and the prints.
    pub stands: Option<(Timestamp, u16, Timestamp, Vec<u64>)>,
    /// When it is to be looked at though nobody says anything.
    pub next: Option<Timestamp>,
    /// What an analyst said.
    #[serde(default)]
    pub ordered: Option<Ordered>,
}

/// Names of a generator that one organisation's hosts asked for in vain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Their prints, and when each was told last.
    pub prints: BTreeMap<u64, Timestamp>,
    /// Kinds of letters, lengths and top levels.
    pub form: String,
    /// The malware family, if the sensor knows it.
    pub family: Option<String>,
}

/// All generators.
#[derive(Debug, Default)]
pub(super) struct Makers {
    known: BTreeMap<u64, Maker>,
    /// Generators by the prints of their names.
    of: BTreeMap<u64, u64>,
    /// Cases by the prints of their names.
    cases: BTreeMap<u64, u64>,
    due: BTreeSet<(Timestamp, u64)>,
    dirty: BTreeSet<u64>,
    changed: BTreeSet<u64>,
}

/// Prints of one organisation that are kept: four reports.
const MOST_OF_ONE: usize = 256;
/// Prints of one report that are looked at, and of one entry that are published.
const MOST_PRINTS: usize = 64;
/// What is told anew of a generator is told no more often.
const AGAIN: Span = Span::from_secs(6 * 3_600);
/// How sure it is that it is one, 0 to 100: it blocks nothing.
const SURE: u8 = 90;

// === impl Makers ===

impl Makers {
    /// All generators, by number.
    pub(super) const fn known(&self) -> &BTreeMap<u64, Maker> {
        &self.known
    }

    /// Everything changed.
    pub(super) fn touch_all(&mut self) {
        self.dirty.extend(self.known.keys());
    }

    /// A name has a case now.
    pub(super) fn see(&mut self, subject: &IndicatorValue, case: u64) {
        if let IndicatorValue::Domain(name) = subject {
            self.cases.insert(name_print(name), case);
        }
    }

    /// A case is let go.
    pub(super) fn forget(&mut self, subject: &IndicatorValue) {
        if let IndicatorValue::Domain(name) = subject {
            self.cases.remove(&name_print(name));
        }
    }

    /// What changed since this was asked last, as it is to be kept.
    pub(super) fn keep(&mut self) -> impl Iterator<Item = (String, Option<KeptPart>)> + '_ {
        std::mem::take(&mut self.changed).into_iter().map(|id| {
            let maker = self.known.get(&id).cloned();
            (format!("maker/{id}"), maker.map(|it| KeptPart::Maker(Box::new(it))))
        })
    }

    /// An analyst decides; is there such a generator?
    pub(super) fn order(&mut self, id: u64, ordered: Option<Ordered>) -> bool {
        let Some(maker) = self.known.get_mut(&id) else { return false };
        maker.ordered = ordered;
        self.dirty.insert(id);
        true
    }

    /// Takes one in.
    pub(super) fn put(&mut self, maker: Maker) {
        for print in maker.told.values().flat_map(|asked| asked.prints.keys()) {
            self.of.insert(*print, maker.id);
        }
        self.due.extend(maker.next.map(|at| (at, maker.id)));
        self.known.insert(maker.id, maker);
    }

    fn take(&mut self, id: u64) -> Option<Maker> {
        let maker = self.known.remove(&id)?;
        for print in maker.told.values().flat_map(|asked| asked.prints.keys()) {
            self.of.remove(print);
        }
        if let Some(next) = maker.next {
            self.due.remove(&(next, id));
        }
        Some(maker)
    }
}

// === impl Correlator: makers ===

impl Correlator {
    /// Hears which made names were asked for in vain; the number of their generator.
    pub fn hear_made(&mut self, from: OrgId, made: &Made, now: Timestamp) -> Result<u64, Refused> {
        if !self.organisations.contains_key(&from) {
            return Err(Refused::UnknownOrganisation);
        }
        if !self.counts(from, now) {
            return Err(Refused::NoWeight);
        }
        let last = made.seen.1.min(now);
        if now >= last.plus(self.policy.keep_name) {
            return Err(Refused::TooOld);
        }
        let prints: BTreeSet<u64> = made.prints.iter().copied().take(MOST_PRINTS).collect();
        if prints.is_empty() {
            return Err(Refused::BadNumbers);
        }
        let id = self.maker_of(from, &prints)?;
        let Some(mut maker) = self.makers.take(id) else { return Err(Refused::BadNumbers) };
        let asked = maker.told.entry(from).or_default();
        for print in prints {
            // A name that two generators make is the first one's.
            if self.makers.of.contains_key(&print) {
                continue;
            }
            let at = asked.prints.entry(print).or_insert(last);
            *at = (*at).max(last);
            self.touched.extend(self.makers.cases.get(&print));
        }
        while asked.prints.len() > MOST_OF_ONE {
            let oldest = asked.prints.iter().min_by_key(|(print, at)| (**at, **print));
            let Some(oldest) = oldest.map(|(print, _)| *print) else { break };
            asked.prints.remove(&oldest);
        }
        asked.form.clone_from(&made.form);
        asked.family = made.family.clone().or_else(|| asked.family.take());
        self.makers.put(maker);
        self.makers.dirty.insert(id);
        Ok(id)
    }

    /// The generator of most of these names, or a new one.
    fn maker_of(&mut self, from: OrgId, prints: &BTreeSet<u64>) -> Result<u64, Refused> {
        let mut shared: BTreeMap<u64, usize> = BTreeMap::new();
        for id in prints.iter().filter_map(|print| self.makers.of.get(print)) {
            *shared.entry(*id).or_default() += 1;
        }
        let own = |id: &u64| {
            self.makers.known.get(id).is_some_and(|maker| maker.told.contains_key(&from))
        };
        let enough = |(id, n): &(&u64, &usize)| **n >= self.policy.generator_shared || own(id);
        let most = shared.iter().filter(enough).max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        if let Some((id, _)) = most {
            return Ok(*id);
        }
        if self.makers.known.keys().filter(|id| own(id)).count() >= self.policy.most_generators {
            return Err(Refused::TooMany);
        }
        let id = self.next;
        self.next += 1;
        self.makers.put(Maker {
            id,
            told: BTreeMap::new(),
            stands: None,
            next: None,
            ordered: None,
        });
        Ok(id)
    }

    /// Organisations that bear witness for a name: as one of a generator's their hosts asked for it
    /// when nobody had registered it. Only beside one that convicts by evidence of its own, and no
    /// more than the policy says.
    pub(super) fn witnesses(&self, case: &Case, now: Timestamp) -> Vec<OrgId> {
        let IndicatorValue::Domain(name) = &case.subject else { return Vec::new() };
        let print = name_print(name);
        let Some(maker) = self.makers.of.get(&print).and_then(|id| self.makers.known.get(id))
        else {
            return Vec::new();
        };
        let convicts = case.votes.iter().any(|(who, vote)| {
            vote.convicts && !vote.denies && !vote.by_pattern && self.counts(*who, now)
        });
        if !convicts {
            return Vec::new();
        }
        let asked = |(who, asked): &(&OrgId, &Asked)| {
            let at = asked.prints.get(&print);
            at.is_some_and(|at| now < at.plus(self.policy.keep_name))
                && !case.votes.contains_key(*who)
                && self.counts(**who, now)
        };
        let who = maker.told.iter().filter(asked).map(|(who, _)| *who);
        who.take(self.policy.most_witnesses).collect()
    }

    /// Looks at every generator of which somebody spoke, or that is due.
    pub(super) fn decide_makers(&mut self, now: Timestamp, decisions: &mut Vec<Decision>) {
        while let Some(&(at, id)) = self.makers.due.first().filter(|(at, _)| *at <= now) {
            self.makers.due.remove(&(at, id));
            self.makers.dirty.insert(id);
        }
        for id in std::mem::take(&mut self.makers.dirty) {
            let Some(mut maker) = self.makers.take(id) else { continue };
            self.makers.changed.insert(id);
            let keep = self.policy.keep_name;
            for asked in maker.told.values_mut() {
                asked.prints.retain(|_, at| now < at.plus(keep));
            }
            maker.told.retain(|_, asked| !asked.prints.is_empty());
            maker.next = None;
            self.judge_maker(&mut maker, now, decisions);
            if maker.told.is_empty() {
                continue;
            }
            let ends = maker.told.values().flat_map(|asked| asked.prints.values());
            let ends = ends.map(|at| at.plus(keep)).min();
            let again = maker.stands.as_ref().map(|(_, _, since, _)| since.plus(AGAIN));
            let minute = Timestamp::from_secs((now.secs() / 60 + 1) * 60);
            let waits = maker.next.take().map(|_| minute);
            maker.next = [ends, again, waits].into_iter().flatten().filter(|at| *at > now).min();
            self.makers.put(maker);
        }
    }

    fn judge_maker(&mut self, maker: &mut Maker, now: Timestamp, to: &mut Vec<Decision>) {
        let (who, prints) = self.in_common(maker, now);
        let (forbidden, by_hand) =
            (forbids(maker.ordered.as_ref()), confirms(maker.ordered.as_ref()));
        let founded = self.is_quorum(&who) || (by_hand && !prints.is_empty());
        if self.killed || forbidden.is_some() || !founded {
            if maker.stands.take().is_some() {
                let reason = match self.killed {
                    true => Reason::Rail { rail: "the kill switch is on".to_owned() },
                    false => forbidden.unwrap_or(Reason::Silence),
                };
                to.push(Decision::Withdraw { id: maker.id, reason });
            }
            return;
        }
        let common = |asked: &Asked| {
            let both = asked.prints.iter().filter(|(print, _)| prints.contains(*print));
            both.map(|(_, at)| *at).max()
        };
        let last = maker.told.values().filter_map(common).max().unwrap_or(now);
        let until = last.plus(self.policy.keep_name);
        let organisations = u16::try_from(who.len()).unwrap_or(u16::MAX);
        if let Some((old, by, since, known)) = &maker.stands {
            let longer = until.since(*old).nanos() >= self.policy.keep_name.nanos() / 8;
            let new = *known != prints || *by != organisations || longer;
            if !new || now < since.plus(AGAIN) {
                return;
            }
        } else if !self.takes_turn() {
            maker.next = Some(now);
            return;
        }
        maker.stands = Some((until, organisations, now, prints.clone()));
        let forms = maker.told.values().map(|asked| asked.form.as_str());
        to.push(Decision::Publish {
            id: maker.id,
            value: Value::Generator { prints, form: most(forms).unwrap_or_default() },
            confidence: SURE,
            family: most(maker.told.values().filter_map(|asked| asked.family.as_deref())),
            until,
            organisations,
            canary: 0,
            ground: if by_hand { Ground::Analyst } else { Ground::Quorum },
        });
    }

    /// Who shares enough names with others, and the names that are shared: those of most first, and
    /// no more than an entry holds, lowest first.
    fn in_common(&self, maker: &Maker, now: Timestamp) -> (Vec<OrgId>, Vec<u64>) {
        let told = maker.told.iter().filter(|(who, _)| self.counts(**who, now));
        let mut tellers: BTreeMap<u64, usize> = BTreeMap::new();
        for print in told.clone().flat_map(|(_, asked)| asked.prints.keys()) {
            *tellers.entry(*print).or_default() += 1;
        }
        // An analyst takes the word of one.
        let least = if confirms(maker.ordered.as_ref()) { 1 } else { 2 };
        tellers.retain(|_, n| *n >= least);
        let shares = |asked: &Asked| {
            let both = asked.prints.keys().filter(|print| tellers.contains_key(*print));
            both.count() >= self.policy.generator_shared
        };
        let who = told.filter(|(_, asked)| shares(asked)).map(|(who, _)| *who).collect();
        let mut prints: Vec<(usize, u64)> = tellers.into_iter().map(|(p, n)| (n, p)).collect();
        prints.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        prints.truncate(MOST_PRINTS);
        let mut prints: Vec<u64> = prints.into_iter().map(|(_, print)| print).collect();
        prints.sort_unstable();
        (who, prints)
    }
}

/// What most say; of equals the first in the alphabet.
fn most<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    words.filter(|word| !word.is_empty()).for_each(|word| *count.entry(word).or_default() += 1);
    let most = count.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
    Some((*most.0).to_owned())
}

/// The first eight bytes of SHA-256 of a name in lower case without a final dot, big end first: what
/// sensors tell of names that were asked for in vain.
pub fn name_print(name: &str) -> u64 {
    let hash = digest(&SHA256, name.as_bytes());
    hash.as_ref().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
