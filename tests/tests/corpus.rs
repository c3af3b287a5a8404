//! Every file of the shared corpus of real captures and logs is read to its end without a panic;
//! what is not read is refused by name.
//!
//! The corpus lies beside the checkout and is no part of it: without it there is nothing to test.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ostium_event::{Home, Prefix};
use ostium_pipeline::{Settings, analyze, open};

/// Private ranges and those of two cases, so that an end of most flows is at home.
const HOME: [&str; 5] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "147.32.0.0/16", "fc00::/7"];

/// What came of one file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Read,
    /// Said not to be of use.
    PassedOver(String),
    /// Said not to be readable.
    Refused(String),
    /// Another report with another number of threads.
    Unsteady,
    Panicked,
}

fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    beside.is_dir().then_some(beside)
}

/// All files of a folder and below, in the order of their names.
fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => files(&path, all),
            false => all.push(path),
        }
    }
}

/// Reads a file with one thread and with three.
fn read(path: &Path, settings: &mut Settings) -> Outcome {
    let name = path.display().to_string();
    let mut once = |threads| {
        settings.threads = threads;
        let (inputs, errors, notes) = open(&name);
        if let Some(error) = errors.first() {
            return Err(Outcome::Refused(error.to_string()));
        }
        if inputs.is_empty() {
            let why = notes.first().map(|note| note.0.clone());
            return Err(Outcome::PassedOver(why.unwrap_or_default()));
        }
        let analysis = analyze(inputs, settings, &mut |_| ControlFlow::Continue(()));
        let totals = &analysis.document.totals;
        // A link layer that is not decoded may show only at the first packet.
        match analysis.notes.first() {
            Some(note) if totals.packets + totals.rows == 0 => {
                Err(Outcome::Refused(note.0.clone()))
            }
            _ => Ok(analysis.document),
        }
    };
    let mut work = || match (once(1), once(3)) {
        (Ok(one), Ok(three)) if one == three => Outcome::Read,
        (Ok(_), _) => Outcome::Unsteady,
        (Err(outcome), _) => outcome,
    };
    catch_unwind(AssertUnwindSafe(&mut work)).unwrap_or(Outcome::Panicked)
}

#[test]
fn every_file_is_read_or_refused_by_name() {
    let Some(corpus) = corpus() else {
        eprintln!("note: no corpus beside the checkout, so nothing was tested");
        return;
    };
    let mut all = Vec::new();
    for folder in ["cases", "protocols"] {
        files(&corpus.join(folder), &mut all);
    }
    let home: Vec<Prefix> = HOME.iter().filter_map(|text| text.parse().ok()).collect();
    let settings = || Settings { home: Home::new(&home), all: true, ..Settings::default() };
    let results: Mutex<BTreeMap<PathBuf, Outcome>> = Mutex::default();
    let next = Mutex::new(all.iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut settings = settings();
                loop {
                    let path = next.lock().map(|mut next| next.next()).ok().flatten();
                    let Some(path) = path else { break };
                    let outcome = read(path, &mut settings);
                    if let Ok(mut results) = results.lock() {
                        results.insert(path.clone(), outcome);
                    }
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_default();
    assert_eq!(results.len(), all.len());
    let mut wrong = Vec::new();
    let mut counts = [0; 3];
    for (path, outcome) in &results {
        let name = path.display().to_string();
        match outcome {
            Outcome::Read => counts[0] += 1,
            Outcome::PassedOver(why) | Outcome::Refused(why) => {
                counts[1 + usize::from(matches!(outcome, Outcome::Refused(_)))] += 1;
                let named = why.contains(&name) && !why.contains('\n');
                let capture = [".pcap", ".pcapng", ".cap"].iter().any(|end| name.ends_with(end));
                let reason = ["link type", "ends inside a record"].iter().any(|r| why.contains(r));
                if !named || (capture && !reason) {
                    wrong.push(format!("{name}: {why}"));
                }
            }
            Outcome::Panicked | Outcome::Unsteady => wrong.push(format!("{name}: {outcome:?}")),
        }
    }
    println!("{} read, {} passed over, {} refused", counts[0], counts[1], counts[2]);
    for outcome in results.values().filter(|o| matches!(o, Outcome::Refused(_))) {
        println!("{outcome:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counts[0] * 2 > all.len(), "most of the corpus can be read");
}
