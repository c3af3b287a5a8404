//! One target: its folders, its options, what it says.
//!
//! Time goes by in slices, each its own process over the inputs found before, so that a slice that
//! brings no new edge can be told from one that does.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::run::run;

/// Seconds of a slice of `--until-quiet`.
const SLICE: usize = 30;
/// Slices without a new edge that make it quiet: two minutes.
const QUIET: usize = 4;
/// Slices at most: five minutes.
const MOST: usize = 10;
/// One input may take so many seconds.
const SLOW: usize = 10;
/// And the program so many mebibytes.
const MEMORY: usize = 2048;
/// Patience beyond what was asked for: reading the inputs of runs before, which takes minutes on a
/// busy machine and is no finding. An input that hangs is ended by `SLOW`.
const GRACE: u64 = 15 * 60;

/// How long a target runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Seconds(usize),
    UntilQuiet,
}

/// What came of a target.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) figures: Figures,
    pub(super) seconds: f64,
    /// It ended because no new edge came any more, not by its time.
    pub(super) quiet: bool,
    /// What it said when something was found.
    pub(super) found: Option<String>,
}

/// What libFuzzer counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) executions: u64,
    pub(super) edges: u64,
}

/// Runs one target as wished.
pub(super) fn run_one(root: &Path, program: &Path, name: &str, wish: Wish) -> Run {
    let (seconds, most) = match wish {
        Wish::Seconds(seconds) => (seconds, 1),
        Wish::UntilQuiet => (SLICE, MOST),
    };
    let mut all = Run::default();
    let mut still = 0;
    for _ in 0..most {
        match slice(root, program, name, seconds) {
            Ok((figures, found)) => {
                all.figures.executions += figures.executions;
                still = if figures.edges > all.figures.edges { 0 } else { still + 1 };
                all.figures.edges = all.figures.edges.max(figures.edges);
                all.found = found;
            }
            Err(error) => all.found = Some(format!("{name}: {error}")),
        }
        all.quiet = all.found.is_none() && still >= QUIET;
        if all.quiet || all.found.is_some() {
            break;
        }
    }
    all
}

fn slice(
    root: &Path,
    program: &Path,
    name: &str,
    seconds: usize,
) -> Result<(Figures, Option<String>), Box<dyn Error>> {
    let running = root.join("fuzz").join("corpus-run");
    let (own, found) = (running.join(name), running.join("found"));
    let kept = root.join("fuzz").join("corpus").join(name);
    for folder in [&own, &found, &kept] {
        fs::create_dir_all(folder)?;
    }
    let mut command = Command::new(program);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={SLOW}"));
    command
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .args(["-print_final_stats=1", "-use_value_profile=1"]);
    command.arg(format!("-artifact_prefix={}/{name}-", found.display()));
    command.arg(own).arg(kept).current_dir(root);
    let patience = Duration::from_secs(seconds as u64 + GRACE);
    let ran = run(root, &mut command, patience)?;
    let said = (!ran.is_ok()).then(|| format!("{name}: {}\n{}", ran.reason(), tail(&ran.output)));
    Ok((figures(&ran.output), said))
}

/// Reads `#12 NEW cov: 34 ft: ...` and `stat::number_of_executed_units: 56`.
fn figures(output: &str) -> Figures {
    let mut figures = Figures::default();
    for line in output.lines() {
        let after = |mark: &str| line.split_once(mark).map(|(_, rest)| rest.trim_start());
        let number = |text: &str| text.split_whitespace().next()?.parse::<u64>().ok();
        if let Some(edges) = after(" cov: ").and_then(number) {
            figures.edges = figures.edges.max(edges);
        }
        let counted = line.strip_prefix('#').and_then(&number);
        let total = after("stat::number_of_executed_units:").and_then(number);
        if let Some(executions) = total.or(counted) {
            figures.executions = figures.executions.max(executions);
        }
    }
    figures
}

/// The last lines of what a target said: what went wrong, and for which input.
fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.starts_with('#')).collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_libfuzzer_counts() {
        let output = "INFO: seed corpus: files: 3\n#4\tINITED cov: 20 ft: 21 corp: 3/9b\n\
            #900\tNEW    cov: 25 ft: 30 corp: 4/12b\n#1000\tDONE   cov: 25 ft: 30\n\
            stat::number_of_executed_units: 1001\n";
        assert_eq!(figures(output), Figures { executions: 1001, edges: 25 });
        assert_eq!(figures("no fuzzer"), Figures::default());
    }

    #[test]
    fn shows_the_end_of_what_was_said() {
        let output = format!("first\n{}thread panicked\n#7 NEW cov: 1\n", "x\n".repeat(60));
        let tail = tail(&output);
        assert!(tail.ends_with("thread panicked") && !tail.contains("first"));
    }
}
