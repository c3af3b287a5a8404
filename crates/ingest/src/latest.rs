//! The last row of each connection in an `open_` log.
//!
//! Such a log repeats a connection every few minutes with larger counters; only the last word
//! counts. Bounded: when the table is full all of it is let go, and a connection that is told of
//! again later is for [`crate::Rejoin`].

use std::collections::HashMap;

use crate::block::Row;
use crate::schema::Body;
use crate::window::Window;
use crate::zeek::Connection;

/// Rows in the table.
const ROWS: usize = 1 << 16;
/// Bytes of rows in the table, one line more at most.
const BYTES: usize = 8 << 20;

/// A table of rows by their id.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    rows: HashMap<u64, (Row, Kept)>,
    bytes: usize,
}

/// What a row says, kept.
#[derive(Debug)]
enum Kept {
    Text(Box<[u8]>),
    Connection(Box<Connection>),
}

// === impl Kept ===

impl Kept {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Connection(_) => size_of::<Connection>(),
        }
    }
}

// === impl Latest ===

impl Latest {
    /// Takes in a row; `true` when it takes the place of an earlier one.
    pub(crate) fn put(&mut self, row: &Row, body: Body<'_>) -> bool {
        let kept = match body {
            Body::Text(text) => Kept::Text(text.into()),
            Body::Connection(connection) => Kept::Connection(Box::new(connection)),
        };
        self.bytes += kept.len();
        let before = self.rows.insert(row.id, (*row, kept));
        if let Some((_, old)) = &before {
            self.bytes -= old.len();
        }
        before.is_some()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.bytes >= BYTES
    }

    /// Lets all rows go, in the order of their lines.
    pub(crate) fn drain(&mut self, window: &mut Window) {
        let mut rows: Vec<_> = self.rows.drain().map(|(_, row)| row).collect();
        rows.sort_unstable_by_key(|(row, _)| row.line);
        for (row, kept) in &rows {
            match kept {
                Kept::Text(text) => window.push(row, text),
                Kept::Connection(connection) => window.push_connection(row, **connection),
            }
        }
        self.bytes = 0;
    }
}
