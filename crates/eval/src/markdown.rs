//! Results as Markdown: docs/evaluation.md, with the hand-written notes kept.

use std::fmt::{self, Write as _};

use ostium_verdict::Verdict;

use crate::case::{HostResult, Label, Outcome};
use crate::evaluation::{CaseResult, Evaluation, kind};
use crate::words::{days, delay, delays, probability, rate, reasons, share};

/// A page that has no place for what is written.
#[derive(Debug, PartialEq, Eq)]
pub struct Unmarked;

/// Marks around what people write.
const NOTES: &str = "<!-- notes -->";
const NOTES_END: &str = "<!-- /notes -->";

const HEAD: &str = "\
# Evaluation

What `ostium analyze` says about captures and logs whose truth is known, good or bad.
This page is made by one command; only the notes are written by hand:

```sh
ostium eval ../shared/corpus/manifest.toml --each ../shared/corpus/protocols --write docs/evaluation.md
```

Every case is read with its own home, one thread, no indicators, and the thresholds of a fresh install.
Thresholds were set on cases of use *train* and on synthetic worlds; cases of use *test* were only reported.
*Found* is an infected host with the verdict infected at the end of the input.
*Suspect* is one that stands in the ranked list of suspects: an operator who reads that list finds it.
*Missed* is one that is called clean.
The numbers behind a detector are nats; `!` marks an item that convicts alone.
";

const TIME: &str = "
The state is looked at 1, 1.5, 2, 3, 4, 6, 8, 12 ... minutes after the first event of the input, and at its end: every host is judged by what was heard until then.
Time to find is from the host's first event to the first look that calls it infected.
It is when a sensor that reports at these times would have said so; the infection may be older than the input, and a row of a log counts at the time that stands in it, which may be before it was written.
A clean host that is called infected at any look is told of too.
";

const BOUNDS: &str = "
Host-days are the time from the first to the last event of a case, for each clean host that was seen in it.
Shares have the exact bounds of Clopper and Pearson (95 %), rates the exact upper bound of a Poisson count (95 %; 3 when nothing was counted).
";

/// Suspects named of all captures of single protocols.
const SUSPECTS: usize = 8;
const NO_NOTES: &str = "No notes yet.\n";

/// What stands between the marks of an earlier page.
///
/// # Errors
/// When the page has text but no marks: it is not one of ours.
pub fn notes(page: &str) -> Result<String, Unmarked> {
    if page.trim().is_empty() {
        return Ok(NO_NOTES.to_owned());
    }
    let kept = page.split_once(NOTES).and_then(|(_, rest)| rest.split_once(NOTES_END));
    kept.map(|(notes, _)| notes.trim_start().to_owned()).ok_or(Unmarked)
}

/// The whole page.
pub fn markdown(evaluation: &Evaluation, notes: &str) -> String {
    let mut out = String::from(HEAD);
    if evaluation.is_part() {
        line(&mut out, "\n**This run was ended early: the page tells only a part of the cases.**");
    }
    totals(&mut out, evaluation);
    kinds(&mut out, evaluation);
    hosts(&mut out, evaluation, Label::Infected, "Infected hosts");
    hosts(&mut out, evaluation, Label::Clean, "Clean hosts");
    adds(&mut out, evaluation);
    calibration(&mut out, evaluation);
    unlabelled(&mut out, evaluation);
    refused(&mut out, evaluation);
    if !evaluation.captures.is_empty() {
        captures(&mut out, &evaluation.captures);
    }
    line(&mut out, &format!("\n{NOTES}\n\n{}\n\n{NOTES_END}", notes.trim_end()));
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A line of a table.
fn row(out: &mut String, cells: &[&dyn fmt::Display]) {
    for cell in cells {
        let text = ostium_report::escape(&cell.to_string()).replace('|', "\\|");
        let _always = write!(out, "| {text} ");
    }
    line(out, "|");
}

/// A heading and the head of a table; columns that begin with `#` hold numbers.
fn head(out: &mut String, columns: &[&str]) {
    let names: Vec<&str> = columns.iter().map(|name| name.trim_start_matches('#')).collect();
    line(out, &format!("| {} |", names.join(" | ")));
    let rule = |name: &&str| if name.starts_with('#') { "---:" } else { "---" };
    let rules: Vec<&str> = columns.iter().map(rule).collect();
    line(out, &format!("|{}|", rules.join("|")));
}

fn totals(out: &mut String, evaluation: &Evaluation) {
    line(out, "\n## Totals\n");
    head(out, &["use", "#infected hosts", "#found", "#suspect", "#missed", "share found"]);
    for t in &evaluation.totals {
        let share = share(t.found_share);
        row(out, &[&t.purpose.name(), &t.infected, &t.found, &t.suspect, &t.missed, &share]);
    }
    line(out, "");
    head(
        out,
        &[
            "use",
            "#clean hosts",
            "#called infected",
            "#at any look",
            "#suspect",
            "#clean host-days",
            "false hosts per 1,000 host-days",
        ],
    );
    for t in &evaluation.totals {
        let (days, rate) = (days(t.clean_host_days), rate(t));
        let counts = (&t.clean, &t.false_hosts, &t.false_at_any_look, &t.doubted);
        row(out, &[&t.purpose.name(), counts.0, counts.1, counts.2, counts.3, &days, &rate]);
    }
    out.push_str(BOUNDS);
    line(out, "\n## Time to find\n");
    head(out, &["use", "#infected hosts found", "time to find"]);
    for t in &evaluation.totals {
        row(out, &[&t.purpose.name(), &t.delay.hosts, &delays(&t.delay)]);
    }
    out.push_str(TIME);
}

fn hosts(out: &mut String, evaluation: &Evaluation, label: Label, title: &str) {
    line(out, &format!("\n## {title}\n"));
    head(
        out,
        &[
            "case",
            "kind",
            "use",
            "truth",
            "host",
            "verdict",
            "#probability",
            "found after",
            "what counted",
        ],
    );
    let (told, dull): (Vec<_>, Vec<_>) =
        evaluation.hosts(label).partition(|(case, host)| case.worth_a_line(host));
    for (case, host) in told {
        let verdict = match host.is(Verdict::Infected) {
            true => format!("**{}**", host.verdict),
            false => host.verdict.clone(),
        };
        let purpose = case.purpose.map_or("", |purpose| purpose.name());
        row(
            out,
            &[
                &case.name,
                &kind(case, host),
                &purpose,
                &case.truth,
                &host.host,
                &verdict,
                &probability(host),
                &delay(host),
                &reasons(host),
            ],
        );
    }
    if !dull.is_empty() {
        line(
            out,
            &format!("\nAnd {} more clean hosts of larger cases, all called clean.", dull.len()),
        );
    }
}

fn kinds(out: &mut String, evaluation: &Evaluation) {
    line(out, "\n## By kind of infection\n");
    head(out, &["kind", "#infected hosts", "#found", "#suspect", "#missed", "time to find"]);
    for k in &evaluation.kinds {
        row(out, &[&k.kind, &k.infected, &k.found, &k.suspect, &k.missed, &delays(&k.delay)]);
    }
}

fn adds(out: &mut String, evaluation: &Evaluation) {
    line(out, "\n## What each detector adds\n");
    line(
        out,
        "Every labelled host is judged again without the evidence of one detector, or of one group; only those that change a verdict are told.\n",
    );
    head(
        out,
        &[
            "without",
            "#infected hosts found less",
            "#suspected less",
            "#false alarms less",
            "#clean hosts suspected less",
            "#speaks of infected hosts",
            "#of clean hosts",
        ],
    );
    let changes = |a: &&crate::Adds| a.found + a.suspected + a.false_alarms + a.doubts > 0;
    for a in evaluation.adds.iter().filter(changes) {
        row(
            out,
            &[
                &a.what,
                &a.found,
                &a.suspected,
                &a.false_alarms,
                &a.doubts,
                &a.speaks_of_infected,
                &a.speaks_of_clean,
            ],
        );
    }
}

fn calibration(out: &mut String, evaluation: &Evaluation) {
    let c = &evaluation.calibration;
    line(out, "\n## Are the probabilities right?\n");
    line(
        out,
        &format!(
            "Brier score {:.3} over {} labelled hosts; somebody who always says their share of infected hosts has {:.3}.",
            c.brier, c.hosts, c.brier_of_share
        ),
    );
    line(
        out,
        "A verdict starts from the prior of a network, where few hosts are infected; where most of the labelled ones are, probabilities have to look too low.\n",
    );
    head(out, &["probability", "#hosts", "#mean probability", "#infected", "share infected"]);
    for bin in &c.bins {
        let range = format!("{} to {}", bin.from, bin.to);
        let (mean, share) = (format!("{:.3}", bin.mean), bounds(bin.infected, bin.hosts));
        row(out, &[&range, &bin.hosts, &mean, &bin.infected, &share]);
    }
}

fn bounds(count: u64, of: u64) -> String {
    let (low, high) = crate::stats::share_bounds(count, of);
    share(Some(crate::Bound { rate: count as f64 / of.max(1) as f64, low, high }))
}

fn unlabelled(out: &mut String, evaluation: &Evaluation) {
    line(out, "\n## Hosts without a label\n");
    line(out, "Cases without any label, and the other hosts of labelled cases.\n");
    head(out, &["case", "#hosts", "#infected", "#suspect", "the likeliest"]);
    for case in &evaluation.cases {
        let Some(judged) = case.outcome.judged() else { continue };
        let labelled = judged.hosts.iter().filter(|h| h.label != Label::None && h.seen).count();
        let others: Vec<&HostResult> =
            judged.hosts.iter().filter(|host| host.label == Label::None).collect();
        let hosts = judged.seen - labelled as u64;
        if hosts == 0 && case.labelled {
            continue;
        }
        let count = |verdict| others.iter().filter(|host| host.is(verdict)).count();
        let first = others.first().map_or_else(|| "-".to_owned(), |host| likely(host));
        row(
            out,
            &[&case.name, &hosts, &count(Verdict::Infected), &count(Verdict::Suspect), &first],
        );
    }
}

fn likely(host: &HostResult) -> String {
    format!("{} {}, {:.3}: {}", host.host, host.verdict, host.probability, reasons(host))
}

fn refused(out: &mut String, evaluation: &Evaluation) {
    if evaluation.cases.iter().all(|case| case.outcome.judged().is_some()) {
        return;
    }
    line(out, "\n## Refused\n");
    line(
        out,
        "Cases of kinds that Ostium does not read yet, in its own words. They count nowhere above.\n",
    );
    refusals(out, "case", &evaluation.cases);
}

fn refusals(out: &mut String, what: &str, cases: &[CaseResult]) {
    head(out, &[what, "message"]);
    for case in cases {
        match &case.outcome {
            Outcome::Refused(why) => row(out, &[&case.name, why]),
            Outcome::Crashed(why) => row(out, &[&case.name, &format!("CRASHED: {why}")]),
            Outcome::Judged(_) => {}
        }
    }
}

fn captures(out: &mut String, captures: &[CaseResult]) {
    let judged = || captures.iter().filter_map(|case| case.outcome.judged());
    let crashed = captures.iter().filter(|c| matches!(c.outcome, Outcome::Crashed(_))).count();
    let (read, seen) = (judged().count(), judged().map(|j| j.seen).sum::<u64>());
    let suspect = judged().flat_map(|j| &j.hosts).filter(|h| h.is(Verdict::Suspect)).count();
    line(out, "\n## Captures of single protocols\n");
    line(
        out,
        "Benign applications and corner cases of protocols, each read alone with the default home; they carry no labels.\n",
    );
    line(
        out,
        &format!(
            "{} captures: {read} read, {} refused, {crashed} crashed; {seen} inside hosts, {suspect} of them suspect.\n",
            captures.len(),
            captures.len() - read - crashed,
        ),
    );
    refusals(out, "refused", captures);
    hosts_of_captures(out, captures);
}

fn hosts_of_captures(out: &mut String, captures: &[CaseResult]) {
    let hosts = |verdict| {
        captures.iter().flat_map(move |case| {
            let judged = case.outcome.judged();
            let hosts = judged.map(|judged| judged.hosts.as_slice()).unwrap_or_default();
            hosts.iter().filter(move |host| host.is(verdict)).map(move |host| (case, host))
        })
    };
    line(out, "");
    head(out, &["infected", "host", "what counted", "its name says an attack"]);
    for (case, host) in hosts(Verdict::Infected) {
        let says = if case.says_attack() { "yes" } else { "no: see the notes" };
        row(out, &[&case.name, &host.host, &reasons(host), &says]);
    }
    let mut suspects: Vec<(&CaseResult, &HostResult)> = hosts(Verdict::Suspect).collect();
    suspects.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability));
    line(out, "");
    head(out, &["likeliest suspects", "host", "#probability", "what counted"]);
    for (case, host) in suspects.into_iter().take(SUSPECTS) {
        let probability = format!("{:.3}", host.probability);
        row(out, &[&case.name, &host.host, &probability, &reasons(host)]);
    }
}
