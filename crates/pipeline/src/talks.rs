//! The conversations that a host's evidence is about, for people to look at.
//!
//! Several views are kept of one conversation; the one that evidence names is told, or else the one
//! that knows most. Bias: what counted comes first, and a host tells of a dozen at most.

use ostium_evidence::Peer;
use ostium_profile::{Conversation, Detail, Timing};
use ostium_report::{Activity, Intervals, Talk};
use ostium_verdict::Rationale;

/// Conversations told of one host.
const MOST: usize = 12;

/// What is told of the conversations that the evidence is about.
pub(crate) fn talks(rationale: &Rationale, conversations: &[&Conversation]) -> Vec<Talk> {
    let mut told: Vec<Talk> = Vec::new();
    let rest = (0..rationale.evidence.len()).filter(|place| !rationale.counted.contains(place));
    for place in rationale.counted.iter().copied().chain(rest) {
        let Some(item) = rationale.evidence.get(place) else { continue };
        let (Some(id), Some(peer)) = (item.about.conversation(), item.about.peer()) else {
            continue;
        };
        if told.len() == MOST {
            break;
        }
        if told.iter().any(|talk| talk.id == id) {
            continue;
        }
        let inside = item.numbers.iter().any(|(name, n)| *name == "inside_connection" && *n > 0.0);
        if let Some(best) = best_view(id, peer, conversations) {
            told.push(talk(id, best, inside));
        }
    }
    told
}

/// Of the views of one conversation the one with this peer, else the one with most starts.
fn best_view<'a>(
    id: u64,
    peer: &Peer,
    conversations: &[&'a Conversation],
) -> Option<&'a Conversation> {
    let views = conversations.iter().copied().filter(|c| c.id() == id);
    // The key decides between equals, so that the order of the table does not.
    views.max_by_key(|c| (c.peer() == *peer, c.detail.is_some(), c.starts, c.key))
}

fn talk(id: u64, c: &Conversation, inside: bool) -> Talk {
    let known = c.known();
    let timeline = &known.timeline;
    let active = !timeline.counts().is_empty();
    Talk {
        id,
        peer: c.peer(),
        first: c.first,
        last: c.last,
        starts: known.starts.coarse.starts(),
        bytes: (c.ended > 0).then_some((c.out_bytes, c.back_bytes)),
        activity: active.then(|| Activity {
            start: timeline.start(),
            width: timeline.width(),
            counts: timeline.counts().to_vec(),
        }),
        intervals: intervals(&known, inside),
        shape: c.shape().map(Box::new),
    }
}

/// The intervals that were judged: between starts, or between messages `inside` a connection.
fn intervals(detail: &Detail, inside: bool) -> Option<Intervals> {
    let starts = detail.starts.fine.as_deref().into_iter().chain([&detail.starts.coarse]);
    let starts = ("starts", regular(starts));
    let sent = ("messages sent", detail.sent.as_deref());
    let received = ("messages received", detail.received.as_deref());
    let messages = match regular(sent.1.into_iter().chain(received.1)) {
        best if best.is_some() && best.map(lv) == sent.1.map(lv) => sent,
        _ => received,
    };
    let order = if inside { [messages, starts] } else { [starts, messages] };
    let (between, series) = order.into_iter().find_map(|(between, series)| {
        series.filter(|series| series.histogram().total() > 0).map(|series| (between, series))
    })?;
    let (edges, counts) = series.histogram().filled();
    Some(Intervals { between, edges, counts: counts.to_vec() })
}

/// The more regular series of those that have intervals; the first of equals.
fn regular<'a>(series: impl Iterator<Item = &'a Timing>) -> Option<&'a Timing> {
    series.filter(|s| s.histogram().total() > 0).min_by(|a, b| lv(a).total_cmp(&lv(b)))
}

fn lv(series: &Timing) -> f64 {
    series.regularity().lv
}
