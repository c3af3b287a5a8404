//! What was measured, as a page.

/// Appends what is formatted to a text.
macro_rules! put {
    ($out:expr, $($words:tt)*) => {
        $out.push_str(&format!($($words)*))
    };
}

/// The same, and ends the line.
macro_rules! put_line {
    ($out:expr, $($words:tt)*) => {{
        $out.push_str(&format!($($words)*));
        $out.push('\n');
    }};
}

mod compare;

use std::collections::BTreeMap;

use super::clean::HABITS;
use super::play::METHODS;
use super::share::{Share, threshold};
use super::{Clean, Measured, Row};

const FALSE_SHARES: [f64; 2] = [0.01, 0.001];
const SHARES_TEXT: [&str; 2] = ["1 %", "0.1 %"];
/// RITA's own borders of low, medium and high.
const BORDERS: [f64; 3] = [0.5, 0.7, 0.9];
/// As `HOMES`.
const HOMES_TEXT: [&str; 2] = ["on day and night", "on while used"];
const RITA: usize = 0;
const OURS: usize = 1;

const METHOD: &str = "\
Both score the timing of the same conversations, and nothing else differs.
Each conversation is with a name that only one machine calls and that no list knows, so neither allow-lists nor prevalence help either side.
Thresholds come from clean machines of one seed and are reported on others; nothing was tuned on what is shown.

- The unit is the machine over the whole length (1, 3 or 7 days); a clean machine's score is the highest of its conversations.
- **RITA** is its beacon score (version 5, as published): timing, sizes, histogram and duration, a quarter each, for each day's data set as it does; the best day counts.
- **`beacon`** is the nats of our detector for the conversation, out of the whole product fed with the connections as events.
  Its cap for rare names, 5 nats, is in it: only a clock or nearly one reaches it, and bots there count as equal.
- **whole verdict** is the log-odds of the host, all detectors together, on machines that the bot shares with clean conversations.
- A bot is found when its conversation (for the verdict, its host) lies *above* the threshold; what only equals it is not found.
- Shares are in percent, with Wilson's interval of 95 %.

Clean machines have 6 to 16 such conversations each; six of ten machines are on only while somebody sits at them.
";

const BOTS: &str = "
Steady clocks with rare names are left out of the clean side, for both call every one of them a beacon, as they do those of bots; what tells them apart is who calls them, not when.
Bots poll over TLS, 700 to 764 bytes at a time, from machines that are on day and night, and in a second table from machines that are on while somebody sits at them; a poll that is overdue when the machine wakes comes within a minute.
*shorten* is Cobalt Strike's law, from sleep x (1 - jitter) to the sleep; *symmetric* is sleep x (1 ± jitter).
";

/// The page but for its notes.
pub(super) fn page(measured: &[Measured], command: &str) -> String {
    let mut out = format!(
        "# Beacons, beside RITA\n\n\
         RITA's beacon score and our `beacon` detector on the same drawn conversations.\n\
         This page is made by one command; only the notes are written by hand:\n\n\
         ```sh\n{command}\n```\n\n## Method\n\n{METHOD}Of the conversations are:\n\n"
    );
    for (_, name, share) in HABITS {
        put_line!(out, "- {:.0} % {name}", 100.0 * share);
    }
    out.push_str(BOTS);
    if let Some([train, check, bots]) = measured.first().map(|first| first.seeds) {
        put_line!(
            out,
            "Seeds: {train} for thresholds, {check} to check them, {bots} for bots, each plus the number of days."
        );
    }
    out.push_str("\n## In short\n");
    out.push_str(&compare::summary(measured));
    out.push_str(&compare::without(measured));
    for measured in measured {
        length(measured, &mut out);
    }
    out.push_str("\n## Where ours finds fewer\n");
    out.push_str(&compare::worse(measured));
    out
}

fn length(measured: &Measured, out: &mut String) {
    let Measured { days, train, check, .. } = measured;
    let unit = if *days == 1 { "day" } else { "days" };
    put_line!(
        out,
        "\n## {days} {unit}\n\n{} clean machines set the thresholds, {} others checked them.",
        train.scored.len(),
        check.scored.len()
    );
    let high = BORDERS.map(|border| {
        // What equals a border belongs to it.
        let share = Share::above(train.highest(RITA), border - 1e-9);
        format!("{:.0} %", 100.0 * share.value())
    });
    put_line!(
        out,
        "Of the first, {} reach RITA's borders of low, medium and high (0.5, 0.7, 0.9).",
        high.join(", ")
    );
    thresholds(measured, out);
    loudest(train, out);
    for (rows, home) in measured.bots.iter().zip(HOMES_TEXT) {
        put!(out, "\nBots found on machines {home}:\n\n| sleep | jitter | law |");
        for share in SHARES_TEXT {
            METHODS.iter().for_each(|method| out.push_str(&format!(" {method} at {share} |")));
        }
        let columns = METHODS.len() * FALSE_SHARES.len();
        put_line!(out, "\n|---:|---:|---|{}", "---:|".repeat(columns));
        for row in rows {
            put!(out, "| {} |", row.kind);
            for share in row.recall(train, None).iter().flatten() {
                put!(out, " {} |", percent(*share));
            }
            out.push('\n');
        }
    }
}

pub(super) fn percent(share: Share) -> String {
    let (low, high) = share.interval();
    format!("{:.0} ({:.0}–{:.0})", 100.0 * share.value(), 100.0 * low, 100.0 * high)
}

/// Each threshold, and the share of other clean machines that lies above it.
fn thresholds(measured: &Measured, out: &mut String) {
    out.push_str("\n| score | median |");
    SHARES_TEXT.iter().for_each(|share| {
        out.push_str(&format!(" threshold at {share} | others above it, % |"));
    });
    out.push_str("\n|---|---:|---:|---:|---:|---:|\n");
    for (place, method) in METHODS.iter().enumerate() {
        let train: Vec<f64> = measured.train.highest(place).collect();
        put!(out, "| {method} | {:.3} |", threshold(&train, 0.5));
        for share in FALSE_SHARES {
            let border = threshold(&train, share);
            let above = Share::above(measured.check.highest(place), border);
            let (low, high) = above.interval();
            let [value, low, high] = [above.value(), low, high].map(|x| 100.0 * x);
            put!(out, " {border:.3} | {value:.2} ({low:.2}–{high:.2}) |");
        }
        out.push('\n');
    }
}

/// The habits behind the clean machines at or above the threshold of 1 %.
fn loudest(clean: &Clean, out: &mut String) {
    out.push_str("\nWhat is at or above the threshold of 1 %, by conversations:\n\n");
    for method in [RITA, OURS] {
        let all: Vec<f64> = clean.highest(method).collect();
        let border = threshold(&all, FALSE_SHARES[0]);
        let mut habits: BTreeMap<&str, usize> = BTreeMap::new();
        for (host, of) in clean.scored.iter().zip(&clean.habits) {
            let loud = host.talks.iter().zip(of).filter(|(talk, _)| talk[method] >= border);
            loud.for_each(|(_, habit)| *habits.entry(HABITS[*habit].1).or_default() += 1);
        }
        let mut habits: Vec<_> = habits.into_iter().collect();
        habits.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let told: Vec<String> =
            habits.iter().map(|(habit, count)| format!("{habit} ({count})")).collect();
        put_line!(out, "- {}: {}.", METHODS[method], told.join("; "));
    }
}

// === impl Clean ===

impl Clean {
    fn highest(&self, method: usize) -> impl Iterator<Item = f64> {
        self.scored.iter().map(move |host| host.highest()[method])
    }

    /// The same without the conversations of one habit; a verdict cannot be had without them.
    fn highest_without(&self, method: usize, left_out: usize) -> impl Iterator<Item = f64> {
        let hosts = self.scored.iter().zip(&self.habits);
        hosts.map(move |(host, of)| host.highest_of(|talk| of.get(talk) != Some(&left_out))[method])
    }
}

// === impl Row ===

impl Row {
    /// Those above each threshold, by each method; without a habit among the clean conversations.
    pub(super) fn recall(
        &self,
        clean: &Clean,
        left_out: Option<usize>,
    ) -> [[Share; METHODS.len()]; FALSE_SHARES.len()] {
        let borders: [Vec<f64>; METHODS.len()] = std::array::from_fn(|method| match left_out {
            None => clean.highest(method).collect(),
            Some(habit) => clean.highest_without(method, habit).collect(),
        });
        FALSE_SHARES.map(|share| {
            std::array::from_fn(|method| {
                let bots = self.bots.iter().map(|bot| bot.last()[method]);
                Share::above(bots, threshold(&borders[method], share))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::bots::{Kind, Law};
    use super::super::play::{Scored, Scores};
    use super::*;

    fn host([rita, ours, verdict]: Scores) -> Scored {
        Scored { talks: vec![[0.0, 0.0], [rita, ours]], verdict }
    }

    #[test]
    fn rows_that_are_better_and_worse_are_told() {
        let clean =
            || Clean { scored: vec![host([0.5, 1.0, -3.0]); 10], habits: vec![vec![0, 1]; 10] };
        let row = |sleep, scores| Row {
            kind: Kind { sleep, jitter: 70, law: Law::Symmetric },
            bots: vec![host(scores); 20],
        };
        let rows = || vec![row(7200, [0.9, 1.0, 2.0]), row(60, [0.5, 1.1, 2.0])];
        let bots = [rows(), Vec::new()];
        let measured = Measured { days: 3, seeds: [7, 8, 9], train: clean(), check: clean(), bots };
        let page = page(&[measured], "x");
        assert!(page.contains("Seeds: 7 for thresholds, 8 to check them, 9 for bots"), "{page}");
        let row = "| 2 h | 70 % | symmetric | 100 (84–100) | 0 (0–16) | 100 (84–100) |";
        assert!(page.contains(row), "{page}");
        let worse = "- 3 d, on day and night, 2 h, 70 %, symmetric, at 1 %: 0 (0–16) against 100 (84–100); the intervals are apart.\n";
        assert!(page.contains(worse), "{page}");
        assert!(page.contains("| on day and night | all | 4 | 2 | 2 | 0 | 2 | 2 |"), "{page}");
        // Without the habit of the loud conversation nothing of it is left in the thresholds.
        assert!(page.contains(&format!("| {} | 0.000 | 0.000 |", HABITS[1].1)), "{page}");
    }
}
