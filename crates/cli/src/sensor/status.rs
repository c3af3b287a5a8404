//! `ostium status`.

use std::fmt::Write;
use std::process::ExitCode;

use ostium_event::{Span, Timestamp};
use ostium_report::{Paint, clock, count, duration, escape, size};
use ostium_sensor_api::Status;
use ostium_verdict::Mode;

use super::args::StatusArgs;
use super::{ask, is_json};
use crate::fail::Fail;
use crate::output::{paint, pretty, print};

/// Rows shown of each list.
const ROWS: usize = 20;

/// Runs the command.
pub(crate) fn run(args: &StatusArgs) -> Result<ExitCode, Fail> {
    let status = ask::status(&args.at.socket)?;
    let text = if is_json(args.format) { pretty(&status)? } else { table(&status, paint()) };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The status for people.
fn table(status: &Status, paint: Paint) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    write(&mut out, status, paint).ok();
    out
}

fn write(out: &mut String, status: &Status, paint: Paint) -> std::fmt::Result {
    head(out, status)?;
    traffic(out, status, paint)?;
    hosts(out, status, paint)?;
    blocks(out, status)?;
    limits(out, status)?;
    writeln!(out, "\nnews")?;
    for row in status.news.iter().take(ROWS) {
        writeln!(out, "  {}  {}", clock(Timestamp::from_secs(row.at)), escape(&row.said))?;
    }
    Ok(())
}

fn head(out: &mut String, status: &Status) -> std::fmt::Result {
    let up = Span::from_secs(status.now.saturating_sub(status.started));
    let site = match status.site.as_str() {
        "" => String::new(),
        site => format!(" of {}", escape(site)),
    };
    writeln!(
        out,
        "sensor{site}, mode {}, up {}, {} indicators, {} of memory",
        status.mode,
        duration(up.secs_f64()),
        count(status.indicators),
        size(status.memory)
    )
}

fn traffic(out: &mut String, status: &Status, paint: Paint) -> std::fmt::Result {
    for row in &status.interfaces {
        let state = if row.up { "up" } else { "DOWN" };
        writeln!(
            out,
            "  {} {state}: {} packets seen, {} dropped by the kernel",
            escape(&row.name),
            count(row.seen),
            count(row.dropped)
        )?;
        if let Some(trouble) = &row.trouble {
            writeln!(out, "    {}", red(paint, &escape(trouble)))?;
        }
    }
    writeln!(
        out,
        "  {:.0} packets/s, {}/s; {} packets, {} flows, {} events so far",
        status.packets_per_second,
        size(status.bytes_per_second as u64),
        count(status.packets),
        count(status.flows),
        count(status.events)
    )?;
    if status.shed_level > 0 {
        writeln!(
            out,
            "  too much to do: one flow in {} is analysed ({} packets let go)",
            1u64 << status.shed_level.min(63),
            count(status.shed_packets)
        )?;
    }
    if status.kept > 0 {
        let ago = Span::from_secs(status.now.saturating_sub(status.kept));
        writeln!(out, "  what was learned is kept as of {} ago", duration(ago.secs_f64()))?;
    }
    zone(out, status, paint)?;
    hub(out, status, paint)?;
    match &status.trouble {
        Some(trouble) => {
            writeln!(out, "  {}", red(paint, &format!("NOT ENFORCING: {}", escape(trouble))))
        }
        None => Ok(()),
    }
}

fn zone(out: &mut String, status: &Status, paint: Paint) -> std::fmt::Result {
    let Some(zone) = &status.zone else { return Ok(()) };
    writeln!(
        out,
        "  zone {} serial {}: {} names, {} transfers, {} changes acknowledged, {} not",
        escape(&zone.name),
        zone.serial,
        count(zone.names),
        count(zone.transfers),
        count(zone.notified),
        count(zone.unheard)
    )?;
    match &zone.trouble {
        Some(trouble) => writeln!(out, "    {}", red(paint, &escape(trouble))),
        None => Ok(()),
    }
}

fn hub(out: &mut String, status: &Status, paint: Paint) -> std::fmt::Result {
    let Some(hub) = &status.hub else { return Ok(()) };
    let state = match (hub.open, hub.fresh) {
        (true, true) => "connected".to_owned(),
        (true, false) => "connected, not yet up to date".to_owned(),
        (false, true) => red(paint, "NOT CONNECTED"),
        (false, false) => red(paint, "NOT CONNECTED, and what it said last is STALE"),
    };
    writeln!(
        out,
        "  hub {} as {} of {}: {state}; {} entries, change {} of epoch {}",
        escape(&hub.hub),
        escape(&hub.sensor),
        escape(&hub.organisation),
        count(hub.entries),
        count(hub.seq),
        hub.epoch
    )?;
    writeln!(
        out,
        "    {} reports told, {} wait, {} lost, {} refused",
        count(hub.durable),
        count(hub.waiting),
        count(hub.lost),
        count(hub.refused)
    )?;
    let apart = &hub.apart;
    if apart.patterns + apart.throttles + apart.generators > 0 {
        writeln!(
            out,
            "    of them {} patterns, {} victims of many sites, {} generators of names",
            count(apart.patterns),
            count(apart.throttles),
            count(apart.generators)
        )?;
    }
    if let Some(trouble) = &hub.trouble {
        writeln!(out, "    {}", red(paint, &escape(trouble)))?;
    }
    if !hub.refusals.is_empty() {
        let all: Vec<String> = hub.refusals.iter().map(|(name, n)| format!("{name} {n}")).collect();
        writeln!(out, "    {}", red(paint, &format!("not believed: {}", escape(&all.join(", ")))))?;
    }
    Ok(())
}

fn hosts(out: &mut String, status: &Status, paint: Paint) -> std::fmt::Result {
    writeln!(
        out,
        "\nhosts that are not clean: {} infected, {} suspect",
        count(status.infected),
        count(status.suspects)
    )?;
    for row in status.hosts.iter().take(ROWS) {
        let line = format!(
            "  {:<9} {:.3}  {:<15} {}",
            row.verdict,
            row.probability,
            row.host,
            escape(&row.summary)
        );
        writeln!(out, "{}", if row.verdict == "infected" { red(paint, &line) } else { line })?;
    }
    Ok(())
}

fn limits(out: &mut String, status: &Status) -> std::fmt::Result {
    if status.limits.is_empty() {
        return Ok(());
    }
    let verb = if status.mode == Mode::Block { "rates" } else { "what would be the rates" };
    writeln!(out, "\n{verb} to victims of many sites: {}", count(status.limits.len() as u64))?;
    for row in status.limits.iter().take(ROWS) {
        writeln!(
            out,
            "  {:<28} {} packets a second from each host; let go {} packets, {}",
            row.target.to_string(),
            row.packets_per_second,
            count(row.packets),
            size(row.bytes)
        )?;
    }
    Ok(())
}

fn blocks(out: &mut String, status: &Status) -> std::fmt::Result {
    let verb = if status.mode == Mode::Block { "blocks" } else { "what would be blocked" };
    writeln!(
        out,
        "\n{verb}: {}, and {} of known destinations",
        count(status.blocks_in_all),
        count(status.preloaded)
    )?;
    for row in status.blocks.iter().take(ROWS) {
        writeln!(
            out,
            "  {:<28} until {}  {} packets  {} ({})",
            row.block.target.to_string(),
            clock(row.block.until),
            count(row.packets),
            escape(&row.block.because),
            row.block.origin
        )?;
    }
    Ok(())
}

fn red(paint: Paint, text: &str) -> String {
    if paint.colour { format!("\u{1b}[31m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use ostium_sensor_api::{ApartRow, HubRow, LimitRow};

    use super::*;

    #[test]
    fn what_the_hub_has_generalised_is_told() {
        let apart = ApartRow { patterns: 3, throttles: 1, generators: 2 };
        let limit = LimitRow {
            target: "203.0.113.80:443/tcp".parse().unwrap(),
            packets_per_second: 60,
            until: 0,
            packets: 1_200,
            bytes: 99_000,
        };
        let status = Status {
            mode: Mode::Block,
            hub: Some(HubRow { apart, ..HubRow::default() }),
            limits: vec![limit.clone()],
            ..Status::default()
        };
        let paint = Paint { colour: false, width: None };
        let text = table(&status, paint);
        let line = "of them 3 patterns, 1 victims of many sites, 2 generators of names";
        assert!(text.contains(line), "{text}");
        assert!(
            text.contains("60 packets a second from each host; let go 1,200 packets"),
            "{text}"
        );
        let plain = table(&Status::default(), paint);
        assert!(!plain.contains("patterns") && !plain.contains("victims"), "{plain}");
        let done = crate::sensor::why::Done { blocks: Vec::new(), limits: vec![limit] };
        assert!(done.text().contains("to end it: ostium allow 203.0.113.80:443/tcp"));
    }
}
