//! Reading what feeds publish. The format is told from the first bytes and from column headings,
//! so that a feed can be given without saying what it is.
//!
//! Failure choice: what cannot be read is counted with a reason and skipped. Memory is bounded by
//! limits on lines, documents and indicators; reaching one is said in the summary.

mod lines;
mod misp;
mod pattern;
mod stix;
mod table;

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::sync::Arc;

use crate::{Indicator, IndicatorValue};

/// The largest JSON document that is read, in bytes.
const LARGEST_DOCUMENT: u64 = 512 << 20;
/// The most indicators of one source.
const MOST: usize = 16_000_000;
/// How much of a bad line is shown, in characters.
const SHOWN: usize = 80;
/// What a list that says nothing of confidence is worth.
pub(crate) const PLAIN_CONFIDENCE: u8 = 70;

/// What kind of feed it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One value a line, or the lines of a hosts file.
    #[default]
    Plain,
    /// Columns with headings, such as the exports of abuse.ch.
    Table,
    /// A STIX 2 bundle or object.
    Stix,
    /// MISP events, or an array of values.
    Misp,
}

/// Why something was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// It is no value that can be matched.
    NoIndicator,
    /// A kind of value that traffic does not show: hashes, mail addresses, file names.
    OtherKind,
    /// A STIX pattern that says more than one thing at once.
    HardPattern,
    /// Withdrawn or deleted by the source.
    Withdrawn,
    /// A line, document or list beyond the limit.
    TooLong,
}

/// What became of a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadSummary {
    /// What it was taken for.
    pub format: Format,
    /// Indicators read.
    pub read: u64,
    /// Lines, rows, objects or attributes skipped.
    pub skipped: u64,
    /// Those skipped, by reason.
    pub reasons: BTreeMap<Skip, u64>,
    /// The first that was no indicator: its line (of a document: its number among the entries),
    /// from 1, and how it begins.
    pub first_bad_line: Option<(u64, String)>,
    /// Why reading stopped before the end.
    pub stopped: Option<String>,
}

/// Indicators and the summary, while reading.
pub(crate) struct Reading {
    source: Arc<str>,
    pub(crate) indicators: Vec<Indicator>,
    pub(crate) summary: ReadSummary,
}

/// Reads a feed of any known format; `source_name` is who will be named as the source.
///
/// Nothing is fatal: what could be read is returned, and the summary says what could not.
pub fn read_indicators(
    source_name: &str,
    mut bytes: impl BufRead,
) -> (Vec<Indicator>, ReadSummary) {
    let mut reading = Reading::new(source_name);
    match bytes.fill_buf() {
        Ok(head) if is_json(head) => read_document(bytes, &mut reading),
        Ok(_) => lines::read(bytes, &mut reading),
        Err(error) => reading.stop(format!("cannot read '{source_name}': {error}")),
    }
    let Reading { indicators, mut summary, .. } = reading;
    summary.read = indicators.len() as u64;
    (indicators, summary)
}

/// Does it begin as a JSON document does? `[` begins a bracketed address, too.
fn is_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut rest = head.iter().filter(|b| !b.is_ascii_whitespace());
    match rest.next() {
        Some(b'{') => true,
        Some(b'[') => matches!(rest.next(), Some(b'{' | b'"' | b']') | None),
        _ => false,
    }
}

fn read_document(bytes: impl Read, reading: &mut Reading) {
    let mut document = Vec::new();
    let read = bytes.take(LARGEST_DOCUMENT).read_to_end(&mut document);
    if let Err(error) = read {
        return reading.stop(format!("cannot read '{}': {error}", reading.source));
    }
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&document);
    match serde_json::from_slice::<serde_json::Value>(document) {
        Ok(value) if stix::is_stix(&value) => {
            reading.summary.format = Format::Stix;
            stix::read(&value, reading);
        }
        Ok(value) => {
            reading.summary.format = Format::Misp;
            misp::read(&value, reading);
        }
        Err(error) => reading.stop(format!(
            "cannot read '{}' as JSON: {error}; give a STIX bundle, a MISP event or a plain list",
            reading.source
        )),
    }
}

// === impl Skip ===

impl Skip {
    /// A short name for counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoIndicator => "no indicator",
            Self::OtherKind => "other kind",
            Self::HardPattern => "pattern too hard",
            Self::Withdrawn => "withdrawn",
            Self::TooLong => "too long",
        }
    }
}

// === impl Reading ===

impl Reading {
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.into(), indicators: Vec::new(), summary: ReadSummary::default() }
    }

    /// One more indicator of this source, for the caller to fill in; `None` when there are too many.
    pub(crate) fn add(&mut self, value: IndicatorValue, confidence: u8) -> Option<&mut Indicator> {
        if self.indicators.len() >= MOST {
            self.skip(Skip::TooLong);
            return None;
        }
        self.indicators.push(Indicator {
            value,
            confidence: confidence.min(100),
            family: None,
            source: Arc::clone(&self.source),
            expires: None,
        });
        self.indicators.last_mut()
    }

    pub(crate) fn skip(&mut self, why: Skip) {
        self.summary.skipped += 1;
        *self.summary.reasons.entry(why).or_default() += 1;
    }

    /// Skips what is no indicator, and remembers the first.
    pub(crate) fn bad(&mut self, line: u64, text: &str) {
        self.skip(Skip::NoIndicator);
        if self.summary.first_bad_line.is_none() {
            let shown = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            self.summary.first_bad_line = Some((line, shown));
        }
    }

    pub(crate) fn stop(&mut self, why: String) {
        self.summary.stopped = Some(why);
    }
}

#[cfg(test)]
mod tests;
