//! What one shard counted.

use ostium_detect::Visible;
use ostium_event::Timestamp;

/// Numbers of one shard, summed in shard order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) flows: u64,
    pub(crate) events: u64,
    pub(crate) duplicates: u64,
    pub(crate) flows_evicted: u64,
    pub(crate) segments_evicted: u64,
    pub(crate) fragments_evicted: u64,
    pub(crate) parsers_evicted: u64,
    pub(crate) transit: u64,
    pub(crate) rows_malformed: u64,
    pub(crate) visible: Visible,
    pub(crate) span: Option<(Timestamp, Timestamp)>,
}

// === impl Counters ===

impl Counters {
    pub(crate) fn at(&mut self, at: Timestamp) {
        self.span = Some(match self.span {
            Some((first, last)) => (first.min(at), last.max(at)),
            None => (at, at),
        });
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.flows += other.flows;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.flows_evicted += other.flows_evicted;
        self.segments_evicted += other.segments_evicted;
        self.fragments_evicted += other.fragments_evicted;
        self.parsers_evicted += other.parsers_evicted;
        self.transit += other.transit;
        self.rows_malformed += other.rows_malformed;
        self.visible.merge(&other.visible);
        for at in other.span.into_iter().flat_map(|(first, last)| [first, last]) {
            self.at(at);
        }
    }

    /// What was let go, by reason, where there was any.
    pub(crate) fn dropped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("duplicate_packet", self.duplicates),
            ("flow_evicted", self.flows_evicted),
            ("segment_evicted", self.segments_evicted),
            ("fragment_evicted", self.fragments_evicted),
            ("parser_evicted", self.parsers_evicted),
            ("neither_end_inside", self.transit),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}
