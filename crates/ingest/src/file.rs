//! One log file, read block by block.
//!
//! Memory is bounded: a line buffer of 1.25 MiB, a window of 4 MiB or 64k rows twice over, and for
//! `open_` logs the last row of each connection in a table of 8 MiB.

use std::io::{Cursor, Read};
use std::sync::Arc;

use ostium_event::Anomaly;

use crate::block::RowBlock;
use crate::error::{OpenError, ReadError};
use crate::header::{Header, HeaderLine};
use crate::latest::Latest;
use crate::lines::{Line, Lines};
use crate::schema::{Body, LogKind, Look, Schema};
use crate::sniff::{HEAD, Sniffed, kind_of_name, sniff_plain};
use crate::unpack::{Packing, Unpacked};
use crate::window::Window;

/// One log.
pub struct LogFile {
    name: String,
    lines: Lines,
    header: Header,
    /// The kind of TSV rows whose header has no `#path`.
    default: Option<(LogKind, bool)>,
    /// How the rows that are read now are written; `None` while they are of a kind not needed.
    reading: Option<Arc<Schema>>,
    /// The schema of the rows in the window.
    schema: Arc<Schema>,
    window: Window,
    latest: Latest,
    identify: bool,
    counters: Counters,
    ended: bool,
    /// Told when the rows read before it have been given.
    failure: Option<ReadError>,
}

/// What was met in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Rows given.
    pub rows: u64,
    /// Rows of a kind that is not needed.
    pub skipped: u64,
    /// Rows of an `open_` log that a later row of the same connection replaced.
    pub replaced: u64,
    /// Lines that make no sense.
    pub malformed: u64,
    /// The first of them.
    pub first_malformed: Option<u64>,
    /// Lines longer than 1 MiB.
    pub too_long: u64,
    /// Rows more than a second behind others given before.
    pub late: u64,
    /// The compression ends early or is damaged: 0 or 1.
    pub damaged: u64,
    /// Bytes taken from the input, still compressed: for progress.
    pub bytes_read: u64,
}

// === impl Counters ===

impl Counters {
    /// The anomalies among them, with how often each was met.
    pub const fn anomalies(&self) -> [(Anomaly, u64); 4] {
        [
            (Anomaly::LineMalformed, self.malformed),
            (Anomaly::LineTooLong, self.too_long),
            (Anomaly::TimeBackwards, self.late),
            (Anomaly::CompressionDamaged, self.damaged),
        ]
    }

    fn bad(&mut self, line: u64) {
        self.malformed += 1;
        self.first_malformed.get_or_insert(line);
    }
}

// === impl LogFile ===

impl LogFile {
    /// Opens a log. `head` holds bytes already taken from the front of `reader` (none is fine);
    /// `name` is what the user calls it, and tells the kind where the content does not.
    ///
    /// # Errors
    /// When it is no log that can be read: the error says why and what to do.
    pub fn open(
        name: &str,
        head: &[u8],
        mut reader: Box<dyn Read + Send>,
    ) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { name: name.to_owned(), source };
        let mut front = head.to_vec();
        if front.len() < 4 {
            let mut more = reader.by_ref().take(4);
            more.read_to_end(&mut front).map_err(io)?;
        }
        let packing = Packing::of(&front);
        let whole = Box::new(Cursor::new(front).chain(reader));
        let mut lines = Lines::new(Unpacked::new(packing, whole).map_err(io)?);
        let first = lines.peek(HEAD).map_err(io)?;
        let bom = first.starts_with(b"\xef\xbb\xbf");
        let (kind, open, json) = match sniff_plain(name, first) {
            Sniffed::Log { kind, open, json } => (kind, open, json),
            other => return Err(other.refuse(name)),
        };
        if bom {
            lines.skip(3);
        }
        let schema = Arc::new(Schema::json(kind, open));
        let mut file = Self {
            name: name.to_owned(),
            lines,
            header: Header::default(),
            default: kind_of_name(name),
            reading: json.then(|| Arc::clone(&schema)),
            schema,
            window: Window::default(),
            latest: Latest::default(),
            identify: open,
            counters: Counters::default(),
            ended: false,
            failure: None,
        };
        if !json {
            file.first_header()?;
        }
        Ok(file)
    }

    /// What the file tells of.
    pub fn kind(&self) -> LogKind {
        self.schema.kind()
    }

    /// Is it about connections that were still going on when it was written?
    pub fn is_open_log(&self) -> bool {
        self.schema.open()
    }

    /// What the user calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to turn the rows of the last block into events. A second header in the middle of the
    /// file can change it: [`RowBlock::schema`] is always right.
    pub fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    /// Gives rows their [`crate::Row::id`], for [`crate::Rejoin`]: needed for every input when one of
    /// them is an `open_` log. Those identify their rows in any case.
    pub const fn identify(&mut self) {
        self.identify = true;
    }

    /// What was met so far.
    pub fn counters(&self) -> Counters {
        Counters {
            late: self.window.late(),
            damaged: u64::from(self.lines.reader().damaged()),
            bytes_read: self.lines.reader().bytes_read(),
            ..self.counters
        }
    }

    /// One line for people about what was wrong, if anything was.
    pub fn trouble(&self) -> Option<String> {
        let counters = self.counters();
        let name = &self.name;
        if counters.damaged > 0 {
            let line = self.lines.number();
            return Some(format!(
                "{name} is cut off or damaged after line {line}; what came before is used"
            ));
        }
        let first = counters.first_malformed?;
        let bad = counters.malformed;
        Some(format!(
            "{name}: {bad} lines make no sense, the first is line {first}; they are skipped"
        ))
    }

    /// Reads the next rows into `block`, whose contents are replaced; they are in order of time
    /// within a window. `false` at the end.
    ///
    /// # Errors
    /// When the input cannot be read, or a second header lacks a column; rows read before have
    /// been given by then.
    pub fn next_rows(&mut self, block: &mut RowBlock) -> Result<bool, ReadError> {
        block.clear();
        while !self.ended && block.rows.is_empty() {
            // Rows of another schema are read only once the window is empty.
            if let (true, Some(schema)) = (self.window.is_empty(), &self.reading) {
                self.schema = Arc::clone(schema);
            }
            let more = self.fill().unwrap_or_else(|error| {
                self.failure = Some(error);
                false
            });
            if !more {
                self.latest.drain(&mut self.window);
                self.ended = true;
            }
            self.window.release(!more || !self.settled(), block);
        }
        block.schema = Some(Arc::clone(&self.schema));
        self.counters.rows += block.rows.len() as u64;
        match self.failure.take() {
            Some(error) if block.rows.is_empty() => Err(error),
            failure => {
                self.failure = failure;
                Ok(!block.rows.is_empty())
            }
        }
    }

    /// Are the rows that come next written as those in the window?
    fn settled(&self) -> bool {
        let same = |schema| Arc::ptr_eq(schema, &self.schema);
        self.reading.as_ref().is_none_or(same)
    }

    /// Reads lines until the window is full or the schema changes; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, ReadError> {
        let tsv = !self.schema.is_json();
        while !self.window.is_full() {
            let number = self.lines.number() + 1;
            let line = self.lines.next().map_err(|source| ReadError::Io {
                name: self.name.clone(),
                line: number - 1,
                source,
            })?;
            let text = match line {
                Line::Text(text) => text,
                Line::TooLong => {
                    self.counters.too_long += 1;
                    continue;
                }
                Line::Cut => continue,
                Line::End => return Ok(false),
            };
            if tsv && is_header(text.line) {
                let read = self.header.line(text.line, number, &self.name, self.default)?;
                self.reading = follow(read, self.reading.take());
                if !self.settled() {
                    self.latest.drain(&mut self.window);
                    return Ok(true);
                }
                continue;
            }
            let Some(schema) = &self.reading else {
                self.counters.skipped += 1;
                continue;
            };
            let place = u32::try_from(number).unwrap_or(u32::MAX);
            match schema.look(text, place, self.identify) {
                Look::Row(row, body) if row.open && row.id != 0 => {
                    self.counters.replaced += u64::from(self.latest.put(&row, body));
                    if self.latest.is_full() {
                        self.latest.drain(&mut self.window);
                    }
                }
                Look::Row(row, Body::Connection(connection)) => {
                    self.window.push_connection(&row, connection);
                }
                Look::Row(row, Body::Text(text)) => self.window.push(&row, text),
                Look::Skip => self.counters.skipped += 1,
                Look::Bad if text.line.trim_ascii().is_empty() => {}
                Look::Bad => self.counters.bad(number),
            }
        }
        Ok(true)
    }

    /// Reads up to the first `#fields`.
    fn first_header(&mut self) -> Result<(), OpenError> {
        loop {
            let number = self.lines.number() + 1;
            let line = self
                .lines
                .next()
                .map_err(|source| OpenError::Io { name: self.name.clone(), source })?;
            let text = match line {
                Line::Text(text) if is_header(text.line) => text.line,
                Line::End => {
                    let name = self.name.clone();
                    return Err(OpenError::Unknown { name });
                }
                _ => continue,
            };
            match self.header.line(text, number, &self.name, self.default)? {
                HeaderLine::More => {}
                HeaderLine::Rows(layout) => {
                    self.schema = Arc::new(Schema::tsv(*layout));
                    self.reading = Some(Arc::clone(&self.schema));
                    self.identify |= self.schema.open();
                    return Ok(());
                }
                HeaderLine::NotNeeded(path) => {
                    return Err(Sniffed::NotNeeded { path }.refuse(&self.name));
                }
            }
        }
    }
}

/// Does a line of a TSV log belong to a header? Some writers put a tab before the first.
#[inline]
fn is_header(line: &[u8]) -> bool {
    match line.first() {
        Some(b'#') => true,
        Some(b'\t' | b' ') => line.trim_ascii_start().starts_with(b"#"),
        _ => false,
    }
}

/// How rows are written after a header line; the same schema when the header only repeats itself.
fn follow(read: HeaderLine, before: Option<Arc<Schema>>) -> Option<Arc<Schema>> {
    match read {
        HeaderLine::More => before,
        HeaderLine::NotNeeded(_) => None,
        HeaderLine::Rows(layout) => {
            let schema = Schema::tsv(*layout);
            match before {
                Some(before) if *before == schema => Some(before),
                _ => Some(Arc::new(schema)),
            }
        }
    }
}
