//! Ours against RITA's, row by row.

use std::cmp::Ordering;

use super::super::share::{Share, threshold};
use super::super::{Clean, Measured};
use super::{FALSE_SHARES, HABITS, HOMES_TEXT, OURS, RITA, SHARES_TEXT, percent};
use crate::rita::bots::Kind;

/// One row at one share of false machines.
struct Comparison {
    days: u32,
    home: usize,
    kind: Kind,
    at: usize,
    theirs: Share,
    ours: Share,
}

/// How comparisons came out.
#[derive(Default)]
struct Tally {
    better: usize,
    clearly: usize,
    equal: usize,
    worse: usize,
    clearly_worse: usize,
}

fn all(measured: &[Measured], left_out: Option<usize>) -> Vec<Comparison> {
    let mut all = Vec::new();
    for Measured { days, train, bots, .. } in measured {
        for (home, rows) in bots.iter().enumerate() {
            for row in rows {
                for (at, shares) in row.recall(train, left_out).into_iter().enumerate() {
                    let (theirs, ours) = (shares[RITA], shares[OURS]);
                    all.push(Comparison { days: *days, home, kind: row.kind, at, theirs, ours });
                }
            }
        }
    }
    all
}

/// Which part of the rows, and what they have in common.
type Part = (&'static str, fn(&Kind) -> bool);

const PARTS: [Part; 5] = [
    ("all", |_| true),
    ("jitter below 70 %, sleep below 2 h", |kind| kind.jitter < 70 && kind.sleep < 7200),
    ("jitter below 70 %, sleep from 2 h", |kind| kind.jitter < 70 && kind.sleep >= 7200),
    ("jitter from 70 %, sleep below 2 h", |kind| kind.jitter >= 70 && kind.sleep < 7200),
    ("jitter from 70 %, sleep from 2 h", |kind| kind.jitter >= 70 && kind.sleep >= 7200),
];

const COUNTED: &str = "rows | more | clearly | as many | fewer | clearly |";

/// In how many rows ours finds more, as many and fewer.
pub(super) fn summary(measured: &[Measured]) -> String {
    let mut out = "\nRows in which `beacon` finds more bots than RITA, as many, or fewer, each row at 1 % and at \
         0.1 %; *clearly* is with intervals apart.\n"
        .to_owned();
    parts(measured, None, &mut out);
    out
}

fn parts(measured: &[Measured], left_out: Option<usize>, out: &mut String) {
    let all = all(measured, left_out);
    put_line!(out, "\n| machines | bots | {COUNTED}\n|---|---|{}", "---:|".repeat(6));
    for (home, text) in HOMES_TEXT.iter().enumerate() {
        for (name, is_part) in PARTS {
            let part = all.iter().filter(|c| c.home == home && is_part(&c.kind));
            put_line!(out, "| {text} | {name} | {} |", Tally::of(part));
        }
    }
}

/// The same when one habit of clean machines is left out of the thresholds: how much hangs on it.
pub(super) fn without(measured: &[Measured]) -> String {
    let mut out = format!(
        "\nHow much hangs on each habit of clean machines: thresholds at 1 % over the first length, \
         and all rows, without it.\n\n| left out | RITA | `beacon` | {COUNTED}\n|---|{}\n",
        "---:|".repeat(8)
    );
    let mut weightiest = (usize::MAX, 0);
    for (habit, (_, name, _)) in HABITS.iter().enumerate() {
        let tally = Tally::of(all(measured, Some(habit)).iter());
        weightiest = weightiest.min((tally.worse, habit));
        let [rita, ours] = [RITA, OURS].map(|method| {
            measured.first().map_or(0.0, |first| border(&first.train, method, habit))
        });
        put_line!(out, "| {name} | {rita:.3} | {ours:.3} | {tally} |");
    }
    let (worse, habit) = weightiest;
    if worse >= Tally::of(all(measured, None).iter()).worse {
        return out;
    }
    put_line!(out, "\nWithout {}, which weighs most against ours:", HABITS[habit].1);
    parts(measured, Some(habit), &mut out);
    out
}

fn border(clean: &Clean, method: usize, left_out: usize) -> f64 {
    let highest: Vec<f64> = clean.highest_without(method, left_out).collect();
    threshold(&highest, FALSE_SHARES[0])
}

/// Each row in which ours finds fewer.
pub(super) fn worse(measured: &[Measured]) -> String {
    let all = all(measured, None);
    let worse: Vec<&Comparison> = all.iter().filter(|c| c.ours.hits < c.theirs.hits).collect();
    let mut out = "\n".to_owned();
    if worse.is_empty() {
        out.push_str("In no row.\n");
    }
    for c in worse {
        let apart = if c.ours.is_apart(c.theirs) { "; the intervals are apart" } else { "" };
        put_line!(
            out,
            "- {} d, {}, {}, at {}: {} against {}{apart}.",
            c.days,
            HOMES_TEXT[c.home],
            c.kind.to_string().replace(" |", ","),
            SHARES_TEXT[c.at],
            percent(c.ours),
            percent(c.theirs)
        );
    }
    out
}

// === impl Tally ===

impl Tally {
    fn of<'a>(comparisons: impl Iterator<Item = &'a Comparison>) -> Self {
        comparisons.fold(Self::default(), |mut tally, c| {
            let apart = usize::from(c.ours.is_apart(c.theirs));
            match c.ours.hits.cmp(&c.theirs.hits) {
                Ordering::Greater => {
                    tally.better += 1;
                    tally.clearly += apart;
                }
                Ordering::Equal => tally.equal += 1,
                Ordering::Less => {
                    tally.worse += 1;
                    tally.clearly_worse += apart;
                }
            }
            tally
        })
    }
}

// === impl fmt::Display for Tally ===

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { better, clearly, equal, worse, clearly_worse } = self;
        let rows = better + equal + worse;
        write!(f, "{rows} | {better} | {clearly} | {equal} | {worse} | {clearly_worse}")
    }
}
