//! What bursts and single packets tell: how much passed, messages after a pause, facts.

use std::rc::Rc;

use ostium_event::{Message, OpenedBy, Service, Span, Timestamp};

use super::fact::Fact;
use super::flow::{Ends, Flow};
use super::ledger::Told;
use super::talk::Known;
use crate::burst::{Pace, SEGMENT};
use crate::outbox::{Item, Queue};
use crate::payload::Payload;

/// A burst as far as it passes before the end.
pub(super) struct Segments<'a> {
    pace: &'a Pace,
    sent: usize,
    bytes: usize,
    from_inside: bool,
}

/// A pause after which a payload counts as a new message.
const MESSAGE_PAUSE: Span = Span::from_secs(1);
/// Segments of a burst that are read; the rest of a longer body is skipped.
const READ: usize = 192;

pub(super) fn tell(queue: &mut Queue, ends: &Rc<Ends>, at: Timestamp, fact: Fact) {
    queue.push(at, Item::Fact(Box::new(Told { at, ends: Rc::clone(ends), fact })));
}

/// Tells of a payload after a pause.
pub(super) fn message(
    open: &Flow,
    queue: &mut Queue,
    at: Timestamp,
    from_inside: bool,
    bytes: usize,
) {
    let Some(before) = open.last_payload else {
        return;
    };
    let quiet = at.since(before);
    if quiet >= MESSAGE_PAUSE {
        let (bytes, flow_first) = (bytes as u32, open.ends.first);
        let message = Message { from_inside, bytes, quiet, flow_first };
        tell(queue, &open.ends, at, Fact::Message(message));
    }
}

/// Reads a single packet's payload.
pub(super) fn single(
    open: &mut Flow,
    queue: &mut Queue,
    at: Timestamp,
    from_inside: bool,
    payload: &Payload,
) {
    let ends = Rc::clone(&open.ends);
    if let Some(message) = payload.as_dns()
        && (open.talk.is_silent() || open.talk.service() == Service::Dns)
        && (ends.key.outside_port == 53 || ends.key.inside_port == 53)
    {
        if open.talk.is_silent() {
            open.talk.know(&ends, Service::Dns);
        }
        tell(queue, &ends, at, Fact::Dns(Box::new(message.lower())));
        return;
    }
    if open.talk.is_done() {
        return;
    }
    let mut bytes = Vec::with_capacity(payload.len());
    payload.render(0, payload.len(), &mut bytes);
    let place = (at, from_inside, open.marks.start);
    open.talk.read(&ends, place, &bytes, &mut |fact| tell(queue, &ends, at, fact));
}

// === impl Segments ===

impl<'a> Segments<'a> {
    /// Counts the segments and acknowledgements of a burst that pass before the end.
    pub(super) fn count(
        open: &mut Flow,
        pace: &'a Pace,
        from_inside: bool,
        end: Timestamp,
    ) -> Self {
        let passing = |count: usize, at: &dyn Fn(usize) -> Timestamp| match count {
            0 => 0,
            count if at(count - 1) < end => count,
            // The world ends within: times only grow.
            count => (0..count).take_while(|n| at(*n) < end).count(),
        };
        let sent = passing(pace.segments(), &|n| pace.segment_at(n));
        let acks = passing(pace.acks(), &|n| pace.ack_at(n));
        let bytes = pace.len.min(sent * SEGMENT);
        let last = pace.segment_at(sent.saturating_sub(1));
        open.count(last, from_inside, (sent as u64, bytes as u64), 0);
        open.last_payload = Some(last);
        open.note(b'd', from_inside);
        if acks > 0 {
            open.count(pace.ack_at(acks - 1), !from_inside, (acks as u64, 0), 0);
            open.note(b'a', !from_inside);
        }
        open.marks.acked |= match open.ends.opened_by {
            OpenedBy::Inside => from_inside || acks > 0,
            OpenedBy::Outside => !from_inside || acks > 0,
            OpenedBy::Unknown => false,
        };
        Self { pace, sent, bytes, from_inside }
    }

    /// What is said is known.
    pub(super) fn know(&self, open: &mut Flow, queue: &mut Queue, known: Known) {
        let ends = Rc::clone(&open.ends);
        if open.talk.is_silent()
            && let Some(anomaly) = open.talk.know(&ends, known.service)
        {
            tell(queue, &ends, self.pace.start, Fact::Anomaly(anomaly));
        }
        if let Some((after, fact)) = known.fact
            && after <= self.bytes
        {
            let at = self.pace.segment_at(after.saturating_sub(1) / SEGMENT);
            tell(queue, &ends, at, fact);
        }
    }

    /// What is said is read, segment by segment.
    pub(super) fn read(&self, open: &mut Flow, queue: &mut Queue, payload: &Payload) {
        let ends = Rc::clone(&open.ends);
        let start = open.marks.start;
        let mut bytes = Vec::with_capacity(SEGMENT);
        for n in 0..self.sent {
            let at = self.pace.segment_at(n);
            let place = (at, self.from_inside, start);
            let mut hear = |fact: Fact| tell(queue, &ends, at, fact);
            if n >= READ && open.talk.service() == Service::Http {
                let rest = self.bytes - n * SEGMENT;
                open.talk.skip(&ends, place, rest as u64, &mut hear);
                return;
            }
            bytes.clear();
            let first = n * SEGMENT;
            payload.render(first, first + self.pace.bytes_of(n), &mut bytes);
            open.talk.read(&ends, place, &bytes, &mut hear);
            if open.talk.is_done() {
                return;
            }
        }
    }
}
