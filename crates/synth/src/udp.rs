//! Conversations over UDP: a question and its answer, or a stream both ways. Everything that
//! speaks UDP, DNS and QUIC excepted, goes through here.

use ostium_event::{Addr, Span, Timestamp};

use crate::host::Host;
use crate::packet::{self, End};
use crate::payload::Payload;
use crate::rng::Rng;
use crate::tcp::Side;

/// Two ends that send each other datagrams.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    /// Time there and back.
    pub(crate) trip: Span,
    own: End,
    peer: End,
}

/// The most that one datagram carries without being cut up.
pub(crate) const LARGEST: usize = 1400;

// === impl Socket ===

impl Socket {
    /// From a new port of the inside host.
    pub(crate) fn open(host: &mut Host, to: Addr, port: u16) -> Self {
        let own = host.end();
        Self::between(host, own, to, port)
    }

    /// From a port that the inside host always uses.
    pub(crate) fn open_from(host: &Host, own_port: u16, to: Addr, port: u16) -> Self {
        Self::between(host, host.end_at(own_port), to, port)
    }

    fn between(host: &Host, own: End, to: Addr, port: u16) -> Self {
        Self { trip: host.net.round_trip(to), own, peer: host.peer(to, port) }
    }

    /// The inside host's port.
    pub(crate) const fn own_port(&self) -> u16 {
        self.own.port
    }

    /// One datagram.
    pub(crate) fn send(
        &self,
        host: &mut Host,
        rng: &mut Rng,
        side: Side,
        at: Timestamp,
        bytes: impl Into<Payload>,
    ) {
        match side {
            Side::Inside => {
                let id = host.id();
                host.out.push(at, packet::udp(&self.own, &self.peer, id, bytes));
            }
            Side::Outside => {
                let id = rng.next() as u16;
                host.out.push(at, packet::udp(&self.peer, &self.own, id, bytes));
            }
        }
    }

    /// One datagram that nothing can be read in.
    pub(crate) fn send_noise(
        &self,
        host: &mut Host,
        rng: &mut Rng,
        side: Side,
        at: Timestamp,
        (head, length): (&[u8], usize),
    ) {
        let rest = length.min(LARGEST).saturating_sub(head.len());
        let bytes = Payload::from(head).then(Payload::noise(rng, rest));
        self.send(host, rng, side, at, bytes);
    }

    /// A question, and its answer if there is one. Gives the time at which the answer is there,
    /// or at which the question was asked.
    pub(crate) fn exchange(
        &self,
        host: &mut Host,
        rng: &mut Rng,
        at: Timestamp,
        ask: impl Into<Payload>,
        tell: Option<impl Into<Payload>>,
    ) -> Timestamp {
        self.send(host, rng, Side::Inside, at, ask);
        let Some(tell) = tell else {
            return at;
        };
        let think = Span::from_secs_f64(rng.between(0.000_2, 0.004));
        let done = at.plus(self.trip).plus(think);
        self.send(host, rng, Side::Outside, done, tell);
        done
    }
}
