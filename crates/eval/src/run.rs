//! Running many cases: several at a time, each by one thread, so that no result depends on how many
//! there are.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::case::{Outcome, judge_case};
use crate::manifest::{Case, Manifest, ManifestError, Purpose};

/// Which cases are run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only those of this use.
    pub purpose: Option<Purpose>,
    /// Only those of these names.
    pub names: Vec<String>,
}

/// How cases are run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Cases at a time.
    pub threads: usize,
    /// Memory for the state of each.
    pub memory: u64,
}

/// What happens.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// A case begins.
    Begins(&'a str),
    /// A case is done.
    Done(&'a str),
}

/// A case, and what came of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub outcome: Outcome,
}

/// Runs cases whose paths begin at `base`; those that `go_on` ended are left out. The order is that
/// of the cases.
pub fn run(
    cases: &[Case],
    base: &Path,
    options: Options,
    tell: &(dyn Fn(Step<'_>) + Sync),
    go_on: &(dyn Fn() -> bool + Sync),
) -> Vec<Tried> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Outcome)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..options.threads.clamp(1, cases.len().max(1)) {
            scope.spawn(|| {
                while let Some((place, case)) = pick(cases, &next).filter(|_| go_on()) {
                    tell(Step::Begins(&case.name));
                    let outcome = judge_case(case, base, options.memory, go_on);
                    tell(Step::Done(&case.name));
                    if let (Some(outcome), Ok(mut done)) = (outcome, done.lock()) {
                        done.push((place, outcome));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(place, _)| *place);
    let tried = done
        .into_iter()
        .filter_map(|(place, outcome)| Some(Tried { case: cases.get(place)?.clone(), outcome }));
    tried.collect()
}

fn pick<'a>(cases: &'a [Case], next: &AtomicUsize) -> Option<(usize, &'a Case)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    cases.get(place).map(|case| (place, case))
}

// === impl Manifest ===

impl Manifest {
    /// Keeps the cases that are asked for.
    ///
    /// # Errors
    /// When a name is no case's, or nothing is left.
    pub fn choose(&mut self, choice: &Choice) -> Result<(), ManifestError> {
        for name in &choice.names {
            if !self.cases.iter().any(|case| case.name == *name) {
                let like = |case: &&Case| case.name.contains(name.as_str());
                let near: Vec<&str> =
                    self.cases.iter().filter(like).take(5).map(|case| case.name.as_str()).collect();
                let hint = match near.is_empty() {
                    true => String::new(),
                    false => format!("; there are {}", near.join(", ")),
                };
                return Err(ManifestError::new(format!("no case is called {name}{hint}")));
            }
        }
        self.cases.retain(|case| {
            (choice.names.is_empty() || choice.names.contains(&case.name))
                && choice.purpose.is_none_or(|purpose| case.purpose == Some(purpose))
        });
        match self.cases.is_empty() {
            true => Err(ManifestError::new("no case is left to run".to_owned())),
            false => Ok(()),
        }
    }

    /// Adds every file below a folder as a case of its own, of which nothing is known.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn add_each(&mut self, folder: &Path) -> Result<(), ManifestError> {
        let failed =
            |error| ManifestError::new(format!("cannot read {}: {error}", folder.display()));
        let folder = folder.canonicalize().map_err(failed)?;
        for file in files_below(&folder).map_err(failed)? {
            let name = file.strip_prefix(&folder).unwrap_or(&file).display().to_string();
            self.cases.push(Case::unlabelled(name, file.display().to_string()));
        }
        Ok(())
    }
}

/// All files below a folder, sorted.
fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files.sort();
    Ok(files)
}
