//! What is known: indicators of compromise, where they came from, and an index to match them.
//!
//! [`read_indicators`] reads what threat-intelligence feeds publish (plain and hosts lists, CSV,
//! STIX 2.1, MISP), [`IndicatorIndex`] matches it. Bias: an indicator that would hit half the
//! internet is the feed's mistake; it is refused or set aside, with a reason that can be shown
//! ([`rails`]). A [`Pattern`] is how the conversations of a family go, a [`Throttle`] how much may go
//! to a victim. Failure choice: a line that cannot be read is counted and skipped, never fatal.
//! Nothing here opens files or reads a clock.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

pub mod rails;

mod date;
mod index;
mod indicator;
mod lore;
mod read;
mod shape;
mod throttle;
mod value;

pub use index::IndicatorIndex;
pub use indicator::{Indicator, IndicatorValue};
pub use lore::{Lore, Told};
pub use rails::{Refusal, Verdict};
pub use read::{Format, ReadSummary, Skip, read_indicators};
pub use shape::{
    LONGEST_MARK, Mark, Pattern, PatternIndex, Rungs, Shape, Transport, URI_LOOKED_AT,
    server_print, uri_form, without_values,
};
pub use throttle::Throttle;
pub use value::{defang, host_of, parse};
