//! What a running hub tells.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use ostium_event::Span;
use ostium_hub::control::{Answer, Ask, CaseRow, IndicatorRow, Status};
use ostium_report::{count, duration, size};

use super::args::{AuditArgs, HubAt, IndicatorsArgs};
use super::ask::{ask, strange};
use super::table::{columns, head, text, time};
use crate::args::Format;
use crate::fail::Fail;
use crate::output::{pretty, print};

/// How it is doing.
pub(super) fn status(at: &HubAt) -> Result<ExitCode, Fail> {
    shown(&Ask::Status, at, |answer| match answer {
        Answer::Status(status) => Some(of_status(status)),
        _ => None,
    })
}

/// Who has joined.
pub(super) fn orgs(at: &HubAt) -> Result<ExitCode, Fail> {
    shown(&Ask::Orgs, at, |answer| {
        let Answer::Orgs { rows } = answer else { return None };
        let names = ["id", "name", "network", "weight", "vouched", "right", "wrong", "sensors", ""];
        let mut lines = vec![head(&names)];
        lines.extend(rows.iter().map(|row| {
            let network = if row.network == 0 { "-".into() } else { format!("AS{}", row.network) };
            vec![
                row.id.to_string(),
                text(&row.name),
                network,
                format!("{:.2}", row.weight),
                format!("{:.2}", row.vouched),
                row.right.to_string(),
                row.wrong.to_string(),
                row.sensors.to_string(),
                if row.silenced { "silenced".to_owned() } else { row.ranges.join(" ") },
            ]
        }));
        Some(columns(&lines))
    })
}

/// Their sensors.
pub(super) fn sensors(at: &HubAt) -> Result<ExitCode, Fail> {
    shown(&Ask::Sensors, at, |answer| {
        let Answer::Sensors { rows } = answer else { return None };
        let mut lines = vec![head(&["id", "sensor", "joined", "last report", "reports", ""])];
        lines.extend(rows.iter().map(|row| {
            vec![
                row.id.to_string(),
                text(&format!("{}/{}", row.organisation, row.name)),
                time(row.joined),
                time(row.seen),
                count(row.reported),
                if row.removed { "removed".to_owned() } else { String::new() },
            ]
        }));
        Some(columns(&lines))
    })
}

/// What it knows.
pub(super) fn indicators(args: &IndicatorsArgs) -> Result<ExitCode, Fail> {
    let question = Ask::Indicators { state: args.state.map(Into::into), limit: args.limit };
    shown(&question, &args.at, |answer| {
        let Answer::Indicators { rows, in_all } = answer else { return None };
        let mut lines = vec![head(&["value", "state", "since", "by", "until", "why"])];
        lines.extend(rows.iter().map(|row| {
            vec![
                text(&row.value),
                row.state.to_string(),
                time(row.since),
                row.organisations.to_string(),
                time(row.until.unwrap_or(0)),
                text(&row.reason),
            ]
        }));
        let mut out = columns(&lines);
        if rows.len() < *in_all {
            out += &format!("{} of {in_all}; for more: --limit N\n", rows.len());
        }
        Some(out)
    })
}

/// Patterns, victims of many sites, and generators.
pub(super) fn entries(at: &HubAt) -> Result<ExitCode, Fail> {
    shown(&Ask::Apart, at, |answer| {
        let Answer::Apart { rows } = answer else { return None };
        let mut lines = vec![head(&["entry", "kind", "state", "sites", "until", "what", "why"])];
        lines.extend(rows.iter().map(|row| {
            let state = if row.for_show { "for show" } else { row.state.as_str() };
            let family = row.family.as_deref().map(|of| format!(" ({of})")).unwrap_or_default();
            vec![
                text(&format!("entry:{}", row.id)),
                text(&row.kind),
                text(state),
                text(&row.organisations.to_string()),
                row.until.map_or_else(|| text("-"), time),
                text(&format!("{}{family}", row.what)),
                text(&row.why),
            ]
        }));
        Some(columns(&lines))
    })
}

/// What was done by hand.
pub(super) fn audit(args: &AuditArgs) -> Result<ExitCode, Fail> {
    shown(&Ask::Audit { limit: args.limit }, &args.at, |answer| {
        let Answer::Audit { rows } = answer else { return None };
        let mut lines = vec![head(&["when", "who", "what", "to what", "why"])];
        lines.extend(rows.iter().map(|row| {
            vec![time(row.at), text(&row.who), text(&row.what), text(&row.target), text(&row.note)]
        }));
        Some(columns(&lines))
    })
}

/// All that is known of a destination.
pub(crate) fn why(socket: &Path, value: &str, format: Format) -> Result<ExitCode, Fail> {
    let at = HubAt { socket: socket.to_owned(), format };
    shown(&Ask::Why { value: value.to_owned() }, &at, |answer| match answer {
        Answer::Case(case) => Some(of_case(case)),
        _ => None,
    })
}

/// Asks, and prints the answer as it is, or for people.
fn shown(
    question: &Ask,
    at: &HubAt,
    table: impl FnOnce(&Answer) -> Option<String>,
) -> Result<ExitCode, Fail> {
    let answer = ask(&at.socket, question)?;
    let text = table(&answer).ok_or_else(strange)?;
    print(&if at.format == Format::Json { pretty(&answer)? } else { text })?;
    Ok(ExitCode::SUCCESS)
}

fn of_status(status: &Status) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    write_status(&mut out, status).ok();
    out
}

fn write_status(out: &mut String, status: &Status) -> std::fmt::Result {
    let up = Span::from_secs(status.now.saturating_sub(status.started));
    writeln!(
        out,
        "hub at {}, for sensors as {}, up {}, version {}",
        status.listen,
        text(&status.address),
        duration(up.secs_f64()),
        text(&status.version)
    )?;
    writeln!(
        out,
        "  {} organisations, {} sensors, {} follow now",
        status.organisations, status.sensors, status.following
    )?;
    let cases: Vec<_> =
        status.cases.iter().map(|(state, n)| format!("{} {state}", count(*n))).collect();
    let cases = if cases.is_empty() { "none".to_owned() } else { cases.join(", ") };
    writeln!(out, "  {} published; cases: {cases}; {} wait", status.published, status.waiting)?;
    writeln!(
        out,
        "  {} reports kept since the start, {} came again, {} lost at sensors; database {}",
        count(status.reports),
        count(status.repeated),
        count(status.lost),
        size(status.size)
    )?;
    for (why, n) in &status.refused {
        writeln!(out, "  {} refused: {}", count(*n), text(why))?;
    }
    let keys = &status.keys;
    writeln!(
        out,
        "feed {}, history {} at {}, certificate {} until {}",
        keys.feed.get(..8).unwrap_or_default(),
        keys.epoch,
        status.seq,
        keys.serial,
        time(keys.until)
    )?;
    for warning in &status.warnings {
        writeln!(out, "! {}", text(warning))?;
    }
    Ok(())
}

fn of_case(case: &CaseRow) -> String {
    let mut out = String::new();
    write_case(&mut out, case).ok();
    out
}

fn write_case(out: &mut String, case: &CaseRow) -> std::fmt::Result {
    let IndicatorRow { value, state, since, family, .. } = &case.row;
    let family =
        family.as_ref().map_or(String::new(), |family| format!(", called {}", text(family)));
    writeln!(out, "{} is {state} since {}{family}", text(value), time(*since))?;
    writeln!(
        out,
        "  probability {:.3}: {} organisations in {} networks support it",
        case.probability, case.support, case.networks
    )?;
    if let Some(stands) = &case.stands {
        let whom = match stands.canary {
            0 => "by all".to_owned(),
            share => format!("for show by {share} in 1,000 sensors"),
        };
        let until = time(stands.until);
        writeln!(
            out,
            "  published until {until}, confidence {}, matched {whom}",
            stands.confidence
        )?;
    }
    if let Some(rail) = &case.rail {
        writeln!(out, "  a rail keeps it from being published: {}", text(rail))?;
    }
    match case.ordered {
        Some(true) => writeln!(out, "  an analyst has it published")?,
        Some(false) => writeln!(out, "  an analyst has it withdrawn")?,
        None => {}
    }
    writeln!(out, "\nwho says so")?;
    let mut lines = vec![head(&[
        "  organisation",
        "weight",
        "nats",
        "says",
        "first",
        "last",
        "reports",
        "hosts",
    ])];
    lines.extend(case.votes.iter().map(|vote| {
        let says = match (vote.denies, vote.convicts, vote.independent) {
            (true, ..) => "harmless",
            (_, true, true) => "infected",
            (_, true, false) => "infected, after it was published",
            (_, false, true) => "suspect",
            (_, false, false) => "suspect, after it was published",
        };
        vec![
            format!("  {}", text(&vote.organisation)),
            format!("{:.2}", vote.weight),
            format!("{:.1}", vote.nats),
            says.to_owned(),
            time(vote.first),
            time(vote.last),
            vote.reports.to_string(),
            vote.hosts.to_string(),
        ]
    }));
    out.push_str(&columns(&lines));
    writeln!(out, "\nwhat became of it")?;
    for reason in &case.reasons {
        writeln!(out, "  {}  {}: {}", time(reason.at), reason.state, text(&reason.why))?;
    }
    if !case.addresses.is_empty() {
        writeln!(out, "\nit led to {}", case.addresses.join(", "))?;
    }
    writeln!(out, "\nto decide by hand: ostium hub confirm, withdraw or exempt {}", text(value))
}
