//! Real-time media over UDP: SRTP both ways (RFC 3550, RFC 3711), with its set-up by DTLS and the
//! checks that the other end is still there.

use ostium_event::{Addr, Span, Timestamp};

use crate::host::Host;
use crate::rng::Rng;
use crate::stun;
use crate::tcp::Side;
use crate::udp::Socket;

/// Both streams of a call, and where they are.
#[derive(Clone, Debug)]
pub(crate) struct Media {
    socket: Socket,
    /// Sequence number and time stamp of each side.
    inside: Stream,
    outside: Stream,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    source: [u8; 4],
    number: u16,
    clock: u32,
}

/// What is sent each way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// Datagrams in a second each way.
    pub(crate) datagrams: usize,
    /// Their bytes, at least and at most.
    pub(crate) bytes: (usize, usize),
}

/// Seconds between two checks (RFC 7675), and between two reports.
const CHECK: u64 = 5;
/// Payload types: Opus as browsers number it, and reports.
const AUDIO: u8 = 111;
const REPORT: [u8; 4] = [0x80, 200, 0, 6];
/// Ticks of the audio clock in a second.
const CLOCK: usize = 48_000;
/// Version 1.2 of DTLS, and lengths of its four flights.
const DTLS: [u8; 3] = [22, 0xfe, 0xfd];
const FLIGHTS: [usize; 4] = [210, 860, 620, 570];

// === impl Media ===

impl Media {
    /// Finds a way to the other end, and agrees on keys; when media may flow.
    pub(crate) fn open(
        host: &mut Host,
        rng: &mut Rng,
        (to, port): (Addr, u16),
        at: Timestamp,
    ) -> (Self, Timestamp) {
        let socket = Socket::open(host, to, port);
        let media = Self { socket, inside: Stream::new(rng), outside: Stream::new(rng) };
        let mut at = at;
        for _ in 0..2 {
            at = media.check(host, rng, at).plus(Span::from_millis(3));
        }
        for (n, length) in FLIGHTS.into_iter().enumerate() {
            let side = if n % 2 == 0 { Side::Inside } else { Side::Outside };
            if side == Side::Outside {
                at = at.plus(media.socket.trip);
            }
            at = at.plus(Span::from_millis(2));
            let body = (length as u16 - 13).to_be_bytes();
            let head = [&DTLS[..], &[0, 0, 0, 0, 0, 0, 0, n as u8 / 2], &body].concat();
            media.socket.send_noise(host, rng, side, at, (&head, length));
        }
        (media, at.plus(Span::from_millis(20)))
    }

    /// Is the other end still there?
    fn check(&self, host: &mut Host, rng: &mut Rng, at: Timestamp) -> Timestamp {
        let ask = stun::check(rng, "k3Vd:9xQa");
        let own = host.net.bare("nat");
        let tell = stun::answer(&ask, own, self.socket.own_port());
        self.socket.exchange(host, rng, at, &ask, Some(&tell))
    }

    /// What flows within one second from `at` on.
    pub(crate) fn second(&mut self, host: &mut Host, rng: &mut Rng, at: Timestamp, rate: Rate) {
        let step = Span::from_nanos(1_000_000_000 / rate.datagrams.max(1) as u64);
        for side in [Side::Inside, Side::Outside] {
            let mut due = at;
            for _ in 0..rate.datagrams {
                let late = match side {
                    Side::Inside => rng.exponential(0.000_3),
                    Side::Outside => rng.exponential(0.004),
                };
                let length = rng.size(rate.bytes.0, rate.bytes.1);
                let head = self.stream(side).next(CLOCK / rate.datagrams.max(1));
                let passes = due.plus(Span::from_secs_f64(late));
                self.socket.send_noise(host, rng, side, passes, (&head, length));
                due = due.plus(step);
            }
            let source = self.stream(side).source;
            let report = [REPORT, source].concat();
            self.socket.send_noise(host, rng, side, at.plus(step), (&report, 58));
        }
        if at.secs().is_multiple_of(CHECK) {
            self.check(host, rng, at);
        }
    }

    const fn stream(&mut self, side: Side) -> &mut Stream {
        match side {
            Side::Inside => &mut self.inside,
            Side::Outside => &mut self.outside,
        }
    }
}

// === impl Stream ===

impl Stream {
    fn new(rng: &mut Rng) -> Self {
        let source = (rng.next() as u32).to_be_bytes();
        Self { source, number: rng.next() as u16, clock: rng.next() as u32 }
    }

    /// The head of its next packet.
    fn next(&mut self, ticks: usize) -> Vec<u8> {
        self.number = self.number.wrapping_add(1);
        self.clock = self.clock.wrapping_add(ticks as u32);
        let mut head = vec![0x80, AUDIO];
        head.extend_from_slice(&self.number.to_be_bytes());
        head.extend_from_slice(&self.clock.to_be_bytes());
        head.extend_from_slice(&self.source);
        head
    }
}
