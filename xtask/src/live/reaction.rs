//! From the packet that shows something known to the block, or to the reset.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::gateway::{Gateway, after};
use super::react::{NAME, Shown};
use super::sensor::{Sensor, Wish};
use super::stats::{Times, thousands};
use super::{Bench, Told};

const TRIALS: usize = 200;
/// Known addresses that stand in the kernel in the last row: as many as a sensor puts there.
const FULL: usize = 10_000;
/// Known as a network, so each address is met for the first time.
const NETWORK: &str = "198.18.0.0/16";

/// One kind of trial.
struct Kind {
    title: &'static str,
    shown: Shown,
    wanted: &'static str,
    first: Ipv4Addr,
    /// Many known addresses stand in the kernel.
    full: bool,
}

const BLOCKED: &str = "blocked";
const RESET: &str = "reset";

const KINDS: &[Kind] = &[
    kind("name in an HTTP request, address blocked", Shown::Http, BLOCKED, [198, 19, 0, 1], false),
    kind("name in a TLS hello, address blocked", Shown::Tls, BLOCKED, [198, 19, 8, 1], false),
    kind("known address, first datagram", Shown::Address, BLOCKED, [198, 18, 0, 1], false),
    kind(
        "name in an HTTP request at a shared address, reset",
        Shown::Http,
        RESET,
        [104, 16, 0, 1],
        false,
    ),
    kind(
        "name in a TLS hello at a shared address, reset",
        Shown::Tls,
        RESET,
        [104, 16, 8, 1],
        false,
    ),
    kind(
        "name in an HTTP request, while 10,000 known addresses stand in the kernel",
        Shown::Http,
        BLOCKED,
        [198, 19, 16, 1],
        true,
    ),
];

const fn kind(
    title: &'static str,
    shown: Shown,
    wanted: &'static str,
    [a, b, c, d]: [u8; 4],
    full: bool,
) -> Kind {
    Kind { title, shown, wanted, first: Ipv4Addr::new(a, b, c, d), full }
}

pub(super) fn measure(bench: &Bench) -> Told {
    let all = Gateway::new(bench)?;
    let (few, many) = (bench.path("known.txt"), bench.path("many.txt"));
    fs::write(&few, format!("{NAME}\n{NETWORK}\n"))?;
    let network = Ipv4Addr::new(203, 0, 113, 0);
    fs::write(&many, (0..FULL).map(|n| format!("{}\n", after(network, n))).collect::<String>())?;
    let trials = bench.count(TRIALS);
    let mut rows = Vec::new();
    for kind in KINDS {
        eprintln!("     {}", kind.title);
        let known = if kind.full { vec![few.clone(), many.clone()] } else { vec![few.clone()] };
        rows.push((kind.title, turn(bench, &all, kind, &known, trials)?));
    }
    let mut out = told(&rows, trials);
    out.push_str(&preloaded(bench, &all, trials)?);
    Ok(out)
}

/// What a part said of its trials.
fn turn(
    bench: &Bench,
    all: &Gateway,
    kind: &Kind,
    known: &[PathBuf],
    trials: usize,
) -> Result<String, Box<dyn Error>> {
    let wish = Wish { mode: "block", known, ..Wish::default() };
    let sensor = Sensor::start(bench, &all.gateway, &wish)?;
    let (first, count) = (kind.first.to_string(), trials.to_string());
    let words = ["react", kind.shown.word(), kind.wanted, &first, &count];
    let said = bench.played(&all.inside, &words, 600)?;
    sensor.end(bench, &all.gateway)?;
    Ok(said)
}

/// Addresses that stand in the kernel before anybody calls them: how many answer, with a sensor and
/// without one.
fn preloaded(bench: &Bench, all: &Gateway, trials: usize) -> Told {
    let (known, first) = (bench.path("first.txt"), Ipv4Addr::new(198, 19, 24, 1));
    fs::write(&known, (0..trials).map(|n| format!("{}\n", after(first, n))).collect::<String>())?;
    let (first, count) = (first.to_string(), trials.to_string());
    let knock = || -> Result<usize, Box<dyn Error>> {
        let said = bench.played(&all.inside, &["knock", &first, &count], 120)?;
        Ok(said.trim().parse()?)
    };
    let before = knock()?;
    let known = [known];
    let wish = Wish { mode: "block", known: &known, ..Wish::default() };
    let sensor = Sensor::start(bench, &all.gateway, &wish)?;
    let during = knock()?;
    sensor.end(bench, &all.gateway)?;
    Ok(format!(
        "\nOf {trials} known addresses that stood in the kernel before anybody called them, \
         {during} answered a first SYN; without a sensor {before} did.\n"
    ))
}

fn told(rows: &[(&str, String)], trials: usize) -> String {
    let mut out = format!(
        "{trials} trials for each row, each with another address and name, in mode `block`; the time \
         that a packet may wait in the ring is in it.\n\
         Datagrams come from the address every 0.2 ms: the time is from sending the request until \
         the last of them came through, or until the client's socket was reset.\n\
         Wanted: p50 of 5 ms, p99 of 25 ms.\n\n\
         | what is shown | p50 | p99 | longest | not within 0.8 s | failed |\n\
         |---|--:|--:|--:|--:|--:|\n"
    );
    for (title, said) in rows {
        let times = Times::read(said);
        let failed = said.lines().filter(|line| line.starts_with("failed")).count();
        let late = said.lines().count().saturating_sub(times.len() + failed);
        // Writing to a string does not fail.
        let _written = writeln!(
            out,
            "| {title} | {} | {} | {} | {} | {} |",
            times.ms(50),
            times.ms(99),
            times.ms(100),
            thousands(late as u64),
            thousands(failed as u64)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_without_a_block_are_counted_apart() {
        let said = "2000000\nnothing came of it\n4000000\nfailed: connection refused\n3000000\n";
        let text = told(&[("a name", said.to_owned())], 5);
        assert!(text.contains("| a name | 3.0 ms | 4.0 ms | 4.0 ms | 1 | 1 |"), "{text}");
    }

    #[test]
    fn no_two_kinds_share_an_address() {
        for (at, one) in KINDS.iter().enumerate() {
            for other in KINDS.iter().skip(at + 1) {
                let apart = one.first.to_bits().abs_diff(other.first.to_bits());
                assert!(apart as usize >= TRIALS, "{} and {}", one.title, other.title);
            }
        }
    }
}
