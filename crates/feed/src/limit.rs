//! How much one frame may hold: a reader refuses more before it looks inside.

/// No signed body and no part of a snapshot is longer, in bytes.
pub const LONGEST_BODY: usize = 1 << 20;
/// No delta changes more entries.
pub const MOST_OPS: usize = 10_000;
/// No snapshot has more parts: 16 GiB at most, and 512 KiB of hashes.
pub const MOST_PARTS: usize = 16_384;
/// No entry is longer, in bytes.
pub(crate) const LONGEST_ENTRY: usize = 4_096;
/// A part of a snapshot is closed when it has grown to this.
pub(crate) const PART: usize = 256 << 10;
/// A statement from further in the future is refused: clocks differ, not by so much.
pub(crate) const AHEAD_MS: u64 = 5 * 60 * 1000;
