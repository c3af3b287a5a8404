//! What happened last, for people who ask; and one line each on standard error.
//!
//! A flood of events is no flood of lines: the same about the same is told once an hour, and of one
//! kind a hundred a minute, with the number of those left out.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use ostium_event::{Span, Timestamp};
use ostium_sensor_api::{Matter, NewsRow};
use ostium_verdict::Target;

use crate::voice::Voice;

/// Who hears news as they happen.
pub type Listener = Box<dyn Fn(&NewsRow) + Send>;

/// The latest pieces of news.
#[derive(Default)]
pub(crate) struct News {
    rows: VecDeque<NewsRow>,
    /// Says them on standard error too.
    pub(crate) voice: Option<Voice>,
    /// Hears them too.
    pub(crate) told_to: Option<Listener>,
    /// When what was told last, by a hash of it.
    told: HashMap<u64, Timestamp>,
    hasher: RandomState,
    /// By kind: since when it is counted, how many were told, and how many left out.
    minutes: HashMap<Matter, (Timestamp, u32, u64)>,
}

/// Pieces kept.
const KEPT: usize = 500;
/// The same is no news for so long.
const AGAIN: Span = Span::from_secs(3600);
/// Pieces remembered for that.
const REMEMBERED: usize = 4096;
/// Of one kind so many are told in a minute.
const A_MINUTE: u32 = 100;
const MINUTE: Span = Span::from_secs(60);

// === impl News ===

impl News {
    /// Something happened.
    pub(crate) fn tell(
        &mut self,
        at: Timestamp,
        matter: Matter,
        target: Option<&Target>,
        said: impl Into<String>,
    ) {
        let said = said.into();
        if self.is_known(at, matter, target, &said) {
            return;
        }
        let (since, told, left) = self.minutes.entry(matter).or_insert((at, 0, 0));
        if at.since(*since) >= MINUTE || at < *since {
            let missed = std::mem::take(left);
            (*since, *told) = (at, 0);
            if missed > 0 {
                let said = format!("and {missed} more of the kind within a minute");
                self.add(NewsRow { at: at.secs(), matter, target: None, said });
            }
        }
        let Some((_, told, left)) = self.minutes.get_mut(&matter) else {
            return;
        };
        if *told >= A_MINUTE {
            *left += 1;
            return;
        }
        *told += 1;
        self.add(NewsRow { at: at.secs(), matter, target: target.cloned(), said });
    }

    fn add(&mut self, row: NewsRow) {
        if let Some(voice) = &self.voice {
            voice.say(&row.said);
        }
        if let Some(told_to) = &self.told_to {
            told_to(&row);
        }
        self.rows.push_front(row);
        self.rows.truncate(KEPT);
    }

    /// Was it told not long ago? What is not blocked is told by its target alone, because the reason
    /// holds numbers that change; what was done is always told.
    fn is_known(
        &mut self,
        at: Timestamp,
        matter: Matter,
        target: Option<&Target>,
        said: &str,
    ) -> bool {
        let key = match matter {
            Matter::Held | Matter::Refused => self.hasher.hash_one((matter, target)),
            Matter::Contact | Matter::Reset => self.hasher.hash_one((matter, target, said)),
            Matter::Infected | Matter::Blocked | Matter::Ended | Matter::Sensor | Matter::Told => {
                return false;
            }
        };
        if self.told.len() >= REMEMBERED {
            self.told.clear();
        }
        let before = self.told.get(&key).copied();
        let known = before.is_some_and(|before| at >= before && at.since(before) < AGAIN);
        if !known {
            self.told.insert(key, at);
        }
        known
    }

    /// The latest, the last first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &NewsRow> {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000 + secs)
    }

    #[test]
    fn the_same_is_told_once_an_hour_whatever_its_numbers() {
        let mut news = News::default();
        let target: Target = "198.51.100.7".parse().unwrap();
        for second in 0..3600 {
            let said = format!("it concerns {second} hosts");
            news.tell(at(second), Matter::Held, Some(&target), said);
            news.tell(at(second), Matter::Contact, Some(&target), "a host calls");
        }
        assert_eq!(news.rows().count(), 2);
        news.tell(at(3600), Matter::Contact, Some(&target), "a host calls");
        news.tell(at(3600), Matter::Blocked, Some(&target), "blocked");
        news.tell(at(3600), Matter::Blocked, Some(&target), "blocked");
        assert_eq!(news.rows().count(), 5, "what was done is always told");
    }

    #[test]
    fn a_flood_of_callers_is_counted_not_told() {
        let mut news = News::default();
        for caller in 0..100_000u64 {
            news.tell(at(caller / 10_000), Matter::Contact, None, format!("{caller} calls"));
        }
        assert_eq!(news.rows().count(), 100);
        assert!(news.told.len() <= REMEMBERED);
        news.tell(at(70), Matter::Contact, None, "one more");
        assert!(news.rows().any(|row| row.said == "and 99900 more of the kind within a minute"));
        news.tell(at(0), Matter::Contact, None, "a clock that jumped back");
        assert_eq!(news.rows().next().unwrap().said, "a clock that jumped back");
    }
}
