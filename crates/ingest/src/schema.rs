//! What a log is, and how its rows are looked at and turned into events.

use ostium_event::{Addr, Event, Home, Span, Timestamp};

use crate::address::address;
use crate::block::{Row, RowKind, RowRef};
use crate::cells::{Cells, for_fields};
use crate::clock::timestamp;
use crate::error::RowError;
use crate::header::Layout;
use crate::lines::Text;
use crate::text::Scratch;
use crate::zeek::{Connection, Fields};
use crate::{eve, rejoin, zeek};

/// How far x509 rows are moved ahead, so that they come before the handshakes that use them.
const CERT_LEAD: Span = Span::from_secs(60);

/// What a log tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogKind {
    /// Zeek connections.
    ZeekConn,
    /// Zeek DNS.
    ZeekDns,
    /// Zeek TLS handshakes.
    ZeekSsl,
    /// Zeek certificates.
    ZeekX509,
    /// Zeek HTTP.
    ZeekHttp,
    /// Zeek JSON lines of several kinds, each naming its own in `_path`.
    ZeekMixed,
    /// Suricata EVE.
    Eve,
}

/// How the rows of a log are written; shared by the threads that turn rows into events.
#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    format: Format,
}

#[derive(Debug, PartialEq, Eq)]
enum Format {
    Tsv(Layout),
    /// Zeek JSON lines; a line with `_path` is of the kind that it names.
    Json {
        kind: LogKind,
        open: bool,
    },
    Eve,
}

/// What the first look leaves of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    /// All of it, to be read when its turn comes.
    Text(&'a [u8]),
    /// It is read.
    Connection(Connection),
}

/// What the first look says of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look<'a> {
    Row(Row, Body<'a>),
    /// Well-formed, but of a kind that is not needed.
    Skip,
    /// It makes no sense.
    Bad,
}

/// The kind of a `#path` or `_path`, and whether it is of connections still going on.
pub(crate) fn kind_of_path(path: &str) -> Option<(LogKind, bool)> {
    let (base, open) = match path.strip_prefix("open_") {
        Some(base) => (base, true),
        None => (path, false),
    };
    let kind = match base {
        "conn" => LogKind::ZeekConn,
        "dns" => LogKind::ZeekDns,
        "ssl" => LogKind::ZeekSsl,
        "x509" => LogKind::ZeekX509,
        "http" => LogKind::ZeekHttp,
        _ => return None,
    };
    Some((kind, open))
}

// === impl LogKind ===

impl LogKind {
    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ZeekConn => "zeek conn",
            Self::ZeekDns => "zeek dns",
            Self::ZeekSsl => "zeek ssl",
            Self::ZeekX509 => "zeek x509",
            Self::ZeekHttp => "zeek http",
            Self::ZeekMixed => "zeek json",
            Self::Eve => "suricata eve",
        }
    }

    const fn row(self) -> Option<RowKind> {
        match self {
            Self::ZeekConn => Some(RowKind::Conn),
            Self::ZeekDns => Some(RowKind::Dns),
            Self::ZeekSsl => Some(RowKind::Ssl),
            Self::ZeekX509 => Some(RowKind::X509),
            Self::ZeekHttp => Some(RowKind::Http),
            Self::ZeekMixed | Self::Eve => None,
        }
    }
}

// === impl Schema ===

impl Schema {
    pub(crate) const fn tsv(layout: Layout) -> Self {
        Self { format: Format::Tsv(layout) }
    }

    pub(crate) const fn json(kind: LogKind, open: bool) -> Self {
        Self {
            format: match kind {
                LogKind::Eve => Format::Eve,
                kind => Format::Json { kind, open },
            },
        }
    }

    /// What the log tells of.
    pub const fn kind(&self) -> LogKind {
        match &self.format {
            Format::Tsv(layout) => layout.kind,
            Format::Json { kind, .. } => *kind,
            Format::Eve => LogKind::Eve,
        }
    }

    /// Is it about connections that were still going on?
    pub const fn open(&self) -> bool {
        match &self.format {
            Format::Tsv(layout) => layout.open,
            Format::Json { open, .. } => *open,
            Format::Eve => false,
        }
    }

    /// Is it JSON?
    pub const fn is_json(&self) -> bool {
        !matches!(self.format, Format::Tsv(_))
    }

    /// Turns a row into events.
    ///
    /// A conn row gives its opening at its start and its close at its end, which lies ahead of the
    /// rows that follow; x509 rows give none.
    ///
    /// # Errors
    /// When a field that is needed cannot be read. Events before it have been given.
    pub fn events<F: FnMut(&Event<'_>)>(
        &self,
        home: &Home,
        row: &RowRef<'_>,
        scratch: &mut Scratch,
        mut out: F,
    ) -> Result<(), RowError> {
        let out = &mut out;
        let kind = row.row.kind;
        if let Some(connection) = row.connection {
            let ends = (row.row.orig, row.row.resp);
            connection.row(home, row.row.at, ends, row.closes_only).events(out);
            return Ok(());
        }
        match &self.format {
            Format::Eve => eve::events(home, row, scratch, out),
            Format::Tsv(layout) => {
                let cells = Cells::tsv(row.bytes, layout);
                zeek::events(&cells, home, row, scratch, out)
            }
            Format::Json { .. } => {
                let cells =
                    Cells::json(row.bytes, zeek::row_names(kind)).map_err(|_| RowError::Json)?;
                zeek::events(&cells, home, row, scratch, out)
            }
        }
    }

    /// The fields of a Zeek row.
    pub(crate) fn cells<'a>(&self, kind: RowKind, bytes: &'a [u8]) -> Option<Cells<'a>> {
        match &self.format {
            Format::Eve => None,
            Format::Tsv(layout) => Some(Cells::tsv(bytes, layout)),
            Format::Json { .. } => Cells::json(bytes, zeek::row_names(kind)).ok(),
        }
    }

    /// Can rows of this log have the field? JSON logs leave out what is unset.
    pub(crate) fn has(&self, slot: usize) -> bool {
        match &self.format {
            Format::Tsv(layout) => layout.has(slot),
            _ => true,
        }
    }

    /// The first look at a line: kind, time, addresses; `id` also who it is about.
    #[inline]
    pub(crate) fn look<'a>(&self, text: Text<'a>, number: u32, id: bool) -> Look<'a> {
        let line = text.line;
        match &self.format {
            Format::Tsv(layout) => look_tsv(layout, text, number, id),
            Format::Json { kind, open } => {
                look_json(*kind, *open, line, number, id).unwrap_or(Look::Bad)
            }
            Format::Eve => eve::look(line, number).unwrap_or(Look::Bad),
        }
    }
}

/// The first look at a connection is the last: all that it says are numbers.
#[inline]
fn look_at_connection<'a>(fields: &Fields<'_>, open: bool, line: u32, id: bool) -> Look<'a> {
    let (Some(at), Some(orig), Some(resp)) = (fields.at, fields.orig, fields.resp) else {
        return Look::Bad;
    };
    let id = if id { rejoin::hash(RowKind::Conn, fields.uid, b"") } else { 0 };
    match Connection::of(fields, orig) {
        Ok(connection) => {
            let row = row(RowKind::Conn, open, line, at, (orig, resp), id);
            Look::Row(row, Body::Connection(connection))
        }
        Err(_) => Look::Bad,
    }
}

/// The same of a row that is not written as usual.
#[inline(never)]
fn look_at_odd_connection<'a>(layout: &Layout, line: &'a [u8], number: u32, id: bool) -> Look<'a> {
    let fields = Fields::scan(line, layout);
    if cfg!(fuzzing) && fields.is_some() {
        assert_eq!(fields, Some(Fields::of(&Cells::tsv(line, layout))), "both ways agree");
    }
    let fields = fields.unwrap_or_else(|| Fields::of(&Cells::tsv(line, layout)));
    look_at_connection(&fields, layout.open, number, id)
}

#[inline]
fn look_tsv<'a>(layout: &Layout, text: Text<'a>, number: u32, id: bool) -> Look<'a> {
    let Text { line, .. } = text;
    if layout.usual
        && let Some(fields) = Fields::usual(text, layout)
    {
        if cfg!(fuzzing) {
            assert_eq!(fields, Fields::of(&Cells::tsv(line, layout)), "both ways agree");
        }
        return look_at_connection(&fields, layout.open, number, id);
    }
    let Some(kind) = layout.kind.row() else {
        return Look::Skip;
    };
    if kind == RowKind::Conn {
        return look_at_odd_connection(layout, line, number, id);
    }
    let mut found = [&b""[..]; zeek::DEPTH + 1];
    let [plain, with_id] = &layout.look;
    let wanted = if id { with_id } else { plain };
    for_fields(line, layout.separator, wanted, |slot, value| {
        if let Some(cell) = found.get_mut(slot) {
            *cell = value;
        }
    });
    let [ts, uid, orig, _, resp, _, depth] = found;
    match finish(kind, layout.open, number, [ts, orig, resp], [uid, depth], id) {
        Some(row) => Look::Row(row, Body::Text(line)),
        None => Look::Bad,
    }
}

fn look_json(kind: LogKind, open: bool, line: &[u8], number: u32, id: bool) -> Option<Look<'_>> {
    let cells = Cells::json(line, zeek::LOOK).ok()?;
    let (kind, open) = match cells.get(zeek::LOOK_PATH) {
        b"" => (kind, open),
        path => match std::str::from_utf8(path).ok().and_then(kind_of_path) {
            Some(named) => named,
            None => return Some(Look::Skip),
        },
    };
    let Some(kind) = kind.row() else {
        return Some(Look::Skip);
    };
    if kind == RowKind::Conn {
        let cells = Cells::json(line, zeek::row_names(kind)).ok()?;
        return Some(look_at_connection(&Fields::of(&cells), open, number, id));
    }
    let ends = [zeek::TS, zeek::ORIG_H, zeek::RESP_H].map(|slot| cells.get(slot));
    let ids = [zeek::UID, zeek::DEPTH].map(|slot| cells.get(slot));
    Some(Look::Row(finish(kind, open, number, ends, ids, id)?, Body::Text(line)))
}

#[inline]
fn finish(
    kind: RowKind,
    open: bool,
    line: u32,
    [ts, orig, resp]: [&[u8]; 3],
    [uid, depth]: [&[u8]; 2],
    id: bool,
) -> Option<Row> {
    let mut at = timestamp(ts)?;
    let (mut from, mut to) = (Addr::UNSPECIFIED, Addr::UNSPECIFIED);
    if kind == RowKind::X509 {
        at = at.minus(CERT_LEAD);
    } else {
        (from, to) = (address(orig)?, address(resp)?);
    }
    let id = match (id, kind) {
        (true, RowKind::Ssl | RowKind::Http) => rejoin::hash(kind, uid, depth),
        _ => 0,
    };
    Some(row(kind, open, line, at, (from, to), id))
}

/// A row that does not lie in a block yet.
pub(crate) const fn row(
    kind: RowKind,
    open: bool,
    line: u32,
    at: Timestamp,
    (orig, resp): (Addr, Addr),
    id: u64,
) -> Row {
    Row { orig, resp, at, id, line, start: 0, len: 0, kind, open }
}
