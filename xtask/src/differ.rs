//! `cargo xtask differ DIR`: what we read of DNS, TLS and HTTP in captures, against tshark.
//!
//! Messages are compared under their two ends (and the id of DNS): what both tell alike agrees;
//! what is left on both sides under the same ends differs; the rest only one of the two tells.

mod ours;
mod page;
mod theirs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::Outcome;
use crate::args::Args;
use crate::run::succeeds;

pub(crate) const HELP: &str = "\
usage: cargo xtask differ DIR [--write] [--show TEXT]

Reads every capture below DIR with our parsers and with tshark, and counts where DNS questions and
replies, TLS client hellos, and HTTP requests and replies agree.
--write keeps the tables in docs/differential.md, with the reasons of xtask/src/differ/reasons.tsv.
--show TEXT prints each difference of captures whose path holds TEXT.

examples:
  cargo xtask differ ../shared/corpus/protocols
  cargo xtask differ ../shared/corpus/protocols --show dns-svcb";

/// What is compared, in the order of the tables.
pub(crate) const KINDS: [&str; 5] =
    ["DNS message", "DNS addresses", "TLS hello", "HTTP request", "HTTP reply"];

/// What one of the two tells: by kind, then by the ends of the conversation.
#[derive(Debug, Default)]
pub(crate) struct Facts(BTreeMap<(&'static str, String), Vec<String>>);

/// Where two tell the same, and where not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    agree: usize,
    only_us: usize,
    only_them: usize,
    differ: usize,
}

/// What came of one capture.
#[derive(Debug, Default)]
struct Compared {
    tallies: BTreeMap<&'static str, Tally>,
    shown: Vec<String>,
}

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let write = args.switch("--write");
    let show = args.value("--show")?;
    let folder = args.position().ok_or("no folder given; see --help")?;
    args.done()?;
    if !succeeds(Command::new("tshark").arg("--version")) {
        return Err("tshark is missing; install it (Debian: apt install tshark)".into());
    }
    let folder = Path::new(&folder).canonicalize();
    let folder = folder.map_err(|error| format!("cannot read the folder: {error}"))?;
    let mut all = Vec::new();
    captures(&folder, &mut all);
    if all.is_empty() {
        return Err(format!("{} holds no capture", folder.display()).into());
    }
    let results = compare_all(&folder, &all);
    for (name, result) in &results {
        if show.as_ref().is_some_and(|text| name.contains(text)) {
            result.shown.iter().for_each(|line| println!("{name}: {line}"));
        }
    }
    let tallies: BTreeMap<_, _> = results.into_iter().map(|(n, r)| (n, r.tallies)).collect();
    print!("{}", page::table(&tallies));
    if write {
        page::write(root, &tallies)?;
    }
    Ok(true)
}

fn captures(folder: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let end = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            captures(&path, all);
        } else if ["pcap", "pcapng", "cap", "trace"].contains(&end.as_str()) {
            all.push(path);
        }
    }
    all.sort();
}

fn compare_all(folder: &Path, all: &[PathBuf]) -> BTreeMap<String, Compared> {
    let (next, done) = (Mutex::new(all.iter()), Mutex::new(BTreeMap::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let path = next.lock().ok().and_then(|mut next| next.next());
                    let Some(path) = path else { break };
                    // A file that one of the two cannot read is no difference of parsing.
                    let (Some(ours), Some(theirs)) = (ours::facts(path), theirs::facts(path))
                    else {
                        continue;
                    };
                    let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
                    if let Ok(mut done) = done.lock() {
                        done.insert(name, compared(ours, theirs));
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_default()
}

/// Takes apart what agrees, differs, or stands alone.
fn compared(mut ours: Facts, mut theirs: Facts) -> Compared {
    // Addresses are compared where the reply has nothing but answers, which tshark tells.
    ours.0.retain(|key, _| key.0 != "DNS addresses" || theirs.0.contains_key(key));
    let mut result = Compared::default();
    let keys: Vec<_> = ours.0.keys().chain(theirs.0.keys()).cloned().collect();
    for key in std::collections::BTreeSet::from_iter(keys) {
        let mut us = ours.0.remove(&key).unwrap_or_default();
        let mut them = theirs.0.remove(&key).unwrap_or_default();
        let before = us.len();
        us.retain(|value| match them.iter().position(|other| other == value) {
            Some(place) => {
                them.remove(place);
                false
            }
            None => true,
        });
        let pairs = us.len().min(them.len());
        let tally = result.tallies.entry(key.0).or_default();
        tally.agree += before - us.len();
        tally.differ += pairs;
        tally.only_us += us.len() - pairs;
        tally.only_them += them.len() - pairs;
        if !us.is_empty() || !them.is_empty() {
            result.shown.push(format!("{} {}: we {us:?}, they {them:?}", key.0, key.1));
        }
    }
    result
}

/// Odd bytes that follow each other are one `?`: tshark joins those that make one character.
fn without_runs(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        if c != '?' || !plain.ends_with('?') {
            plain.push(c);
        }
    }
    plain
}

// === impl Facts ===

impl Facts {
    /// Adds one under the two ends of its conversation, in either direction.
    pub(crate) fn add(&mut self, kind: &'static str, ends: [String; 2], more: &str, value: String) {
        let [mut a, mut b] = ends;
        if a > b {
            std::mem::swap(&mut a, &mut b);
        }
        let told = self.0.entry((kind, format!("{a} {b} {more}"))).or_default();
        // A hello said again, after a retry of the server or in a second initial packet, is one.
        if kind != "TLS hello" || !told.contains(&value) {
            told.push(value);
        }
    }
}

// === impl Tally ===

impl Tally {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.agree += other.agree;
        self.only_us += other.only_us;
        self.only_them += other.only_them;
        self.differ += other.differ;
    }

    pub(crate) const fn is_same(&self) -> bool {
        self.only_us + self.only_them + self.differ == 0
    }

    /// Cells of a table.
    pub(crate) fn cells(&self) -> String {
        format!("{} | {} | {} | {}", self.agree, self.only_us, self.only_them, self.differ)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_agree_differ_or_stand_alone() {
        let ends = || ["a:1".to_owned(), "b:2".to_owned()];
        let (mut us, mut them) = (Facts::default(), Facts::default());
        for value in ["same", "same", "x"] {
            us.add("HTTP reply", ends(), "", value.to_owned());
        }
        for value in ["same", "y", "z"] {
            let [a, b] = ends();
            them.add("HTTP reply", [b, a], "", value.to_owned());
        }
        for value in ["ours", "ours"] {
            us.add("TLS hello", ends(), "", value.to_owned());
        }
        let got = compared(us, them).tallies;
        assert_eq!(got["HTTP reply"], Tally { agree: 1, differ: 2, ..Tally::default() });
        assert_eq!(got["TLS hello"], Tally { only_us: 1, ..Tally::default() });
    }
}
