//! `cargo xtask test`: every check in order, one line each, and one count at the end.
//!
//! No step stops another. A step whose tool is missing is skipped and says so; it counts neither
//! way.

use std::path::Path;
use std::time::Instant;

use crate::Outcome;
use crate::args::Args;
use crate::steps::{self, STEPS};

pub(crate) const HELP: &str = "\
usage: cargo xtask test [--list] [STEP...]

Runs every step, or those named, in order and to the end:
  fmt layers tidy habits clippy deny advisories tests doctests docs fuzz
The last line is `N passed, M failed`, counting every test and every other check once.
Exit code 1 if anything failed. What a failed step printed goes to standard error.
CI_ADVISORIES=0 leaves the advisories out; without their database they are skipped.
CI_FUZZ=N runs every fuzz target for N seconds; without it fuzzing is skipped.";

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let list_only = args.switch("--list");
    let list = args.rest();
    if list_only {
        for step in STEPS {
            println!("{:<11} {}", step.name, step.about);
        }
        return Ok(true);
    }
    if let Some(word) = list.iter().find(|word| !STEPS.iter().any(|s| s.name == **word)) {
        return Err(format!("no step is called '{word}'; --list names them").into());
    }
    let chosen = |name: &str| list.is_empty() || list.iter().any(|word| word == name);
    let (mut passed, mut failed) = (0, 0);
    for step in STEPS.iter().filter(|step| chosen(step.name)) {
        eprintln!("     {} ...", step.name);
        let start = Instant::now();
        let report = (step.run)(root);
        if report.failed > 0 {
            eprintln!("{}", report.log.trim_end());
        }
        passed += report.passed;
        failed += report.failed;
        let seconds = start.elapsed().as_secs_f64();
        println!("{}", line(step.name, &report, seconds));
    }
    println!("\n{passed} passed, {failed} failed");
    Ok(failed == 0)
}

fn line(name: &str, report: &steps::Report, seconds: f64) -> String {
    let word = match (report.failed, report.passed) {
        (0, 0) => "skip",
        (0, _) => "ok",
        _ => "FAIL",
    };
    format!("{word:<4} {name:<11} {seconds:>6.1} s  {}", report.note).trim_end().to_owned()
}
