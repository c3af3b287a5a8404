//! docs/beacons.md: our beacon detector beside RITA's published score, on the same conversations.
//!
//! Both score each conversation of the same machines; both are cut where the same share of clean
//! machines of other seeds lies above. Nothing is tuned here, and the product knows nothing of RITA.

mod bots;
mod chance;
mod clean;
mod play;
mod presence;
mod score;
mod share;
mod table;

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::args::Args;
use crate::run::cargo;
use bots::Kind;
use chance::Chance;
use play::{Machine, Scored, play};
use presence::{DAY, Presence};

pub(crate) const HELP: &str = "\
usage: cargo xtask rita [--hosts N] [--bots N] [--days LIST] [--seed N] [--write]

Draws clean machines and bots over 1, 3 and 7 days, scores each conversation by RITA's beacon score
and by our detector, and prints what share of the bots each finds when 1 % and 0.1 % of the clean
machines are found too.
  --hosts N    clean machines of each length, once for thresholds and once to check them
               (default 4000; of fewer than 1000 the 0.1 % is the highest machine)
  --bots N     bots of each sleep, jitter and law (default 60)
  --days LIST  lengths, such as 1,3 (default 1,3,7)
  --seed N     where chance comes from (default 91001): thresholds from N, their check from N + 1000,
               bots from N + 2000; choose constants on others than those of the page
  --write      writes docs/beacons.md, of which what begins with '## Notes' is kept

It builds with optimisation. Example, a first look:  cargo xtask rita --hosts 500 --bots 20 --days 1";

const PAGE: &str = "docs/beacons.md";
const HOSTS: usize = 4000;
const BOTS: usize = 60;
/// Machines that are played at once, as one network.
const NETWORK: usize = 250;
/// Where chance comes from for thresholds; for their check and for bots it comes from further on.
const SEED: usize = 91_001;
/// Conversations with rare names of one machine.
const CONVERSATIONS: (u64, u64) = (6, 16);

/// Clean machines: their scores, and the habit behind each conversation.
struct Clean {
    scored: Vec<Scored>,
    habits: Vec<Vec<usize>>,
}

/// What was measured over one length of time.
struct Measured {
    days: u32,
    seeds: [u64; 3],
    /// Those that set the thresholds, and others.
    train: Clean,
    check: Clean,
    bots: [Vec<Row>; 2],
}

/// Bots of one kind.
struct Row {
    kind: Kind,
    bots: Vec<Scored>,
}

/// Where bots live.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Home {
    /// On machines that are on day and night.
    Always,
    /// On machines that are on while somebody sits at them.
    Used,
}

const HOMES: [Home; 2] = [Home::Always, Home::Used];

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    if cfg!(debug_assertions) {
        return in_release(root, &mut args);
    }
    let write = args.switch("--write");
    let (hosts, bots) = (args.count("--hosts", HOSTS)?, args.count("--bots", BOTS)?);
    let days = args.value("--days")?.unwrap_or_else(|| "1,3,7".to_owned());
    let seed = args.count("--seed", SEED)?;
    args.done()?;
    let lengths: Vec<u32> = days.split(',').map(str::parse).collect::<Result<_, _>>()?;
    if lengths.iter().any(|days| !(1..=31).contains(days)) {
        return Err("--days takes lengths from 1 to 31, such as 1,3,7".into());
    }
    let seeds = [0, 1000, 2000].map(|further| seed as u64 + further);
    let measured: Vec<Measured> =
        lengths.into_iter().map(|days| measure(days, seeds, hosts, bots)).collect();
    let other = if seed == SEED { String::new() } else { format!(" --seed {seed}") };
    let command =
        format!("cargo xtask rita --hosts {hosts} --bots {bots} --days {days}{other} --write");
    let page = table::page(&measured, &command);
    if !write {
        println!("{page}");
        return Ok(true);
    }
    let old = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    let notes = old.split_once("\n## Notes\n").map_or("", |(_, notes)| notes);
    fs::write(root.join(PAGE), format!("{page}\n## Notes\n{notes}"))?;
    Ok(true)
}

/// Millions of events take minutes with optimisation, and an hour without.
fn in_release(root: &Path, args: &mut Args) -> Outcome {
    let words = ["run", "--quiet", "--release", "--package", "xtask", "--", "rita"];
    let mut command = cargo(root, &words);
    Ok(command.args(args.rest()).status()?.success())
}

fn measure(days: u32, seeds: [u64; 3], hosts: usize, each: usize) -> Measured {
    let [train, check, bots] = seeds.map(|seed| seed + u64::from(days));
    let train = clean(train, days, hosts);
    let check = clean(check, days, hosts);
    eprintln!("{days} d: {hosts} clean machines, twice");
    let bots = HOMES.map(|home| rows(bots, days, home, each));
    eprintln!("{days} d: {each} bots of each kind");
    Measured { days, seeds, train, check, bots }
}

fn rows(seed: u64, days: u32, home: Home, each: usize) -> Vec<Row> {
    let rows = bots::kinds().into_iter().enumerate().map(|(place, kind)| {
        let of = |n| infected(seed, (place * each + n) as u64, kind, (home, days));
        let machines: Vec<Machine> = (0..each).map(of).collect();
        let bots = machines.chunks(NETWORK).flat_map(|some| play(some, days)).collect();
        Row { kind, bots }
    });
    rows.collect()
}

fn clean(seed: u64, days: u32, count: usize) -> Clean {
    let mut clean = Clean { scored: Vec::new(), habits: Vec::new() };
    while clean.scored.len() < count {
        let first = clean.scored.len();
        let here = NETWORK.min(count - first);
        let drawn = (first..first + here).map(|n| machine(seed, n as u64, days));
        let (machines, habits): (Vec<_>, Vec<_>) = drawn.unzip();
        clean.scored.extend(play(&machines, days));
        clean.habits.extend(habits);
    }
    clean
}

fn machine(seed: u64, number: u64, days: u32) -> (Machine, Vec<usize>) {
    let mut chance = Chance::new(seed, number);
    let presence = Presence::drawn(&mut chance, days);
    let (low, high) = CONVERSATIONS;
    let drawn = (0..chance.size(low, high)).map(|_| clean::conversation(&mut chance, &presence));
    let (habits, talks): (Vec<_>, Vec<_>) = drawn.unzip();
    (Machine { talks }, habits)
}

/// A machine that somebody uses, and its bot.
fn infected(seed: u64, number: u64, kind: Kind, (home, days): (Home, u32)) -> Machine {
    let (mut machine, _) = machine(seed, number, days);
    // As `machine` draws it first.
    let presence = Presence::drawn(&mut Chance::new(seed, number), days);
    let always = [(0.0, f64::from(days) * DAY)];
    let on = if home == Home::Always { &always[..] } else { &presence.used };
    machine.talks.push(kind.polls(&mut Chance::new(seed + 1000, number), on));
    machine
}
