//! The steps of `cargo xtask test`, and how each tool's output becomes a count.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::run::{Ran, cargo, has_cargo_tool, run};
use crate::{fuzz, habits, layers, proto, tidy};

/// A step: cheap ones come first, so that a slip shows early.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Path) -> Report,
}

/// What came of a step. Nothing passed and nothing failed: it was skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// A few words behind the step's name.
    pub(crate) note: String,
    /// What the tool said.
    pub(crate) log: String,
}

pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "rustfmt has nothing to change",
        run: |root| tool(root, cargo(root, &["fmt", "--all", "--check"])),
    },
    Step {
        name: "layers",
        about: "nobody depends on what is not below",
        run: |root| own(layers::faults(root)),
    },
    Step {
        name: "tidy",
        about: "headers, sizes, lints, leftovers",
        run: |root| own(tidy::faults(root)),
    },
    Step {
        name: "habits",
        about: "docs/habits.md is as the source says",
        run: |root| own(habits::faults(root)),
    },
    Step {
        name: "proto",
        about: "the Rust of the protocol is as its .proto files say",
        run: |root| own(proto::faults(root, false)),
    },
    Step {
        name: "clippy",
        about: "no lint fires, in tests neither",
        run: |root| tool(root, cargo(root, CLIPPY)),
    },
    Step {
        name: "deny",
        about: "licences, banned crates and sources of dependencies (cargo-deny)",
        run: deny,
    },
    Step {
        name: "advisories",
        about: "known weaknesses of dependencies (cargo-deny, needs its database)",
        run: advisories,
    },
    Step {
        name: "tests",
        about: "unit and integration tests (nextest, or cargo test)",
        run: tests,
    },
    Step {
        name: "doctests",
        about: "examples in the documentation",
        run: |root| counted(run(root, &mut cargo(root, DOCTESTS), LONG), cargo_counts),
    },
    Step { name: "docs", about: "the documentation builds without a warning", run: docs },
    Step {
        name: "fuzz",
        about: "every fuzz target for CI_FUZZ seconds (skipped without)",
        run: fuzzed,
    },
];

const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-Dwarnings"];
const NEXTEST: &[&str] = &[
    "nextest",
    "run",
    "--workspace",
    "--no-fail-fast",
    "--no-tests=pass",
    "--color=never",
    "--cargo-quiet",
    "--status-level=fail",
    "--final-status-level=fail",
];
const CARGO_TEST: &[&str] =
    &["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests", "--examples"];
const DOCTESTS: &[&str] = &["test", "--workspace", "--doc", "--no-fail-fast"];
const DENY: &[&str] = &["deny", "--color=never", "check", "--hide-inclusion-graph"];

/// Patience for a build from nothing on two cores.
const LONG: Duration = Duration::from_secs(30 * 60);
/// Patience for a look at the network.
const SHORT: Duration = Duration::from_secs(90);

/// A tool that passes or fails as a whole.
fn tool(root: &Path, mut command: Command) -> Report {
    match run(root, &mut command, LONG) {
        Ok(ran) if ran.is_ok() => Report::pass(ran.output),
        Ok(ran) => Report::fail(ran.reason(), ran.output),
        Err(error) => Report::fail(format!("cannot start: {error}"), String::new()),
    }
}

/// A check of our own.
fn own(faults: Result<Vec<String>, Box<dyn Error>>) -> Report {
    match faults {
        Ok(faults) if faults.is_empty() => Report::pass(String::new()),
        Ok(faults) => Report::fail(format!("{} faults", faults.len()), faults.join("\n")),
        Err(error) => Report::fail(error.to_string(), String::new()),
    }
}

fn deny(root: &Path) -> Report {
    if !has_cargo_tool(root, "deny") {
        return Report::skip("cargo-deny is missing: cargo install cargo-deny --locked");
    }
    let mut command = cargo(root, DENY);
    command.args(["bans", "licenses", "sources"]);
    tool(root, command)
}

/// Never fails for want of a network: only a weakness that the database names is a failure.
fn advisories(root: &Path) -> Report {
    if std::env::var("CI_ADVISORIES").is_ok_and(|value| value == "0") {
        return Report::skip("CI_ADVISORIES=0");
    }
    if !has_cargo_tool(root, "deny") {
        return Report::skip("cargo-deny is missing");
    }
    let mut command = cargo(root, DENY);
    command.arg("advisories");
    match run(root, &mut command, SHORT) {
        Ok(ran) if ran.is_ok() => Report::pass(ran.output),
        Ok(ran) if ran.output.contains("advisories FAILED") => {
            Report::fail(ran.reason(), ran.output)
        }
        _ => Report::skip("their database could not be fetched"),
    }
}

fn tests(root: &Path) -> Report {
    if has_cargo_tool(root, "nextest") {
        return counted(run(root, &mut cargo(root, NEXTEST), LONG), nextest_counts);
    }
    counted(run(root, &mut cargo(root, CARGO_TEST), LONG), cargo_counts)
}

fn docs(root: &Path) -> Report {
    let mut command = cargo(root, &["doc", "--workspace", "--no-deps", "--quiet"]);
    command.env("RUSTDOCFLAGS", "-Dwarnings");
    tool(root, command)
}

/// Fuzzing takes its own build, so it is for those who ask: continuous integration does.
fn fuzzed(root: &Path) -> Report {
    let wanted = std::env::var("CI_FUZZ").unwrap_or_default();
    let Some(seconds) = wanted.parse().ok().filter(|seconds| *seconds > 0) else {
        return Report::skip("not asked for; CI_FUZZ=10 runs every target for 10 s");
    };
    if let Some(why) = fuzz::obstacle(root) {
        return Report::skip(&why);
    }
    match fuzz::check(root, seconds) {
        Ok((passed, found)) => Report {
            passed,
            failed: found.len(),
            note: format!("{passed} targets held, {} did not", found.len()),
            log: found.join("\n\n"),
        },
        Err(error) => Report::fail("cannot run".to_owned(), error.to_string()),
    }
}

/// A run of many tests. A run that ends badly without a failed test is itself one failure: it did
/// not build, or was killed.
fn counted(ran: std::io::Result<Ran>, counts: fn(&str) -> Option<(usize, usize)>) -> Report {
    let ran = match ran {
        Ok(ran) => ran,
        Err(error) => return Report::fail(format!("cannot start: {error}"), String::new()),
    };
    let (passed, failed) = counts(&ran.output).unwrap_or_default();
    if !ran.is_ok() && failed == 0 {
        return Report { passed, ..Report::fail(ran.reason(), ran.output) };
    }
    Report { passed, failed, note: format!("{passed} passed, {failed} failed"), log: ran.output }
}

/// `Summary [   1.2s] 45 tests run: 43 passed (1 slow), 1 failed, 1 timed out, 2 skipped`
fn nextest_counts(output: &str) -> Option<(usize, usize)> {
    let line = output.lines().rev().find(|line| line.contains(" run: "))?;
    let (_, counts) = line.split_once(" run: ")?;
    let mut sums = (0, 0);
    // What stands in brackets tells more of the tests that passed.
    let plain: String = counts.split(')').filter_map(|part| part.split('(').next()).collect();
    for part in plain.split(',') {
        let mut words = part.split_whitespace();
        let (Some(number), Some(word)) = (words.next(), words.next()) else {
            continue;
        };
        let number: usize = number.parse().unwrap_or_default();
        match word {
            "passed" => sums.0 += number,
            "skipped" => {}
            _ => sums.1 += number,
        }
    }
    Some(sums)
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; ...`, once per test binary.
fn cargo_counts(output: &str) -> Option<(usize, usize)> {
    let mut sums = None;
    for line in output.lines() {
        let Some((_, counts)) = line.split_once("test result: ") else {
            continue;
        };
        let number = |word: &str| {
            let before = counts.split(word).next()?.trim_end();
            before.rsplit(' ').next()?.parse::<usize>().ok()
        };
        let (passed, failed) = sums.unwrap_or_default();
        sums = Some((
            passed + number(" passed").unwrap_or_default(),
            failed + number(" failed").unwrap_or_default(),
        ));
    }
    sums
}

// === impl Report ===

impl Report {
    fn pass(log: String) -> Self {
        Self { passed: 1, log, ..Self::default() }
    }

    fn fail(note: String, log: String) -> Self {
        Self { failed: 1, note, log, ..Self::default() }
    }

    fn skip(note: &str) -> Self {
        Self { note: note.to_owned(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(code: i32, output: &str) -> std::io::Result<Ran> {
        Ok(Ran { code: Some(code), output: output.to_owned(), timed_out: false })
    }

    #[test]
    fn reads_what_nextest_says() {
        let line = "     Summary [   1.234s] 45 tests run: 42 passed (1 slow, 1 flaky), 1 failed, \
                    2 timed out, 3 skipped\n";
        assert_eq!(nextest_counts(line), Some((42, 3)));
        assert_eq!(nextest_counts("error: could not compile"), None);
        let one = "Summary [ 0.1s] 1 test run: 1 passed, 0 skipped";
        assert_eq!(nextest_counts(one), Some((1, 0)));
    }

    #[test]
    fn adds_up_what_cargo_says() {
        let text = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n\
                    test result: FAILED. 10 passed; 2 failed; 0 ignored\n";
        assert_eq!(cargo_counts(text), Some((13, 2)));
        assert_eq!(cargo_counts("error"), None);
    }

    #[test]
    fn a_run_that_ends_badly_is_a_failure() {
        let report = counted(ran(101, "error: could not compile"), nextest_counts);
        assert_eq!((report.passed, report.failed), (0, 1));
        let line = "Summary [ 0.1s] 3 tests run: 2 passed, 1 failed, 0 skipped";
        let report = counted(ran(100, line), nextest_counts);
        assert_eq!((report.passed, report.failed), (2, 1));
        let report = counted(ran(0, ""), cargo_counts);
        assert_eq!((report.passed, report.failed), (0, 0));
    }
}
