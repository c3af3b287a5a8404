//! What each detector adds: every labelled host is judged again without its evidence.
//!
//! Nothing is run again: the case of a host is a list of items, and judgement is a function of it.

use std::collections::{BTreeMap, BTreeSet};

use ostium_evidence::HostCase;
use ostium_judge::{Policy, judge};
use ostium_verdict::Verdict;
use serde::Serialize;

use crate::case::{HostResult, Label};

/// A verdict that would have been another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Without {
    /// The detector, or `group` and its name.
    pub what: String,
    /// The verdict without it.
    pub verdict: &'static str,
}

/// What a detector, or a group of them, adds to all verdicts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Adds {
    /// The detector, or `group` and its name.
    pub what: String,
    /// Infected hosts that it says something of.
    pub speaks_of_infected: u64,
    /// Clean hosts that it says something of.
    pub speaks_of_clean: u64,
    /// Infected hosts found that would not be without it.
    pub found: u64,
    /// Infected hosts suspected or found that would be called clean without it.
    pub suspected: u64,
    /// Clean hosts called infected that would not be without it.
    pub false_alarms: u64,
    /// Clean hosts suspected, or worse, that would be called clean without it.
    pub doubts: u64,
}

/// Names of what can be left out of a case.
fn parts(case: &HostCase) -> BTreeSet<String> {
    let detectors = case.evidence.iter().map(|item| item.detector.to_owned());
    let groups = case.evidence.iter().map(|item| format!("group {}", item.group.name()));
    detectors.chain(groups).collect()
}

/// Is this item of the detector, or there only because that has spoken?
fn goes_with(item: &str, detector: &str) -> bool {
    item == detector || item.strip_suffix("-rendezvous") == Some(detector)
}

/// The verdicts that would be others without one detector or group, and all that speak.
pub(crate) fn without(case: &HostCase, policy: &Policy) -> (Vec<Without>, Vec<String>) {
    let whole = judge(case.clone(), policy).verdict;
    let mut changed = Vec::new();
    let parts = parts(case);
    for what in &parts {
        let mut less = case.clone();
        less.evidence.retain(|item| {
            !goes_with(item.detector, what)
                && what.strip_prefix("group ") != Some(item.group.name())
        });
        let verdict = judge(less, policy).verdict;
        if verdict != whole {
            changed.push(Without { what: what.clone(), verdict: verdict.name() });
        }
    }
    (changed, parts.into_iter().collect())
}

/// The sums over labelled hosts, those that add most first.
pub(crate) fn adds<'a>(hosts: impl Iterator<Item = &'a HostResult>) -> Vec<Adds> {
    let mut all: BTreeMap<&str, Adds> = BTreeMap::new();
    for host in hosts {
        for what in &host.speaks {
            let adds = all.entry(what).or_default();
            match host.label {
                Label::Infected => adds.speaks_of_infected += 1,
                Label::Clean => adds.speaks_of_clean += 1,
                Label::None => {}
            }
        }
        for change in &host.without {
            let adds = all.entry(&change.what).or_default();
            let found = host.verdict == Verdict::Infected.name();
            let cleared = change.verdict == Verdict::Clean.name();
            match host.label {
                Label::Infected => {
                    adds.found += u64::from(found);
                    adds.suspected += u64::from(cleared);
                }
                Label::Clean => {
                    adds.false_alarms += u64::from(found);
                    adds.doubts += u64::from(cleared);
                }
                Label::None => {}
            }
        }
    }
    let mut all: Vec<Adds> =
        all.into_iter().map(|(what, adds)| Adds { what: what.to_owned(), ..adds }).collect();
    all.sort_by_key(|adds| {
        std::cmp::Reverse((adds.found, adds.suspected, adds.speaks_of_infected))
    });
    all
}
