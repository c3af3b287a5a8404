//! docs/evaluation.md: the result as Markdown, with the hand-written notes kept.

use std::fmt::Write as _;

use super::Tried;
use super::judged::{Host, Judged};
use super::manifest::{Case, Purpose};
use super::protocols::Capture;

/// Marks around what people write.
const NOTES: &str = "<!-- notes -->";
const NOTES_END: &str = "<!-- /notes -->";

const HEAD: &str = "\
# Evaluation

What `ostium analyze` says about captures and logs whose truth is known, good or bad.
This page is made by one command; only the notes are written by hand:

```sh
cargo xtask eval --corpus ../shared/corpus --write
```

Every case is read with its own `--home`, one thread, no indicators, and the thresholds of a fresh install.
Thresholds were set on cases of use *train* and on synthetic worlds; cases of use *test* were only reported.
*Found* is an infected host with the verdict infected.
*Suspect* is one that stands in the ranked list of suspects: an operator who reads that list finds it.
*Missed* is one that is called clean.
The numbers behind a detector are nats; `!` marks an item that convicts alone.
";

/// Suspects named of all captures of single protocols.
const SUSPECTS: usize = 8;

const NO_NOTES: &str = "No notes yet.\n";

/// What stands between the marks of an earlier page.
pub(super) fn notes(page: &str) -> String {
    let kept = page.split_once(NOTES).and_then(|(_, rest)| rest.split_once(NOTES_END));
    kept.map_or_else(|| NO_NOTES.to_owned(), |(notes, _)| notes.trim_start().to_owned())
}

/// The whole page.
pub(super) fn page(tried: &[Tried], protocols: &[Capture], notes: &str) -> String {
    let mut out = String::from(HEAD);
    totals(&mut out, tried);
    infected(&mut out, tried);
    clean(&mut out, tried);
    unlabelled(&mut out, tried);
    refused(&mut out, tried);
    if !protocols.is_empty() {
        captures(&mut out, protocols);
    }
    line(&mut out, &format!("\n{NOTES}\n\n{}\n\n{NOTES_END}", notes.trim_end()));
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A labelled host of a case that was read: the case, the address, what was said of it.
fn labelled(
    tried: &[Tried],
    purpose: Purpose,
    of: fn(&Case) -> &[String],
) -> impl Iterator<Item = (&Case, &str, Option<&Host>)> {
    tried.iter().filter(move |t| t.case.purpose == purpose).flat_map(move |t| {
        let report = t.judged.report();
        let hosts = of(&t.case).iter().filter(move |_| report.is_some());
        hosts.map(move |addr| (&t.case, addr.as_str(), report.and_then(|r| r.host(addr))))
    })
}

fn verdict(host: Option<&Host>) -> &str {
    host.map_or("clean", |host| host.verdict.as_str())
}

fn totals(out: &mut String, tried: &[Tried]) {
    line(out, "\n## Totals\n");
    line(
        out,
        "| use | infected hosts | found | suspect | missed | clean hosts | of them infected (false alarm) | of them suspect |",
    );
    line(out, "|---|---:|---:|---:|---:|---:|---:|---:|");
    for purpose in Purpose::ALL {
        let count = |of: fn(&Case) -> &[String], word: &str| {
            labelled(tried, purpose, of).filter(|(_, _, h)| verdict(*h) == word).count()
        };
        let bad = |word: &str| count(|case| &case.infected, word);
        let good = |word: &str| count(|case| &case.clean, word);
        let (found, suspect, missed) = (bad("infected"), bad("suspect"), bad("clean"));
        let (alarms, doubts, right) = (good("infected"), good("suspect"), good("clean"));
        let _always = writeln!(
            out,
            "| {} | {} | {found} | {suspect} | {missed} | {} | {alarms} | {doubts} |",
            purpose.name(),
            found + suspect + missed,
            alarms + doubts + right,
        );
    }
    let (hosts, infected, suspect) = nobody_knows(tried);
    let _always = writeln!(
        out,
        "\n{hosts} more inside hosts carry no label and count neither way: {infected} were called \
         infected, {suspect} suspect."
    );
}

/// Hosts without a label: all, infected, suspect.
fn nobody_knows(tried: &[Tried]) -> (u64, usize, usize) {
    let mut sums = (0, 0, 0);
    for t in tried {
        let own = |host: &&Host| !knows(&t.case, host);
        let labels =
            |r: &super::judged::Report| r.hosts.iter().filter(|h| knows(&t.case, h)).count();
        sums.0 += t.judged.report().map_or(0, |r| r.totals.hosts - labels(r) as u64);
        sums.1 += t.judged.hosts("infected").filter(own).count();
        sums.2 += t.judged.hosts("suspect").filter(own).count();
    }
    sums
}

fn knows(case: &Case, host: &Host) -> bool {
    case.infected.contains(&host.host) || case.clean.contains(&host.host)
}

fn infected(out: &mut String, tried: &[Tried]) {
    line(out, "\n## Infected hosts\n");
    line(out, "| case | kind | use | truth | host | verdict | probability | what counted |");
    line(out, "|---|---|---|---|---|---|---:|---|");
    for purpose in Purpose::ALL {
        for (case, addr, host) in labelled(tried, purpose, |case| &case.infected) {
            host_line(out, case, addr, host);
        }
    }
}

fn clean(out: &mut String, tried: &[Tried]) {
    line(out, "\n## Clean hosts\n");
    line(out, "| case | kind | use | truth | host | verdict | probability | what counted |");
    line(out, "|---|---|---|---|---|---|---:|---|");
    for purpose in Purpose::ALL {
        for (case, addr, host) in labelled(tried, purpose, |case| &case.clean) {
            host_line(out, case, addr, host);
        }
    }
}

fn host_line(out: &mut String, case: &Case, addr: &str, host: Option<&Host>) {
    let verdict = match verdict(host) {
        "infected" => "**infected**",
        other => other,
    };
    let probability = host.map_or_else(|| "unseen".into(), |h| format!("{:.3}", h.probability));
    let reasons = host.map_or_else(|| "nothing".into(), Host::reasons);
    let _always = writeln!(
        out,
        "| {} | {} | {} | {} | {addr} | {verdict} | {probability} | {reasons} |",
        case.name,
        case.kind(),
        case.purpose.name(),
        case.truth,
    );
}

fn unlabelled(out: &mut String, tried: &[Tried]) {
    line(out, "\n## Hosts without a label\n");
    line(out, "Cases without any label, and the other hosts of labelled cases.\n");
    line(out, "| case | hosts | infected | suspect | the likeliest |");
    line(out, "|---|---:|---:|---:|---|");
    for t in tried {
        let Some(report) = t.judged.report() else { continue };
        let others: Vec<&Host> = report.hosts.iter().filter(|h| !knows(&t.case, h)).collect();
        if others.is_empty() && t.case.is_labelled() {
            continue;
        }
        let count = |word: &str| others.iter().filter(|h| h.verdict == word).count();
        let first = others.iter().find(|h| h.verdict != "clean");
        let first = first.map_or_else(
            || "-".into(),
            |h| format!("{} {}, {:.3}: {}", h.host, h.verdict, h.probability, h.reasons()),
        );
        let _always = writeln!(
            out,
            "| {} | {} | {} | {} | {first} |",
            t.case.name,
            others.len(),
            count("infected"),
            count("suspect")
        );
    }
}

fn refused(out: &mut String, tried: &[Tried]) {
    let mut lines: Vec<String> = Vec::new();
    for t in tried {
        match &t.judged {
            Judged::Refused(why) => lines.push(format!("| {} | {} |", t.case.name, cell(why))),
            Judged::Crashed(why) => lines.push(format!("| {} | CRASHED: {why} |", t.case.name)),
            Judged::Report(_) => {}
        }
    }
    if lines.is_empty() {
        return;
    }
    line(out, "\n## Refused\n");
    line(
        out,
        "Cases of kinds that Ostium does not read yet, in its own words. They count nowhere above.\n",
    );
    line(out, "| case | message |");
    line(out, "|---|---|");
    lines.iter().for_each(|text| line(out, text));
}

fn captures(out: &mut String, captures: &[Capture]) {
    let read = captures.iter().filter(|c| c.judged.report().is_some()).count();
    let crashed = captures.iter().filter(|c| c.judged.crashed()).count();
    let hosts: u64 =
        captures.iter().filter_map(|c| c.judged.report()).map(|r| r.totals.hosts).sum();
    let suspects: usize = captures.iter().map(|c| c.judged.hosts("suspect").count()).sum();
    line(out, "\n## Captures of single protocols\n");
    line(
        out,
        "Benign applications and corner cases of protocols, each read alone with the default home; they carry no labels.\n",
    );
    let _always = writeln!(
        out,
        "{} captures: {read} read, {} refused, {crashed} crashed; {hosts} inside hosts, {suspects} of them suspect.",
        captures.len(),
        captures.len() - read - crashed,
    );
    line(out, "\n| refused | message |");
    line(out, "|---|---|");
    for capture in captures {
        match &capture.judged {
            Judged::Refused(why) => line(out, &format!("| {} | {} |", capture.name, cell(why))),
            Judged::Crashed(why) => line(out, &format!("| {} | CRASHED: {why} |", capture.name)),
            Judged::Report(_) => {}
        }
    }
    hosts_of_captures(out, captures);
}

fn hosts_of_captures(out: &mut String, captures: &[Capture]) {
    let says = |capture: &Capture| if capture.says_attack() { "yes" } else { "no: see the notes" };
    line(out, "\n| infected | host | what counted | its name says an attack |");
    line(out, "|---|---|---|---|");
    for capture in captures {
        for host in capture.judged.hosts("infected") {
            let (name, reasons) = (&capture.name, host.reasons());
            line(out, &format!("| {name} | {} | {reasons} | {} |", host.host, says(capture)));
        }
    }
    let mut suspects: Vec<(&Capture, &Host)> = captures
        .iter()
        .flat_map(|capture| capture.judged.hosts("suspect").map(move |host| (capture, host)))
        .collect();
    suspects.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability));
    line(out, "\n| likeliest suspects | host | probability | what counted |");
    line(out, "|---|---|---:|---|");
    for (capture, host) in suspects.into_iter().take(SUSPECTS) {
        let (name, reasons) = (&capture.name, host.reasons());
        line(out, &format!("| {name} | {} | {:.3} | {reasons} |", host.host, host.probability));
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests;
