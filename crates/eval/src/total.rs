//! Sums over cases of one use.

use std::collections::BTreeMap;

use ostium_verdict::Verdict;
use serde::Serialize;

use crate::case::{HostResult, Label};
use crate::manifest::Purpose;
use crate::run::Tried;
use crate::stats::{median, poisson_upper, share_bounds};

/// Sums over the cases of one use.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Total {
    /// The use.
    #[serde(rename = "use")]
    pub purpose: Purpose,
    /// Cases that were judged.
    pub cases: u64,
    /// Infected hosts.
    pub infected: u64,
    /// Those called infected at the end of the input.
    pub found: u64,
    /// Those called suspect.
    pub suspect: u64,
    /// Those called clean, or never seen.
    pub missed: u64,
    /// Share found, with its bounds (95 %, exact).
    pub found_share: Option<Bound>,
    /// Clean hosts that were seen.
    pub clean: u64,
    /// Those called infected at the end of the input.
    pub false_hosts: u64,
    /// Those called infected at any look.
    pub false_at_any_look: u64,
    /// Those called suspect.
    pub doubted: u64,
    /// Days that clean hosts were watched, summed.
    pub clean_host_days: f64,
    /// False hosts per 1,000 host-days, with the upper bound (95 %, exact); absent without any.
    pub false_per_1000: Option<Bound>,
    /// How long it took to find an infected host; of those found at the end.
    pub delay: Delay,
    /// Hosts without a label: seen, called infected, called suspect.
    pub unlabelled: (u64, u64, u64),
}

/// Sums over infected hosts of one kind, whatever their use.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Kind {
    /// The kind of the infection.
    pub kind: String,
    /// Infected hosts.
    pub infected: u64,
    /// Those called infected at the end of the input.
    pub found: u64,
    /// Those called suspect.
    pub suspect: u64,
    /// Those called clean, or never seen.
    pub missed: u64,
    /// How long it took to find one.
    pub delay: Delay,
}

/// A rate with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// As counted.
    pub rate: f64,
    /// Lower bound; 0 where only an upper one is asked for.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// From the first event of an infected host to the first look that called it infected.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Delay {
    /// Hosts.
    pub hosts: u64,
    /// Half of them were found within so many seconds.
    pub median: Option<f64>,
    /// All of them were.
    pub longest: Option<f64>,
}

/// The sums of one use.
pub(crate) fn total(tried: &[Tried], purpose: Purpose) -> Total {
    let of_use = || tried.iter().filter(move |tried| tried.case.purpose == Some(purpose));
    let judged = || of_use().filter_map(|tried| tried.outcome.judged());
    let hosts = |label| judged().flat_map(|j| &j.hosts).filter(move |host| host.label == label);
    let count = |label, verdict| hosts(label).filter(|host| host.is(verdict)).count() as u64;
    let seen_clean = || hosts(Label::Clean).filter(|host| host.seen);
    let infected = hosts(Label::Infected).count() as u64;
    let found = count(Label::Infected, Verdict::Infected);
    let false_hosts = count(Label::Clean, Verdict::Infected);
    let clean_in = |j: &crate::case::Judged| {
        j.hosts.iter().filter(|host| host.label == Label::Clean && host.seen).count() as f64
    };
    let clean_host_days: f64 = judged().map(|j| clean_in(j) * j.days).sum();
    let labelled_seen = judged()
        .flat_map(|j| &j.hosts)
        .filter(|host| host.label != Label::None && host.seen)
        .count() as u64;
    let all_seen: u64 = judged().map(|j| j.seen).sum();
    let suspect = count(Label::Infected, Verdict::Suspect);
    Total {
        purpose,
        cases: judged().count() as u64,
        infected,
        found,
        suspect,
        missed: infected - found - suspect,
        found_share: (infected > 0).then(|| {
            let (low, high) = share_bounds(found, infected);
            Bound { rate: found as f64 / infected as f64, low, high }
        }),
        clean: seen_clean().count() as u64,
        false_hosts,
        false_at_any_look: seen_clean().filter(|h| h.convicted_after.is_some()).count() as u64,
        doubted: count(Label::Clean, Verdict::Suspect),
        clean_host_days,
        false_per_1000: (clean_host_days > 0.0).then(|| Bound {
            rate: false_hosts as f64 * 1000.0 / clean_host_days,
            low: 0.0,
            high: poisson_upper(false_hosts) * 1000.0 / clean_host_days,
        }),
        delay: delay(hosts(Label::Infected)),
        unlabelled: (
            all_seen - labelled_seen,
            count(Label::None, Verdict::Infected),
            count(Label::None, Verdict::Suspect),
        ),
    }
}

/// The sums by kind, the most frequent first.
pub(crate) fn kinds<'a>(infected: impl Iterator<Item = (String, &'a HostResult)>) -> Vec<Kind> {
    let mut all: BTreeMap<String, Vec<&HostResult>> = BTreeMap::new();
    infected.for_each(|(kind, host)| all.entry(kind).or_default().push(host));
    let mut kinds: Vec<Kind> = all
        .into_iter()
        .map(|(kind, hosts)| {
            let count = |verdict| hosts.iter().filter(|host| host.is(verdict)).count() as u64;
            let (found, suspect) = (count(Verdict::Infected), count(Verdict::Suspect));
            let infected = hosts.len() as u64;
            let missed = infected - found - suspect;
            Kind { kind, infected, found, suspect, missed, delay: delay(hosts.into_iter()) }
        })
        .collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.infected));
    kinds
}

fn delay<'a>(infected: impl Iterator<Item = &'a HostResult>) -> Delay {
    let found = infected.filter(|host| host.is(Verdict::Infected));
    let delays: Vec<f64> = found.filter_map(|host| host.convicted_after).collect();
    Delay {
        hosts: delays.len() as u64,
        longest: delays.iter().copied().reduce(f64::max),
        median: median(delays),
    }
}
