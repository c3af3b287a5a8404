//! Tab-separated logs with the header that Zeek gives them.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use ostium_event::{Span, Timestamp};

use crate::tls::civil;

/// One log being written.
pub(super) struct Table {
    out: Box<dyn Write>,
}

/// A row before it is written.
#[derive(Default)]
pub(super) struct Row {
    line: String,
}

// === impl Table ===

impl Table {
    pub(super) fn begin(
        mut out: Box<dyn Write>,
        name: &str,
        fields: &[(&str, &str)],
        at: Timestamp,
    ) -> io::Result<Self> {
        let path = name.strip_suffix(".log").unwrap_or(name);
        let line = |pick: fn(&(&str, &str)) -> String| {
            fields.iter().map(pick).collect::<Vec<_>>().join("\t")
        };
        let names = line(|(name, _)| (*name).to_owned());
        let types = line(|(_, kind)| (*kind).to_owned());
        write!(
            out,
            "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n\
             #path\t{path}\n#open\t{}\n#fields\t{names}\n#types\t{types}\n",
            date(at)
        )?;
        Ok(Self { out })
    }

    pub(super) fn row(&mut self, row: &Row) -> io::Result<()> {
        self.out.write_all(row.line.as_bytes())?;
        self.out.write_all(b"\n")
    }

    pub(super) fn end(mut self, at: Timestamp) -> io::Result<()> {
        writeln!(self.out, "#close\t{}", date(at))?;
        self.out.flush()
    }
}

/// `2026-09-14-08-00-00`.
fn date(at: Timestamp) -> String {
    let (year, month, day) = civil(at.secs() / 86_400);
    let second = at.secs() % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}")
}

// === impl Row ===

impl Row {
    fn cell(&mut self, fill: impl FnOnce(&mut String)) {
        if !self.line.is_empty() {
            self.line.push('\t');
        }
        fill(&mut self.line);
    }

    pub(super) fn show(&mut self, value: impl Display) {
        self.cell(|line| {
            if write!(line, "{value}").is_err() {
                // A string takes all that is written.
            }
        });
    }

    /// Text; what would end a cell is escaped, nothing at all is `(empty)`.
    pub(super) fn text(&mut self, text: &str) {
        self.cell(|line| escape(text, line));
    }

    /// `-`.
    pub(super) fn unset(&mut self) {
        self.cell(|line| line.push('-'));
    }

    pub(super) fn maybe(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.unset(),
        }
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.show(if flag { 'T' } else { 'F' });
    }

    pub(super) fn time(&mut self, at: Timestamp) {
        self.show(format_args!("{}.{:06}", at.secs(), at.nanos() % 1_000_000_000 / 1000));
    }

    pub(super) fn interval(&mut self, span: Span) {
        self.show(format_args!("{}.{:06}", span.secs(), span.nanos() % 1_000_000_000 / 1000));
    }

    /// A set or vector: `-` when there is none of it.
    pub(super) fn list(&mut self, items: &[String]) {
        self.cell(|line| {
            if items.is_empty() {
                line.push('-');
            }
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    line.push(',');
                }
                escape(&item.replace(',', "\\x2c"), line);
            }
        });
    }
}

fn escape(text: &str, line: &mut String) {
    match text {
        "" => line.push_str("(empty)"),
        "-" => line.push_str("\\x2d"),
        _ => {
            for letter in text.chars() {
                match letter {
                    letter if letter.is_ascii_control() => {
                        line.push_str(&format!("\\x{:02x}", letter as u32));
                    }
                    letter => line.push(letter),
                }
            }
        }
    }
}
