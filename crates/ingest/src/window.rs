//! Rows put in the order of time, within a window.
//!
//! Zeek writes a row when what it tells of has ended, so the times in a file are almost but not
//! quite in order. A window of rows is sorted, and its earlier half let go. A row that comes later
//! than the window is wide keeps its own time and is counted.

use ostium_event::{Span, Timestamp};

use crate::block::{Row, RowBlock};
use crate::zeek::Connection;

/// Rows in the window.
const ROWS: usize = 1 << 16;
/// Bytes in the window, one line more at most.
const BYTES: usize = 4 << 20;
/// How far behind a row may be without being worth a count.
const SLACK: Span = Span::from_secs(1);

/// Rows that wait for earlier ones.
#[derive(Debug, Default)]
pub(crate) struct Window {
    rows: RowBlock,
    unsorted: Vec<Row>,
    order: Vec<(Timestamp, u32)>,
    /// The latest row let go.
    latest: Timestamp,
    late: u64,
}

// === impl Window ===

impl Window {
    #[inline]
    pub(crate) fn push(&mut self, row: &Row, bytes: &[u8]) {
        self.rows.push(row, bytes);
    }

    #[inline]
    pub(crate) fn push_connection(&mut self, row: &Row, connection: Connection) {
        self.rows.push_connection(row, connection);
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.rows.rows.len() >= ROWS || self.rows.bytes.len() >= BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.rows.is_empty()
    }

    /// Rows let go although one more than a second later had gone before them.
    pub(crate) const fn late(&self) -> u64 {
        self.late
    }

    /// Lets go the earlier half of the rows, or all of them, into a block whose contents are
    /// replaced. The block gets the bytes as they lie; only those of rows that stay are moved.
    pub(crate) fn release(&mut self, all: bool, out: &mut RowBlock) {
        std::mem::swap(&mut self.rows.bytes, &mut out.bytes);
        std::mem::swap(&mut self.rows.connections, &mut out.connections);
        self.rows.bytes.clear();
        self.rows.connections.clear();
        std::mem::swap(&mut self.rows.rows, &mut self.unsorted);
        self.rows.rows.clear();
        self.order.clear();
        // A window holds some 64k rows, so their number fits.
        let places = self.unsorted.iter().zip(0u32..);
        self.order.extend(places.map(|(row, place)| (row.at, place)));
        // The place makes the order of equal times that of the file.
        self.order.sort_unstable();
        let total = self.unsorted.len();
        let count = if all { total } else { total.div_ceil(2) };
        out.rows.clear();
        for (nth, &(at, place)) in self.order.iter().enumerate() {
            let Some(row) = self.unsorted.get(place as usize) else {
                continue;
            };
            if nth >= count {
                match out.reference(row).connection {
                    Some(connection) => self.rows.push_connection(row, *connection),
                    None => self.rows.push(row, out.bytes_of(row)),
                }
                continue;
            }
            if at.plus(SLACK) < self.latest {
                self.late += 1;
            }
            self.latest = self.latest.max(at);
            out.rows.push(*row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::RowKind;
    use crate::schema;
    use ostium_event::Addr;

    fn row(at: u64, line: u32) -> Row {
        let nobody = (Addr::UNSPECIFIED, Addr::UNSPECIFIED);
        schema::row(RowKind::Dns, false, line, Timestamp::from_secs(at), nobody, 0)
    }

    #[test]
    fn lets_go_the_earlier_half_in_order() {
        let mut window = Window::default();
        for (line, at) in [5, 1, 3, 1, 9].into_iter().enumerate() {
            window.push(&row(at, line as u32), format!("{at}").as_bytes());
        }
        let mut out = RowBlock::default();
        window.release(false, &mut out);
        let told: Vec<_> = out.rows.iter().map(|row| (row.at.secs(), row.line)).collect();
        assert_eq!(told, [(1, 1), (1, 3), (3, 2)]);
        assert_eq!(out.bytes_of(&out.rows[2]), b"3");
        window.push(&row(2, 9), b"2");
        out.clear();
        window.release(true, &mut out);
        let told: Vec<_> = out.rows.iter().map(|row| row.at.secs()).collect();
        assert_eq!(told, [2, 5, 9]);
        assert_eq!(window.late(), 0, "one second late is not worth a count");
        assert!(window.is_empty());
        window.push(&row(2, 10), b"22");
        window.release(true, &mut out);
        assert_eq!(out.bytes_of(&out.rows[0]), b"22");
        assert_eq!(window.late(), 1);
    }
}
