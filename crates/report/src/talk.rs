//! What is told of a conversation that evidence is about.

use ostium_event::{Span, Timestamp};
use ostium_evidence::Peer;
use ostium_intel::Shape;

use crate::document::{ConversationRow, IntervalsRow, TimelineRow};
use crate::text::{clock, escape, rounded};

/// A conversation that evidence is about.
#[derive(Clone, Debug)]
pub struct Talk {
    /// Its identity within the host, as evidence names it.
    pub id: u64,
    /// The other end.
    pub peer: Peer,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// Connections and requests that the host began.
    pub starts: u32,
    /// Payload sent and received, where a flow has ended.
    pub bytes: Option<(u64, u64)>,
    /// When it was active.
    pub activity: Option<Activity>,
    /// How long it waited in between.
    pub intervals: Option<Intervals>,
    /// How it goes, whatever address it goes to, if it shows that.
    pub shape: Option<Box<Shape>>,
}

/// Counts over time.
#[derive(Clone, Debug)]
pub struct Activity {
    /// When the first bucket begins.
    pub start: Timestamp,
    /// How wide a bucket is.
    pub width: Span,
    /// Counts.
    pub counts: Vec<u16>,
}

/// A histogram of intervals.
#[derive(Clone, Debug)]
pub struct Intervals {
    /// Between what.
    pub between: &'static str,
    /// Bounds of the buckets in seconds, one more than there are counts.
    pub edges: Vec<f32>,
    /// Counts.
    pub counts: Vec<u16>,
}

pub(crate) fn row(talk: &Talk) -> ConversationRow {
    ConversationRow {
        peer: escape(&talk.peer.to_string()),
        first: clock(talk.first),
        last: clock(talk.last),
        starts: talk.starts,
        out_bytes: talk.bytes.map(|(out, _)| out),
        back_bytes: talk.bytes.map(|(_, back)| back),
        timeline: talk.activity.as_ref().map(|activity| TimelineRow {
            start: clock(activity.start),
            bucket_seconds: activity.width.secs(),
            counts: activity.counts.clone(),
        }),
        intervals: talk.intervals.as_ref().map(|intervals| IntervalsRow {
            between: intervals.between.to_owned(),
            edges: intervals.edges.iter().map(|edge| rounded(f64::from(*edge))).collect(),
            counts: intervals.counts.clone(),
        }),
    }
}
