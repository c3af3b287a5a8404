//! One entry as it lies in memory: all that is known of it and its value, in one line of the cache,
//! so that who finds it has waited for memory once.

/// Bytes of a cell.
pub(super) const SIZE: usize = 64;
/// Nothing is here.
pub(super) const EMPTY: [u8; SIZE] = [0; SIZE];

/// Where things lie: the sum's part, the number, and what fits into one byte or two.
mod at {
    pub(super) const LEAF: usize = 0;
    pub(super) const ID: usize = 16;
    pub(super) const EXPIRES: usize = 24;
    pub(super) const FAMILY: usize = 28;
    pub(super) const ORGANISATIONS: usize = 30;
    pub(super) const CANARY: usize = 32;
    pub(super) const TAG: usize = 34;
    pub(super) const KIND: usize = 35;
    pub(super) const CONFIDENCE: usize = 36;
    pub(super) const BASIS: usize = 37;
    pub(super) const LEN: usize = 38;
    pub(super) const VALUE: usize = 39;
}

/// Longest value that lies in the cell.
pub(super) const NEAR: usize = SIZE - at::VALUE;
/// Beside the kind: another entry has the same value.
const HIDDEN: u8 = 0x80;
/// The length of one that lies elsewhere.
const FAR: u8 = u8::MAX;

/// What is known of a value. `family` is a number of the table's, 0 for none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) kind: u8,
    pub(super) confidence: u8,
    pub(super) basis: u8,
    pub(super) family: u16,
    pub(super) organisations: u16,
    pub(super) canary: u16,
    pub(super) expires: u32,
    pub(super) id: u64,
    pub(super) leaf: u128,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Near(&'a [u8]),
    /// A place among the long values, and how many bytes.
    Far(u32, u16),
}

/// A cell, to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'a>(pub(super) &'a [u8; SIZE]);

// === impl Cell ===

impl<'a> Cell<'a> {
    #[inline]
    fn array<const N: usize>(self, at: usize) -> [u8; N] {
        let bytes = self.0.get(at..).and_then(|rest| rest.first_chunk::<N>());
        bytes.copied().unwrap_or([0; N])
    }

    #[inline]
    fn byte(self, at: usize) -> u8 {
        let [byte] = self.array(at);
        byte
    }

    /// A byte of its hash; 0 when nothing is here.
    #[inline]
    pub(super) fn tag(self) -> u8 {
        self.byte(at::TAG)
    }

    #[inline]
    pub(super) fn kind(self) -> u8 {
        self.byte(at::KIND) & !HIDDEN
    }

    /// Is it found by its number alone, because another has its value?
    #[inline]
    pub(super) fn is_hidden(self) -> bool {
        self.byte(at::KIND) & HIDDEN != 0
    }

    pub(super) fn id(self) -> u64 {
        u64::from_le_bytes(self.array(at::ID))
    }

    pub(super) fn leaf(self) -> u128 {
        u128::from_le_bytes(self.array(at::LEAF))
    }

    #[inline]
    pub(super) fn place(self) -> Place<'a> {
        match self.byte(at::LEN) {
            FAR => Place::Far(
                u32::from_le_bytes(self.array(at::VALUE)),
                u16::from_le_bytes(self.array(at::VALUE + 4)),
            ),
            len => {
                let end = at::VALUE + usize::from(len);
                Place::Near(self.0.get(at::VALUE..end).unwrap_or_default())
            }
        }
    }

    pub(super) fn head(self) -> Head {
        Head {
            kind: self.kind(),
            confidence: self.byte(at::CONFIDENCE),
            basis: self.byte(at::BASIS),
            family: u16::from_le_bytes(self.array(at::FAMILY)),
            organisations: u16::from_le_bytes(self.array(at::ORGANISATIONS)),
            canary: u16::from_le_bytes(self.array(at::CANARY)),
            expires: u32::from_le_bytes(self.array(at::EXPIRES)),
            id: self.id(),
            leaf: self.leaf(),
        }
    }
}

fn set(cell: &mut [u8; SIZE], at: usize, bytes: &[u8]) {
    for (to, from) in cell.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

/// Writes an entry into an empty cell; it has no tag yet.
pub(super) fn write(cell: &mut [u8; SIZE], head: &Head, place: Place<'_>) {
    set(cell, at::LEAF, &head.leaf.to_le_bytes());
    set(cell, at::ID, &head.id.to_le_bytes());
    set(cell, at::EXPIRES, &head.expires.to_le_bytes());
    set(cell, at::FAMILY, &head.family.to_le_bytes());
    set(cell, at::ORGANISATIONS, &head.organisations.to_le_bytes());
    set(cell, at::CANARY, &head.canary.to_le_bytes());
    set(cell, at::KIND, &[head.kind, head.confidence, head.basis]);
    put(cell, place);
}

/// The value is here now.
pub(super) fn put(cell: &mut [u8; SIZE], place: Place<'_>) {
    match place {
        Place::Near(value) => {
            set(cell, at::LEN, &[u8::try_from(value.len()).unwrap_or(0)]);
            set(cell, at::VALUE, value);
        }
        Place::Far(place, len) => {
            set(cell, at::LEN, &[FAR]);
            set(cell, at::VALUE, &place.to_le_bytes());
            set(cell, at::VALUE + 4, &len.to_le_bytes());
        }
    }
}

/// A byte of its hash; from now on something is here.
pub(super) fn mark(cell: &mut [u8; SIZE], tag: u8) {
    set(cell, at::TAG, &[tag]);
}

/// Is it found by its number alone from now on?
pub(super) fn hide(cell: &mut [u8; SIZE], hidden: bool) {
    let kind = Cell(cell).kind();
    set(cell, at::KIND, &[if hidden { kind | HIDDEN } else { kind }]);
}
