//! One flow: recognise its protocol from the first bytes, then hand over to that protocol.
//!
//! Failure choice: a flow that is not recognised is let go after the opener's first bytes (after a
//! few segments when its start was not seen). State is inline; a box exists only while first bytes
//! are too few to decide or while a protocol needs one.

use ostium_event::{Anomaly, Service, What};

use crate::context::{Both, Context, HEAD_BYTES, Heads, Interest, Match, Next, Side, Sink};
use crate::protocol::Active;
use crate::{promise, recognise};

/// Application state of one flow.
#[derive(Default)]
pub struct FlowParser {
    state: State,
    service: Service,
    tries: u8,
    restarts: u8,
    port_told: bool,
    rtp: recognise::RtpTrace,
}

#[derive(Default)]
enum State {
    #[default]
    New,
    Undecided(Box<Undecided>),
    Active(Active),
    Done,
}

/// First bytes that do not decide yet.
struct Undecided {
    heads: Both<Vec<u8>>,
    first: Side,
}

/// Segments that may fail to be recognised when the flow's start was not seen, or the responder
/// spoke first.
const MAX_TRIES: u8 = 8;
/// Datagrams that may fail to be recognised.
const MAX_DATAGRAM_TRIES: u8 = 3;
/// Changes of protocol within one flow (STARTTLS, CONNECT).
const MAX_RESTARTS: u8 = 4;

const _: () = assert!(size_of::<FlowParser>() <= 48);

// === impl FlowParser ===

impl FlowParser {
    /// Reads the next bytes of one side of a stream, in order.
    pub fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Interest {
        let mut rest = bytes;
        while !rest.is_empty() {
            match &mut self.state {
                State::Done => break,
                State::Active(active) => match active.stream(ctx, rest, out) {
                    Next::More => break,
                    Next::Done => self.state = State::Done,
                    Next::Restart(left) => {
                        rest = rest.get(rest.len().saturating_sub(left)..).unwrap_or_default();
                        self.restart();
                    }
                },
                State::New | State::Undecided(_) => {
                    self.recognise(ctx, rest, out);
                    // Recognition passes the bytes on, or keeps them, or has no use for them.
                    break;
                }
            }
        }
        self.interest()
    }

    /// `missing` bytes of one side were not seen. The protocol goes on at its next message, or the
    /// flow is given up.
    pub fn gap(&mut self, ctx: &Context, missing: u64, out: &mut Sink<'_>) -> Interest {
        match &mut self.state {
            State::Active(active) => match active.gap(ctx, missing, out) {
                Next::More => {}
                Next::Done | Next::Restart(_) => self.state = State::Done,
            },
            State::New | State::Undecided(_) => {
                self.state = State::New;
                self.failed(MAX_TRIES);
            }
            State::Done => {}
        }
        self.interest()
    }

    /// Reads one datagram.
    pub fn datagram(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Interest {
        if bytes.is_empty() {
            return self.interest();
        }
        if matches!(self.state, State::New) {
            self.recognise_datagram(ctx, bytes, out);
        }
        if let State::Active(active) = &mut self.state
            && active.datagram(ctx, bytes, out) != Next::More
        {
            self.state = State::Done;
        }
        self.interest()
    }

    /// The flow has ended: tells what was held back in wait for more bytes.
    pub fn finish(&mut self, ctx: &Context, out: &mut Sink<'_>) {
        match &mut self.state {
            State::Active(active) => active.finish(ctx, out),
            State::Undecided(undecided) => {
                let opener_spoke = !undecided.heads.of(Side::Opener).is_empty();
                self.unknown(opener_spoke, ctx, out);
            }
            State::New | State::Done => {}
        }
        self.state = State::Done;
    }

    /// Bytes held on the heap, about. Grows only by bytes of the flow itself, within each protocol's
    /// limits; a caller that has many flows bounds the sum by [`FlowParser::give_up`].
    pub fn heap_bytes(&self) -> usize {
        match &self.state {
            State::New | State::Done => 0,
            State::Undecided(kept) => size_of::<Undecided>() + kept.heads.sum(Vec::capacity),
            State::Active(active) => active.heap_bytes(),
        }
    }

    /// Lets everything go; the service stays as it is known.
    pub fn give_up(&mut self) {
        self.state = State::Done;
    }

    /// What the flow speaks, as far as it is known.
    pub const fn service(&self) -> Service {
        self.service
    }

    /// The parser has no more interest in this flow.
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    const fn interest(&self) -> Interest {
        if self.is_done() { Interest::Done } else { Interest::More }
    }

    fn restart(&mut self) {
        self.restarts += 1;
        self.tries = 0;
        self.state = if self.restarts < MAX_RESTARTS { State::New } else { State::Done };
    }

    fn failed(&mut self, limit: u8) {
        self.tries = self.tries.saturating_add(1);
        if self.tries >= limit {
            self.state = State::Done;
        }
    }

    /// Recognises stream bytes together with those kept before.
    fn recognise(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) {
        let State::Undecided(mut undecided) = std::mem::take(&mut self.state) else {
            self.decide(ctx, bytes, Undecided::new(ctx.side), out);
            return;
        };
        let mut joined = std::mem::take(undecided.heads.of_mut(ctx.side));
        if joined.is_empty() {
            self.decide(ctx, bytes, *undecided, out);
        } else {
            joined.extend_from_slice(bytes);
            self.decide(ctx, &joined, *undecided, out);
        }
    }

    /// Decides on the first bytes of one side, of which `kept` holds none.
    fn decide(&mut self, ctx: &Context, bytes: &[u8], mut kept: Undecided, out: &mut Sink<'_>) {
        let other = kept.heads.of(ctx.side.other());
        let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
        let heads = Heads { this: head, other };
        match Active::recognise(&heads, ctx) {
            Ok(active) => self.begin(active, ctx, bytes, &kept, out),
            Err(Match::Maybe) if head.len() < HEAD_BYTES => {
                *kept.heads.of_mut(ctx.side) = bytes.to_vec();
                self.state = State::Undecided(Box::new(kept));
            }
            Err(_) => match recognise::stream(head) {
                (Match::Maybe, _) if head.len() < HEAD_BYTES => {
                    *kept.heads.of_mut(ctx.side) = bytes.to_vec();
                    self.state = State::Undecided(Box::new(kept));
                }
                (Match::Yes, service) => {
                    self.known(service, ctx, out);
                    self.state = State::Done;
                }
                _ => self.unrecognised(ctx, out),
            },
        }
    }

    /// Gives a protocol all bytes kept so far, in the order in which the sides began to speak.
    fn begin(
        &mut self,
        active: Active,
        ctx: &Context,
        bytes: &[u8],
        kept: &Undecided,
        out: &mut Sink<'_>,
    ) {
        self.known(active.service(), ctx, out);
        self.state = State::Active(active);
        let other = Context { side: ctx.side.other(), ..*ctx };
        let before = kept.heads.of(other.side);
        if kept.first == ctx.side {
            self.stream(ctx, bytes, out);
            self.stream(&other, before, out);
        } else {
            self.stream(&other, before, out);
            self.stream(ctx, bytes, out);
        }
    }

    /// A protocol was recognised on a stream.
    fn known(&mut self, service: Service, ctx: &Context, out: &mut Sink<'_>) {
        self.service = service;
        self.tell_port(promise::stream(ctx.responder_port, service), out);
    }

    fn tell_port(&mut self, broken: Option<Anomaly>, out: &mut Sink<'_>) {
        // A port promises what a flow begins with, not what STARTTLS or CONNECT make of it.
        if let (Some(anomaly), false) = (broken, self.port_told) {
            out(What::Anomaly(anomaly));
        }
        self.port_told = true;
    }

    fn unrecognised(&mut self, ctx: &Context, out: &mut Sink<'_>) {
        self.state = State::New;
        let opener = ctx.side == Side::Opener;
        self.unknown(opener, ctx, out);
        self.failed(if opener && ctx.from_start { 0 } else { MAX_TRIES });
    }

    fn unknown(&mut self, opener_spoke: bool, ctx: &Context, out: &mut Sink<'_>) {
        if self.service == Service::Silent {
            self.service = Service::Unknown;
        }
        if opener_spoke && ctx.from_start {
            self.tell_port(promise::stream(ctx.responder_port, Service::Unknown), out);
        }
    }

    fn recognise_datagram(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) {
        let first = bytes.first().copied().unwrap_or_default();
        // Names told around a local network look like DNS and are of no interest.
        let (service, state) = if let Some(service) = recognise::by_port(ctx) {
            (service, State::Done)
        } else if let Some(active) = Active::recognise_datagram(bytes, ctx) {
            (active.service(), State::Active(active))
        } else if let Some(service) = recognise::datagram(bytes, ctx, &mut self.rtp) {
            (service, State::Done)
        } else {
            (Service::Unknown, State::New)
        };
        self.service = service;
        let unknown = service == Service::Unknown;
        self.state = state;
        if !unknown || (ctx.side == Side::Opener && ctx.from_start) {
            self.tell_port(promise::datagram(ctx.responder_port, service, first), out);
        }
        if unknown {
            self.failed(MAX_DATAGRAM_TRIES);
        }
    }
}

// === impl Undecided ===

impl Undecided {
    fn new(first: Side) -> Self {
        Self { heads: Both::default(), first }
    }
}

#[cfg(test)]
pub(crate) mod tests;
