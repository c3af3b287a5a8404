//! What is told to the hub: what is suspicious of a destination, how many hosts talk to it, and
//! what an operator thinks of it.
//!
//! Bias: nothing leaves that the hub does not need. A destination is told of when a host is
//! convicted because of it; one that is merely suspicious when several hosts talk to it, for what
//! one person alone visits is that person's own affair. Evidence that rests on the word of a hub or
//! a list is left out: it would come back as if somebody had seen something.

use std::collections::{BTreeMap, HashMap};

use ostium_event::{Addr, Home, Span, Timestamp};
use ostium_evidence::{Evidence, Group, Peer};
use ostium_hub_api as wire;
use ostium_intel::IndicatorValue;
use ostium_judge::Policy;
use ostium_report::{Judged, controllers};
use ostium_verdict::Verdict;

use super::apart::Apart;
use super::pseudonym::{Crowd, Pseudonyms, day};
use super::shape::{bytes, leaves, subject, wired, wired_shape};
use crate::config::{HubConfig, Share};

/// The same is told again after so long, for as long as it lasts.
pub(super) const AGAIN: Span = Span::from_secs(3_600);
/// From so many nats on a conversation is suspicious: the hub counts no less as support.
const SUSPICIOUS: f64 = 3.0;
/// It is told again at once when it has grown by so many.
const GROWN: f64 = 1.0;
/// Destinations remembered.
const SUBJECTS: usize = 10_000;
/// Items of evidence that are told of one destination.
const ITEMS: usize = 8;

/// Who decides what is told.
pub(crate) struct Teller {
    pub(super) config: HubConfig,
    pub(super) home: Home,
    pub(super) pseudonyms: Pseudonyms,
    policy: Policy,
    pub(super) day: u32,
    pub(super) active: u64,
    subjects: HashMap<IndicatorValue, Told>,
    /// What has no controller.
    pub(super) apart: Apart,
}

/// What was told of a destination.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) hosts: Crowd,
    at: Timestamp,
    log_odds: f64,
    convicts: bool,
    count: u32,
    /// Patterns that it was met by: when that was told, and of how many hosts.
    pub(super) patterns: BTreeMap<u64, (Timestamp, u32)>,
}

/// What is told.
#[derive(Debug)]
pub(crate) struct Tell {
    pub(crate) report: wire::Report,
    /// Somebody waits for it.
    pub(crate) urgent: bool,
    /// The same for the site's operator, when it is told for the first time.
    pub(crate) news: Option<String>,
}

/// What is to be said of one destination.
struct Finding {
    log_odds: f64,
    convicts: bool,
    first: Timestamp,
    last: Timestamp,
    items: Vec<wire::Item>,
    family: String,
    addresses: Vec<Addr>,
    shape: Option<wire::Shape>,
    patterns: Vec<u64>,
}

/// The detector whose items are what published patterns add (docs/protocol.md, Patterns).
pub(super) const PATTERN: &str = "pattern";

// === impl Teller ===

impl Teller {
    pub(crate) fn new(config: HubConfig, home: Home, pseudonyms: Pseudonyms) -> Self {
        Self {
            config,
            home,
            pseudonyms,
            policy: Policy::default(),
            day: 0,
            active: 0,
            subjects: HashMap::new(),
            apart: Apart::default(),
        }
    }

    pub(crate) fn settle(&mut self, config: HubConfig) {
        self.config = config;
    }

    pub(crate) fn active(&mut self, hosts: u64) {
        self.active = hosts;
    }

    /// What is to be told of a host that was judged.
    pub(crate) fn judged(&mut self, judged: &Judged, now: Timestamp) -> Vec<Tell> {
        if self.config.share == Share::Nothing {
            return Vec::new();
        }
        self.turn(now);
        self.hear_generator(judged);
        let host = judged.rationale.host;
        let mut reports = Vec::new();
        for (value, finding) in self.findings(judged) {
            let told = self.remember(&value, host, now);
            let count = told.hosts.count();
            let (grown, new) = (finding.log_odds - told.log_odds >= GROWN, told.log_odds == 0.0);
            let risen = finding.convicts && !told.convicts;
            let more = count >= 2 * told.count.max(1);
            let again = now.since(told.at) >= AGAIN;
            let may = finding.convicts
                || (self.config.share == Share::Suspects && count >= self.config.suspects_from);
            let told = self.remember(&value, host, now);
            if !may || !(new || grown || risen || more || again) {
                continue;
            }
            (told.at, told.count) = (now, count);
            told.log_odds = finding.log_odds;
            told.convicts |= finding.convicts;
            let urgent = finding.convicts && (risen || new);
            let nats = finding.log_odds;
            let what = if finding.convicts { "infects" } else { "is suspicious" };
            let news = (new || risen).then(|| {
                format!("the hub is told of {value}: it {what}, {nats:.1} nats, hosts: {count}")
            });
            if let Some(report) = self.report(&value, Some(finding), now) {
                reports.push(Tell { report, urgent, news });
            }
        }
        reports
    }

    /// A host met what the hub has published: its life is extended, and if many do, it is
    /// collateral.
    pub(crate) fn met(
        &mut self,
        value: &IndicatorValue,
        host: Addr,
        now: Timestamp,
    ) -> Option<wire::Report> {
        if self.config.share == Share::Nothing {
            return None;
        }
        self.turn(now);
        let told = self.remember(value, host, now);
        let count = told.hosts.count();
        if count < 2 * told.count.max(1) && told.count > 0 && now.since(told.at) < AGAIN {
            return None;
        }
        (told.at, told.count) = (now, count);
        self.report(value, None, now)
    }

    /// The site says that this is harmless.
    pub(crate) fn pardoned(&self, value: &IndicatorValue, now: Timestamp) -> wire::Report {
        let (first, last) = (now.secs(), now.secs());
        let subject = wired(value);
        wire::Report { subject, first, last, false_positive: true, ..wire::Report::default() }
    }

    /// Counts are of one day, and never added up.
    pub(super) fn turn(&mut self, now: Timestamp) {
        let today = day(now);
        if today != self.day {
            self.day = today;
            for told in self.subjects.values_mut() {
                (told.hosts, told.count) = (Crowd::default(), 0);
                told.patterns.clear();
            }
        }
    }

    pub(super) fn remember(
        &mut self,
        value: &IndicatorValue,
        host: Addr,
        now: Timestamp,
    ) -> &mut Told {
        if self.subjects.len() >= SUBJECTS && !self.subjects.contains_key(value) {
            // What was told longest ago goes, a tenth at a time.
            let mut times: Vec<Timestamp> = self.subjects.values().map(|told| told.at).collect();
            let (_, oldest, _) = times.select_nth_unstable(SUBJECTS / 10);
            let oldest = *oldest;
            self.subjects.retain(|_, told| told.at > oldest);
        }
        let pseudonym = self.pseudonyms.name(day(now), host);
        let told = self.subjects.entry(value.clone()).or_default();
        told.hosts.add(pseudonym);
        told
    }

    pub(super) fn subject_hosts(&self, value: &IndicatorValue) -> Option<wire::Hosts> {
        self.subjects.get(value).map(|told| self.hosts(&told.hosts))
    }

    fn report(
        &self,
        value: &IndicatorValue,
        finding: Option<Finding>,
        now: Timestamp,
    ) -> Option<wire::Report> {
        let hosts = self.subjects.get(value).map(|told| self.hosts(&told.hosts));
        let subject = Some(wired(value)?);
        let report = wire::Report { subject, hosts, ..wire::Report::default() };
        Some(match finding {
            None => wire::Report { first: now.secs(), last: now.secs(), ..report },
            Some(finding) => wire::Report {
                first: finding.first.secs(),
                last: finding.last.secs(),
                verdict: match finding.convicts {
                    true => wire::Verdict::Infected.into(),
                    false => wire::Verdict::Suspect.into(),
                },
                log_odds: finding.log_odds as f32,
                items: finding.items,
                family: finding.family,
                shape: finding.shape,
                patterns: finding.patterns,
                addresses: finding.addresses.iter().map(|addr| bytes(*addr).into()).collect(),
                ..report
            },
        })
    }

    /// How many hosts these are, under names of today.
    pub(super) fn hosts(&self, crowd: &Crowd) -> wire::Hosts {
        let count = crowd.count();
        let share = u64::from(count) * 1_000 / self.active.max(u64::from(count)).max(1);
        let lowest = crowd.lowest();
        let share = u32::try_from(share).unwrap_or(1_000);
        wire::Hosts { day: self.day, count, lowest, crowd: share }
    }

    /// What the evidence says of each destination, as the judge adds it up.
    fn findings(&self, judged: &Judged) -> BTreeMap<IndicatorValue, Finding> {
        let r = &judged.rationale;
        let convicting: Vec<_> = controllers(r).collect();
        let mut of: BTreeMap<u64, Vec<&Evidence>> = BTreeMap::new();
        for item in &r.evidence {
            // What patterns add is told as theirs, beside what was seen here.
            let own = item.detector == PATTERN
                || (item.group != Group::Reputation && item.group != Group::Behaviour);
            if let Some(id) = item.about.conversation().filter(|_| own) {
                of.entry(id).or_default().push(item);
            }
        }
        let mut findings = BTreeMap::new();
        for (id, items) in of {
            // What rests on a pattern alone was told when it was met.
            if items.iter().all(|item| item.detector == PATTERN) {
                continue;
            }
            // Several views show one conversation: the name that all of them lie under is what it is.
            let peers = items.iter().filter_map(|item| item.about.peer());
            let named = |peer: &&Peer| peer.name.as_ref().map_or(usize::MAX, |name| name.len());
            let Some(value) = peers.min_by_key(named).and_then(|p| subject(p, &self.home)) else {
                continue;
            };
            let is_it =
                |item: &&Evidence| item.about.peer().is_some_and(|p| convicting.contains(&p));
            let convicts = r.verdict == Verdict::Infected && items.iter().any(is_it);
            let log_odds = self.sum(&items);
            let certain = items.iter().any(|item| item.certain);
            if log_odds < SUSPICIOUS && !certain {
                continue;
            }
            let log_odds = if certain { log_odds.max(self.policy.group_cap()) } else { log_odds };
            let talk = judged.talks.iter().find(|talk| talk.id == id);
            let shape = talk.and_then(|talk| talk.shape.as_deref()).map(wired_shape);
            let finding = Finding { shape, ..self.finding(&items, log_odds, convicts) };
            // Two conversations may be with one destination: the louder tells of it.
            let louder = findings.get(&value).is_none_or(|old: &Finding| {
                (finding.convicts, finding.log_odds) > (old.convicts, old.log_odds)
            });
            if louder {
                findings.insert(value, finding);
            }
        }
        findings
    }

    /// The best item of a group in full and little of the others, each group capped: the calculus
    /// of the judge.
    fn sum(&self, items: &[&Evidence]) -> f64 {
        let of = |group: Group| {
            let mut nats: Vec<f64> =
                items.iter().filter(|item| item.group == group).map(|item| item.log_odds).collect();
            nats.sort_by(|a, b| b.total_cmp(a));
            let raw = nats.split_first().map_or(0.0, |(best, others)| {
                best + self.policy.others * others.iter().sum::<f64>()
            });
            raw.min(self.policy.group_cap())
        };
        Group::ALL.into_iter().map(of).sum()
    }

    fn finding(&self, items: &[&Evidence], log_odds: f64, convicts: bool) -> Finding {
        let mut addresses: Vec<Addr> = items
            .iter()
            .filter_map(|item| item.about.peer()?.addr)
            .filter(|addr| leaves(*addr, &self.home))
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        Finding {
            log_odds,
            convicts,
            first: items.iter().map(|item| item.first).min().unwrap_or_default(),
            last: items.iter().map(|item| item.last).max().unwrap_or_default(),
            items: items.iter().take(ITEMS).map(|item| told(item)).collect(),
            family: items.iter().find_map(|item| item.family.clone()).unwrap_or_default(),
            addresses,
            shape: None,
            patterns: items.iter().filter_map(|item| pattern_of(item)).collect(),
        }
    }
}

/// The published pattern that an item is about.
fn pattern_of(item: &Evidence) -> Option<u64> {
    let number = item.numbers.iter().find(|(name, _)| *name == PATTERN)?;
    (item.detector == PATTERN).then_some(number.1 as u64)
}

/// An item without its words: those are for people at the site, and may name its hosts.
fn told(item: &Evidence) -> wire::Item {
    wire::Item {
        detector: item.detector.to_owned(),
        group: item.group.name().to_owned(),
        log_odds: item.log_odds as f32,
        certain: item.certain,
    }
}
