//! Hours as scenarios write them: a word, or a table.

use ostium_event::Span;
use serde::Deserialize;
use serde::de::Error;

use crate::presence::Presence;

/// When a person is at the machines of a group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"always\", \"office\", \"evening\", or a table with days, from, to, spread and absent"
)]
pub(super) enum Hours {
    #[default]
    Unset,
    Word(Word),
    Table(Table),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Word {
    Always,
    Office,
    Evening,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(default)]
    days: Days,
    from: Clock,
    to: Clock,
    #[serde(default)]
    spread: Span,
    #[serde(default)]
    absent: f64,
}

/// A list of days of the week.
#[derive(Clone, Debug)]
struct Days([bool; 7]);

/// A time of day.
#[derive(Clone, Copy, Debug)]
struct Clock(Span);

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

// === impl Hours ===

impl Hours {
    /// `None` is always. `zone` is how many seconds the place is ahead of UTC.
    pub(super) fn presence(&self, zone: i64) -> Option<Presence> {
        match self {
            Self::Unset | Self::Word(Word::Always) => None,
            Self::Word(Word::Office) => Some(Presence::office(zone)),
            Self::Word(Word::Evening) => Some(Presence::evening(zone)),
            Self::Table(table) => {
                let (from, mut to) = (table.from.0, table.to.0);
                if to <= from {
                    to = Span::from_nanos(to.nanos() + Span::from_secs(86_400).nanos());
                }
                let Table { spread, absent, .. } = *table;
                Some(Presence { days: table.days.0, from, to, spread, absent, zone })
            }
        }
    }
}

// === impl Days ===

impl Default for Days {
    fn default() -> Self {
        Self([true; 7])
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bad = || {
            let names = NAMES.join(", ");
            D::Error::custom(format!("'{text}' are no days; write mon-fri or sat,sun ({names})"))
        };
        let number = |name: &str| NAMES.iter().position(|n| *n == name.trim()).ok_or_else(bad);
        let mut days = [false; 7];
        for part in text.split(',') {
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(part)?, number(part)?),
            };
            for step in 0..=(last + 7 - first) % 7 {
                if let Some(day) = days.get_mut((first + step) % 7) {
                    *day = true;
                }
            }
        }
        Ok(Self(days))
    }
}

// === impl Clock ===

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bad = || D::Error::custom(format!("'{text}' is no time of day; write it as 08:30"));
        let (hours, minutes) = text.split_once(':').ok_or_else(bad)?;
        let (hours, minutes): (u64, u64) =
            (hours.parse().map_err(|_| bad())?, minutes.parse().map_err(|_| bad())?);
        match hours <= 24 && minutes < 60 {
            true => Ok(Self(Span::from_secs(hours * 3600 + minutes * 60))),
            false => Err(bad()),
        }
    }
}
