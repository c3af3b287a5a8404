//! A vector that grows by pieces, so that growing copies nothing and wastes one piece at most.

/// Items of one piece.
const PIECE: usize = 1 << 14;

/// A vector in pieces, addressed by 32 bits.
#[derive(Debug)]
pub(super) struct Chunks<T> {
    pieces: Vec<Vec<T>>,
}

// === impl Chunks ===

impl<T> Chunks<T> {
    pub(super) const fn new() -> Self {
        Self { pieces: Vec::new() }
    }

    /// Where the item is now; `None` when 32 bits count no further.
    pub(super) fn push(&mut self, item: T) -> Option<u32> {
        let full = self.pieces.last().is_none_or(|last| last.len() == PIECE);
        if full {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let last = self.pieces.last_mut()?;
        let place = u32::try_from(before + last.len()).ok()?;
        last.push(item);
        Some(place)
    }

    pub(super) fn get(&self, place: u32) -> Option<&T> {
        let place = place as usize;
        self.pieces.get(place / PIECE)?.get(place % PIECE)
    }

    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        let place = place as usize;
        self.pieces.get_mut(place / PIECE)?.get_mut(place % PIECE)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pieces.iter_mut().flatten()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces.len() * PIECE * size_of::<T>()
    }
}
