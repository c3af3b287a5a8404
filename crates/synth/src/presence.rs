//! When a person is at a machine: office hours, evenings, weekends, days off.

use ostium_event::{Span, Timestamp};

use crate::rng::{Rng, mix};

/// Hours of the week at which a person is there. Plain data: the days themselves follow from
/// chance that belongs to the machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Presence {
    /// Monday to Sunday.
    pub days: [bool; 7],
    /// From when, after midnight at the place.
    pub from: Span,
    /// Until when, after midnight at the place; may be past the next midnight.
    pub to: Span,
    /// By how much a day's beginning and end vary to either side.
    pub spread: Span,
    /// Share of days off, 0 to 1.
    pub absent: f64,
    /// Seconds that the place is ahead of UTC.
    pub zone: i64,
}

const DAY: i64 = 86_400;
/// Days looked ahead for the next one that is no day off.
const AHEAD: i64 = 60;

// === impl Presence ===

impl Presence {
    /// Monday to Friday, nine hours, give or take.
    pub const fn office(zone: i64) -> Self {
        Self {
            days: [true, true, true, true, true, false, false],
            from: Span::from_secs(8 * 3600 + 1800),
            to: Span::from_secs(17 * 3600 + 1800),
            spread: Span::from_secs(2700),
            absent: 0.08,
            zone,
        }
    }

    /// Every evening of the week.
    pub const fn evening(zone: i64) -> Self {
        Self {
            days: [true; 7],
            from: Span::from_secs(17 * 3600),
            to: Span::from_secs(23 * 3600),
            spread: Span::from_secs(4500),
            absent: 0.1,
            zone,
        }
    }

    /// From when to when the person of a machine is there: the span that holds `at`, or else the
    /// next one; `None` when there is none for months.
    pub(crate) fn window(&self, seed: u64, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let local = at.secs() as i64 + self.zone;
        let today = local.div_euclid(DAY);
        // The evening before may last past midnight.
        let mut days = today - 1..today + AHEAD;
        days.find_map(|day| self.day(seed, day).filter(|(_, to)| *to > at))
    }

    /// The hours of one day since 1970, in local time.
    fn day(&self, seed: u64, day: i64) -> Option<(Timestamp, Timestamp)> {
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3).rem_euclid(7) as usize;
        let mut rng = Rng::new(mix(seed ^ mix(day as u64)));
        let off = rng.chance(self.absent);
        if off || !self.days.get(weekday).copied().unwrap_or(false) {
            return None;
        }
        let spread = self.spread.secs_f64();
        let mut at = |after: Span| {
            let seconds = (day * DAY - self.zone) as f64 + after.secs_f64();
            Timestamp::from_secs_f64(seconds + rng.between(-spread, spread))
        };
        let (from, to) = (at(self.from), at(self.to));
        (from < to).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-09-14, a Monday, at midnight in UTC.
    const MONDAY: u64 = 1_789_344_000;

    fn at(day: u64, hour: u64) -> Timestamp {
        Timestamp::from_secs(MONDAY + day * 86_400 + hour * 3600)
    }

    #[test]
    fn an_office_is_empty_at_night_and_on_sunday() {
        let office = Presence { absent: 0.0, ..Presence::office(0) };
        for seed in 0..50 {
            let (from, to) = office.window(seed, at(0, 12)).unwrap();
            assert!(from < at(0, 10) && to > at(0, 16), "there on Monday at noon");
            let (from, _) = office.window(seed, at(0, 22)).unwrap();
            assert!(from > at(1, 7) && from < at(1, 10), "back on Tuesday");
            let (from, _) = office.window(seed, at(4, 23)).unwrap();
            assert!(from > at(7, 7) && from < at(7, 10), "away from Friday to Monday");
        }
    }

    #[test]
    fn zones_shift_the_day() {
        let office = |zone| Presence { absent: 0.0, spread: Span::ZERO, ..Presence::office(zone) };
        let (from, _) = office(2 * 3600).window(1, at(0, 0)).unwrap();
        assert_eq!(from, Timestamp::from_secs(MONDAY + 6 * 3600 + 1800));
        let (from, _) = office(-8 * 3600).window(1, at(0, 12)).unwrap();
        assert_eq!(from, Timestamp::from_secs(MONDAY + 16 * 3600 + 1800));
    }

    #[test]
    fn days_off_differ_by_machine_and_an_evening_may_pass_midnight() {
        let office = Presence { absent: 0.5, ..Presence::office(0) };
        let there = |seed| office.window(seed, at(0, 12)).unwrap().0 < at(0, 12);
        let count = (0..200).filter(|seed| there(*seed)).count();
        assert!((70..130).contains(&count), "{count}");
        let late = Presence {
            to: Span::from_secs(26 * 3600),
            spread: Span::ZERO,
            absent: 0.0,
            ..Presence::evening(0)
        };
        let (from, to) = late.window(1, at(1, 1)).unwrap();
        assert_eq!((from, to), (at(0, 17), at(1, 2)));
        let never = Presence { days: [false; 7], ..Presence::office(0) };
        assert_eq!(never.window(1, at(0, 0)), None);
    }
}
