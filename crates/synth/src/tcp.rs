//! TCP connections as the tap inside sees them: handshake, segments, acknowledgements, end.
//!
//! The tap sits near the inside host: an answer of the inside follows at once, an answer of the
//! outside after a round trip.

use ostium_event::{Addr, Span, Timestamp};

use crate::burst::{Burst, Pace, SEGMENT};
use crate::host::Host;
use crate::outbox::Outbox;
use crate::packet::{self, ACK, End, FIN, RST, SYN, Segment};
use crate::payload::Payload;
use crate::record::{Bare, FlowRef, Known};
use crate::rng::Rng;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Inside,
    Outside,
}

/// A connection, and the time at which it has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Conn {
    /// When its last packet passed, in whole microseconds.
    pub(crate) at: Timestamp,
    inside: Party,
    outside: Party,
    round_trip: Span,
    last: Side,
    /// Data was sent that nobody has acknowledged.
    owed: bool,
    /// Between segments of one side: how fast bytes flow.
    spacing: Span,
    /// Where it is noted, where no packets are made.
    flow: FlowRef,
}

#[derive(Clone, Debug)]
struct Party {
    end: End,
    seq: u32,
    id: u16,
    options: &'static [u8],
}

/// How a connection that never was failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody answered.
    Silence,
    /// A reset came back.
    Refusal,
    /// A router said that there is no such host (ICMP).
    Unreachable,
}

const WINDOW: u16 = 64_240;
/// Between segments of one side.
const SPACING: Span = Span::from_nanos(14_000);
/// What a machine inside needs to answer.
const REACTION: Span = Span::from_nanos(310_000);
/// How long a receiver waits with an acknowledgement for something to say.
const DELAYED: Span = Span::from_millis(41);
/// When an unanswered SYN is sent again.
const RETRIES: [u64; 3] = [1000, 3000, 7000];

// === impl Conn ===

impl Conn {
    /// The inside host opens a connection. Packets: SYN, SYN-ACK, ACK.
    pub(crate) fn dial(host: &mut Host, rng: &mut Rng, to: Addr, port: u16, at: Timestamp) -> Self {
        let inside = host.end();
        let outside = host.peer(to, port);
        let mut conn = Self::new(host, rng, inside, outside, at);
        conn.open(&mut host.out, Side::Inside);
        conn
    }

    /// Somebody outside opens a connection to a port that the inside host serves.
    pub(crate) fn receive(
        host: &mut Host,
        rng: &mut Rng,
        from: End,
        port: u16,
        at: Timestamp,
    ) -> Self {
        let inside = host.end_at(port);
        let mut conn = Self::new(host, rng, inside, from, at);
        conn.open(&mut host.out, Side::Outside);
        conn
    }

    fn new(host: &mut Host, rng: &mut Rng, inside: End, outside: End, at: Timestamp) -> Self {
        Self {
            at: at.micros_only(),
            round_trip: host.net.round_trip(outside.addr),
            inside: Party {
                end: inside,
                seq: rng.next() as u32,
                id: host.id().wrapping_mul(251),
                options: host.system.syn_options(),
            },
            outside: Party {
                end: outside,
                seq: rng.next() as u32,
                id: rng.next() as u16,
                options: &[2, 4, 0x05, 0x78, 1, 1, 4, 2],
            },
            last: Side::Inside,
            owed: false,
            spacing: SPACING,
            flow: FlowRef::default(),
        }
    }

    fn open(&mut self, out: &mut Outbox, opener: Side) {
        self.last = opener;
        self.emit(out, opener, SYN);
        self.turn(opener.other());
        self.emit(out, opener.other(), SYN | ACK);
        self.turn(opener);
        self.emit(out, opener, ACK);
    }

    /// One side sends bytes, in as many segments as they need.
    pub(crate) fn say(&mut self, out: &mut Outbox, side: Side, what: impl Into<Payload>) {
        let payload = what.into();
        self.speak(out, side, payload.len(), || payload);
    }

    /// One side sends `len` bytes, which are made only when somebody wants them.
    pub(crate) fn speak(
        &mut self,
        out: &mut Outbox,
        side: Side,
        len: usize,
        make: impl FnOnce() -> Payload,
    ) {
        self.speak_known(out, side, len, || None, make);
    }

    /// As [`Conn::speak`], of something that is known without reading the bytes.
    pub(crate) fn speak_known(
        &mut self,
        out: &mut Outbox,
        side: Side,
        len: usize,
        known: impl FnOnce() -> Option<Known>,
        make: impl FnOnce() -> Payload,
    ) {
        self.turn(side);
        self.owed = true;
        if len == 0 {
            return;
        }
        let trip = (side == Side::Inside).then_some(self.round_trip);
        let pace = Pace { start: self.at, spacing: self.spacing, trip, len };
        self.at = pace.end();
        if let Some(ledger) = &mut out.ledger {
            let ends = (&self.inside.end, &self.outside.end, side == Side::Inside);
            ledger.burst(&mut out.queue, &mut self.flow, ends, &pace, known(), make);
            return;
        }
        let (from, to) = match side {
            Side::Inside => (&mut self.inside, &mut self.outside),
            Side::Outside => (&mut self.outside, &mut self.inside),
        };
        let (ends, seqs, ids) = ((from.end, to.end), (from.seq, to.seq), (from.id, to.id));
        from.seq = from.seq.wrapping_add(len as u32);
        from.id = from.id.wrapping_add(pace.segments() as u16);
        to.id = to.id.wrapping_add(pace.acks() as u16);
        out.burst(Burst::new(ends, pace, seqs, ids, WINDOW, make()));
    }

    /// From now on bytes flow at so many a second, about.
    #[allow(dead_code, reason = "habits that carry much set it")]
    pub(crate) fn flow_at(&mut self, bytes_per_second: f64) {
        let micros = (SEGMENT as f64 / bytes_per_second.max(1.0) * 1e6) as u64;
        self.spacing = Span::from_nanos(micros.saturating_mul(1000)).max(SPACING);
    }

    /// Nothing is said for a while; what was sent is acknowledged if the while is long enough.
    pub(crate) fn pause(&mut self, out: &mut Outbox, span: Span) {
        let end = self.at.plus(span);
        if span > DELAYED.max(self.round_trip) {
            self.rest(out);
        }
        self.at = self.at.max(end.micros_only());
    }

    /// Nobody has more to say: what was sent is acknowledged.
    pub(crate) fn rest(&mut self, out: &mut Outbox) {
        if self.owed {
            self.at = self.at.plus(DELAYED);
            self.turn(self.last.other());
            self.emit(out, self.last, ACK);
        }
    }

    /// Time has passed.
    pub(crate) fn wait_until(&mut self, now: Timestamp) {
        self.at = self.at.max(now.micros_only());
    }

    /// One side ends the connection, and the other agrees.
    pub(crate) fn close(&mut self, out: &mut Outbox, side: Side) {
        self.turn(side);
        self.emit(out, side, FIN | ACK);
        self.turn(side.other());
        self.emit(out, side.other(), FIN | ACK);
        self.turn(side);
        self.emit(out, side, ACK);
    }

    /// One side tears the connection down.
    pub(crate) fn reset(&mut self, out: &mut Outbox, side: Side) {
        self.turn(side);
        self.emit(out, side, RST | ACK);
    }

    /// Lets the time pass that `side` needs to be heard next.
    fn turn(&mut self, side: Side) {
        let wait = match side {
            _ if side == self.last => SPACING,
            Side::Inside => REACTION,
            Side::Outside => self.round_trip,
        };
        self.at = self.at.plus(wait);
        self.last = side;
        self.owed = false;
    }

    /// A segment without payload.
    fn emit(&mut self, out: &mut Outbox, side: Side, flags: u8) {
        if let Some(ledger) = &mut out.ledger {
            let by_first = side == Side::Inside;
            let party = if by_first { &self.inside } else { &self.outside };
            let options = if flags & SYN == 0 { 0 } else { party.options.len() };
            let ends = (&self.inside.end, &self.outside.end);
            let bare = Bare { at: self.at, by_first, flags, options };
            ledger.bare(&mut out.queue, &mut self.flow, ends, bare);
            return;
        }
        let (from, to) = match side {
            Side::Inside => (&mut self.inside, &self.outside),
            Side::Outside => (&mut self.outside, &self.inside),
        };
        let segment = Segment {
            seq: from.seq,
            ack: if flags & ACK == 0 { 0 } else { to.seq },
            flags,
            window: WINDOW,
            options: if flags & SYN == 0 { &[] } else { from.options },
            payload: &[],
        };
        from.id = from.id.wrapping_add(1);
        out.push(self.at, packet::tcp(&from.end, &to.end, from.id, &segment));
        from.seq = from.seq.wrapping_add(u32::from(flags & (SYN | FIN) != 0));
    }
}

/// An inside host tries to connect in vain; when it gives up.
pub(crate) fn fail(
    host: &mut Host,
    from: &End,
    to: &End,
    seq: u32,
    at: Timestamp,
    how: Failure,
) -> Timestamp {
    let segment = Segment {
        seq,
        flags: SYN,
        window: WINDOW,
        options: host.system.syn_options(),
        ..Segment::default()
    };
    let id = host.id();
    let first = packet::tcp(from, to, id, &segment);
    let done = at.plus(host.net.round_trip(to.addr));
    if how == Failure::Refusal {
        host.out.push(at, first);
        let reset = Segment { ack: seq.wrapping_add(1), flags: RST | ACK, ..Segment::default() };
        host.out.push(done, packet::tcp(to, from, 0, &reset));
        return done;
    }
    if how == Failure::Unreachable {
        // The last router that was reached answers: the first address of the network there.
        let router = host.peer(to.addr.site(), 0);
        let told = packet::unreachable(&router, from, 0, 1, &first);
        host.out.push(at, first);
        host.out.push(done, told);
        return done;
    }
    host.out.push(at, first);
    for after in RETRIES {
        let id = host.id();
        let again = at.plus(Span::from_millis(after));
        host.out.push(again, packet::tcp(from, to, id, &segment));
    }
    at.plus(Span::from_secs(21))
}

// === impl Side ===

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Inside => Self::Outside,
            Self::Outside => Self::Inside,
        }
    }
}
