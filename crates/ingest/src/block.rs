//! Rows in a buffer, after the first look.

use std::sync::Arc;

use ostium_event::{Addr, Home, Timestamp};

use crate::certs::CertRecord;
use crate::schema::Schema;

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
    /// First byte in its block.
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
    /// How to turn them into events; set by [`crate::LogFile::next_rows`].
    pub schema: Option<Arc<Schema>>,
}

/// One row with all that turning it into events needs.
#[derive(Clone, Copy, Debug)]
pub struct RowRef<'a> {
    /// What the first look found.
    pub row: &'a Row,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The certificate of an ssl row, from [`crate::CertIndex::find`].
    pub cert: Option<&'a CertRecord>,
    /// Only the end of the connection is news: see [`crate::Admit::Again`].
    pub closes_only: bool,
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

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
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

// === impl RowRef ===

impl<'a> RowRef<'a> {
    /// A row by itself.
    pub const fn new(row: &'a Row, bytes: &'a [u8]) -> Self {
        Self { row, bytes, cert: None, closes_only: false }
    }
}
