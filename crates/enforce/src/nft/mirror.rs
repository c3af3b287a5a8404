//! What the kernel holds of ours, as we left it: while nobody else has changed nftables since, its
//! elements need not be read to know what is missing. Many thousands take tens of milliseconds to
//! read, in which nothing else is blocked.
//!
//! Bias: it answers only when nothing has to go and nothing to be renewed, for what elements have
//! counted is known to the kernel alone; and it is not believed for long, because the kernel's clock
//! is another.

use std::collections::BTreeMap;

use ostium_event::{Span, Timestamp};
use ostium_verdict::Target;

use super::reconcile::{SLACK, Wanted, is_right};

/// Elements are read after so long, whatever we believe.
const BELIEVED: Span = Span::from_secs(60);

/// What the kernel holds of ours, in each of our tables.
#[derive(Debug)]
pub(super) struct Mirror {
    read: Timestamp,
    ends: BTreeMap<Target, Timestamp>,
}

// === impl Mirror ===

impl Mirror {
    /// All that was wanted has just been found, or put there.
    pub(super) fn of(wanted: &Wanted, now: Timestamp) -> Self {
        let end = |(target, secs): (&Target, &u64)| (target.clone(), now.plus(span(*secs)));
        Self { read: now, ends: wanted.iter().map(end).collect() }
    }

    /// This was put there; `None` when it was there before, for then the kernel may keep its end.
    pub(super) fn with(mut self, target: &Target, until: Timestamp) -> Option<Self> {
        self.ends.insert(target.clone(), until).is_none().then_some(self)
    }

    /// This was taken away.
    pub(super) fn remove(&mut self, target: &Target) {
        self.ends.remove(target);
    }

    /// What of `wanted` is missing, if that is all there is to do; `None` when the kernel has to be
    /// asked.
    pub(super) fn missing<'a>(
        &self,
        wanted: &'a Wanted,
        now: Timestamp,
    ) -> Option<Vec<(&'a Target, u64)>> {
        if now < self.read || now.since(self.read) >= BELIEVED {
            return None;
        }
        for (target, end) in &self.ends {
            let left = end.since(now).secs();
            // What ends about now may be there or not.
            if left <= SLACK || !wanted.get(target).is_some_and(|secs| is_right(left, *secs)) {
                return None;
            }
        }
        let missing = wanted.iter().filter(|(target, _)| !self.ends.contains_key(*target));
        Some(missing.map(|(target, secs)| (target, *secs)).collect())
    }
}

const fn span(secs: u64) -> Span {
    Span::from_secs(secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn at(secs: u64) -> Timestamp {
        NOW.plus(span(secs))
    }

    fn wanted(all: &[(&str, u64)]) -> Wanted {
        all.iter().map(|(text, secs)| (text.parse().unwrap(), *secs)).collect()
    }

    #[test]
    fn what_is_missing_is_told_and_all_else_asks_the_kernel() {
        let day = wanted(&[("198.51.100.1", 86_400), ("198.51.100.2", 3_600)]);
        let mirror = Mirror::of(&day, NOW);
        let missing = |wanted: &Wanted, now| {
            mirror.missing(wanted, now).map(|all| all.into_iter().map(|(_, secs)| secs).collect())
        };
        assert_eq!(missing(&day, NOW), Some(vec![]));
        let more =
            wanted(&[("198.51.100.1", 86_390), ("198.51.100.2", 3_590), ("198.51.100.3", 60)]);
        assert_eq!(missing(&more, at(10)), Some(vec![60]));
        // Something has to go, to be renewed, or was not looked at for long.
        assert_eq!(missing(&wanted(&[("198.51.100.1", 86_400)]), NOW), None);
        let renewed = wanted(&[("198.51.100.1", 86_400), ("198.51.100.2", 7_200)]);
        assert_eq!(missing(&renewed, NOW), None::<Vec<u64>>);
        assert_eq!(missing(&day, at(60)), None);
        assert_eq!(missing(&day, Timestamp::from_secs(1_799_999_999)), None);
    }

    #[test]
    fn what_ends_about_now_is_asked_of_the_kernel() {
        let brief = wanted(&[("198.51.100.1", 20)]);
        let mirror = Mirror::of(&brief, NOW);
        let left = |secs| wanted(&[("198.51.100.1", secs)]);
        assert!(mirror.missing(&left(15), at(5)).is_some());
        assert!(mirror.missing(&left(2), at(18)).is_none());
        assert!(mirror.missing(&Wanted::new(), at(21)).is_none());
    }

    #[test]
    fn hot_blocks_and_releases_are_followed() {
        let hot: Target = "198.51.100.7".parse().unwrap();
        let mut mirror = Mirror::of(&Wanted::new(), NOW).with(&hot, at(600)).unwrap();
        let both = wanted(&[("198.51.100.7", 599)]);
        assert_eq!(mirror.missing(&both, at(1)), Some(vec![]));
        mirror.remove(&hot);
        assert_eq!(mirror.missing(&both, at(1)).map(|all| all.len()), Some(1));
        // Whether the kernel gave it another end is not known.
        let mirror = Mirror::of(&both, NOW);
        assert!(mirror.with(&hot, at(86_400)).is_none());
    }
}
