//! One case: run, and set against its labels.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use ostium_event::{Addr, Home};
use ostium_evidence::HostCase;
use ostium_pipeline::{Examination, Input, Settings, examine, open};
use ostium_report::HostRow;
use ostium_verdict::Verdict;
use serde::Serialize;

use crate::manifest::{Case, Source};
use crate::scenario;
use crate::without::{Without, without};

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was judged.
    Judged(Judged),
    /// It cannot be read, in the product's own words.
    Refused(String),
    /// The run ended by a fault of ours.
    Crashed(String),
}

/// A case that was judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Judged {
    /// From the first to the last event, in days.
    pub days: f64,
    /// Inside hosts seen, labelled or not.
    pub seen: u64,
    /// Labelled hosts, and the others that are not clean; infected ones first.
    pub hosts: Vec<HostResult>,
    /// Inputs of the case that could not be read.
    pub unread: Vec<String>,
}

/// What is known of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Infected.
    Infected,
    /// Clean.
    Clean,
    /// Nothing.
    None,
}

/// What was said of a host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostResult {
    /// Its address.
    pub host: String,
    /// What is known of it.
    pub label: Label,
    /// The kind of its infection, where the case knows it host by host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// It was in the input at all.
    pub seen: bool,
    /// The verdict at the end of the input.
    pub verdict: String,
    /// The probability at the end of the input.
    pub probability: f64,
    /// What counted, the weightiest first.
    pub reasons: Vec<Reason>,
    /// Seconds from its first event to the first look that called it infected, though that may not
    /// have been the last word.
    pub convicted_after: Option<f64>,
    /// Detectors and groups that say anything of it.
    #[serde(skip)]
    pub speaks: Vec<String>,
    /// Verdicts that would be others without a detector or group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Without>,
}

/// An item that counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// Its detector.
    pub detector: String,
    /// Its weight.
    pub nats: f64,
    /// It convicts alone.
    pub certain: bool,
}

/// Items told of a host.
const TOP: usize = 4;
const DAY: f64 = 86_400.0;

/// Runs a case; `None` when `go_on` ended it.
pub(crate) fn judge_case(
    case: &Case,
    base: &Path,
    memory: u64,
    go_on: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let outcome = try_case(case, base, memory, go_on)?;
    let own = |text: String| own_words(&text, case, base);
    Some(match outcome {
        Outcome::Judged(mut judged) => {
            judged.unread = judged.unread.into_iter().map(own).collect();
            Outcome::Judged(judged)
        }
        Outcome::Refused(why) => Outcome::Refused(own(why)),
        Outcome::Crashed(why) => Outcome::Crashed(own(why)),
    })
}

/// A message without where the corpus lies, which is nobody's business.
fn own_words(text: &str, case: &Case, base: &Path) -> String {
    let Source::Files(files) = &case.source else { return text.to_owned() };
    files.iter().fold(text.to_owned(), |text, file| {
        let name = if case.purpose.is_none() { &case.name } else { file };
        text.replace(&base.join(file).display().to_string(), name)
    })
}

fn try_case(case: &Case, base: &Path, memory: u64, go_on: &dyn Fn() -> bool) -> Option<Outcome> {
    match &case.source {
        Source::Files(files) => try_files(case, files, base, memory, go_on),
        Source::Scenario(scenario) => scenario::try_scenario(case, scenario, base, memory, go_on),
    }
}

fn try_files(
    case: &Case,
    files: &[String],
    base: &Path,
    memory: u64,
    go_on: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let (inputs, unread) = open_all(files, base);
    if inputs.is_empty() {
        let why = unread.into_iter().next();
        return Some(Outcome::Refused(why.unwrap_or_else(|| "nothing to read".to_owned())));
    }
    let settings = settings(case, memory);
    let examined = examine(inputs, &settings, &mut |_| match go_on() {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    });
    if examined.analysis.interrupted {
        return None;
    }
    let totals = &examined.analysis.document.totals;
    if totals.packets + totals.rows == 0
        && let Some(note) = examined.analysis.notes.first()
    {
        return Some(Outcome::Refused(note.0.clone()));
    }
    Some(Outcome::Judged(Judged { unread, ..judged(case, &examined, &settings) }))
}

/// A fresh install that knows what is inside, and the roles.
pub(crate) fn settings(case: &Case, memory: u64) -> Settings {
    Settings {
        home: if case.home.is_empty() { Home::private() } else { Home::new(&case.home) },
        roles: case.roles.clone(),
        memory,
        threads: 1,
        all: true,
        ..Settings::default()
    }
}

/// Everything that can be opened, and why the rest cannot.
fn open_all(files: &[String], base: &Path) -> (Vec<Input>, Vec<String>) {
    let (mut inputs, mut unread, mut of_no_use) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let (opened, errors, notes) = open(&base.join(file).display().to_string());
        inputs.extend(opened);
        unread.extend(errors.iter().map(ToString::to_string));
        of_no_use.extend(notes.into_iter().map(|note| note.0));
    }
    if inputs.is_empty() {
        unread.extend(of_no_use);
    }
    (inputs, unread)
}

/// The labelled hosts, and the others that are not clean.
pub(crate) fn judged(case: &Case, examined: &Examination, settings: &Settings) -> Judged {
    let document = &examined.analysis.document;
    let rows: BTreeMap<&str, &HostRow> =
        document.hosts.iter().map(|row| (row.host.as_str(), row)).collect();
    let cases: BTreeMap<Addr, &HostCase> = examined.cases.iter().map(|c| (c.host, c)).collect();
    let span = cases.values().fold(None, |span, case| {
        let (first, last) = span.unwrap_or((case.first, case.last));
        Some((case.first.min(first), case.last.max(last)))
    });
    let result = |addr: Addr, label| {
        let name = addr.to_string();
        let (row, host) = (rows.get(name.as_str()).copied(), cases.get(&addr).copied());
        let (without, speaks) = match (label, host) {
            (Label::None, _) | (_, None) => Default::default(),
            (_, Some(host)) => without(host, &settings.policy),
        };
        let ended = row.is_some_and(|row| row.verdict == Verdict::Infected.name());
        let end = span.filter(|_| ended).map(|(_, last)| last);
        let convicted = examined.convicted.get(&addr).copied().or(end);
        HostResult {
            label,
            kind: None,
            seen: host.is_some(),
            verdict: row.map_or(Verdict::Clean.name(), |row| &row.verdict).to_owned(),
            probability: row.map_or(0.0, |row| row.probability),
            reasons: row.map(reasons).unwrap_or_default(),
            convicted_after: convicted.zip(host).map(|(at, host)| at.since(host.first).secs_f64()),
            speaks,
            without,
            host: name,
        }
    };
    let labelled: BTreeSet<Addr> = case.infected.iter().chain(&case.clean).copied().collect();
    let others = document.hosts.iter().filter(|row| row.verdict != Verdict::Clean.name());
    let others = others.filter_map(|row| row.host.parse().ok());
    let infected = case.infected.iter().map(|addr| result(*addr, Label::Infected));
    let clean = case.clean.iter().map(|addr| result(*addr, Label::Clean));
    let others = others.filter(|addr| !labelled.contains(addr));
    Judged {
        days: span.map_or(0.0, |(first, last)| last.since(first).secs_f64() / DAY),
        seen: cases.len() as u64,
        hosts: infected.chain(clean).chain(others.map(|addr| result(addr, Label::None))).collect(),
        unread: Vec::new(),
    }
}

/// What counted, each detector once.
fn reasons(row: &HostRow) -> Vec<Reason> {
    let mut told: Vec<Reason> = Vec::new();
    for item in row.evidence.iter().filter(|item| item.counted) {
        if told.len() < TOP && told.iter().all(|other| other.detector != item.detector) {
            told.push(Reason {
                detector: item.detector.clone(),
                nats: item.log_odds,
                certain: item.certain,
            });
        }
    }
    told
}

// === impl HostResult ===

impl HostResult {
    /// Does the verdict at the end say so?
    pub fn is(&self, verdict: Verdict) -> bool {
        self.verdict == verdict.name()
    }
}

// === impl Outcome ===

impl Outcome {
    /// The judgement, if there is one.
    pub const fn judged(&self) -> Option<&Judged> {
        match self {
            Self::Judged(judged) => Some(judged),
            _ => None,
        }
    }
}
