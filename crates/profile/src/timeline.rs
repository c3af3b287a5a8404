//! When something happened, as counts over time in constant memory.
//!
//! Buckets lie on the grid of their width, which is a power of two in seconds and doubles when the
//! times no longer fit. So the counts depend on the times alone, never on the order in which they
//! came. Bias: a full bucket stays full.

use ostium_event::{Span, Timestamp};

/// Buckets; once a width was doubled, at least half of them are in use.
const BUCKETS: usize = 48;

/// Counts over time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Timeline {
    #[serde(with = "crate::keep::array")]
    counts: [u16; BUCKETS],
    /// Buckets in use: the first and the last of them are not empty.
    #[serde(deserialize_with = "used")]
    used: u8,
    /// A bucket is two to this power seconds wide.
    #[serde(deserialize_with = "shift")]
    shift: u8,
    /// Place of the first bucket on the grid.
    #[serde(deserialize_with = "first")]
    first: u64,
}

/// Times are 64 bits of nanoseconds, less than 2^35 seconds: no sound timeline is beyond.
const MOST_BITS: u8 = 35;

/// Kept bytes that were damaged are refused here, for nothing counts with such numbers later.
fn at_most<'de, D, T>(from: D, most: T) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de> + PartialOrd,
{
    let read = T::deserialize(from)?;
    if read <= most { Ok(read) } else { Err(serde::de::Error::custom("no timeline")) }
}

fn used<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    at_most(from, BUCKETS as u8)
}

fn shift<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    at_most(from, MOST_BITS)
}

fn first<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    at_most(from, 1 << MOST_BITS)
}

// === impl Timeline ===

impl Default for Timeline {
    fn default() -> Self {
        Self { counts: [0; BUCKETS], used: 0, shift: 0, first: 0 }
    }
}

impl Timeline {
    /// Adds a time.
    pub fn add(&mut self, at: Timestamp) {
        let mut place = at.secs() >> self.shift;
        // Mostly there is a bucket already.
        if place.wrapping_sub(self.first) < u64::from(self.used)
            && let Some(count) = self.counts.get_mut((place - self.first) as usize)
        {
            *count = count.saturating_add(1);
            return;
        }
        if self.used == 0 {
            (self.first, self.used) = (place, 1);
        }
        while self.span_with(place) > BUCKETS as u64 {
            self.coarsen();
            place >>= 1;
        }
        let used = self.span_with(place) as usize;
        if place < self.first {
            // What lies behind the last bucket is empty, and comes round to the front.
            self.counts.rotate_right((self.first - place) as usize);
            self.first = place;
        }
        self.used = used as u8;
        if let Some(count) = self.counts.get_mut((place - self.first) as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// When the first bucket begins.
    pub const fn start(&self) -> Timestamp {
        // Both are bounded, but together may be beyond the end of time.
        Timestamp::from_secs(self.first.saturating_mul(1 << self.shift))
    }

    /// How wide each bucket is.
    pub const fn width(&self) -> Span {
        Span::from_secs(1 << self.shift)
    }

    /// The counts, from the first bucket that holds something to the last.
    pub fn counts(&self) -> &[u16] {
        self.counts.get(..usize::from(self.used)).unwrap_or_default()
    }

    /// Looks at the lines of memory that the next time needs; the number means nothing.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        let last = self.counts.get(usize::from(self.used)).copied().unwrap_or_default();
        self.first ^ u64::from(last)
    }

    /// Buckets from the first to the last, were this place in use too.
    fn span_with(&self, place: u64) -> u64 {
        let last = self.first + u64::from(self.used) - 1;
        last.max(place) - self.first.min(place) + 1
    }

    /// Doubles the width.
    fn coarsen(&mut self) {
        let first = self.first >> 1;
        // Pairs begin on the grid: of an odd first bucket the other half is empty, as is all behind
        // the last.
        let mut padded = [0u16; BUCKETS + 2];
        let odd = usize::from(self.first & 1 == 1);
        if let Some(room) = padded.get_mut(odd..odd + BUCKETS) {
            room.copy_from_slice(&self.counts);
        }
        let mut counts = [0u16; BUCKETS];
        let (pairs, _) = padded.as_chunks::<2>();
        for (sum, [a, b]) in counts.iter_mut().zip(pairs) {
            *sum = a.saturating_add(*b);
        }
        let last = (self.first + u64::from(self.used) - 1) >> 1;
        (self.used, self.first) = ((last - first + 1) as u8, first);
        self.shift += 1;
        self.counts = counts;
    }
}
