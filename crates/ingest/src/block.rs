//! Rows in a buffer, after the first look.

use std::sync::Arc;

use ostium_event::{
    Addr, Event, FlowKey, FlowRecord, Home, OpenedBy, Proto, Scope, Timestamp, What,
};

use crate::certs::CertRecord;
use crate::schema::Schema;
use crate::zeek::Connection;

/// What one row tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKind {
    /// Zeek conn: a connection.
    Conn,
    /// Zeek dns: a question and its answer.
    Dns,
    /// Zeek ssl: a TLS handshake.
    Ssl,
    /// Zeek x509: a certificate; for [`crate::CertIndex::learn`], gives no events.
    X509,
    /// Zeek http: a request and its reply.
    Http,
    /// EVE flow.
    EveFlow,
    /// EVE dns.
    EveDns,
    /// EVE tls.
    EveTls,
    /// EVE quic.
    EveQuic,
    /// EVE http.
    EveHttp,
}

/// What the first look at a row found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The originator, as the log has it.
    pub orig: Addr,
    /// The responder, as the log has it.
    pub resp: Addr,
    /// When it began. For an x509 row: a minute before, so that merging by time brings the
    /// certificate before the handshake that needs it.
    pub at: Timestamp,
    /// A hash that rows about the same thing share across `open_` logs and final logs (the uid,
    /// for http also the depth); 0 when unknown or not asked for.
    pub id: u64,
    /// Line in the file, counted from 1.
    pub line: u32,
    /// First byte in its block; of a Zeek connection its place among those of the block.
    pub start: u32,
    /// Bytes.
    pub len: u32,
    /// What it tells of.
    pub kind: RowKind,
    /// From an `open_` log: the connection was still going on.
    pub open: bool,
}

/// Rows in one buffer, sorted by time, all of one schema.
#[derive(Debug, Default)]
pub struct RowBlock {
    /// The bytes that the rows lie in.
    pub bytes: Vec<u8>,
    /// The rows, earliest first.
    pub rows: Vec<Row>,
    /// What rows of Zeek conn say: numbers only, so their text is not kept.
    pub(crate) connections: Vec<Connection>,
    /// How to turn them into events; set by [`crate::LogFile::next_rows`].
    pub schema: Option<Arc<Schema>>,
}

/// One row with all that turning it into events needs.
#[derive(Clone, Copy, Debug)]
pub struct RowRef<'a> {
    /// What the first look found.
    pub row: &'a Row,
    /// Its bytes; none when the first look has read it whole.
    pub bytes: &'a [u8],
    pub(crate) connection: Option<&'a Connection>,
    /// The certificate of an ssl row, from [`crate::CertIndex::find`].
    pub cert: Option<&'a CertRecord>,
    /// Only the end of the connection is news: see [`crate::Admit::Again`].
    pub closes_only: bool,
}

/// A row of Zeek conn by itself: its block is no longer needed, and rows that are worked off
/// together can be laid side by side.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionRow {
    // Side by side without a gap, because many of them wait.
    pub(crate) inside: Addr,
    pub(crate) outside: Addr,
    pub(crate) inside_port: u16,
    pub(crate) outside_port: u16,
    pub(crate) proto: Proto,
    pub(crate) scope: Scope,
    pub(crate) opened_by: OpenedBy,
    pub(crate) closes_only: bool,
    pub(crate) record: FlowRecord,
}

// === impl ConnectionRow ===

impl ConnectionRow {
    /// When it began.
    #[inline]
    pub const fn at(&self) -> Timestamp {
        self.record.first
    }

    /// Its two ends.
    #[inline]
    pub const fn flow(&self) -> FlowKey {
        let Self { inside, outside, inside_port, outside_port, proto, .. } = *self;
        FlowKey { inside, outside, inside_port, outside_port, proto }
    }

    /// Is neither end inside?
    #[inline]
    pub fn is_transit(&self) -> bool {
        self.scope == Scope::Transit
    }

    /// All of a flow that an inside host opened to the outside; `None` when it is another one, or
    /// its opening is no news.
    #[inline]
    pub fn outgoing(&self) -> Option<(FlowKey, &FlowRecord)> {
        let outgoing = self.scope == Scope::Egress && self.opened_by == OpenedBy::Inside;
        (outgoing && !self.closes_only).then(|| (self.flow(), &self.record))
    }

    /// Gives the opening, unless that is no news, and the close.
    #[inline]
    pub fn events(&self, mut out: impl FnMut(&Event<'_>)) {
        let mut event = Event {
            at: self.record.first,
            flow: self.flow(),
            opened_by: self.opened_by,
            scope: self.scope,
            what: What::FlowOpened { start: self.record.start_seen },
        };
        if !self.closes_only {
            out(&event);
        }
        event.at = self.record.last;
        event.what = What::FlowClosed(self.record);
        out(&event);
    }
}

// === impl Row ===

impl Row {
    /// The inside host that owns the row: for sharding. Agrees with the flow key of its events.
    #[inline]
    pub fn inside(&self, home: &Home) -> Addr {
        if home.contains(self.resp) && !home.contains(self.orig) { self.resp } else { self.orig }
    }
}

// === impl RowBlock ===

impl RowBlock {
    /// The bytes of a row of this block.
    #[inline]
    pub fn bytes_of(&self, row: &Row) -> &[u8] {
        let start = row.start as usize;
        self.bytes.get(start..start.saturating_add(row.len as usize)).unwrap_or_default()
    }

    /// A row of this block with all that was read of it.
    #[inline]
    pub fn reference<'a>(&'a self, row: &'a Row) -> RowRef<'a> {
        RowRef {
            row,
            bytes: self.bytes_of(row),
            connection: match row.kind {
                RowKind::Conn => self.connections.get(row.start as usize),
                _ => None,
            },
            cert: None,
            closes_only: false,
        }
    }

    /// A row of this block by itself, when it is one of Zeek conn.
    #[inline]
    pub fn connection(&self, home: &Home, row: &Row, closes_only: bool) -> Option<ConnectionRow> {
        let &Row { at, orig, resp, start, .. } = row;
        match row.kind {
            RowKind::Conn => {
                let connection = self.connections.get(start as usize)?;
                Some(connection.row(home, at, (orig, resp), closes_only))
            }
            _ => None,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
        self.connections.clear();
    }

    /// Appends a connection.
    #[inline]
    pub(crate) fn push_connection(&mut self, row: &Row, connection: Connection) {
        if let Ok(start) = u32::try_from(self.connections.len()) {
            self.connections.push(connection);
            self.rows.push(Row { start, len: 0, ..*row });
        }
    }

    /// Appends a row with its bytes.
    #[inline]
    pub(crate) fn push(&mut self, row: &Row, bytes: &[u8]) {
        let (Ok(start), Ok(len)) = (u32::try_from(self.bytes.len()), u32::try_from(bytes.len()))
        else {
            return;
        };
        self.bytes.extend_from_slice(bytes);
        self.rows.push(Row { start, len, ..*row });
    }
}
