//! The bytes of all values, one after the other, in pieces.

/// Bytes of one piece; no value crosses from one to the next.
const PIECE: usize = 1 << 20;

/// Values as bytes. What is freed is only counted, until somebody moves the rest together.
#[derive(Debug, Default)]
pub(super) struct Text {
    pieces: Vec<Vec<u8>>,
    dead: usize,
    live: usize,
}

// === impl Text ===

impl Text {
    pub(super) const EMPTY: Self = Self { pieces: Vec::new(), dead: 0, live: 0 };

    /// Where the bytes are now; `None` when there are four gigabytes of them.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<u32> {
        let fits = |last: &Vec<u8>| last.len() + bytes.len() <= PIECE;
        if !self.pieces.last().is_some_and(fits) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let last = self.pieces.last_mut()?;
        let place = u32::try_from(before + last.len()).ok()?;
        last.extend_from_slice(bytes);
        self.live += bytes.len();
        Some(place)
    }

    pub(super) fn get(&self, place: u32, len: u16) -> &[u8] {
        let (place, len) = (place as usize, usize::from(len));
        let at = place % PIECE;
        self.pieces.get(place / PIECE).and_then(|piece| piece.get(at..at + len)).unwrap_or_default()
    }

    /// Nobody asks for these bytes again.
    pub(super) const fn free(&mut self, len: u16) {
        self.dead += len as usize;
        self.live = self.live.saturating_sub(len as usize);
    }

    /// Is more freed than used?
    pub(super) const fn is_sparse(&self) -> bool {
        self.dead > self.live + PIECE
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces.len() * PIECE
    }
}
