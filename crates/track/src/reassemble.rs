//! Putting TCP segments in order.
//!
//! Bias: the first bytes of a stream matter, not all of it. A segment that comes early waits; when
//! too many wait, the hole is told as an explicit gap and reading goes on behind it. Bytes that came
//! twice are taken as they came first (overlaps with other bytes are for the sensor to ignore: it
//! is no endpoint).

use ostium_event::Timestamp;
use ostium_wire::Meta;

use crate::flow::{Flow, Marks};
use crate::observe::{Drop, Observer};

/// Segments of one flow that may wait.
const MAX_SEGMENTS: usize = 24;
/// Bytes of one flow that may wait.
const MAX_BYTES: usize = 64 << 10;

/// Segments that came early, of both directions.
#[derive(Debug, Default)]
pub(crate) struct Held {
    segments: Vec<Segment>,
    bytes: usize,
}

#[derive(Debug)]
struct Segment {
    from_inside: bool,
    seq: u32,
    wire_len: u32,
    bytes: Vec<u8>,
}

// === impl Held ===

impl Held {
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    fn push(&mut self, segment: Segment) {
        self.bytes += segment.bytes.len();
        self.segments.push(segment);
    }

    /// Takes the segment of one direction that lies nearest after `next`.
    fn take_nearest(&mut self, from_inside: bool, next: u32) -> Option<Segment> {
        let (at, _) = self
            .segments
            .iter()
            .enumerate()
            .filter(|(_, s)| s.from_inside == from_inside)
            .min_by_key(|(_, s)| s.seq.wrapping_sub(next) as i32)?;
        let segment = self.segments.swap_remove(at);
        self.bytes -= segment.bytes.len();
        Some(segment)
    }
}

/// Takes a TCP segment with payload. `held` counts the bytes waiting in this shard, `limit` bounds
/// them.
pub(crate) fn segment<P, O: Observer<P>>(
    flow: &mut Flow<P>,
    at: Timestamp,
    meta: &Meta,
    payload: &[u8],
    from_inside: bool,
    room: usize,
    observer: &mut O,
) {
    let known = if from_inside { Marks::SEQ_OUT } else { Marks::SEQ_BACK };
    if !flow.marks.has(known) {
        flow.marks.set(known);
        flow.half(from_inside).next = meta.seq;
    }
    let next = flow.half(from_inside).next;
    let ahead = meta.seq.wrapping_sub(next) as i32;
    if ahead <= 0 {
        let fresh = trim(payload, meta.wire_len, ahead.unsigned_abs());
        if let Some((bytes, wire_len)) = fresh {
            deliver(flow, at, from_inside, bytes, wire_len, observer);
            catch_up(flow, at, from_inside, observer);
        }
        return;
    }
    if flow.marks.has(Marks::QUIET) {
        flow.half(from_inside).next = meta.seq.wrapping_add(meta.wire_len);
        return;
    }
    let held = flow.held.get_or_insert_default();
    let full = held.segments.len() >= MAX_SEGMENTS || held.bytes + payload.len() > MAX_BYTES;
    held.push(Segment {
        from_inside,
        seq: meta.seq,
        wire_len: meta.wire_len,
        bytes: payload.to_vec(),
    });
    if full || payload.len() > room {
        if payload.len() > room {
            observer.dropped(Drop::SegmentsEvicted);
        }
        skip_holes(flow, at, observer);
    }
}

/// Ends all waiting: holes become gaps.
pub(crate) fn skip_holes<P, O: Observer<P>>(flow: &mut Flow<P>, at: Timestamp, observer: &mut O) {
    for from_inside in [true, false] {
        loop {
            let next = flow.half(from_inside).next;
            let nearest = flow.held.as_mut().and_then(|h| h.take_nearest(from_inside, next));
            let Some(segment) = nearest else { break };
            let ahead = segment.seq.wrapping_sub(next) as i32;
            if ahead > 0 {
                flow.half(from_inside).next = segment.seq;
                tell_gap(flow, at, from_inside, u64::from(ahead.unsigned_abs()), observer);
            }
            let behind = ahead.min(0).unsigned_abs();
            if let Some((bytes, wire_len)) = trim(&segment.bytes, segment.wire_len, behind) {
                deliver(flow, at, from_inside, bytes, wire_len, observer);
            }
        }
    }
    flow.held = None;
}

/// Delivers held segments that the stream has reached.
fn catch_up<P, O: Observer<P>>(
    flow: &mut Flow<P>,
    at: Timestamp,
    from_inside: bool,
    observer: &mut O,
) {
    while let Some(held) = flow.held.as_mut() {
        let next = if from_inside { flow.out.next } else { flow.back.next };
        let reached =
            |s: &Segment| s.from_inside == from_inside && s.seq.wrapping_sub(next) as i32 <= 0;
        if !held.segments.iter().any(reached) {
            break;
        }
        let Some(segment) = held.take_nearest(from_inside, next) else {
            break;
        };
        let behind = (segment.seq.wrapping_sub(next) as i32).min(0).unsigned_abs();
        if let Some((bytes, wire_len)) = trim(&segment.bytes, segment.wire_len, behind) {
            deliver(flow, at, from_inside, bytes, wire_len, observer);
        }
    }
    if flow.held.as_ref().is_some_and(|h| h.segments.is_empty()) {
        flow.held = None;
    }
}

/// What of a segment is new when its first `behind` bytes were seen before.
fn trim(payload: &[u8], wire_len: u32, behind: u32) -> Option<(&[u8], u32)> {
    let fresh = wire_len.checked_sub(behind).filter(|fresh| *fresh > 0)?;
    Some((payload.get(behind as usize..).unwrap_or_default(), fresh))
}

fn deliver<P, O: Observer<P>>(
    flow: &mut Flow<P>,
    at: Timestamp,
    from_inside: bool,
    bytes: &[u8],
    wire_len: u32,
    observer: &mut O,
) {
    let half = flow.half(from_inside);
    half.next = half.next.wrapping_add(wire_len);
    if flow.marks.has(Marks::QUIET) {
        return;
    }
    let info = flow.info(at);
    if !bytes.is_empty() && !observer.stream(&info, &mut flow.parser, from_inside, bytes) {
        hush(flow);
        return;
    }
    let cut = u64::from(wire_len).saturating_sub(bytes.len() as u64);
    if cut > 0 {
        tell_gap(flow, at, from_inside, cut, observer);
    }
}

fn tell_gap<P, O: Observer<P>>(
    flow: &mut Flow<P>,
    at: Timestamp,
    from_inside: bool,
    missing: u64,
    observer: &mut O,
) {
    if flow.marks.has(Marks::QUIET) {
        return;
    }
    let info = flow.info(at);
    if !observer.gap(&info, &mut flow.parser, from_inside, missing) {
        hush(flow);
    }
}

/// The observer wants no more: nothing needs to wait.
fn hush<P>(flow: &mut Flow<P>) {
    flow.marks.set(Marks::QUIET);
    flow.held = None;
}
