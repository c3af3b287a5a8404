//! What was found about one host, and what a judge could make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ostium_evidence::{Evidence, Group};

/// What was found about one host.
#[derive(Clone, PartialEq)]
pub(crate) struct Findings(pub(crate) Vec<Evidence>);

/// The worst that can be made of it under the default policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Clean,
    Suspect,
    Infected,
}

/// The default policy in nats: the way from the prior to 0.9 and to 0.1, and a group's cap.
const INFECTED: f64 = 9.1;
const SUSPECT: f64 = 4.7;
const CAP: f64 = 6.8;

// === impl Findings ===

impl Findings {
    pub(crate) fn of<'a>(&'a self, detector: &'a str) -> impl Iterator<Item = &'a Evidence> {
        self.0.iter().filter(move |e| e.detector == detector)
    }

    fn loudest(&self, detector: &str) -> Option<&Evidence> {
        self.0
            .iter()
            .filter(|e| e.detector == detector)
            .max_by(|a, b| a.log_odds.total_cmp(&b.log_odds))
    }

    /// The weight of a detector's loudest item, 0 when it is silent.
    pub(crate) fn nats(&self, detector: &str) -> f64 {
        self.loudest(detector).map_or(0.0, |e| e.log_odds)
    }

    pub(crate) fn fires(&self, detector: &str) -> bool {
        self.loudest(detector).is_some()
    }

    pub(crate) fn certain(&self, detector: &str) -> bool {
        self.of(detector).any(|e| e.certain)
    }

    /// The group of a detector's loudest item.
    pub(crate) fn group(&self, detector: &str) -> Option<Group> {
        self.loudest(detector).map(|e| e.group)
    }

    /// The text of a detector's loudest item.
    pub(crate) fn words(&self, detector: &str) -> &str {
        self.loudest(detector).map_or("", |e| &e.summary)
    }

    /// A number of a detector's loudest item.
    pub(crate) fn number(&self, detector: &str, name: &str) -> f64 {
        self.loudest(detector)
            .and_then(|e| e.numbers.iter().find(|n| n.0 == name))
            .map_or(f64::NAN, |n| n.1)
    }

    /// The judge's rule in short: the loudest conversation with the host's own behaviour, by group,
    /// capped; infected needs two groups or one certain item.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.0.iter().any(|e| e.certain) {
            return Outcome::Infected;
        }
        let conversations: BTreeSet<Option<u64>> =
            self.0.iter().map(|e| e.about.conversation()).collect();
        let worst =
            conversations.into_iter().map(|c| self.weigh(c)).max().unwrap_or(Outcome::Clean);
        let loud = self.0.iter().any(|e| e.log_odds >= 3.0);
        worst.max(if loud { Outcome::Suspect } else { Outcome::Clean })
    }

    fn weigh(&self, conversation: Option<u64>) -> Outcome {
        // Several views of one conversation show the same fact: the loudest tells it.
        let mut told: BTreeMap<&str, &Evidence> = BTreeMap::new();
        let mut groups: BTreeMap<Group, Vec<f64>> = BTreeMap::new();
        for item in &self.0 {
            match item.about.conversation() {
                None => groups.entry(item.group).or_default().push(item.log_odds),
                about if about == conversation => {
                    let louder = told.get(item.detector).is_none_or(|t| t.log_odds < item.log_odds);
                    if louder {
                        told.insert(item.detector, item);
                    }
                }
                _ => {}
            }
        }
        for item in told.into_values() {
            groups.entry(item.group).or_default().push(item.log_odds);
        }
        let scores = groups.into_values().map(|nats| {
            let best = nats.iter().copied().fold(0.0, f64::max);
            (best + 0.3 * (nats.iter().sum::<f64>() - best)).min(CAP)
        });
        let (mut sum, mut opinions) = (0.0, 0);
        for score in scores {
            sum += score;
            opinions += u32::from(score >= 1.0);
        }
        match sum {
            s if s >= INFECTED && opinions >= 2 => Outcome::Infected,
            s if s >= SUSPECT => Outcome::Suspect,
            _ => Outcome::Clean,
        }
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for e in &self.0 {
            let sure = if e.certain { " CERTAIN" } else { "" };
            writeln!(f, "{:.2}{sure} {} ({}): {}", e.log_odds, e.detector, e.group, e.summary)?;
        }
        Ok(())
    }
}
