//! Lists of lines: plain, hosts files, and tables once a line of headings was seen.

use std::io::BufRead;

use memchr::memchr;

use super::table::Columns;
use super::{Format, PLAIN_CONFIDENCE, Reading, Skip};
use crate::value;

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 64 << 10;

/// What came of reading one line.
enum Line {
    Whole,
    TooLong,
    End,
}

pub(super) fn read(mut bytes: impl BufRead, reading: &mut Reading) {
    let mut line = Vec::new();
    let mut columns: Option<Columns> = None;
    let mut number = 0u64;
    loop {
        number += 1;
        match next_line(&mut bytes, &mut line) {
            Ok(Line::End) => return,
            Ok(Line::TooLong) => reading.skip(Skip::TooLong),
            Ok(Line::Whole) => {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_start_matches('\u{feff}').trim();
                one(text, number, &mut columns, reading);
            }
            Err(error) => {
                return reading.stop(format!("cannot read line {number}: {error}"));
            }
        }
    }
}

fn one(text: &str, number: u64, columns: &mut Option<Columns>, reading: &mut Reading) {
    if text.is_empty() {
        return;
    }
    if let Some(table) = columns {
        if !is_comment(text) {
            table.row(text, number, reading);
        }
        return;
    }
    // Headings stand in a comment, or before all values.
    if (is_comment(text) || reading.indicators.is_empty())
        && let Some(found) = Columns::of_heading(text)
    {
        reading.summary.format = Format::Table;
        *columns = Some(found);
    } else if !is_comment(text) {
        plain(text, number, reading);
    }
}

fn is_comment(text: &str) -> bool {
    text.starts_with(['#', ';', '!']) || text.starts_with("//")
}

fn plain(text: &str, number: u64, reading: &mut Reading) {
    let text = without_comment(text);
    if let Some(names) = hosts_line(text) {
        for name in names.split_ascii_whitespace() {
            match value::parse(name) {
                Some(value) => drop(reading.add(value, PLAIN_CONFIDENCE)),
                None => reading.bad(number, name),
            }
        }
        return;
    }
    let first = text.split([',', '\t', ' ', ';']).next().unwrap_or(text);
    let first = first.trim_matches(['"', '\'']);
    match value::parse(first) {
        Some(value) => drop(reading.add(value, PLAIN_CONFIDENCE)),
        None => reading.bad(number, text),
    }
}

/// A comment at the end of a line begins after a blank, so that a fragment of a URL is none.
fn without_comment(text: &str) -> &str {
    let mut end = text.len();
    for mark in [" #", "\t#", " ;", "\t;", " //", "\t//"] {
        if let Some(at) = text.find(mark) {
            end = end.min(at);
        }
    }
    text.get(..end).unwrap_or(text).trim_end()
}

/// The names of a line of a hosts file that sends them nowhere.
fn hosts_line(text: &str) -> Option<&str> {
    let at = text.find([' ', '\t'])?;
    let (addr, names) = text.split_at(at);
    matches!(addr, "0.0.0.0" | "127.0.0.1" | "::" | "::1").then_some(names.trim())
}

/// Reads up to the next newline into `line`; what is beyond the limit is dropped.
fn next_line(bytes: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Line> {
    line.clear();
    let (mut any, mut dropped) = (false, false);
    loop {
        let chunk = match bytes.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() && !any {
            return Ok(Line::End);
        }
        any = true;
        let newline = memchr(b'\n', chunk);
        let part = chunk.get(..newline.unwrap_or(chunk.len())).unwrap_or_default();
        if line.len() + part.len() > LONGEST_LINE {
            dropped = true;
        } else {
            line.extend_from_slice(part);
        }
        let done = newline.is_some() || chunk.is_empty();
        let used = newline.map_or(chunk.len(), |at| at + 1);
        bytes.consume(used);
        if done {
            return Ok(if dropped { Line::TooLong } else { Line::Whole });
        }
    }
}
