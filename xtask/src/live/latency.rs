//! What a sensor adds to packets that the gateway forwards.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::gateway::{Gateway, after};
use super::sensor::{Sensor, Wish};
use super::stats::{Times, thousands};
use super::{Bench, Told};
use crate::measure::spread;

const ROUNDS: usize = 5;
const TRIPS: usize = 4_000;
/// Blocks that stand while packets to others pass.
const BLOCKS: usize = 1_000;

/// A gateway of some kind, and what was measured of it.
struct Row {
    title: String,
    /// The mode of its sensor, if it has one.
    mode: Option<&'static str>,
    rounds: Vec<Times>,
    lost: usize,
}

pub(super) fn measure(bench: &Bench) -> Told {
    let all = Gateway::new(bench)?;
    let known = bench.path("blocks.txt");
    let list = (0..BLOCKS).map(|n| format!("{}\n", after(Ipv4Addr::new(198, 18, 0, 1), n)));
    fs::write(&known, list.collect::<String>())?;
    let row = |title: String, mode| Row { title, mode, rounds: Vec::new(), lost: 0 };
    let mut rows = [
        row("no sensor".into(), None),
        row("sensor, observe".into(), Some("observe")),
        row(format!("sensor, block, {} blocks", thousands(BLOCKS as u64)), Some("block")),
    ];
    let trips = bench.count(TRIPS);
    for round in 1..=ROUNDS {
        eprintln!("     round {round} of {ROUNDS}");
        for row in &mut rows {
            let times = turn(bench, &all, row.mode, &known, trips)?;
            row.lost += trips - times.len();
            row.rounds.push(times);
        }
    }
    Ok(told(&rows, trips))
}

/// Round trips past a gateway of one kind.
fn turn(
    bench: &Bench,
    all: &Gateway,
    mode: Option<&str>,
    known: &PathBuf,
    trips: usize,
) -> Result<Times, Box<dyn Error>> {
    let known = std::slice::from_ref(known);
    let start = |mode| {
        let wish = Wish { mode, known, ..Wish::default() };
        Sensor::start(bench, &all.gateway, &wish)
    };
    let sensor = mode.map(start).transpose()?;
    if let (Some(sensor), Some("block")) = (&sensor, mode) {
        let standing = sensor.status()?.preloaded;
        if standing != BLOCKS as u64 {
            return Err(format!("{standing} blocks stand, not {BLOCKS}").into());
        }
    }
    let said = bench.played(&all.inside, &["pingpong", &trips.to_string(), "0"], 120)?;
    if let Some(sensor) = sensor {
        sensor.end(bench, &all.gateway)?;
    }
    Ok(Times::read(&said))
}

fn told(rows: &[Row], trips: usize) -> String {
    let mut out = format!(
        "Round trips of a datagram of 8 bytes from inside to outside and back, one after the other: \
         {ROUNDS} rounds of {} for each row, in turn.\n\
         The ratio is of the medians, round by round (min / median / max).\n\n\
         | gateway | p50 | p99 | p50 over that without a sensor | lost |\n|---|--:|--:|--:|--:|\n",
        thousands(trips as u64)
    );
    let bare: Vec<Option<u64>> = rows.first().map(|row| medians(row).collect()).unwrap_or_default();
    for row in rows {
        let all: Times = row.rounds.iter().flat_map(Times::iter).collect();
        let pairs = medians(row).zip(&bare).filter_map(|(own, bare)| {
            let (own, bare) = (own?, (*bare)?);
            Some(own as f64 / bare.max(1) as f64)
        });
        let ratio = match spread(pairs) {
            Some((low, mid, high)) if row.mode.is_some() => {
                format!("{low:.2} / {mid:.2} / {high:.2}")
            }
            _ => String::new(),
        };
        // Writing to a string does not fail.
        let _written = writeln!(
            out,
            "| {} | {} | {} | {ratio} | {} |",
            row.title,
            all.us(50),
            all.us(99),
            row.lost
        );
    }
    out
}

fn medians(row: &Row) -> impl Iterator<Item = Option<u64>> {
    row.rounds.iter().map(|times| times.percentile(50))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_taken_round_by_round() {
        let row = |title: &str, mode, medians: &[u64]| Row {
            title: title.into(),
            mode,
            rounds: medians.iter().map(|m| [*m].into_iter().collect()).collect(),
            lost: 0,
        };
        let rows = [
            row("no sensor", None, &[100_000, 200_000, 100_000]),
            row("sensor", Some("observe"), &[110_000, 300_000, 100_000]),
        ];
        let text = told(&rows, 1);
        assert!(text.contains("| no sensor | 100 µs | 200 µs |  | 0 |"), "{text}");
        assert!(text.contains("| 110 µs | 300 µs | 1.00 / 1.10 / 1.50 | 0 |"), "{text}");
    }
}
