//! What is told of what has no controller: names that a generator made, and what leaves for a victim.
//!
//! Bias: of names only prints leave, of those that look made, of hosts that the test of the DGA
//! convinces; of floods the victim and the rate. How many hosts use a victim as others do is told while
//! the hub has it throttled, so that what is harmless ends.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ostium_event::{Addr, Proto, Span, Timestamp};
use ostium_evidence::{Evidence, Rate, Tells};
use ostium_hub_api as wire;
use ostium_intel::{Throttle, Transport};
use ostium_pipeline::Crowd as Site;
use ostium_report::Judged;

use super::pseudonym::Crowd;
use super::shape::{bytes, leaves};
use super::tell::{AGAIN, Tell, Teller};
use crate::config::Share;

/// Nats of the DGA's test from which the names are told: from there on it tells of rendezvous too.
const CONVINCING: f64 = 8.0;
/// So many names that were not told yet are news.
const NEW_NAMES: usize = 8;
/// Hosts with made names that are remembered, and victims.
const HOSTS: usize = 1_000;
const VICTIMS: usize = 1_000;
/// Packets a second of all hosts from which on a victim is told of: what the hub counts at least.
const LEAST: u64 = 20;
/// Packets a second of one host from which on it is a flood by itself (docs/detectors.md).
const FLOOD: u64 = 100;
/// A victim is told of again after so long, while it lasts; the hub forgets it after ten minutes.
const LASTS: Span = Span::from_secs(120);
/// What was seen longer ago is over.
const RECENT: Span = Span::from_secs(120);
/// How many use a throttled victim is told again after so long.
const USED: Span = Span::from_secs(600);
/// Longest name of a family.
const LONGEST_FAMILY: usize = 64;

/// What was told of what has no controller.
#[derive(Debug, Default)]
pub(super) struct Apart {
    /// Hosts whose names convince: by how many nats, and of which family.
    convinced: BTreeMap<Addr, (f64, String)>,
    /// Prints that were told, and when, by host.
    names: BTreeMap<Addr, (Timestamp, BTreeSet<u64>)>,
    /// Victims that were told of: when, and how much.
    victims: HashMap<Victim, (Timestamp, u64)>,
    /// Victims of whose use was told.
    used: HashMap<Victim, Timestamp>,
}

type Victim = (Addr, u16, Proto);

/// What leaves for a victim.
#[derive(Debug, Default)]
struct Leaving {
    packets: u64,
    bytes: u64,
    most: u64,
    sources: Crowd,
    last: Timestamp,
}

// === impl Teller: apart ===

impl Teller {
    /// A host was judged: do its names convince?
    pub(super) fn hear_generator(&mut self, judged: &Judged) {
        let r = &judged.rationale;
        let convinces = |item: &&Evidence| item.detector == "dga" && item.log_odds >= CONVINCING;
        let Some(item) = r.evidence.iter().find(convinces) else {
            self.apart.convinced.remove(&r.host);
            return;
        };
        let all = &mut self.apart.convinced;
        if all.len() >= HOSTS && !all.contains_key(&r.host) {
            all.pop_first();
        }
        // A generator that the hub knows already has a name there.
        let known = r.evidence.iter().find(|item| item.detector == "generator");
        let family = item.family.clone().or_else(|| known?.family.clone()).unwrap_or_default();
        all.insert(r.host, (item.log_odds, family));
    }

    /// What is told of what has no controller.
    pub(crate) fn apart(
        &mut self,
        all: &[(Addr, Tells)],
        site: &Site,
        throttled: &[&Throttle],
        now: Timestamp,
    ) -> Vec<Tell> {
        if self.config.share == Share::Nothing {
            return Vec::new();
        }
        self.turn(now);
        let mut told = self.made(all, now);
        let leaving = self.leaving(all, now);
        told.extend(self.attacks(&leaving, now));
        told.extend(self.used(&leaving, site, throttled, now));
        told
    }

    /// Made names that were asked for in vain.
    fn made(&mut self, all: &[(Addr, Tells)], now: Timestamp) -> Vec<Tell> {
        let mut told = Vec::new();
        for (host, tells) in all {
            let (Some(names), Some((nats, family))) =
                (&tells.names, self.apart.convinced.get(host))
            else {
                continue;
            };
            let (at, before) = self.apart.names.entry(*host).or_default();
            let new = names.prints.iter().filter(|print| !before.contains(print)).count();
            let first = *at == Timestamp::ZERO;
            if new == 0 || !(first || new >= NEW_NAMES || now.since(*at) >= AGAIN) {
                continue;
            }
            (*at, *before) = (now, names.prints.iter().copied().collect());
            let count = u32::try_from(names.prints.len()).unwrap_or(u32::MAX);
            let generator = wire::Generator {
                names: count,
                score: *nats as f32,
                prints: names.prints.clone(),
                form: names.form.clone(),
            };
            let news = first.then(|| {
                format!("the hub is told of a generator of names: {count} prints, {}", names.form)
            });
            let report = wire::Report {
                subject: other(if family.is_empty() { "dga" } else { family }),
                first: names.first.secs(),
                last: names.last.secs(),
                family: family.clone(),
                generator: Some(generator),
                ..wire::Report::default()
            };
            told.push(Tell { report, urgent: false, news });
        }
        let kept: BTreeSet<Addr> = all.iter().map(|(host, _)| *host).collect();
        self.apart.names.retain(|host, _| kept.contains(host));
        told
    }

    /// What leaves for whom, of all hosts together.
    fn leaving(&self, all: &[(Addr, Tells)], now: Timestamp) -> BTreeMap<Victim, Leaving> {
        let mut leaving: BTreeMap<Victim, Leaving> = BTreeMap::new();
        for (host, tells) in all {
            let pseudonym = self.pseudonyms.name(self.day, *host);
            let outside =
                |rate: &&Rate| leaves(rate.victim, &self.home) && now.since(rate.last) < RECENT;
            for rate in tells.rates.iter().filter(outside) {
                let victim = leaving.entry((rate.victim, rate.port, rate.proto)).or_default();
                victim.packets = victim.packets.saturating_add(rate.packets_per_second);
                victim.bytes = victim.bytes.saturating_add(rate.bytes_per_second);
                victim.most = victim.most.max(rate.packets_per_second);
                victim.last = victim.last.max(rate.last);
                victim.sources.add(pseudonym);
            }
        }
        leaving
    }

    /// Victims of whom the hub is to hear.
    fn attacks(&mut self, leaving: &BTreeMap<Victim, Leaving>, now: Timestamp) -> Vec<Tell> {
        let of_all = self.config.share == Share::Suspects;
        let mut told = Vec::new();
        for (victim, sum) in leaving {
            if sum.packets < LEAST || !(of_all || sum.most >= FLOOD) {
                continue;
            }
            let (at, before) = self.apart.victims.get(victim).copied().unwrap_or_default();
            let first = at == Timestamp::ZERO || now.since(at) >= AGAIN;
            if !first && sum.packets < before.saturating_mul(2) && now.since(at) < LASTS {
                continue;
            }
            if self.apart.victims.len() >= VICTIMS {
                self.apart.victims.clear();
            }
            self.apart.victims.insert(*victim, (now, sum.packets));
            let attack = wire::Attack {
                packets_per_second: sum.packets,
                bytes_per_second: sum.bytes,
                sources: sum.sources.count(),
                ..attack(*victim)
            };
            let news = first.then(|| {
                let (addr, port, _) = victim;
                let (rate, hosts) = (sum.packets, attack.sources);
                format!(
                    "the hub is told of {addr} port {port}: {rate} packets a second leave for it \
                     without an answer, hosts: {hosts}"
                )
            });
            let report = wire::Report {
                subject: other("attack"),
                first: sum.last.minus(RECENT).secs(),
                last: sum.last.secs(),
                verdict: wire::Verdict::Suspect.into(),
                attack: Some(attack),
                ..wire::Report::default()
            };
            told.push(Tell { report, urgent: first, news });
        }
        told
    }

    /// How many hosts use a victim that is throttled, besides those that flood it: many, and it is
    /// harmless.
    fn used(
        &mut self,
        leaving: &BTreeMap<Victim, Leaving>,
        site: &Site,
        throttled: &[&Throttle],
        now: Timestamp,
    ) -> Vec<Tell> {
        let mut told = Vec::new();
        self.apart.used.retain(|_, at| now.since(*at) < USED);
        for throttle in throttled {
            let proto = match throttle.transport {
                Transport::Tcp => Proto::TCP,
                Transport::Udp => Proto::UDP,
            };
            let victim = (throttle.addr, throttle.port, proto);
            let Some(shared) = site.of(throttle.addr) else { continue };
            let flooding = leaving.get(&victim).map_or(0, |sum| u64::from(sum.sources.count()));
            let count = shared.hosts.saturating_sub(flooding);
            if count < u64::from(self.config.suspects_from.max(1))
                || self.apart.used.contains_key(&victim)
                || self.apart.used.len() >= VICTIMS
            {
                continue;
            }
            self.apart.used.insert(victim, now);
            let share = count.saturating_mul(1_000) / self.active.max(count).max(1);
            let hosts = wire::Hosts {
                day: self.day,
                count: u32::try_from(count).unwrap_or(u32::MAX),
                lowest: Vec::new(),
                crowd: u32::try_from(share).unwrap_or(1_000),
            };
            let report = wire::Report {
                subject: other("attack"),
                first: now.secs(),
                last: now.secs(),
                hosts: Some(hosts),
                attack: Some(attack(victim)),
                ..wire::Report::default()
            };
            told.push(Tell { report, urgent: false, news: None });
        }
        told
    }
}

/// A victim, with nothing said of it yet.
fn attack((addr, port, proto): Victim) -> wire::Attack {
    let transport = if proto == Proto::UDP { Transport::Udp } else { Transport::Tcp };
    wire::Attack {
        victim: bytes(addr).into(),
        port: port.into(),
        transport: transport.name().to_owned(),
        ..wire::Attack::default()
    }
}

/// What has no controller.
fn other(what: &str) -> Option<wire::Subject> {
    let what = what.chars().take(LONGEST_FAMILY).collect();
    Some(wire::Subject { what: Some(wire::subject::What::Other(what)) })
}
