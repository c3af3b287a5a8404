//! One side's bytes as segments, with the acknowledgements that come between them.
//!
//! Times follow from the number of a segment, so that nothing has to be made to know when a burst
//! is over, and each packet is made when its turn comes.

use ostium_event::{Span, Timestamp};

use crate::packet::{ACK, End, PSH, Segment, write_tcp};
use crate::payload::Payload;

/// When the segments and acknowledgements of a burst pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// The first segment.
    pub(crate) start: Timestamp,
    /// Between segments of one side.
    pub(crate) spacing: Span,
    /// From a segment to its acknowledgement; `None` when the receiver is at the tap, answers
    /// after one spacing, and holds up the next segment by that.
    pub(crate) trip: Option<Span>,
    /// Payload bytes.
    pub(crate) len: usize,
}

/// A burst on its way.
#[derive(Debug)]
pub(crate) struct Burst {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) pace: Pace,
    /// Sequence numbers of the first byte, and of the other side.
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    /// Identifications of the packets before the burst's own.
    pub(crate) ids: (u16, u16),
    pub(crate) window: u16,
    pub(crate) payload: Payload,
    sent: usize,
    acknowledged: usize,
}

/// Payload of a full segment: fits IPv4, IPv6 and most tunnels.
pub(crate) const SEGMENT: usize = 1400;

// === impl Pace ===

impl Pace {
    /// Segments in all.
    pub(crate) const fn segments(&self) -> usize {
        self.len.div_ceil(SEGMENT)
    }

    /// Acknowledgements between them: one after every second, the last excepted.
    pub(crate) const fn acks(&self) -> usize {
        self.segments().saturating_sub(1) / 2
    }

    /// When segment `n` passes.
    pub(crate) const fn segment_at(&self, n: usize) -> Timestamp {
        let waits = match self.trip {
            Some(_) => n,
            None => n + n / 2,
        };
        self.start.plus(Span::from_nanos(self.spacing.nanos().saturating_mul(waits as u64)))
    }

    /// When acknowledgement `n` passes.
    pub(crate) const fn ack_at(&self, n: usize) -> Timestamp {
        let wait = match self.trip {
            Some(trip) => trip,
            None => self.spacing,
        };
        self.segment_at(2 * n + 1).plus(wait)
    }

    /// When the sender may go on.
    pub(crate) const fn end(&self) -> Timestamp {
        self.segment_at(self.segments().saturating_sub(1)).plus(self.spacing)
    }

    /// Payload bytes of segment `n`.
    pub(crate) fn bytes_of(&self, n: usize) -> usize {
        self.len.saturating_sub(n * SEGMENT).min(SEGMENT)
    }
}

// === impl Burst ===

impl Burst {
    pub(crate) fn new(
        (from, to): (End, End),
        pace: Pace,
        (seq, ack): (u32, u32),
        ids: (u16, u16),
        window: u16,
        payload: Payload,
    ) -> Self {
        Self { from, to, pace, seq, ack, ids, window, payload, sent: 0, acknowledged: 0 }
    }

    /// When its next packet passes.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        let segment = (self.sent < self.pace.segments()).then(|| self.pace.segment_at(self.sent));
        let ack =
            (self.acknowledged < self.pace.acks()).then(|| self.pace.ack_at(self.acknowledged));
        segment.into_iter().chain(ack).min()
    }

    /// Appends its next packet to `out`.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        let due = self.acknowledged < self.pace.acks()
            && (self.sent >= self.pace.segments()
                || self.pace.ack_at(self.acknowledged) < self.pace.segment_at(self.sent));
        if due { self.write_ack(out) } else { self.write_segment(out) }
    }

    fn write_segment(&mut self, out: &mut Vec<u8>) {
        let first = self.sent * SEGMENT;
        let last = first + self.pace.bytes_of(self.sent);
        self.sent += 1;
        let head = Segment {
            seq: self.seq.wrapping_add(first as u32),
            ack: self.ack,
            flags: if self.sent == self.pace.segments() { PSH | ACK } else { ACK },
            window: self.window,
            ..Segment::default()
        };
        let id = self.ids.0.wrapping_add(self.sent as u16);
        let payload = &self.payload;
        write_tcp(out, (&self.from, &self.to, id), &head, |out| payload.render(first, last, out));
    }

    fn write_ack(&mut self, out: &mut Vec<u8>) {
        self.acknowledged += 1;
        let head = Segment {
            seq: self.ack,
            ack: self.seq.wrapping_add((self.acknowledged * 2 * SEGMENT) as u32),
            flags: ACK,
            window: self.window,
            ..Segment::default()
        };
        let id = self.ids.1.wrapping_add(self.acknowledged as u16);
        write_tcp(out, (&self.to, &self.from, id), &head, |_| {});
    }
}
