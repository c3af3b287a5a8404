//! Text as the screen shows it: escaped, bounded, wrapped.

use ostium_report::escape;
use ratatui::text::Span;

/// No cell of a table is longer, in characters.
const LONGEST: usize = 300;
/// No line of a text is longer.
const LONGEST_LINE: usize = 10_000;

/// Text from outside, safe to show in one line.
pub(super) fn clean(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    escape(&short)
}

/// Bits a second as people say them.
pub(super) fn bits(bits: u64) -> String {
    match bits as f64 {
        b if b < 1e3 => format!("{b:.0} bit/s"),
        b if b < 1e6 => format!("{:.1} kbit/s", b / 1e3),
        b if b < 1e9 => format!("{:.1} Mbit/s", b / 1e6),
        b => format!("{:.1} Gbit/s", b / 1e9),
    }
}

/// A part of a whole, in percent; what is there is never shown as nothing.
pub(super) fn share(part: u64, whole: u64) -> String {
    let percent = 100.0 * part as f64 / whole.max(part).max(1) as f64;
    match percent {
        0.0 => "0 %".to_owned(),
        p if p < 0.01 => "< 0.01 %".to_owned(),
        p => format!("{p:.2} %"),
    }
}

/// How many cells of a terminal it takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// Lines that are no wider than this, broken between words where there are any; what follows keeps
/// the indent.
pub(super) fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.lines() {
        let short: String = line.chars().take(LONGEST_LINE).collect();
        let line = escape(&short);
        let indent = line.chars().take_while(|c| *c == ' ').count().min(most / 4);
        let mut row = String::new();
        for word in line.split_inclusive(' ') {
            if width(&row) + width(word.trim_end()) > most && row.len() > indent {
                out.push(std::mem::replace(&mut row, " ".repeat(indent)));
            }
            row.push_str(word);
            while width(row.trim_end()) > most {
                let (head, tail) = cut(&row, most);
                out.push(head);
                row = " ".repeat(indent) + &tail;
            }
        }
        out.push(row);
    }
    out
}

/// As much as fits, a character at least, and the rest.
fn cut(text: &str, most: usize) -> (String, String) {
    let (mut head, mut taken) = (String::new(), 0);
    let mut rest = text.chars();
    let mut tail = rest.clone();
    while let Some(c) = rest.next() {
        taken += width(c.encode_utf8(&mut [0; 4]));
        if taken > most && !head.is_empty() {
            break;
        }
        head.push(c);
        tail = rest.clone();
    }
    (head, tail.collect())
}
