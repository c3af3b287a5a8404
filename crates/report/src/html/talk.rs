//! A conversation: who, how much, when, and how long it waited in between.

use maud::{Markup, html};

use super::chart::{Bar, Bars};
use super::words::{Shown, clock_within, seconds, several, when};
use crate::document::{ConversationRow, IntervalsRow, SpanRow, TimelineRow};
use crate::text::{count, duration, size};

/// Calls and messages from which on a picture says more than a line.
const DRAWN: u32 = 4;
/// A conversation that takes less than one part in so many of the time is drawn over its own part.
const PART: f64 = 8.0;
/// Lengths of time worth a word on an axis, in seconds.
const LENGTHS: [f64; 15] = [
    0.25,
    1.0,
    4.0,
    15.0,
    60.0,
    240.0,
    900.0,
    3600.0,
    14_400.0,
    43_200.0,
    86_400.0,
    172_800.0,
    259_200.0,
    604_800.0,
    2_592_000.0,
];

/// Time along an axis, in seconds since the epoch.
struct Axis {
    first: f64,
    last: f64,
}

/// Is there enough of it to be drawn?
pub(super) fn is_drawn(talk: &ConversationRow) -> bool {
    talk.timeline.as_ref().is_some_and(|t| sum(&t.counts) >= DRAWN)
}

/// Who, and how much.
pub(super) fn facts(talk: &ConversationRow) -> Markup {
    html! {
        p.small.muted {
            (several(u64::from(talk.starts), "call", "calls")) ", " (when(&talk.first)) " to "
            (when(&talk.last))
            @if let (Some(out), Some(back)) = (talk.out_bytes, talk.back_bytes) {
                ", sent " (size(out)) ", received " (size(back))
            }
        }
    }
}

/// The two charts.
pub(super) fn charts(id: &str, talk: &ConversationRow, span: Option<&SpanRow>) -> Markup {
    html! {
        @if let Some(timeline) = &talk.timeline { (activity(&format!("{id}a"), timeline, span)) }
        @if let Some(intervals) = &talk.intervals { (waits(&format!("{id}w"), intervals)) }
    }
}

fn sum(counts: &[u16]) -> u32 {
    counts.iter().map(|n| u32::from(*n)).sum()
}

fn share(count: u16, of: u16) -> f64 {
    f64::from(count) / f64::from(of.max(1))
}

/// When it was active: over the whole time that was seen, or, where that would be a line, over its
/// own part of it.
fn activity(id: &str, timeline: &TimelineRow, span: Option<&SpanRow>) -> Markup {
    let Some(start) = seconds(&timeline.start) else { return html! {} };
    let width = timeline.bucket_seconds as f64;
    let end = width.mul_add(timeline.counts.len() as f64, start);
    let seen = span.and_then(|span| Some((seconds(&span.first)?, seconds(&span.last)?)));
    let whole = seen.unwrap_or((start, end));
    let part = (end - start) * PART < whole.1 - whole.0;
    let axis = Axis::new(if part { (start, end) } else { whole });
    let most = timeline.counts.iter().copied().max().unwrap_or(0);
    let busy: Vec<(f64, u16)> = (0u32..)
        .zip(&timeline.counts)
        .filter(|(_, count)| **count > 0)
        .map(|(at, count)| (width.mul_add(f64::from(at), start), *count))
        .collect();
    let bars = busy.iter().map(|(at, count)| Bar {
        left: axis.place(*at),
        width: axis.place(at + width) - axis.place(*at),
        height: share(*count, most),
        tip: format!("{count} from {}", axis.name(*at)),
    });
    let over = match part {
        true => format!("{} of the {}", duration(end - start), duration(whole.1 - whole.0)),
        false => "the time".to_owned(),
    };
    let all = Axis::new(whole);
    let chart = Bars {
        id: id.to_owned(),
        title: "Activity over time".to_owned(),
        about: format!(
            "{} calls and messages between {} and {}, in buckets of {}; at most {most} in one.",
            sum(&timeline.counts),
            axis.name(start.max(axis.first)),
            axis.name(end.min(axis.last)),
            duration(width)
        ),
        bars: bars.collect(),
        ticks: [0.0, 0.5, 1.0].map(|at| (at, axis.name_of_place(at))).to_vec(),
        top: format!("{} in {}", count(u64::from(most)), duration(width)),
        part: part.then(|| (all.place(start), all.place(end) - all.place(start))),
    };
    let rows = busy.iter().map(|(at, count)| (axis.name(*at), *count)).collect();
    html! {
        figure {
            figcaption { "Calls and messages sent, over " (over) " of the capture" }
            (chart)
            (table("bucket begins", rows))
        }
    }
}

/// How long it waited in between, on a logarithmic axis.
fn waits(id: &str, intervals: &IntervalsRow) -> Markup {
    let buckets: Vec<(f64, f64, u16)> = intervals
        .edges
        .windows(2)
        .zip(&intervals.counts)
        .filter_map(|(edges, count)| Some((*edges.first()?, *edges.last()?, *count)))
        .filter(|(low, high, count)| *count > 0 && low < high)
        .collect();
    let Some((low, high)) = bounds(&buckets) else { return html! {} };
    let place = |secs: f64| (secs.max(low) / low).log2() / (high / low).log2();
    let total: u32 = buckets.iter().map(|(.., n)| u32::from(*n)).sum();
    let best = buckets.iter().max_by_key(|(.., n)| *n).copied().unwrap_or_default();
    let name = |a: f64, b: f64| format!("{} to {}", duration(a), duration(b));
    let bars = buckets.iter().map(|(from, to, count)| Bar {
        left: place(*from),
        width: place(*to) - place(*from),
        height: share(*count, best.2),
        tip: format!("{count} of {}", name(*from, *to)),
    });
    let ticks = LENGTHS.iter().map(|secs| (place(*secs), duration(*secs)));
    let most = format!("{} of {total} intervals are {}", best.2, name(best.0, best.1));
    let chart = Bars {
        id: id.to_owned(),
        title: format!("Intervals between {}", Shown(&intervals.between).plain()),
        about: format!("{most} long; the axis is logarithmic."),
        bars: bars.collect(),
        ticks: ticks.filter(|(at, _)| (0.02..0.98).contains(at)).collect(),
        top: count(u64::from(best.2)),
        part: None,
    };
    let rows = buckets.iter().map(|(from, to, n)| (name(*from, *to), *n)).collect();
    html! {
        figure {
            figcaption { "Intervals between " (Shown(&intervals.between)) ": " (most) }
            (chart)
            (table("interval", rows))
        }
    }
}

/// From where to where the axis goes: two octaves more than there is on either side, so that a
/// clock looks like one.
fn bounds(buckets: &[(f64, f64, u16)]) -> Option<(f64, f64)> {
    let (first, ..) = buckets.first()?;
    let (_, last, _) = buckets.last()?;
    Some((first.max(0.25) / 4.0, last * 4.0))
}

fn table(what: &str, rows: Vec<(String, u16)>) -> Markup {
    html! {
        details {
            summary { "The numbers of this chart" }
            div.scroll {
                table {
                    thead { tr { th scope="col" { (what) } th.n scope="col" { "count" } } }
                    tbody {
                        @for (name, count) in rows {
                            tr { th scope="row" { (name) } td.n { (count) } }
                        }
                    }
                }
            }
        }
    }
}

// === impl Axis ===

impl Axis {
    fn new((first, last): (f64, f64)) -> Self {
        Self { first, last: last.max(first + 1.0) }
    }

    /// Buckets lie on a grid of their own and may begin before, and end after, what was seen.
    fn place(&self, at: f64) -> f64 {
        ((at - self.first) / (self.last - self.first)).clamp(0.0, 1.0)
    }

    fn name(&self, at: f64) -> String {
        clock_within(at, self.last - self.first)
    }

    fn name_of_place(&self, place: f64) -> String {
        self.name((self.last - self.first).mul_add(place, self.first))
    }
}
