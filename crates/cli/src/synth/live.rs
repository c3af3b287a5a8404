//! `ostium synth --live`: a scenario over real sockets, and what came of it.

use std::process::ExitCode;

use ostium_live::{Counts, Report, Row, Watch, Wishes, play_bots, play_outside};
use ostium_synth::World;
use serde_json::{Value, json};

use crate::args::{Format, SynthArgs};
use crate::fail::Fail;
use crate::interrupt::Interrupt;
use crate::output::{pretty, print, say};

/// Plays one side of a world.
pub(super) fn run(
    args: &SynthArgs,
    world: &World,
    interrupt: &Interrupt,
) -> Result<ExitCode, Fail> {
    let wishes = wishes(args);
    let tell = |words: &str| {
        if !args.quiet {
            say(format_args!("{words}"));
        }
    };
    let watch = Watch { stop: interrupt.flag(), tell: &tell };
    let outside = args.live.outside;
    let played = if outside { play_outside } else { play_bots };
    let report = played(world, &wishes, watch).map_err(|error| Fail::new(error.to_string()))?;
    match args.format {
        Format::Table => print(&table(&report, outside))?,
        Format::Json => print(&pretty(&object(&report, outside))?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn wishes(args: &SynthArgs) -> Wishes {
    let live = &args.live;
    Wishes {
        outside: live.at.clone(),
        resolver: live.resolver,
        port_dns: live.port_dns,
        scan: live.scan,
        from: live.from,
        add_to_ports: live.add_to_ports,
        pace: live.pace,
        length: live.length,
        most_connections: live.most_connections,
        only: live.only.clone(),
        look_alikes: live.look_alikes,
    }
}

fn columns(counts: &Counts) -> [(&'static str, u64); 7] {
    [
        ("tries", counts.tries),
        ("answered", counts.answered),
        ("no_name", counts.no_name),
        ("refused", counts.refused),
        ("silent", counts.silent),
        ("cut", counts.cut),
        ("kept_back", counts.kept_back),
    ]
}

/// One line for each bot or door, and one for all.
fn table(report: &Report, outside: bool) -> String {
    let head =
        if outside { ["address", "speaks", "port"] } else { ["machine", "infection", "bot"] };
    let sum = Row {
        who: "all".to_owned(),
        what: String::new(),
        kind: String::new(),
        counts: report.sum(),
    };
    let mut lines: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    if let Some(first) = lines.first_mut() {
        let names = columns(&Counts::default()).map(|(name, _)| name.replace('_', " "));
        first.extend(names);
    }
    for row in report.rows.iter().chain([&sum]) {
        let mut line = vec![row.who.clone(), row.what.clone(), row.kind.clone()];
        line.extend(columns(&row.counts).map(|(_, count)| count.to_string()));
        lines.push(line);
    }
    let width = |n: usize| lines.iter().filter_map(|line| line.get(n)).map(String::len).max();
    let mut out = String::new();
    for line in &lines {
        let cells = line.iter().enumerate().map(|(n, cell)| {
            let width = width(n).unwrap_or(0);
            if n < head.len() { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out.push_str(&format!("in {:.1} s\n", report.seconds));
    out
}

fn object(report: &Report, outside: bool) -> Value {
    let counted = |counts: &Counts| -> Value {
        columns(counts).iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect()
    };
    let rows = report.rows.iter().map(|row| {
        json!({
            "who": row.who,
            "what": row.what,
            "kind": row.kind,
            "counts": counted(&row.counts),
        })
    });
    json!({
        "schema": "ostium.live/1",
        "side": if outside { "outside" } else { "bots" },
        "seconds": report.seconds,
        "rows": rows.collect::<Vec<_>>(),
        "sum": counted(&report.sum()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_to_people_and_machines() {
        let counts = Counts { tries: 12, answered: 7, silent: 5, ..Counts::default() };
        let row =
            Row { who: "pc (10.0.0.2)".into(), what: "c2".into(), kind: "beacon".into(), counts };
        let report = Report { seconds: 2.0, rows: vec![row] };
        let table = table(&report, false);
        assert_eq!(table.lines().count(), 4);
        assert!(table.lines().nth(1).unwrap().starts_with("pc (10.0.0.2)  c2"), "{table}");
        let object = object(&report, false);
        assert_eq!(object["rows"][0]["counts"]["silent"], 5);
        assert_eq!(object["sum"]["answered"], 7);
    }
}
