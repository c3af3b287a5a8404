//! The header of a Zeek TSV log: separators, kind, columns.
//!
//! Columns are found by name, wherever they stand; those that are not known get no place, so their
//! values are never read. Some labelled sets glue their labels to the last column with three
//! spaces, in the header and in every row: the name before the spaces counts, and the value ends
//! there.

use crate::cells::{LAST_COLUMN, place};
use crate::error::OpenError;
use crate::schema::{LogKind, kind_of_path};
use crate::zeek;

/// No place: the column is not known.
pub(crate) const NOWHERE: u8 = u8::MAX;

/// Where the known fields of a TSV log stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) kind: LogKind,
    pub(crate) open: bool,
    pub(crate) separator: u8,
    pub(crate) set_separator: u8,
    unset: Vec<u8>,
    empty: Vec<u8>,
    /// What the two begin with.
    marks: [u8; 2],
    /// The known columns, each with its place.
    pub(crate) places: Vec<(u8, u8)>,
    /// The place of each column up to the last that is known; [`NOWHERE`] when it is not.
    plan: Vec<u8>,
    /// Rows of Zeek conn with the usual columns and marks: [`zeek::Fields::usual`] can read them.
    pub(crate) usual: bool,
    /// Those of them that the first look needs: without and with who the row is about.
    pub(crate) look: [Vec<(u8, u8)>; 2],
    /// The place of a column whose values have labels glued on.
    pub(crate) glued: Option<usize>,
}

/// What a header has said so far.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    separator: u8,
    set_separator: u8,
    unset: Vec<u8>,
    empty: Vec<u8>,
    path: Option<String>,
    /// A separator of several bytes.
    odd_separator: bool,
}

/// What a header line means for the rows after it.
#[derive(Debug)]
pub(crate) enum HeaderLine {
    /// Nothing yet.
    More,
    /// Rows of this layout follow.
    Rows(Box<Layout>),
    /// Rows of a log that is not needed follow.
    NotNeeded(String),
}

/// The value of a header line: what follows the word and one separator or space.
pub(crate) fn value_of<'a>(line: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(word.as_bytes())?;
    match rest.split_first() {
        None => Some(b""),
        Some((byte, value)) if !byte.is_ascii_alphanumeric() => Some(value),
        Some(_) => None,
    }
}

// === impl Layout ===

impl Layout {
    /// The place of each column up to the last that is known, or [`NOWHERE`].
    #[inline]
    pub(crate) fn plan(&self) -> &[u8] {
        &self.plan
    }

    /// May a text that stands for no value be a number or an address?
    #[inline]
    pub(crate) fn unset_looks_set(&self) -> bool {
        self.marks.iter().any(u8::is_ascii_digit)
    }

    /// Does the text stand for no value?
    #[inline]
    pub(crate) fn is_unset(&self, value: &[u8]) -> bool {
        // Few values begin like one of them.
        match value.first() {
            Some(first) => {
                let [unset, empty] = self.marks;
                (*first == unset || *first == empty) && (value == self.unset || value == self.empty)
            }
            None => true,
        }
    }

    /// Is there such a column?
    pub(crate) fn has(&self, slot: usize) -> bool {
        self.places.iter().any(|(_, found)| usize::from(*found) == slot)
    }
}

// === impl Header ===

impl Default for Header {
    fn default() -> Self {
        Self {
            separator: b'\t',
            set_separator: b',',
            unset: b"-".to_vec(),
            empty: b"(empty)".to_vec(),
            path: None,
            odd_separator: false,
        }
    }
}

impl Header {
    /// Takes in one line that begins with `#`, perhaps after space. `name` is the input's, `default` its kind when no
    /// `#path` names one.
    pub(crate) fn line(
        &mut self,
        line: &[u8],
        number: u64,
        name: &str,
        default: Option<(LogKind, bool)>,
    ) -> Result<HeaderLine, OpenError> {
        let line = line.trim_ascii_start();
        if let Some(value) = value_of(line, "#separator") {
            *self = Self::default();
            match unescape(value).as_slice() {
                [one] => self.separator = *one,
                _ => self.odd_separator = true,
            }
        } else if let Some(value) = value_of(line, "#set_separator") {
            self.set_separator = value.first().copied().unwrap_or(b',');
        } else if let Some(value) = value_of(line, "#unset_field") {
            self.unset = value.to_vec();
        } else if let Some(value) = value_of(line, "#empty_field") {
            self.empty = value.to_vec();
        } else if let Some(value) = value_of(line, "#path") {
            self.path = Some(String::from_utf8_lossy(value).into_owned());
        } else if let Some(value) = value_of(line, "#fields") {
            return self.fields(value, number, name, default);
        }
        Ok(HeaderLine::More)
    }

    fn fields(
        &self,
        value: &[u8],
        number: u64,
        name: &str,
        default: Option<(LogKind, bool)>,
    ) -> Result<HeaderLine, OpenError> {
        let header = |what| OpenError::Header { name: name.to_owned(), line: number, what };
        if self.odd_separator {
            return Err(header(
                "#separator has several bytes; log again with a separator of one byte",
            ));
        }
        let named = match &self.path {
            Some(path) => match kind_of_path(path) {
                Some((kind, open)) => Some((kind, open || default.is_some_and(|(_, open)| open))),
                None => return Ok(HeaderLine::NotNeeded(path.clone())),
            },
            None => default,
        };
        let fields: Vec<&[u8]> = value.split(|byte| *byte == self.separator).collect();
        let (kind, open) = named
            .or_else(|| {
                let has = |name: &str| fields.contains(&name.as_bytes());
                zeek::kind_by_fields(has).map(|kind| (kind, false))
            })
            .ok_or_else(|| header("nothing tells the kind of log; name the file conn.log or so"))?;
        let layout = self.layout(kind, open, &fields);
        for (slot, column) in zeek::needed(kind) {
            if !layout.has(*slot) {
                return Err(OpenError::MissingColumn {
                    name: name.to_owned(),
                    line: number,
                    column,
                });
            }
        }
        Ok(HeaderLine::Rows(Box::new(layout)))
    }

    fn layout(&self, kind: LogKind, open: bool, fields: &[&[u8]]) -> Layout {
        let names = zeek::names(kind);
        let mut layout = Layout {
            kind,
            open,
            separator: self.separator,
            set_separator: self.set_separator,
            unset: self.unset.clone(),
            empty: self.empty.clone(),
            marks: [&self.unset, &self.empty].map(|text| text.first().copied().unwrap_or(b'-')),
            places: Vec::new(),
            plan: Vec::new(),
            usual: false,
            look: [Vec::new(), Vec::new()],
            glued: None,
        };
        let mut hint = 0;
        for (column, field) in (0u8..).zip(fields.iter().take(LAST_COLUMN)) {
            let plain = field.split(|byte| *byte == b' ').next().unwrap_or_default();
            let found = place(names, plain, &mut hint)
                // A second column of the same name would be a label in disguise.
                .filter(|slot| !layout.has(*slot));
            let Some(slot) = found else {
                continue;
            };
            let slot_number = u8::try_from(slot).unwrap_or(NOWHERE);
            layout.places.push((column, slot_number));
            layout.plan.resize(usize::from(column), NOWHERE);
            layout.plan.push(slot_number);
            if plain.len() < field.len() {
                layout.glued = Some(slot);
            }
        }
        layout.usual = kind == LogKind::ZeekConn && zeek::is_usual(&layout);
        layout.look = [false, true].map(|id| {
            let wanted = zeek::looked_at(kind, id);
            let known = layout.places.iter().copied();
            known.filter(|(_, slot)| wanted.contains(&usize::from(*slot))).collect()
        });
        layout
    }
}

/// `\x09` and the like.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    crate::text::decode(text, crate::cells::Style::Tsv(b','), |byte| bytes.push(byte));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<HeaderLine, OpenError> {
        let mut header = Header::default();
        let mut last = HeaderLine::More;
        for (number, line) in lines.iter().enumerate() {
            last = header.line(line.as_bytes(), number as u64 + 1, "x.log", None)?;
        }
        Ok(last)
    }

    const CONN: &str =
        "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tlabel\tconn_state";

    #[test]
    fn finds_columns_by_name() {
        let fields = format!("#fields\t{CONN}");
        let line = read(&["#separator \\x09", "#path\tconn", &fields]).unwrap();
        let HeaderLine::Rows(layout) = line else { panic!("{line:?}") };
        assert_eq!((layout.kind, layout.open), (LogKind::ZeekConn, false));
        let columns: Vec<u8> = layout.places.iter().map(|(column, _)| *column).collect();
        assert_eq!(columns, [0, 1, 2, 3, 4, 5, 6, 8], "labels have no place");
        let look = layout.look.map(|wanted| wanted.iter().map(|(c, _)| *c).collect::<Vec<_>>());
        assert_eq!(look, [vec![0, 2, 4], vec![0, 1, 2, 4]]);
    }

    #[test]
    fn names_the_missing_column() {
        let fields = format!("#fields\t{}", CONN.replace("id.resp_h", "dst"));
        let error = read(&["#path\tconn", &fields]).unwrap_err();
        assert!(error.to_string().contains("'id.resp_h'"), "{error}");
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn honours_separators() {
        let fields = format!("#fields|{}", CONN.replace('\t', "|"));
        let lines =
            ["#separator |", "#set_separator|;", "#unset_field|?", "#path|open_conn", &fields];
        let HeaderLine::Rows(layout) = read(&lines).unwrap() else { panic!("rows follow") };
        assert_eq!((layout.separator, layout.set_separator), (b'|', b';'));
        assert!(layout.is_unset(b"?") && !layout.is_unset(b"-"));
        assert!(layout.open);
        assert!(read(&["#separator ||", &fields]).is_err());
    }

    #[test]
    fn knows_what_it_does_not_need() {
        let line = read(&["#path\tweird", "#fields\tts\tuid"]).unwrap();
        assert!(matches!(line, HeaderLine::NotNeeded(path) if path == "weird"));
    }

    #[test]
    fn tells_the_kind_by_columns() {
        let fields = format!("#fields\t{CONN}");
        assert!(matches!(read(&[&fields]).unwrap(), HeaderLine::Rows(_)));
        assert!(read(&["#fields\ta\tb"]).is_err());
    }
}
