//! Rows for people.

use ostium_event::Timestamp;
use ostium_report::{clock, escape};

/// Rows in columns, each as wide as its widest cell; the first row is the head.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..count).map(|at| width(at).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

/// A head of columns.
pub(super) fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A time, or a dash for none.
pub(super) fn time(secs: u64) -> String {
    if secs == 0 { "-".to_owned() } else { clock(Timestamp::from_secs(secs)) }
}

/// What others wrote, as text.
pub(super) fn text(text: &str) -> String {
    escape(text)
}
