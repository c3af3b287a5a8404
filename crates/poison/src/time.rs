//! The calendar of a run.

use ostium_event::{Span, Timestamp};

/// When every run begins, in event time.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// So many days into the run.
pub(crate) fn day(days: f64) -> Timestamp {
    START.plus(Span::from_secs_f64(days * 86_400.0))
}

pub(crate) const fn days(days: u64) -> Span {
    Span::from_secs(days * 86_400)
}

pub(crate) const fn hours(hours: u64) -> Span {
    Span::from_secs(hours * 3_600)
}

pub(crate) const fn minutes(minutes: u64) -> Span {
    Span::from_secs(minutes * 60)
}
