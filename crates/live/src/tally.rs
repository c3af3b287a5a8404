//! Counts of what was tried and what came of it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::net::Trouble;

/// Counts that many threads add to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    tries: AtomicU64,
    answered: AtomicU64,
    no_name: AtomicU64,
    refused: AtomicU64,
    silent: AtomicU64,
    cut: AtomicU64,
    kept_back: AtomicU64,
}

/// What was tried, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Exchanges, questions, connections or packets that were tried; at the outside, heard.
    pub tries: u64,
    /// Those that were answered.
    pub answered: u64,
    /// Those whose server's name is not found.
    pub no_name: u64,
    /// Those that were refused: a closed port, an error from the network or the resolver.
    pub refused: u64,
    /// Those that nobody answered in time.
    pub silent: u64,
    /// Those that broke off in the middle.
    pub cut: u64,
    /// Those that were not sent: not allowed, or beyond a bound.
    pub kept_back: u64,
}

/// Counts of one bot, or of one door of the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The machine, or the address.
    pub who: String,
    /// The infection, or what is spoken.
    pub what: String,
    /// The kind of habit, or the port.
    pub kind: String,
    /// The counts.
    pub counts: Counts,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Real seconds that it took.
    pub seconds: f64,
    /// One row for each bot or door.
    pub rows: Vec<Row>,
}

// === impl Tally ===

impl Tally {
    /// Notes what came of a try; a try that the end of the run broke off is none.
    pub(crate) fn note<T>(&self, came: &Result<T, Trouble>) {
        let place = match came {
            Err(Trouble::Over) => return,
            Ok(_) => &self.answered,
            Err(Trouble::NoName) => &self.no_name,
            Err(Trouble::Refused) => &self.refused,
            Err(Trouble::Silent) => &self.silent,
            Err(Trouble::Cut) => &self.cut,
            Err(Trouble::Forbidden | Trouble::Spent) => &self.kept_back,
        };
        self.tries.fetch_add(1, Relaxed);
        place.fetch_add(1, Relaxed);
    }

    /// Notes a packet that nobody answers by its nature.
    pub(crate) fn sent(&self) {
        self.tries.fetch_add(1, Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            tries: self.tries.load(Relaxed),
            answered: self.answered.load(Relaxed),
            no_name: self.no_name.load(Relaxed),
            refused: self.refused.load(Relaxed),
            silent: self.silent.load(Relaxed),
            cut: self.cut.load(Relaxed),
            kept_back: self.kept_back.load(Relaxed),
        }
    }
}

// === impl Report ===

impl Report {
    /// All rows together.
    pub fn sum(&self) -> Counts {
        self.rows.iter().fold(Counts::default(), |sum, Row { counts: more, .. }| Counts {
            tries: sum.tries + more.tries,
            answered: sum.answered + more.answered,
            no_name: sum.no_name + more.no_name,
            refused: sum.refused + more.refused,
            silent: sum.silent + more.silent,
            cut: sum.cut + more.cut,
            kept_back: sum.kept_back + more.kept_back,
        })
    }
}
