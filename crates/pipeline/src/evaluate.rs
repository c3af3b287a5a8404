//! From shards to the report: what needs all hosts is merged in shard order, then every host is
//! looked at and judged.

use std::collections::{BTreeMap, HashMap};

use ostium_detect::{Blind, HostSummary, Origins, View, Visible, count_shares, spoofed_sources};
use ostium_event::Addr;
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
struct Whole {
    counters: Counters,
    prevalence: Prevalence,
    served: BTreeMap<Addr, Served>,
    spoofed: BTreeMap<Addr, Vec<Evidence>>,
    blind: Blind,
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
    for_cases(shards, settings, &merge(shards), |(case, _)| {
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
    let whole = merge(shards);
    let mut judged: Vec<Judged> = Vec::new();
    for_cases(shards, settings, &whole, |(case, conversations)| {
        each(&case);
        let rationale = ostium_judge::judge(case, &settings.policy);
        let shown = settings.all || rationale.verdict != Verdict::Clean;
        let talks = if shown { talks(&rationale, &conversations) } else { Vec::new() };
        judged.push(Judged { rationale, talks });
    });
    let facts = facts(shards, settings, &whole, read);
    build(facts, judged, settings.all)
}

fn merge(shards: &[Shard]) -> Whole {
    let mut counters = Counters::default();
    let mut prevalence = Prevalence::default();
    let mut served: BTreeMap<Addr, Served> = BTreeMap::new();
    let mut origins = Origins::default();
    for shard in shards {
        counters.merge(&shard.hub.counters);
        prevalence.merge(&shard.hub.profile.prevalence());
        count_shares(&shard.hub.profile, &shard.hub.detectors, &mut prevalence);
        origins.merge(&shard.origins);
        for (addr, more) in shard.hub.profile.served() {
            let all = served.entry(addr).or_default();
            all.dns += more.dns;
            all.proxy += more.proxy;
            all.mail += more.mail;
        }
    }
    let mut spoofed: BTreeMap<Addr, Vec<Evidence>> = BTreeMap::new();
    for (host, item) in spoofed_sources(&origins) {
        spoofed.entry(host).or_default().push(item);
    }
    let blind = Visible::blind(&counters.visible);
    Whole { counters, prevalence, served, spoofed, blind }
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
            cases(shard, settings, whole).into_iter().for_each(&mut each);
        }
        return;
    }
    let of_thread = |place: usize| -> Vec<Vec<Case<'a>>> {
        let mine = shards.iter().skip(place).step_by(threads);
        mine.map(|shard| cases(shard, settings, whole)).collect()
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

/// The cases of one shard's hosts, each with the conversations of its host.
fn cases<'a>(shard: &'a Shard, settings: &Settings, whole: &Whole) -> Vec<Case<'a>> {
    let profile = &shard.hub.profile;
    let mut by_host: HashMap<HostId, Vec<&Conversation>> = HashMap::new();
    for conversation in profile.conversations() {
        by_host.entry(conversation.key.host).or_default().push(conversation);
    }
    let mut cases = Vec::new();
    for (id, host) in profile.hosts() {
        let conversations = by_host.remove(&id).unwrap_or_default();
        let summary = HostSummary::of(&conversations);
        let view = View {
            profile,
            host,
            conversations: &conversations,
            summary: &summary,
            prevalence: &whole.prevalence,
            intel: &settings.intel,
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

fn facts(shards: &[Shard], settings: &Settings, whole: &Whole, mut read: Read) -> Facts {
    let mut evicted = (0, 0);
    for shard in shards {
        for (anomaly, count) in shard.hub.profile.anomaly_counts() {
            read.tally.anomalies_of(anomaly, count);
        }
        let (hosts, conversations) = shard.hub.profile.evicted();
        evicted = (evicted.0 + hosts, evicted.1 + conversations);
    }
    let counters = &whole.counters;
    read.tally.anomalies_of(ostium_event::Anomaly::LineMalformed, counters.rows_malformed);
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
