//! The numbers of all runs, as a table.

use serde::{Serialize, Serializer};

use crate::Attack;
use crate::outcome::Outcome;

/// What came out of all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// The kind of this document.
    pub schema: &'static str,
    /// Worlds for each row that were played to their end.
    pub seeds: u64,
    /// Days of each world.
    pub days: u64,
    /// Honest organisations.
    pub organisations: u32,
    /// The share of them that is vouched for.
    pub vouched: f64,
    /// One row for each attack and number of liars.
    pub rows: Vec<Row>,
    /// It was interrupted: rows are missing.
    pub partial: bool,
}

/// One attack by so many liars, over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What they do.
    pub attack: Attack,
    /// How many.
    pub liars: u32,
    /// Values on a rail that were published.
    pub on_rails: u32,
    /// True controllers confirmed, of those that two vouched organisations in two networks saw.
    pub confirmed: Share,
    /// Minutes from then to their publication.
    pub minutes: Spread,
    /// The share of their lives from then on in which they stood published.
    #[serde(serialize_with = "rounded")]
    pub covered: f64,
    /// Harmless values published, of those that liars aimed at.
    pub published: Share,
    /// Honest members whose own use was blocked, for each published harmless value.
    pub hit: Spread,
    /// Hours of their hosts without it.
    pub host_hours: Spread,
    /// Hours that a published harmless value in use at honest members stood.
    pub stood: Spread,
    /// Of these, those that stood at the end of the run.
    pub stands: Share,
    /// Patterns that stood in earnest and match no harmless program.
    pub patterns: u32,
    /// Patterns that stood in earnest and match a harmless program of the world.
    pub wrong_patterns: u32,
    /// Patterns that match a harmless program and stood for show.
    pub shown_patterns: u32,
    /// Victims that had a rate.
    pub throttled: u32,
    /// Of these, those whose rate was below what an ordinary client needs.
    pub starved: u32,
    /// Harmless addresses published in earnest because of names or contacts.
    pub wrong_addresses: u32,
    /// The most cases that the hub held, and the most that waited for the next minute.
    pub most_cases: usize,
    /// See `most_cases`.
    pub most_waiting: usize,
}

/// A share with its interval: Wilson, 95 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// So many.
    pub count: u32,
    /// Of so many.
    pub of: u32,
    /// Not less than this share of all such worlds.
    #[serde(serialize_with = "rounded")]
    pub low: f64,
    /// Not more.
    #[serde(serialize_with = "rounded")]
    pub high: f64,
}

/// Where numbers lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many numbers; the others are 0 without any.
    pub count: u32,
    /// The least.
    #[serde(serialize_with = "rounded")]
    pub least: f64,
    /// Half are not more.
    #[serde(serialize_with = "rounded")]
    pub median: f64,
    /// The most.
    #[serde(serialize_with = "rounded")]
    pub most: f64,
}

/// The quantile of a normal distribution for 95 %.
const Z: f64 = 1.96;

// === impl Share ===

impl Share {
    /// So many of so many (Wilson, 1927).
    pub fn new(count: u32, of: u32) -> Self {
        if of == 0 {
            return Self { count, of, low: 0.0, high: 1.0 };
        }
        let (n, p) = (f64::from(of), f64::from(count) / f64::from(of));
        let (z2, wide) = (Z * Z, 1.0 + Z * Z / n);
        let middle = (p + z2 / (2.0 * n)) / wide;
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / wide;
        Self { count, of, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }

    /// The share itself; 0 of nothing.
    pub fn value(&self) -> f64 {
        f64::from(self.count) / f64::from(self.of.max(1))
    }
}

// === impl Spread ===

impl Spread {
    fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let at = |index: usize| numbers.get(index).copied().unwrap_or_default();
        Self {
            count: u32::try_from(numbers.len()).unwrap_or(u32::MAX),
            least: at(0),
            median: at(numbers.len().saturating_sub(1) / 2),
            most: at(numbers.len().saturating_sub(1)),
        }
    }
}

// === impl Row ===

impl Row {
    pub(crate) fn new(attack: Attack, liars: u32, sum: Outcome) -> Self {
        let used = u32::try_from(sum.stood.len()).unwrap_or(u32::MAX);
        Self {
            attack,
            liars,
            on_rails: sum.on_rails,
            confirmed: Share::new(sum.confirmed, sum.due),
            minutes: Spread::of(sum.minutes),
            covered: if sum.lived > 0.0 { sum.covered / sum.lived } else { 0.0 },
            published: Share::new(sum.published, sum.aims),
            hit: Spread::of(sum.hit),
            host_hours: Spread::of(sum.host_hours),
            stood: Spread::of(sum.stood),
            stands: Share::new(sum.stands, used),
            patterns: sum.patterns,
            wrong_patterns: sum.wrong_patterns,
            shown_patterns: sum.shown_patterns,
            throttled: sum.throttled,
            starved: sum.starved,
            wrong_addresses: sum.wrong_addresses,
            most_cases: sum.most_cases,
            most_waiting: sum.most_waiting,
        }
    }
}

/// Three digits after the point: the last ones of a logarithm differ between machines.
fn rounded<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((value * 1_000.0).round() / 1_000.0)
}
