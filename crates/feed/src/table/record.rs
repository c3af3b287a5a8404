//! Entries as bytes, one after the other, in pieces: what is known of a value lies before it, so
//! that who finds a value has waited for memory once.

/// Bytes of one piece; no record crosses from one to the next.
const PIECE: usize = 1 << 20;
/// Bytes before the value.
const HEAD: usize = 40;
/// Records begin at multiples of this, so that 32 bits count 16 gigabytes.
const UNIT: usize = 4;

/// What is known of a value. `family` is a number of the table's, 0 for none.
#[derive(Clone, Copy, Debug)]
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

/// A record where it lies: two bytes of length, one of kind, one that says that it is used, and
/// the rest in the order of [`Records::push`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a>(&'a [u8]);

/// All records. What is freed is only counted, until somebody moves the rest together.
#[derive(Debug, Default)]
pub(super) struct Records {
    pieces: Vec<Vec<u8>>,
    dead: usize,
    live: usize,
}

// === impl Record ===

impl<'a> Record<'a> {
    fn array<const N: usize>(self, at: usize) -> [u8; N] {
        let bytes = self.0.get(at..).and_then(|rest| rest.first_chunk::<N>());
        bytes.copied().unwrap_or([0; N])
    }

    fn len(self) -> usize {
        usize::from(u16::from_le_bytes(self.array(0)))
    }

    pub(super) fn kind(self) -> u8 {
        let [kind] = self.array(2);
        kind
    }

    fn is_used(self) -> bool {
        self.array(3) == [1]
    }

    pub(super) fn id(self) -> u64 {
        u64::from_le_bytes(self.array(16))
    }

    pub(super) fn leaf(self) -> u128 {
        u128::from_le_bytes(self.array(24))
    }

    pub(super) fn value(self) -> &'a [u8] {
        self.0.get(HEAD..HEAD + self.len()).unwrap_or_default()
    }

    pub(super) fn head(self) -> Head {
        let [confidence, basis] = self.array(4);
        Head {
            kind: self.kind(),
            confidence,
            basis,
            family: u16::from_le_bytes(self.array(6)),
            organisations: u16::from_le_bytes(self.array(8)),
            canary: u16::from_le_bytes(self.array(10)),
            expires: u32::from_le_bytes(self.array(12)),
            id: self.id(),
            leaf: self.leaf(),
        }
    }
}

const fn size(value: usize) -> usize {
    (HEAD + value).next_multiple_of(UNIT)
}

// === impl Records ===

impl Records {
    pub(super) const EMPTY: Self = Self { pieces: Vec::new(), dead: 0, live: 0 };

    /// Where the record is now; `None` when there are sixteen gigabytes of them, or the value is
    /// longer than any.
    pub(super) fn push(&mut self, head: &Head, value: &[u8]) -> Option<u32> {
        let (len, size) = (u16::try_from(value.len()).ok()?, size(value.len()));
        let fits = |last: &Vec<u8>| last.len() + size <= PIECE;
        if !self.pieces.last().is_some_and(fits) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let last = self.pieces.last_mut()?;
        let place = u32::try_from((before + last.len()) / UNIT).ok()?;
        let end = last.len() + size;
        last.extend_from_slice(&len.to_le_bytes());
        last.extend_from_slice(&[head.kind, 1, head.confidence, head.basis]);
        last.extend_from_slice(&head.family.to_le_bytes());
        last.extend_from_slice(&head.organisations.to_le_bytes());
        last.extend_from_slice(&head.canary.to_le_bytes());
        last.extend_from_slice(&head.expires.to_le_bytes());
        last.extend_from_slice(&head.id.to_le_bytes());
        last.extend_from_slice(&head.leaf.to_le_bytes());
        last.extend_from_slice(value);
        last.resize(end, 0);
        self.live += size;
        Some(place)
    }

    pub(super) fn get(&self, place: u32) -> Option<Record<'_>> {
        let at = place as usize * UNIT;
        self.pieces.get(at / PIECE)?.get(at % PIECE..).map(Record)
    }

    /// Nobody asks for this record again.
    pub(super) fn free(&mut self, place: u32) {
        let at = place as usize * UNIT;
        let Some(size) = self.get(place).map(|record| size(record.len())) else { return };
        let used = self.pieces.get_mut(at / PIECE).and_then(|piece| piece.get_mut(at % PIECE + 3));
        if let Some(used) = used {
            *used = 0;
            self.dead += size;
            self.live = self.live.saturating_sub(size);
        }
    }

    /// Is more freed than used?
    pub(super) const fn is_sparse(&self) -> bool {
        self.dead > self.live + PIECE
    }

    /// All that are used.
    pub(super) fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        self.pieces
            .iter()
            .flat_map(|piece| {
                let mut rest = piece.as_slice();
                std::iter::from_fn(move || {
                    let record = Record(Some(rest).filter(|rest| !rest.is_empty())?);
                    rest = rest.get(size(record.len())..).unwrap_or_default();
                    Some(record)
                })
            })
            .filter(|record| record.is_used())
    }

    pub(super) fn bytes(&self) -> usize {
        self.pieces.len() * PIECE
    }
}
