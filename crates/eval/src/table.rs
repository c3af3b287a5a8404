//! Results as a person reads them on a terminal.

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table};
use ostium_report::{Paint, count, escape};
use ostium_verdict::Verdict;

use crate::case::{Judged, Label, Outcome};
use crate::evaluation::{CaseResult, Evaluation};
use crate::total::Total;
use crate::words::{days, delay, delays, rate, reasons, share};

/// Rows told of what detectors add.
const MOST: usize = 12;

/// The results as text.
pub fn table(evaluation: &Evaluation, paint: Paint) -> String {
    let mut out = String::new();
    if !evaluation.cases.is_empty() {
        out.push_str(&cases(evaluation, paint));
        out.push('\n');
    }
    for total in &evaluation.totals {
        out.push_str(&words_of(total));
    }
    if evaluation.kinds.len() > 1 {
        out.push_str(&kinds(evaluation, paint));
    }
    if !evaluation.captures.is_empty() {
        out.push_str(&captures(evaluation));
    }
    if !evaluation.adds.is_empty() {
        out.push_str(&adds(evaluation, paint));
    }
    out.push_str(&calibration(evaluation));
    out
}

fn styled(paint: Paint) -> Table {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic);
    match paint.colour {
        true => table.enforce_styling(),
        false => table.force_no_tty(),
    };
    table.set_width(paint.width.unwrap_or(120).clamp(60, 180));
    table
}

fn cases(evaluation: &Evaluation, paint: Paint) -> String {
    let mut table = styled(paint);
    table.set_header(["Case", "Use", "Result", "After", "What counted"]);
    for case in &evaluation.cases {
        let use_of = case.purpose.map_or("", |purpose| purpose.name());
        match &case.outcome {
            Outcome::Judged(judged) => {
                let (result, colour) = result_of(judged);
                table.add_row([
                    Cell::new(escape(&case.name)).add_attribute(Attribute::Bold),
                    Cell::new(use_of),
                    painted(&result, colour, paint),
                    Cell::new(after(judged)),
                    Cell::new(counted(judged)),
                ]);
            }
            Outcome::Refused(why) | Outcome::Crashed(why) => {
                let crashed = matches!(case.outcome, Outcome::Crashed(_));
                let word = if crashed { "CRASHED" } else { "refused" };
                let colour = if crashed { Some(Color::Red) } else { None };
                table.add_row([
                    Cell::new(escape(&case.name)).add_attribute(Attribute::Bold),
                    Cell::new(use_of),
                    painted(word, colour, paint),
                    Cell::new(""),
                    Cell::new(escape(why)),
                ]);
            }
        }
    }
    table.to_string()
}

fn painted(word: &str, colour: Option<Color>, paint: Paint) -> Cell {
    match colour.filter(|_| paint.colour) {
        Some(colour) => Cell::new(word).fg(colour),
        None => Cell::new(word),
    }
}

/// What came of the labels, and how glad one may be of it.
fn result_of(judged: &Judged) -> (String, Option<Color>) {
    let count =
        |label, verdict| judged.hosts.iter().filter(|h| h.label == label && h.is(verdict)).count();
    let of = |label| judged.hosts.iter().filter(|host| host.label == label).count();
    let mut parts = Vec::new();
    let infected = of(Label::Infected);
    let found = count(Label::Infected, Verdict::Infected);
    let suspect = count(Label::Infected, Verdict::Suspect);
    if infected > 0 {
        let missed = infected - found - suspect;
        for (n, word) in [(found, "found"), (suspect, "suspect"), (missed, "missed")] {
            if n > 0 {
                parts.push(if infected == 1 { word.to_owned() } else { format!("{n} {word}") });
            }
        }
    }
    let false_hosts = count(Label::Clean, Verdict::Infected);
    if false_hosts > 0 {
        parts.push(format!("{false_hosts} FALSE"));
    } else if of(Label::Clean) > 0 {
        parts.push(format!("{} clean, none accused", of(Label::Clean)));
    }
    if parts.is_empty() {
        let called = count(Label::None, Verdict::Infected);
        parts.push(format!("no label; {called} infected of {}", judged.seen));
    }
    let colour = match () {
        () if false_hosts > 0 => Some(Color::Red),
        () if infected == 0 => None,
        () if found == infected => Some(Color::Green),
        () => Some(Color::Yellow),
    };
    (parts.join(", "), colour)
}

fn after(judged: &Judged) -> String {
    let infected = judged.hosts.iter().filter(|host| host.label == Label::Infected);
    let delays: Vec<String> = infected.map(delay).filter(|delay| delay != "-").collect();
    delays.join("\n")
}

fn counted(judged: &Judged) -> String {
    let labelled = judged
        .hosts
        .iter()
        .filter(|host| host.label == Label::Infected || !host.is(Verdict::Clean));
    let lines: Vec<String> =
        labelled.take(4).map(|host| format!("{}: {}", host.host, reasons(host))).collect();
    lines.join("\n")
}

fn words_of(t: &Total) -> String {
    format!(
        "\n{use_of}: {} of {} infected hosts found, {} suspect, {} missed; found {}\n\
         {blank}  time to find: {}\n\
         {blank}  clean hosts called infected: {} of {} ({} at any look, {} suspect) in {} host-days: {} per 1,000 host-days\n\
         {blank}  hosts without a label: {}, of them {} called infected, {} suspect\n",
        t.found,
        t.infected,
        t.suspect,
        t.missed,
        share(t.found_share),
        delays(&t.delay),
        t.false_hosts,
        t.clean,
        t.false_at_any_look,
        t.doubted,
        days(t.clean_host_days),
        rate(t),
        count(t.unlabelled.0),
        t.unlabelled.1,
        t.unlabelled.2,
        use_of = t.purpose.name(),
        blank = "",
    )
}

fn kinds(evaluation: &Evaluation, paint: Paint) -> String {
    let mut table = styled(paint);
    table.set_header(["Kind of infection", "hosts", "found", "suspect", "missed", "time to find"]);
    for k in &evaluation.kinds {
        table.add_row([
            escape(&k.kind),
            k.infected.to_string(),
            k.found.to_string(),
            k.suspect.to_string(),
            k.missed.to_string(),
            delays(&k.delay),
        ]);
    }
    format!("\n{table}\n")
}

fn captures(evaluation: &Evaluation) -> String {
    let of = |case: &CaseResult, verdict| {
        let judged = case.outcome.judged();
        judged.map_or(0, |j| j.hosts.iter().filter(|host| host.is(verdict)).count())
    };
    let sum = |verdict| evaluation.captures.iter().map(|case| of(case, verdict)).sum::<usize>();
    let read = evaluation.captures.iter().filter(|case| case.outcome.judged().is_some()).count();
    let mut out = format!(
        "\n{} captures without labels: {read} read; {} hosts called infected, {} suspect\n",
        evaluation.captures.len(),
        sum(Verdict::Infected),
        sum(Verdict::Suspect),
    );
    for case in evaluation.captures.iter().filter(|case| of(case, Verdict::Infected) > 0) {
        let hint = if case.says_attack() { "its name says an attack" } else { "look at it" };
        out.push_str(&format!("  infected: {} ({hint})\n", escape(&case.name)));
    }
    out
}

fn adds(evaluation: &Evaluation, paint: Paint) -> String {
    let mut table = styled(paint);
    table.set_header([
        "Without it",
        "found less",
        "suspected less",
        "false less",
        "speaks of infected",
        "of clean",
    ]);
    for adds in evaluation.adds.iter().take(MOST) {
        table.add_row([
            adds.what.clone(),
            adds.found.to_string(),
            adds.suspected.to_string(),
            adds.false_alarms.to_string(),
            adds.speaks_of_infected.to_string(),
            adds.speaks_of_clean.to_string(),
        ]);
    }
    let more = evaluation.adds.len().saturating_sub(MOST);
    let rest = if more > 0 { format!("and {more} more: --format json\n") } else { String::new() };
    format!("\nWhat each detector adds:\n{table}\n{rest}")
}

fn calibration(evaluation: &Evaluation) -> String {
    let c = &evaluation.calibration;
    match c.hosts {
        0 => String::new(),
        hosts => format!(
            "\nBrier score {:.3} over {hosts} labelled hosts (always saying their share: {:.3})\n",
            c.brier, c.brier_of_share
        ),
    }
}
