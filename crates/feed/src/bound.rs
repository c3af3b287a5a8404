//! How much one follower holds, whatever the publisher signs: a hub that was taken over, or that
//! has grown beyond this machine, must not take its memory.

use crate::{Refusal, Table};

/// The largest set that is taken. While a snapshot comes, the last good set is held beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Entries.
    pub entries: u64,
    /// Bytes: of the set in memory, which grows by mebibytes, and of the parts of a snapshot as they
    /// came.
    pub bytes: u64,
}

impl Default for Bound {
    /// Ten million entries take less than 100 bytes each.
    fn default() -> Self {
        Self { entries: 10_000_000, bytes: 1 << 30 }
    }
}

// === impl Bound ===

impl Bound {
    /// None, for what was taken before.
    pub const NONE: Self = Self { entries: u64::MAX, bytes: u64::MAX };

    /// May a set be as large?
    pub(crate) const fn holds(self, entries: u64, bytes: u64) -> Result<(), Refusal> {
        if entries <= self.entries && bytes <= self.bytes {
            return Ok(());
        }
        Err(Refusal::TooMuch { entries: self.entries, bytes: self.bytes })
    }

    /// Entries for which room may be made before they are there.
    pub(crate) const fn room(self) -> u64 {
        let entries = self.bytes / Table::BYTES_EACH;
        if entries < self.entries { entries } else { self.entries }
    }

    /// May this table have so many more entries, of so many bytes?
    pub(crate) fn holds_more(self, table: &Table, entries: u64, bytes: u64) -> Result<(), Refusal> {
        let (held, taken) = (table.len() as u64, table.bytes() as u64);
        self.holds(held.saturating_add(entries), taken.saturating_add(bytes))
    }
}
