//! Running the product on inputs of a corpus, and reading what it says.
//!
//! Runs happen inside the corpus's folder with relative names, so that no path of one machine gets
//! into a message. Only the fields of the report that are counted here are read.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::run::run;

/// The product, and where its inputs are.
pub(super) struct Product<'a> {
    pub(super) root: &'a Path,
    pub(super) binary: PathBuf,
    pub(super) corpus: &'a Path,
}

/// What came of a run.
#[derive(Debug)]
pub(super) enum Judged {
    /// A report.
    Report(Report),
    /// The product cannot read the input, in its own words.
    Refused(String),
    /// It ended by a signal, or not at all: a fault.
    Crashed(String),
}

/// The part of `ostium.report/1` that counts here.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) totals: Totals,
    pub(super) hosts: Vec<Host>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Totals {
    pub(super) hosts: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Host {
    pub(super) host: String,
    pub(super) verdict: String,
    pub(super) probability: f64,
    pub(super) evidence: Vec<Item>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Item {
    pub(super) detector: String,
    pub(super) log_odds: f64,
    pub(super) certain: bool,
    pub(super) counted: bool,
}

/// Evidence named for one host.
const TOP: usize = 4;
/// Patience for one run.
const LIMIT: Duration = Duration::from_secs(300);

// === impl Product ===

impl Product<'_> {
    /// Judges inputs as one observation; without `home` the default ranges are inside.
    pub(super) fn judge(
        &self,
        home: &[String],
        inputs: &[String],
    ) -> Result<Judged, Box<dyn Error>> {
        let folder = self.root.join("target").join("xtask");
        std::fs::create_dir_all(&folder)?;
        let report = folder.join(format!("eval-{}.json", std::process::id()));
        let mut command = Command::new(&self.binary);
        command.args(["analyze", "--format", "json", "--all", "--threads", "1", "--output"]);
        command.arg(&report).current_dir(self.corpus);
        command.args(home.iter().flat_map(|prefix| ["--home", prefix]));
        command.args(inputs);
        let ran = run(self.root, &mut command, LIMIT)?;
        Ok(match ran.code {
            Some(0) => {
                let text = std::fs::read_to_string(&report)?;
                std::fs::remove_file(&report)?;
                Judged::Report(serde_json::from_str(&text)?)
            }
            Some(_) => Judged::Refused(refusal(&ran.output)),
            None => Judged::Crashed(ran.reason()),
        })
    }
}

/// The line that says why, without the program's name.
fn refusal(output: &str) -> String {
    let line = output.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message");
    line.strip_prefix("ostium: ").unwrap_or(line).to_owned()
}

// === impl Judged ===

impl Judged {
    pub(super) const fn crashed(&self) -> bool {
        matches!(self, Self::Crashed(_))
    }

    pub(super) const fn report(&self) -> Option<&Report> {
        match self {
            Self::Report(report) => Some(report),
            _ => None,
        }
    }

    /// The hosts of this verdict.
    pub(super) fn hosts<'a>(&'a self, verdict: &'a str) -> impl Iterator<Item = &'a Host> {
        let hosts = self.report().map(|report| report.hosts.as_slice()).unwrap_or_default();
        hosts.iter().filter(move |host| host.verdict == verdict)
    }
}

// === impl Report ===

impl Report {
    /// A host by its address.
    pub(super) fn host(&self, address: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.host == address)
    }
}

// === impl Host ===

impl Host {
    /// What counted, the weightiest first, each detector once; `!` convicts alone.
    pub(super) fn reasons(&self) -> String {
        let mut told: Vec<&Item> = Vec::new();
        for item in self.evidence.iter().filter(|item| item.counted) {
            if told.len() < TOP && told.iter().all(|other| other.detector != item.detector) {
                told.push(item);
            }
        }
        let words: Vec<String> = told
            .iter()
            .map(|item| {
                let mark = if item.certain { "!" } else { "" };
                format!("{} {mark}{:.1}", item.detector, item.log_odds)
            })
            .collect();
        if words.is_empty() { "nothing".into() } else { words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_first_line_in_the_products_words() {
        let output = "\nostium: cannot read a.nfdump: no\nostium: nothing could be read\n";
        assert_eq!(refusal(output), "cannot read a.nfdump: no");
        assert_eq!(refusal(""), "no message");
    }

    #[test]
    fn each_detector_is_named_once_and_only_when_it_counted() {
        let item = |detector: &str, log_odds, certain, counted| Item {
            detector: detector.into(),
            log_odds,
            certain,
            counted,
        };
        let host = Host {
            host: "10.0.0.1".into(),
            verdict: "infected".into(),
            probability: 0.99,
            evidence: vec![
                item("dga", 14.0, true, true),
                item("beacon", 4.25, false, true),
                item("beacon", 4.0, false, true),
                item("scan", 3.0, false, false),
            ],
        };
        assert_eq!(host.reasons(), "dga !14.0, beacon 4.2");
    }
}
