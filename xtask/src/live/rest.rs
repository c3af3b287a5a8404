//! A sensor with little to do: processor time and memory.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::gateway::{Gateway, after};
use super::sensor::{Sensor, Used, Wish};
use super::{Bench, Told};

const SECONDS: usize = 60;
/// What is done at the start is no part of it.
const SETTLE: Duration = Duration::from_secs(5);
const KNOWN: usize = 10_000;

/// What a sensor used in so much time.
struct Row {
    title: &'static str,
    seconds: f64,
    cpu: Duration,
    peak: u64,
}

pub(super) fn measure(bench: &Bench) -> Told {
    let all = Gateway::new(bench)?;
    let known = bench.path("known.txt");
    let first = Ipv4Addr::new(203, 0, 113, 0);
    fs::write(&known, (0..KNOWN).map(|n| format!("{}\n", after(first, n))).collect::<String>())?;
    let mut rows = Vec::new();
    for (title, mode, packets) in [
        ("observe, no packets", "observe", false),
        ("observe, 100 packets a second", "observe", true),
        ("block, 10,000 known addresses in the kernel, no packets", "block", false),
    ] {
        eprintln!("     {title}");
        rows.push(turn(bench, &all, (title, mode, packets), &known)?);
    }
    Ok(told(&rows))
}

fn turn(
    bench: &Bench,
    all: &Gateway,
    (title, mode, packets): (&'static str, &str, bool),
    known: &PathBuf,
) -> Result<Row, Box<dyn Error>> {
    let known = if mode == "block" { std::slice::from_ref(known) } else { &[] };
    let wish = Wish { mode, known, ..Wish::default() };
    let sensor = Sensor::start(bench, &all.gateway, &wish)?;
    std::thread::sleep(SETTLE);
    let (begun, before) = (Instant::now(), sensor.used()?);
    let seconds = bench.count(SECONDS);
    match packets {
        // Fifty round trips a second are a hundred packets.
        true => {
            let trips = (seconds * 50).to_string();
            bench.played(&all.inside, &["pingpong", &trips, "19800"], 300)?;
        }
        false => std::thread::sleep(Duration::from_secs(seconds as u64)),
    }
    let (took, Used { cpu, peak }) = (begun.elapsed(), sensor.used()?);
    let row = Row { title, seconds: took.as_secs_f64(), cpu: cpu.saturating_sub(before.cpu), peak };
    sensor.end(bench, &all.gateway)?;
    Ok(row)
}

fn told(rows: &[Row]) -> String {
    let mut out = "\
Processor time of the sensor by `/proc/PID/stat`, of one core; memory is the largest resident set since it \
started.
Wanted: under 1 %.

| sensor | over | processor | peak memory |
|---|--:|--:|--:|
"
    .to_owned();
    for row in rows {
        let share = 100.0 * row.cpu.as_secs_f64() / row.seconds.max(1e-9);
        // Writing to a string does not fail.
        let _written = writeln!(
            out,
            "| {} | {:.0} s | {share:.2} % | {:.0} MiB |",
            row.title,
            row.seconds,
            row.peak as f64 / f64::from(1 << 20)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_a_share_of_one_core() {
        let row = Row {
            title: "observe",
            seconds: 60.0,
            cpu: Duration::from_millis(300),
            peak: 20 << 20,
        };
        assert!(told(&[row]).contains("| observe | 60 s | 0.50 % | 20 MiB |"));
    }
}
