//! The report as a person reads it on a terminal.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width};

use crate::document::{Document, HostRow};
use crate::text::{count, percent, size};

/// May colours be used, and how wide is the terminal?
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Colours.
    pub colour: bool,
    /// Columns; `None` when the output is no terminal.
    pub width: Option<u16>,
}

/// Evidence lines shown for each host.
const LINES: usize = 4;

/// The report as text.
pub fn table(document: &Document, paint: Paint) -> String {
    let mut out = headline(document);
    if !document.hosts.is_empty() {
        out.push('\n');
        out.push_str(&hosts(document, paint));
        out.push('\n');
    }
    if !document.indicators.is_empty() {
        out.push_str("\nThey talked to (block or hunt for these):\n");
        for indicator in &document.indicators {
            out.push_str(&format!(
                "  {:<12} {}  (confidence {})\n",
                indicator.kind, indicator.value, indicator.confidence
            ));
        }
    }
    for blind in &document.blind {
        out.push_str(&format!("\nBlind: {blind}"));
    }
    if !document.blind.is_empty() {
        out.push('\n');
    }
    out.push_str(&footer(document));
    out
}

/// Who was found among whom, in a line.
pub(crate) fn verdict_line(document: &Document) -> String {
    let t = &document.totals;
    let verdict = match (t.infected, t.suspect) {
        (0, 0) if t.hosts == 0 => "No inside host was seen".to_owned(),
        (0, 0) => "Nothing suspicious".to_owned(),
        (0, s) => format!("No infected host, {s} suspect"),
        (i, 0) => format!("{i} infected"),
        (i, s) => format!("{i} infected, {s} suspect"),
    };
    let of = match t.hosts {
        0 => String::new(),
        1 => " of 1 inside host".to_owned(),
        n => format!(" of {} inside hosts", count(n)),
    };
    format!("{verdict}{of}")
}

fn headline(document: &Document) -> String {
    let span = match &document.span {
        Some(span) => format!("\n{} to {}", span.first, span.last),
        None => String::new(),
    };
    format!("{}{span}\n", verdict_line(document))
}

fn hosts(document: &Document, paint: Paint) -> String {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["Host", "Verdict", "Probability", "Evidence (nats)"]);
    // What may be painted is decided once, not by a look at the terminal here.
    match paint.colour {
        true => table.enforce_styling(),
        false => table.force_no_tty(),
    };
    table.set_width(paint.width.unwrap_or(110).clamp(60, 160));
    for host in &document.hosts {
        table.add_row([
            Cell::new(name(host)).add_attribute(Attribute::Bold),
            verdict(&host.verdict, paint),
            Cell::new(percent(host.probability)),
            Cell::new(evidence(host)),
        ]);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(14)));
    }
    table.to_string()
}

fn name(host: &HostRow) -> String {
    let mut name = host.host.clone();
    if !host.roles.is_empty() {
        name.push_str(&format!("\n({})", host.roles.join(", ")));
    }
    if !host.families.is_empty() {
        name.push_str(&format!("\n[{}]", host.families.join(", ")));
    }
    name
}

fn verdict(verdict: &str, paint: Paint) -> Cell {
    let cell = Cell::new(verdict);
    match (paint.colour, verdict) {
        (true, "infected") => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        (true, "suspect") => cell.fg(Color::Yellow),
        _ => cell,
    }
}

fn evidence(host: &HostRow) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut told: Vec<(&str, &str)> = Vec::new();
    for item in &host.evidence {
        // Several views of one conversation say the same; the strongest says it.
        let key = (item.detector.as_str(), item.peer.as_str());
        if told.contains(&key) {
            continue;
        }
        told.push(key);
        if lines.len() == LINES {
            let rest = host.evidence.len() - LINES;
            lines.push(format!("and {rest} more: ostium why {}", host.host));
            break;
        }
        let mark = if item.certain { "!" } else { "+" };
        lines.push(format!("{mark}{:<4.1} {}: {}", item.log_odds, item.detector, item.summary));
    }
    for aside in &host.set_aside {
        if lines.len() > LINES {
            break;
        }
        lines.push(format!("(not counted: {}; {})", aside.summary, aside.because));
    }
    lines.join("\n")
}

fn footer(document: &Document) -> String {
    let t = &document.totals;
    let mut parts = Vec::new();
    if t.packets > 0 {
        parts.push(format!("{} packets ({})", count(t.packets), size(t.bytes)));
    }
    if t.rows > 0 {
        parts.push(format!("{} log rows", count(t.rows)));
    }
    parts.push(format!("{} flows", count(t.flows)));
    parts.push(format!("{} events", count(t.events)));
    let mut out = format!("\n{}\n", parts.join(", "));
    for (title, counts) in [("Anomalies", &t.anomalies), ("Dropped", &t.dropped)] {
        if !counts.is_empty() {
            let all: Vec<String> =
                counts.iter().map(|(k, n)| format!("{k} {}", count(*n))).collect();
            out.push_str(&format!("{title}: {}\n", all.join(", ")));
        }
    }
    out
}
