//! The commonest sizes of what a host sends (space-saving sketch, Metwally et al. 2005).

const SLOTS: usize = 8;

/// Counts of the eight commonest sizes.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Sizes {
    slots: [(u32, u32); SLOTS],
    total: u32,
}

// === impl Sizes ===

impl Sizes {
    /// Adds a size in bytes.
    pub fn add(&mut self, bytes: u64) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.total = self.total.saturating_add(1);
        if let Some(slot) = self.slots.iter_mut().find(|(size, n)| *size == bytes && *n > 0) {
            slot.1 = slot.1.saturating_add(1);
        } else if let Some(slot) = self.slots.iter_mut().min_by_key(|(_, n)| *n) {
            *slot = (bytes, slot.1.saturating_add(1));
        }
    }

    /// Share of the two commonest sizes; 0 when there are none.
    pub fn top2(&self) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        let mut counts = self.slots.map(|(_, n)| n);
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let [first, second, ..] = counts;
        f64::from(first.saturating_add(second)).min(f64::from(self.total)) / f64::from(self.total)
    }

    /// The commonest size in bytes.
    pub fn commonest(&self) -> u32 {
        self.slots.iter().max_by_key(|(_, n)| *n).map_or(0, |(size, _)| *size)
    }

    /// Looks at its lines of memory; the number means nothing.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        let [first, .., last] = self.slots;
        u64::from(first.0 ^ last.0 ^ self.total)
    }

    /// Sizes added.
    pub const fn total(&self) -> u32 {
        self.total
    }
}
