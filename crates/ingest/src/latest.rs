//! The last row of each connection in an `open_` log.
//!
//! Such a log repeats a connection every few minutes with larger counters; only the last word
//! counts. Bounded: when the table is full all of it is let go, and a connection that is told of
//! again later is for [`crate::Rejoin`].

use std::collections::HashMap;

use crate::block::Row;
use crate::window::Window;

/// Rows in the table.
const ROWS: usize = 1 << 16;
/// Bytes of rows in the table, one line more at most.
const BYTES: usize = 8 << 20;

/// A table of rows by their id.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    rows: HashMap<u64, (Row, Box<[u8]>)>,
    bytes: usize,
}

// === impl Latest ===

impl Latest {
    /// Takes in a row; `true` when it takes the place of an earlier one.
    pub(crate) fn put(&mut self, row: &Row, bytes: &[u8]) -> bool {
        self.bytes += bytes.len();
        let before = self.rows.insert(row.id, (*row, bytes.into()));
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
        for (row, bytes) in &rows {
            window.push(row, bytes);
        }
        self.bytes = 0;
    }
}
