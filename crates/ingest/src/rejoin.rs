//! One connection in several rows: `open_conn` and `conn`, `open_http` and `http`.
//!
//! Zeek's `open_` logs tell of connections still going on, again and again, with counters that
//! grow; the final log tells of the same connection once more when it ends. [`crate::LogFile`]
//! keeps only the last row of each in an `open_` log. Across files the thread that merges asks
//! [`Rejoin::admit`]. A close that comes again for the same flow key and the same first packet
//! takes the place of the earlier one: its numbers are totals, not differences.

use std::collections::HashSet;

use crate::block::{Row, RowKind};

/// Rows remembered, in each of two generations; 16 bytes each.
const GENERATION: usize = 1 << 18;

/// What to do with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admit {
    /// Nothing was heard of it before: all its events count.
    New,
    /// Its opening was told before, by an earlier `open_` row: only its close counts
    /// ([`crate::RowRef::closes_only`]).
    Again,
    /// All it says was told before.
    Drop,
}

/// Remembers who was told of; bounded: after 262,144 to 524,288 others a row is forgotten.
#[derive(Debug, Default)]
pub struct Rejoin {
    young: HashSet<u64>,
    old: HashSet<u64>,
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): the same on every machine. 0 when there is no uid.
pub(crate) fn hash(kind: RowKind, uid: &[u8], depth: &[u8]) -> u64 {
    if uid.is_empty() {
        return 0;
    }
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let seed = step(0xcbf2_9ce4_8422_2325, kind as u8);
    let uid = uid.iter().fold(seed, |hash, byte| step(hash, *byte));
    let all = depth.iter().fold(step(uid, 0), |hash, byte| step(hash, *byte));
    // The lowest bit is left to `Rejoin`.
    (all & !1).max(2)
}

// === impl Rejoin ===

impl Rejoin {
    /// What to do with a row. Of rows of the same time, give those of final logs first, then those
    /// of `open_` logs in the order in which these were written. A row without an id (see
    /// [`crate::LogFile::identify`]) is always new.
    #[inline]
    pub fn admit(&mut self, row: &Row) -> Admit {
        if row.id == 0 { Admit::New } else { self.identified(row) }
    }

    fn identified(&mut self, row: &Row) -> Admit {
        let (final_known, open_known) = (self.knows(row.id), self.knows(row.id | 1));
        self.young.insert(row.id | u64::from(row.open));
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        match (final_known, open_known, row.open) {
            (false, false, _) => Admit::New,
            // A second handshake of one uid in a final log is no repetition.
            (true, false, false) => Admit::New,
            (true, _, true) => Admit::Drop,
            (_, true, _) if row.kind == RowKind::Conn => Admit::Again,
            (_, true, _) => Admit::Drop,
        }
    }

    fn knows(&self, key: u64) -> bool {
        self.young.contains(&key) || self.old.contains(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use ostium_event::{Addr, Timestamp};

    fn row(kind: RowKind, open: bool, id: u64) -> Row {
        let nobody = (Addr::UNSPECIFIED, Addr::UNSPECIFIED);
        schema::row(kind, open, 1, Timestamp::ZERO, nobody, id)
    }

    #[test]
    fn tells_each_thing_once() {
        let mut rejoin = Rejoin::default();
        assert_eq!(rejoin.admit(&row(RowKind::Conn, true, 6)), Admit::New);
        assert_eq!(rejoin.admit(&row(RowKind::Conn, true, 6)), Admit::Again);
        assert_eq!(rejoin.admit(&row(RowKind::Conn, false, 6)), Admit::Again);
        assert_eq!(rejoin.admit(&row(RowKind::Conn, true, 6)), Admit::Drop);
        assert_eq!(rejoin.admit(&row(RowKind::Http, true, 10)), Admit::New);
        assert_eq!(rejoin.admit(&row(RowKind::Http, false, 10)), Admit::Drop);
        assert_eq!(rejoin.admit(&row(RowKind::Ssl, false, 12)), Admit::New);
        assert_eq!(rejoin.admit(&row(RowKind::Ssl, false, 12)), Admit::New);
        assert_eq!(rejoin.admit(&row(RowKind::Http, false, 8)), Admit::New);
        assert_eq!(rejoin.admit(&row(RowKind::Http, true, 8)), Admit::Drop);
        assert_eq!(rejoin.admit(&row(RowKind::Conn, false, 0)), Admit::New);
        assert_eq!(rejoin.admit(&row(RowKind::Conn, false, 0)), Admit::New);
    }

    #[test]
    fn memory_is_bounded() {
        let mut rejoin = Rejoin::default();
        for id in 1..=(3 * GENERATION as u64) {
            assert_eq!(rejoin.admit(&row(RowKind::Conn, false, 2 * id)), Admit::New);
        }
        assert!(rejoin.young.len() + rejoin.old.len() <= 2 * GENERATION);
    }

    #[test]
    fn ids_differ_by_kind_uid_and_depth() {
        let ids = [
            hash(RowKind::Conn, b"CA", b""),
            hash(RowKind::Http, b"CA", b""),
            hash(RowKind::Http, b"CA", b"1"),
            hash(RowKind::Http, b"CA1", b""),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id));
        }
        assert_eq!(hash(RowKind::Conn, b"", b""), 0);
    }
}
