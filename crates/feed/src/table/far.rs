//! Values that are too long for a cell, one after the other, in pieces.

/// Bytes of one piece; no value crosses from one to the next.
const PIECE: usize = 1 << 20;

/// All long values. What is freed is only counted, until somebody moves the rest together.
#[derive(Debug, Default)]
pub(super) struct Far {
    pieces: Vec<Vec<u8>>,
    dead: usize,
    live: usize,
}

// === impl Far ===

impl Far {
    pub(super) const EMPTY: Self = Self { pieces: Vec::new(), dead: 0, live: 0 };

    /// Where the value is now, and how long; `None` when there are four gigabytes of them, or it
    /// is longer than any.
    pub(super) fn push(&mut self, value: &[u8]) -> Option<(u32, u16)> {
        let len = u16::try_from(value.len()).ok()?;
        let fits = |last: &Vec<u8>| last.len() + value.len() <= PIECE;
        if !self.pieces.last().is_some_and(fits) {
            self.pieces.push(Vec::new());
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let last = self.pieces.last_mut()?;
        let place = u32::try_from(before + last.len()).ok()?;
        last.extend_from_slice(value);
        self.live += value.len();
        Some((place, len))
    }

    pub(super) fn get(&self, place: u32, len: u16) -> &[u8] {
        let from = place as usize % PIECE;
        let piece = self.pieces.get(place as usize / PIECE);
        piece.and_then(|piece| piece.get(from..from + usize::from(len))).unwrap_or_default()
    }

    /// Nobody asks for a value of this length again.
    pub(super) const fn free(&mut self, len: u16) {
        self.dead += len as usize;
        self.live = self.live.saturating_sub(len as usize);
    }

    /// Is more freed than used?
    pub(super) const fn is_sparse(&self) -> bool {
        self.dead > self.live + PIECE
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces.iter().map(Vec::capacity).sum()
    }
}
