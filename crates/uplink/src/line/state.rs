//! How a line is, for whoever asks.

use std::collections::BTreeMap;

/// How a line to a hub is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineState {
    /// Host and port of the hub.
    pub hub: String,
    /// The organisation, as the hub calls it.
    pub organisation: String,
    /// This sensor, as the hub calls it.
    pub sensor: String,
    /// Is it open?
    pub open: bool,
    /// Why it is not, or what was wrong last.
    pub trouble: Option<String>,
    /// Entries of the set.
    pub entries: u64,
    /// Which history of the feed.
    pub epoch: u64,
    /// Deltas of it that were taken.
    pub seq: u64,
    /// Until when the hub's word holds, in milliseconds since 1970; then the set is stale.
    pub fresh_until_ms: u64,
    /// Reports that the hub has.
    pub durable: u64,
    /// Reports that wait in the spool.
    pub waiting: u64,
    /// Reports that the spool had no room for, ever.
    pub lost: u64,
    /// Reports that were let go before they were in the spool, since the start.
    pub dropped: u64,
    /// Reports that the hub refused for good, since the start; and why, last.
    pub refused: u64,
    /// See `refused`.
    pub why: String,
    /// Frames that were not believed, by the name of the refusal.
    pub refusals: BTreeMap<&'static str, u64>,
    /// How often the line was opened.
    pub opened: u64,
}
