//! All results together: what tables, JSON, Markdown and the page are made of.

use ostium_verdict::Verdict;
use serde::Serialize;

use crate::calibration::{Calibration, calibration};
use crate::case::{HostResult, Label, Outcome};
use crate::manifest::Purpose;
use crate::run::Tried;
use crate::total::{Kind, Total, kinds, total};
use crate::without::{Adds, adds};

/// So many clean hosts of a case are told one by one.
const FEW: usize = 5;

/// All results, schema `ostium.eval/1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// `ostium.eval/1`.
    pub schema: &'static str,
    /// Version of Ostium.
    pub version: &'static str,
    /// Cases that were to be run; fewer are told when somebody ended it early.
    pub planned: u64,
    /// Sums by use.
    pub totals: Vec<Total>,
    /// Sums by kind of infection.
    pub kinds: Vec<Kind>,
    /// What each detector adds, over all labelled hosts.
    pub adds: Vec<Adds>,
    /// Are probabilities what they say? Over all labelled hosts that were seen.
    pub calibration: Calibration,
    /// The labelled cases.
    pub cases: Vec<CaseResult>,
    /// Captures of which nothing is known.
    pub captures: Vec<CaseResult>,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// What happens in it.
    pub kind: String,
    /// What it may be used for.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// Who says so.
    pub truth: String,
    /// Something is known of its hosts.
    pub labelled: bool,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

// === impl Evaluation ===

impl Evaluation {
    /// Puts together what came of `planned` cases.
    pub fn of(tried: &[Tried], planned: usize) -> Self {
        let labelled = || tried.iter().filter(|tried| tried.case.purpose.is_some());
        let hosts = || {
            let judged = labelled().filter_map(|tried| tried.outcome.judged());
            judged.flat_map(|judged| &judged.hosts).filter(|host| host.label != Label::None)
        };
        let pairs: Vec<(f64, bool)> = hosts()
            .filter(|host| host.seen)
            .map(|host| (host.probability, host.label == Label::Infected))
            .collect();
        let uses = Purpose::ALL.into_iter();
        let used = |purpose: &Purpose| tried.iter().any(|t| t.case.purpose == Some(*purpose));
        let (captures, cases): (Vec<&Tried>, Vec<&Tried>) =
            tried.iter().partition(|tried| tried.case.purpose.is_none());
        let mut evaluation = Self {
            schema: "ostium.eval/1",
            version: env!("CARGO_PKG_VERSION"),
            planned: planned as u64,
            totals: uses.filter(used).map(|purpose| total(tried, purpose)).collect(),
            adds: adds(hosts()),
            calibration: calibration(&pairs),
            cases: cases.into_iter().map(CaseResult::of).collect(),
            captures: captures.into_iter().map(CaseResult::of).collect(),
            kinds: Vec::new(),
        };
        let infected = evaluation.hosts(Label::Infected);
        evaluation.kinds = kinds(infected.map(|(case, host)| (kind(case, host), host)));
        evaluation
    }

    /// Cases and captures together.
    pub fn all(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().chain(&self.captures)
    }

    /// Runs that ended by a fault of ours.
    pub fn crashed(&self) -> usize {
        self.all().filter(|case| matches!(case.outcome, Outcome::Crashed(_))).count()
    }

    /// Somebody ended it early.
    pub fn is_part(&self) -> bool {
        (self.all().count() as u64) < self.planned
    }

    /// Hosts with this label, each with its case, train before test.
    pub(crate) fn hosts(&self, label: Label) -> impl Iterator<Item = (&CaseResult, &HostResult)> {
        Purpose::ALL.into_iter().flat_map(move |purpose| {
            let cases = self.cases.iter().filter(move |case| case.purpose == Some(purpose));
            cases.flat_map(move |case| {
                let judged = case.outcome.judged();
                let hosts = judged.map(|judged| judged.hosts.as_slice()).unwrap_or_default();
                hosts.iter().filter(move |host| host.label == label).map(move |host| (case, host))
            })
        })
    }
}

/// The kind of a host's infection: its own, or that of its case.
pub(crate) fn kind(case: &CaseResult, host: &HostResult) -> String {
    host.kind.clone().unwrap_or_else(|| case.kind.clone())
}

// === impl CaseResult ===

impl CaseResult {
    fn of(tried: &Tried) -> Self {
        Self {
            name: tried.case.name.clone(),
            kind: tried.case.kind(),
            purpose: tried.case.purpose,
            truth: tried.case.truth.clone(),
            labelled: tried.case.is_labelled(),
            outcome: tried.outcome.clone(),
        }
    }

    /// Hosts with this label that are worth a line: all, but of many clean ones only those that were
    /// called something else.
    pub(crate) fn worth_a_line(&self, host: &HostResult) -> bool {
        let clean = self.outcome.judged().map_or(0, |judged| {
            judged.hosts.iter().filter(|host| host.label == Label::Clean).count()
        });
        let dull = host.label == Label::Clean && host.is(Verdict::Clean);
        !dull || host.convicted_after.is_some() || clean <= FEW
    }

    /// Does its name say that it shows an attack?
    pub(crate) fn says_attack(&self) -> bool {
        const WORDS: [&str; 9] = [
            "scan", "flood", "tunnel", "miner", "mining", "malware", "attack", "exploit", "bad-dns",
        ];
        let name = self.name.to_lowercase();
        WORDS.iter().any(|word| name.contains(word))
    }
}
