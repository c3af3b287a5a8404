//! What was measured, as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::clean::HABITS;
use super::play::METHODS;
use super::share::{Share, threshold};
use super::{Clean, Measured, SEEDS};

const FALSE_SHARES: [f64; 2] = [0.01, 0.001];
const SHARES_TEXT: [&str; 2] = ["1 %", "0.1 %"];
/// RITA's own borders of low, medium and high.
const BORDERS: [f64; 3] = [0.5, 0.7, 0.9];
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
Bots poll over TLS from machines that are on day and night, 700 to 764 bytes at a time.
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
        let _ = writeln!(out, "- {:.0} % {name}", 100.0 * share);
    }
    out.push_str(BOTS);
    let _ = writeln!(
        out,
        "Seeds: {} for thresholds, {} to check them, {} for bots, each plus the number of days.",
        SEEDS[0], SEEDS[1], SEEDS[2]
    );
    out.push_str(&summary(measured));
    for measured in measured {
        length(measured, &mut out);
    }
    out
}

fn length(measured: &Measured, out: &mut String) {
    let Measured { days, train, check, .. } = measured;
    let unit = if *days == 1 { "day" } else { "days" };
    let _ = writeln!(
        out,
        "\n## {days} {unit}\n\n{} clean machines set the thresholds, {} others checked them.",
        train.scored.len(),
        check.scored.len()
    );
    let high = BORDERS.map(|border| {
        // What equals a border belongs to it.
        let share = Share::above(column(train, RITA), border - 1e-9);
        format!("{:.0} %", 100.0 * share.value())
    });
    let _ = writeln!(
        out,
        "Of the first, {} reach RITA's borders of low, medium and high (0.5, 0.7, 0.9).",
        high.join(", ")
    );
    thresholds(measured, out);
    loudest(train, out);
    out.push_str("\nBots found, in percent:\n\n| sleep | jitter | law |");
    for share in SHARES_TEXT {
        METHODS.iter().for_each(|method| out.push_str(&format!(" {method} at {share} |")));
    }
    let columns = METHODS.len() * FALSE_SHARES.len();
    let _ = writeln!(out, "\n|---:|---:|---|{}", "---:|".repeat(columns));
    for (place, (kind, _)) in measured.bots.iter().enumerate() {
        let _ = write!(out, "| {kind} |");
        for share in recall(measured, place).iter().flatten() {
            let _ = write!(out, " {} |", percent(*share));
        }
        out.push('\n');
    }
}

fn percent(share: Share) -> String {
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
        let train: Vec<f64> = column(&measured.train, place).collect();
        let _ = write!(out, "| {method} | {:.3} |", threshold(&train, 0.5));
        for share in FALSE_SHARES {
            let border = threshold(&train, share);
            let above = Share::above(column(&measured.check, place), border);
            let (low, high) = above.interval();
            let [value, low, high] = [above.value(), low, high].map(|x| 100.0 * x);
            let _ = write!(out, " {border:.3} | {value:.2} ({low:.2}–{high:.2}) |");
        }
        out.push('\n');
    }
}

/// The habits behind the clean machines at or above the threshold of 1 %.
fn loudest(clean: &Clean, out: &mut String) {
    out.push_str("\nLoudest at or above 1 %:\n\n");
    for method in [RITA, OURS] {
        let all: Vec<f64> = column(clean, method).collect();
        let border = threshold(&all, FALSE_SHARES[0]);
        let mut habits: BTreeMap<&str, usize> = BTreeMap::new();
        for (host, of) in clean.scored.iter().zip(&clean.habits) {
            let habit = host.loudest[method].and_then(|talk| of.get(talk));
            if let (true, Some(habit)) = (host.highest[method] >= border, habit) {
                *habits.entry(HABITS[*habit].1).or_default() += 1;
            }
        }
        let mut habits: Vec<_> = habits.into_iter().collect();
        habits.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let told: Vec<String> =
            habits.iter().map(|(habit, count)| format!("{habit} ({count})")).collect();
        let _ = writeln!(out, "- {}: {}.", METHODS[method], told.join("; "));
    }
}

fn column(clean: &Clean, method: usize) -> impl Iterator<Item = f64> {
    clean.scored.iter().map(move |host| host.highest[method])
}

/// Of the bots of a row, those above each threshold, by each method.
fn recall(measured: &Measured, row: usize) -> [[Share; METHODS.len()]; FALSE_SHARES.len()] {
    FALSE_SHARES.map(|share| {
        std::array::from_fn(|method| {
            let clean: Vec<f64> = column(&measured.train, method).collect();
            let bots = measured.bots[row].1.iter().map(|bot| bot.last[method]);
            Share::above(bots, threshold(&clean, share))
        })
    })
}

/// In how many rows ours finds more, and each in which it finds fewer.
fn summary(measured: &[Measured]) -> String {
    let (mut better, mut clearly, mut equal, mut lines) = (0, 0, 0, String::new());
    for measured in measured {
        for (place, (kind, _)) in measured.bots.iter().enumerate() {
            for (shares, at) in recall(measured, place).into_iter().zip(SHARES_TEXT) {
                let (theirs, ours) = (shares[RITA], shares[OURS]);
                let apart = theirs.is_apart(ours);
                match ours.hits.cmp(&theirs.hits) {
                    std::cmp::Ordering::Greater => {
                        better += 1;
                        clearly += usize::from(apart);
                    }
                    std::cmp::Ordering::Equal => equal += 1,
                    std::cmp::Ordering::Less => {
                        let kind = kind.to_string().replace(" |", ",");
                        let (ours, theirs) = (percent(ours), percent(theirs));
                        let apart = if apart { "; the intervals are apart" } else { "" };
                        let days = measured.days;
                        let _ = writeln!(
                            lines,
                            "- {days} d, {kind}, at {at}: {ours} against {theirs}{apart}."
                        );
                    }
                }
            }
        }
    }
    let worse = lines.lines().count();
    let apart = lines.lines().filter(|line| line.contains("apart")).count();
    let rows = better + equal + worse;
    let which = if worse > 0 { format!("\nWorse in:\n\n{lines}") } else { String::new() };
    format!(
        "\n## In short\n\nOf {rows} comparisons, `beacon` finds more than RITA in {better} (in {clearly} with \
         intervals apart), as many in {equal}, fewer in {worse} (in {apart} with intervals apart).\n{which}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::bots::{Kind, Law};
    use super::super::play::{Scored, Scores};
    use super::*;

    fn host(scores: Scores) -> Scored {
        Scored { highest: scores, last: scores, loudest: [Some(0), None] }
    }

    #[test]
    fn rows_that_are_better_and_worse_are_told() {
        let clean =
            || Clean { scored: vec![host([0.5, 1.0, -3.0]); 10], habits: vec![vec![0]; 10] };
        let kind = |sleep| Kind { sleep, jitter: 70, law: Law::Symmetric };
        let bots = vec![
            (kind(7200), vec![host([0.9, 1.0, 2.0]); 20]),
            (kind(60), vec![host([0.5, 1.1, 2.0]); 20]),
        ];
        let page = page(&[Measured { days: 3, train: clean(), check: clean(), bots }], "x");
        let row = "| 2 h | 70 % | symmetric | 100 (84–100) | 0 (0–16) | 100 (84–100) |";
        assert!(page.contains(row), "{page}");
        let worse = "- 3 d, 2 h, 70 %, symmetric, at 1 %: 0 (0–16) against 100 (84–100); the intervals are apart.\n";
        assert!(page.contains(worse), "{page}");
        assert!(page.contains("Of 4 comparisons, `beacon` finds more than RITA in 2 (in 2 with"));
    }
}
