//! `cargo xtask fuzz`: builds the targets of `fuzz/` with coverage and runs them.
//!
//! libFuzzer works on the stable toolchain, given the flags that its coverage needs. All targets
//! are built in one go and share what they depend on. Inputs that are found stay in
//! `fuzz/corpus-run`, so a later run goes on where this one ended; only `fuzz/corpus` is kept by git.

mod page;
mod target;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::args::Args;
use crate::run::{Ran, cargo, run, succeeds};
use target::{Figures, Run};

pub(crate) const HELP: &str = "\
usage: cargo xtask fuzz [TARGET...] [--seconds N | --until-quiet] [--jobs N] [--write] [--list]

Builds every target of fuzz/src/bin with coverage (libFuzzer on the stable toolchain) and runs
those named, or all of them, 30 s each. Tells executions and edges of each.
--until-quiet goes on until two minutes bring no new edge, five minutes at most.
--jobs N runs so many at once (all cores unless given).
--write keeps the figures in docs/fuzzing.md.
A finding ends its target, fails the chore and is kept in fuzz/corpus-run/found.

examples:
  cargo xtask fuzz tls --seconds 60
  cargo xtask fuzz --until-quiet --write";

/// Patience for a build from nothing on two cores.
const BUILD: Duration = Duration::from_secs(15 * 60);

/// What libFuzzer needs of the compiler.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let quiet = args.switch("--until-quiet");
    let write = args.switch("--write");
    let list = args.switch("--list");
    let seconds = args.count("--seconds", 30)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.count("--jobs", cores)?;
    let all = targets(root)?;
    let mut chosen = Vec::new();
    while let Some(name) = args.position() {
        if !all.contains(&name) {
            return Err(format!("no target is called '{name}'; --list names them").into());
        }
        chosen.push(name);
    }
    args.done()?;
    if list {
        all.iter().for_each(|name| println!("{name}"));
        return Ok(true);
    }
    let chosen = if chosen.is_empty() { all } else { chosen };
    let programs = build(root)?;
    let wish = match quiet {
        true => target::Wish::UntilQuiet,
        false => target::Wish::Seconds(seconds),
    };
    let runs = run_all(root, &programs, &chosen, wish, jobs);
    println!("{:<18} {:>12} {:>9} {:>8} {:>7}", "target", "executions", "a second", "edges", "s");
    for (name, run) in &runs {
        println!("{}", line(name, run));
    }
    if write {
        page::write(root, &runs)?;
    }
    let found: Vec<_> = runs.iter().filter_map(|(_, run)| run.found.as_ref()).collect();
    found.iter().for_each(|log| eprintln!("\n{log}"));
    Ok(found.is_empty())
}

/// Runs every target for some seconds as a step of the test chore: how many held, and what the
/// others said. `Err` is why nothing could be run.
pub(crate) fn check(root: &Path, seconds: usize) -> Result<(usize, Vec<String>), Box<dyn Error>> {
    let programs = build(root)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let names = targets(root)?;
    let runs = run_all(root, &programs, &names, target::Wish::Seconds(seconds), cores);
    let found: Vec<String> = runs.iter().filter_map(|(_, run)| run.found.clone()).collect();
    Ok((runs.len() - found.len(), found))
}

/// Why fuzzing cannot be built here, if so.
pub(crate) fn obstacle(root: &Path) -> Option<String> {
    if !succeeds(Command::new("c++").arg("--version")) {
        return Some("no C++ compiler, which libFuzzer needs".to_owned());
    }
    let folder = root.join("target").join("xtask");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        return Some(format!("cannot make {}: {error}", folder.display()));
    }
    let probe = folder.join("probe.rlib");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let empty = root.join("fuzz").join("src").join("probe.rs");
    let mut command = Command::new(rustc);
    command.args(FLAGS.split_whitespace()).args(["--crate-type=lib", "--crate-name=probe", "-o"]);
    command.arg(probe).arg(empty).current_dir(root);
    (!succeeds(&mut command)).then(|| "this compiler has no coverage for libFuzzer".to_owned())
}

/// The targets there are, by name.
fn targets(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("fuzz").join("src").join("bin"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Builds all targets; returns the folder of their programs.
fn build(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    if let Some(why) = obstacle(root) {
        return Err(why.into());
    }
    eprintln!("building the targets ...");
    let folder = root.join("fuzz");
    let host = host()?;
    let mut command = cargo(&folder, &["build", "--release", "--bins", "--quiet", "--locked"]);
    // With a target named, build scripts are compiled without the flags.
    command.args(["--target", &host]).env("RUSTFLAGS", FLAGS);
    command.env("CARGO_TARGET_DIR", folder.join("target"));
    let built: Ran = run(root, &mut command, BUILD)?;
    if !built.is_ok() {
        return Err(format!("the targets do not build:\n{}", built.output).into());
    }
    Ok(folder.join("target").join(host).join("release"))
}

fn host() -> Result<String, Box<dyn Error>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("-vV").output()?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not name its host")?.to_owned())
}

/// Runs targets, so many at once; results in the order of the names.
fn run_all(
    root: &Path,
    programs: &Path,
    names: &[String],
    wish: target::Wish,
    jobs: usize,
) -> Vec<(String, Run)> {
    let next = Mutex::new(names.iter());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let name = next.lock().ok().and_then(|mut names| names.next());
                    let Some(name) = name else { break };
                    let start = Instant::now();
                    let mut ran = target::run_one(root, &programs.join(name), name, wish);
                    ran.seconds = start.elapsed().as_secs_f64();
                    eprintln!("{}", line(name, &ran));
                    if let Ok(mut done) = done.lock() {
                        done.push((name.clone(), ran));
                    }
                }
            });
        }
    });
    let mut runs = done.into_inner().unwrap_or_default();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    runs
}

fn line(name: &str, run: &Run) -> String {
    let Figures { executions, edges } = run.figures;
    let rate = executions as f64 / run.seconds.max(0.1);
    let found = if run.found.is_some() { "  FOUND" } else { "" };
    format!("{name:<18} {executions:>12} {rate:>9.0} {edges:>8} {:>7.1}{found}", run.seconds)
}
