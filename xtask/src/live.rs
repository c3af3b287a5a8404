//! `cargo xtask live`: the whole sensor on the wire, in network namespaces that it makes itself.
//!
//! The sensor is the release binary as users run it, and what it is measured by are packets: no
//! figure here is one that the sensor tells of itself, but for what it lost. Everything is bounded
//! in count and time. Bias: what disturbs is said. A tool that is missing leaves its row out, by name; a trial
//! that came to nothing is counted, not left out.

mod answer;
mod fetch;
mod gateway;
mod hello;
mod knock;
mod latency;
mod page;
mod pingpong;
mod react;
mod reaction;
mod receiver;
mod resets;
mod rest;
mod sender;
mod sensor;
mod stats;
mod throughput;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use ostium_lab::{Host, Running};

use crate::Outcome;
use crate::args::Args;
use crate::measure::Scratch;
use crate::product;

pub(crate) const HELP: &str = "\
usage: cargo xtask live [MEASUREMENT...] [--write] [--quick] [--no-build]

Builds the release and measures the whole sensor between network namespaces of its own, as root.
No packet leaves them. Prints Markdown. All are measured when none is named:
  throughput  packets a second without loss on a veth pair, beside tcpdump (3 to 10 minutes)
  latency     what a sensor adds to packets that the gateway forwards (half a minute)
  reaction    from the packet that shows something known to the block, or the reset (5 minutes)
  resets      how often a sensor at a tap ends a connection in time (2 minutes)
  rest        processor and memory of a sensor with little to do (4 minutes)
--write puts what was measured in docs/performance.md. --quick measures a tenth, to try the chore
itself; it cannot be written.

Needs iproute2 and nftables; throughput also trafgen (apt install netsniff-ng), tcpreplay and
tcpdump, each of the same package: rows that want a missing one are left out, and that is said.

examples:
  sudo -E cargo xtask live                      all, some 20 minutes
  cargo xtask live latency reaction --write     two of them, kept in the docs
  cargo xtask live resets --quick --no-build    does it still work?";

/// Says to a child which part it plays on its host; no word that a person types.
const PART: &str = "--part";

/// Somebody pressed Ctrl-C: what runs ends, and so do we, with everything cleaned up.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

type Told = Result<String, Box<dyn Error>>;

/// What can be measured.
struct Measurement {
    name: &'static str,
    run: fn(&Bench) -> Told,
}

const ALL: &[Measurement] = &[
    Measurement { name: "throughput", run: throughput::measure },
    Measurement { name: "latency", run: latency::measure },
    Measurement { name: "reaction", run: reaction::measure },
    Measurement { name: "resets", run: resets::measure },
    Measurement { name: "rest", run: rest::measure },
];

/// What every measurement needs.
struct Bench {
    /// The release.
    ostium: PathBuf,
    /// This program, which plays the parts of hosts.
    me: PathBuf,
    scratch: Scratch,
    quick: bool,
}

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    if let Some(part) = args.value(PART)? {
        return play(&part, &args.rest());
    }
    let (write, quick) = (args.switch("--write"), args.switch("--quick"));
    let no_build = args.switch("--no-build");
    let wanted = wanted(&mut args)?;
    args.done()?;
    if write && quick {
        return Err("figures of --quick are not for the docs; leave out one of the two".into());
    }
    let bench = Bench {
        ostium: if no_build { product::place(root) } else { product::release(root)? },
        me: std::env::current_exe()?,
        scratch: Scratch::new("live")?,
        quick,
    };
    if !bench.ostium.exists() {
        return Err("there is no release build; leave out --no-build".into());
    }
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))?;
    for measurement in wanted {
        eprintln!("     {}", measurement.name);
        let disturbed = machine();
        // Whatever fails after Ctrl-C fails for that reason.
        let text = (measurement.run)(&bench).or_else(|error| bench.go_on().and(Err(error)))?;
        let text = format!("{text}\n{disturbed}\n");
        match write {
            true => page::write(root, measurement.name, &text)?,
            false => println!("{text}"),
        }
    }
    Ok(true)
}

/// The measurements that are named, in their order; all when none is.
fn wanted(args: &mut Args) -> Result<Vec<&'static Measurement>, String> {
    let mut names = Vec::new();
    while let Some(name) = args.position() {
        if !ALL.iter().any(|one| one.name == name) {
            return Err(format!("nothing called '{name}' can be measured; try --help"));
        }
        names.push(name);
    }
    let is_wanted = |one: &&Measurement| names.is_empty() || names.iter().any(|n| n == one.name);
    Ok(ALL.iter().filter(is_wanted).collect())
}

/// Plays a part on the host that this process was started on.
fn play(part: &str, words: &[String]) -> Outcome {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match part {
        "answer" => answer::play()?,
        "fetch" => fetch::play(&words)?,
        "knock" => knock::play(&words)?,
        "pingpong" => pingpong::play(&words)?,
        "react" => react::play(&words)?,
        _ => return Err("nobody plays this part".into()),
    }
    Ok(true)
}

/// Where it was measured, and how busy the machine was before.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: Vec<&str> = kernel.trim().split('.').take(2).collect();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
    let others = if load < 0.3 { "nothing else ran" } else { "others used the machine" };
    format!("{cores} cores, Linux {}; load {load:.1} before it began: {others}.", kernel.join("."))
}

// === impl Bench ===

impl Bench {
    /// So many, or a tenth when it is only tried.
    fn count(&self, full: usize) -> usize {
        if self.quick { (full / 10).max(1) } else { full }
    }

    /// An error once somebody has pressed Ctrl-C.
    fn go_on(&self) -> Result<(), Box<dyn Error>> {
        match INTERRUPTED.load(Ordering::Relaxed) {
            true => Err("interrupted".into()),
            false => Ok(()),
        }
    }

    /// A part of this program that will be played on a host.
    fn part(&self, host: &Host, words: &[&str]) -> Command {
        let mut command = host.command(&self.me.to_string_lossy());
        command.args(["live", PART]).args(words);
        command
    }

    /// Plays a part to its end: what it said, line by line.
    fn played(&self, host: &Host, words: &[&str], patience: u64) -> Result<String, Box<dyn Error>> {
        self.go_on()?;
        let running = Running::start(self.part(host, words))?;
        let output = running.finish(std::time::Duration::from_secs(patience))?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the part {words:?} failed: {}", why.trim()).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A file or folder of ours.
    fn path(&self, name: &str) -> PathBuf {
        self.scratch.0.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_named_or_all_are_meant() {
        let names = |words: &[&str]| {
            let mut args = Args::new(words.iter().map(|word| (*word).to_owned()));
            wanted(&mut args).map(|all| all.iter().map(|one| one.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).map(|all| all.len()), Ok(ALL.len()));
        assert_eq!(names(&["rest", "latency", "rest"]), Ok(vec!["latency", "rest"]));
        assert!(names(&["speed"]).is_err());
        assert!(ALL.iter().all(|one| HELP.contains(&format!("\n  {} ", one.name))));
    }

    #[test]
    fn each_measurement_has_its_place_in_the_docs() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let text = fs::read_to_string(root.join("docs/performance.md")).unwrap();
        for one in ALL {
            assert!(page::put(&text, one.name, "x\n").is_some(), "{}", one.name);
        }
    }
}
