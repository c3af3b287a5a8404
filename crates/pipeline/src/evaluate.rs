//! From shards to the report: what needs all hosts is merged in shard order, then every host is
//! looked at and judged.

use std::collections::{BTreeMap, HashMap};

use ostium_detect::{Blind, HostSummary, Origins, View, Visible, count_shares, spoofed_sources};
use ostium_event::{Addr, Anomaly};
use ostium_evidence::{Evidence, HostCase, Role};
use ostium_profile::{Conversation, Host, HostId, Prevalence, Served, infer_roles};
use ostium_report::{Document, Facts, Judged, Totals, build};
use ostium_verdict::{Rationale, Verdict};

use crate::counters::Counters;
use crate::merge::Tally;
use crate::settings::Settings;
use crate::shard::{SHARDS, Shard};
use crate::talks::talks;

/// What reading has to say.
pub(crate) struct Read {
    pub(crate) names: Vec<String>,
    pub(crate) tally: Tally,
    pub(crate) dropped: Vec<(String, u64)>,
}

/// What all shards know together.
pub(crate) struct Whole {
    counters: Counters,
    prevalence: Prevalence,
    served: BTreeMap<Addr, Served>,
    spoofed: BTreeMap<Addr, Vec<Evidence>>,
    blind: Blind,
    anomalies: Vec<(Anomaly, u64)>,
    /// Hosts and conversations forgotten.
    evicted: (u64, u64),
}

/// What some shards know.
#[derive(Default)]
pub(crate) struct Part {
    counters: Counters,
    prevalence: Prevalence,
    served: BTreeMap<Addr, Served>,
    origins: Origins,
    anomalies: Vec<(Anomaly, u64)>,
    evicted: (u64, u64),
}

/// What speaks against a host, and its conversations.
type Case<'a> = (HostCase, Vec<&'a Conversation>);

/// Judges every host and builds the report.
pub(crate) fn evaluate(shards: &[Shard], settings: &Settings, read: Read) -> Document {
    evaluate_each(shards, settings, read, &mut |_| {})
}

/// The judgement of every host by what was heard so far.
pub(crate) fn rationales(shards: &[Shard], settings: &Settings) -> Vec<Rationale> {
    let mut all = Vec::new();
    for_cases(shards, settings, &Whole::of_shards(shards), |(case, _)| {
        all.push(ostium_judge::judge(case, &settings.policy));
    });
    all
}

/// As [`evaluate`]; `each` sees every case before it is judged.
pub(crate) fn evaluate_each(
    shards: &[Shard],
    settings: &Settings,
    read: Read,
    each: &mut dyn FnMut(&HostCase),
) -> Document {
    let whole = Whole::of_shards(shards);
    let mut judged: Vec<Judged> = Vec::new();
    for_cases(shards, settings, &whole, |case| {
        each(&case.0);
        judged.push(judge(case, settings));
    });
    build(facts(settings, &whole, read), judged, settings.all)
}

/// Judges every host of one shard.
pub(crate) fn judge_shard(shard: &Shard, settings: &Settings, whole: &Whole) -> Vec<Judged> {
    cases(shard, settings, whole, None).into_iter().map(|case| judge(case, settings)).collect()
}

/// Judges one host, which is one of this shard.
pub(crate) fn judge_host(
    shard: &Shard,
    host: Addr,
    settings: &Settings,
    whole: &Whole,
) -> Option<Judged> {
    let case = cases(shard, settings, whole, Some(host)).into_iter().next()?;
    Some(judge(case, settings))
}

fn judge((case, conversations): Case<'_>, settings: &Settings) -> Judged {
    let rationale = ostium_judge::judge(case, &settings.policy);
    let shown = settings.all || rationale.verdict != Verdict::Clean;
    let talks = if shown { talks(&rationale, &conversations) } else { Vec::new() };
    Judged { rationale, talks }
}

// === impl Part ===

impl Part {
    /// What one shard knows.
    pub(crate) fn of(shard: &Shard) -> Self {
        let profile = &shard.hub.profile;
        let mut prevalence = profile.prevalence();
        count_shares(profile, &shard.hub.detectors, &mut prevalence);
        Self {
            counters: shard.hub.counters.clone(),
            prevalence,
            served: profile.served().into_iter().collect(),
            origins: shard.origins.clone(),
            anomalies: profile.anomaly_counts().filter(|(_, count)| *count > 0).collect(),
            evicted: profile.evicted(),
        }
    }

    /// Adds what a later shard knows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.counters.merge(&other.counters);
        self.prevalence.merge(&other.prevalence);
        self.origins.merge(&other.origins);
        for (addr, more) in other.served {
            let all = self.served.entry(addr).or_default();
            all.dns += more.dns;
            all.proxy += more.proxy;
            all.mail += more.mail;
        }
        self.anomalies.extend(other.anomalies);
        self.evicted = (self.evicted.0 + other.evicted.0, self.evicted.1 + other.evicted.1);
    }
}

// === impl Whole ===

impl Whole {
    /// What all parts come to, in the order of their shards.
    pub(crate) fn of(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut all = Part::default();
        parts.into_iter().for_each(|part| all.merge(part));
        let mut spoofed: BTreeMap<Addr, Vec<Evidence>> = BTreeMap::new();
        for (host, item) in spoofed_sources(&all.origins) {
            spoofed.entry(host).or_default().push(item);
        }
        Self {
            blind: Visible::blind(&all.counters.visible),
            counters: all.counters,
            prevalence: all.prevalence,
            served: all.served,
            spoofed,
            anomalies: all.anomalies,
            evicted: all.evicted,
        }
    }

    fn of_shards(shards: &[Shard]) -> Self {
        Self::of(shards.iter().map(Part::of))
    }

    pub(crate) const fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// Hands over the cases of all hosts in the order of the shards; several threads look at shards.
fn for_cases<'a>(
    shards: &'a [Shard],
    settings: &Settings,
    whole: &Whole,
    mut each: impl FnMut(Case<'a>),
) {
    let threads = settings.threads.clamp(1, SHARDS as usize);
    if threads == 1 {
        for shard in shards {
            cases(shard, settings, whole, None).into_iter().for_each(&mut each);
        }
        return;
    }
    let of_thread = |place: usize| -> Vec<Vec<Case<'a>>> {
        let mine = shards.iter().skip(place).step_by(threads);
        mine.map(|shard| cases(shard, settings, whole, None)).collect()
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|place| scope.spawn(move || of_thread(place))).collect();
        running.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut found: Vec<_> = found
        .into_iter()
        // A thread that panicked has said why: its panic goes on here.
        .map(|cases| cases.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).into_iter())
        .collect();
    for place in 0..shards.len() {
        let cases = found.get_mut(place % threads).and_then(Iterator::next);
        cases.into_iter().flatten().for_each(&mut each);
    }
}

/// The cases of one shard's hosts, or of the one asked for, each with its host's conversations.
fn cases<'a>(
    shard: &'a Shard,
    settings: &Settings,
    whole: &Whole,
    only: Option<Addr>,
) -> Vec<Case<'a>> {
    let profile = &shard.hub.profile;
    let hosts = profile.hosts().filter(|(_, host)| only.is_none_or(|only| host.addr == only));
    let hosts: Vec<(HostId, &Host)> = hosts.collect();
    let one = only.and_then(|_| hosts.first().map(|(id, _)| *id));
    let mut by_host: HashMap<HostId, Vec<&Conversation>> = HashMap::new();
    for conversation in profile.conversations() {
        if one.is_none_or(|one| conversation.key.host == one) {
            by_host.entry(conversation.key.host).or_default().push(conversation);
        }
    }
    let mut cases = Vec::new();
    for (id, host) in hosts {
        let conversations = by_host.remove(&id).unwrap_or_default();
        let summary = HostSummary::of(&conversations);
        let view = View {
            profile,
            host,
            conversations: &conversations,
            summary: &summary,
            prevalence: &whole.prevalence,
            intel: &settings.intel,
            lore: shard.hub.lore.as_deref(),
            blind: whole.blind,
        };
        let mut evidence = Vec::new();
        for detector in &shard.hub.detectors {
            detector.host(id, &view, &mut evidence);
            for conversation in &conversations {
                detector.conversation(conversation, &view, &mut evidence);
            }
        }
        evidence.extend(whole.spoofed.get(&host.addr).into_iter().flatten().cloned());
        let case = HostCase {
            host: host.addr,
            roles: roles(host, settings, &whole.served),
            first: host.first,
            last: host.last,
            evidence,
        };
        cases.push((case, conversations));
    }
    cases
}

/// Roles given by the operator, and those that the traffic shows.
fn roles(host: &Host, settings: &Settings, served: &BTreeMap<Addr, Served>) -> Vec<Role> {
    let given = settings.roles.iter().filter(|r| r.host == host.addr).map(|r| r.role);
    let shown = infer_roles(host, served.get(&host.addr).copied().unwrap_or_default());
    let mut roles: Vec<Role> = given.chain(shown).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

pub(crate) fn facts(settings: &Settings, whole: &Whole, mut read: Read) -> Facts {
    for (anomaly, count) in &whole.anomalies {
        read.tally.anomalies_of(*anomaly, *count);
    }
    let evicted = whole.evicted;
    let counters = &whole.counters;
    read.tally.anomalies_of(Anomaly::LineMalformed, counters.rows_malformed);
    let mut dropped: BTreeMap<String, u64> = BTreeMap::new();
    let own = counters.dropped().map(|(reason, n)| (reason.to_owned(), n));
    let forgotten = [("host_forgotten", evicted.0), ("conversation_forgotten", evicted.1)];
    let forgotten = forgotten.into_iter().filter(|(_, n)| *n > 0).map(|(r, n)| (r.to_owned(), n));
    for (reason, count) in own.chain(read.dropped).chain(forgotten) {
        *dropped.entry(reason).or_default() += count;
    }
    Facts {
        inputs: read.names,
        span: counters.span,
        config_sha256: settings.fingerprint(),
        home: settings.home.prefixes().iter().map(ToString::to_string).collect(),
        site: settings.site.clone(),
        blind: whole.blind.words().into_iter().map(str::to_owned).collect(),
        totals: Totals {
            packets: read.tally.packets,
            bytes: read.tally.bytes,
            rows: read.tally.rows,
            flows: counters.flows,
            events: counters.events,
            anomalies: read.tally.anomalies().map(|(n, c)| (n.to_owned(), c)).collect(),
            dropped,
            ..Totals::default()
        },
    }
}
