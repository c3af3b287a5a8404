//! QUIC version 1 (RFC 9000): initial packets that anyone on the path can open, as true ones can,
//! and datagrams of random bytes after them.

mod hello;
mod keys;

use ostium_event::{Addr, Span, Timestamp};

use crate::host::Host;
use crate::payload::Payload;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::Stack;
use crate::udp::Socket;
use keys::{Keys, TAG};

/// Whose hello it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Chrome,
    Firefox,
}

/// A connection, and the time at which it has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Quic {
    /// When its last datagram passed.
    pub(crate) at: Timestamp,
    socket: Socket,
    /// The server's connection id, which its client's datagrams begin with.
    server: [u8; 8],
    last: Side,
    /// Datagrams of the last speaker that are not acknowledged.
    owed: usize,
}

/// Long headers: fixed bit, kind, two bytes of packet number.
const INITIAL: u8 = 0xc1;
const HANDSHAKE: u8 = 0xe1;
/// A short header's fixed bit.
const SHORT: u8 = 0x40;
/// UDP payload of the first datagrams, and of full ones later.
const FIRST: usize = 1250;
const FULL: usize = 1350;
/// Between datagrams of one side.
const SPACING: Span = Span::from_nanos(60_000);
const REACTION: Span = Span::from_nanos(420_000);
/// Acknowledgements come after so many datagrams.
const EVERY: usize = 8;
/// Datagrams that are not full carry so much besides.
const EXTRA: usize = 28;

// === impl Client ===

impl Client {
    /// What a browser sends, if it speaks QUIC at all.
    pub(crate) const fn of(stack: Stack) -> Option<Self> {
        match stack {
            Stack::Chrome => Some(Self::Chrome),
            Stack::Firefox => Some(Self::Firefox),
            _ => None,
        }
    }
}

// === impl Quic ===

impl Quic {
    /// Opens a connection to a name at an address.
    pub(crate) fn connect(
        host: &mut Host,
        rng: &mut Rng,
        client: Client,
        (name, to, port): (&str, Addr, u16),
        at: Timestamp,
    ) -> Self {
        let socket = Socket::open(host, to, port);
        let ids = [rng.next().to_be_bytes(), rng.next().to_be_bytes()];
        let mut quic = Self { at, socket, server: ids[1], last: Side::Inside, owed: 0 };
        let message = hello::client(rng, client, name, &[]);
        for datagram in client_flight(rng, &ids[0], &message) {
            quic.put(host, rng, Side::Inside, datagram);
        }
        let answer = hello::server(rng);
        for datagram in server_flight(rng, &ids, &answer) {
            quic.put(host, rng, Side::Outside, datagram);
        }
        // The client acknowledges, finishes, and asks in one go.
        let last = long(rng, (&ids[1], &[]), 98);
        let last = Payload::from(last).then(short(rng, &ids[1], 60));
        quic.put(host, rng, Side::Inside, last);
        let done = short(rng, &[], 190);
        quic.put(host, rng, Side::Outside, done);
        quic
    }

    /// One side sends bytes; the other acknowledges some of the datagrams.
    pub(crate) fn say(&mut self, host: &mut Host, rng: &mut Rng, side: Side, bytes: usize) {
        let mut left = bytes.max(1);
        let mut sent = 0;
        while left > 0 {
            let part = left.min(FULL - EXTRA);
            left -= part;
            self.datagram(host, rng, side, part + EXTRA);
            sent += 1;
            if sent % EVERY == 0 && left > 0 {
                self.acknowledge(host, rng, side.other());
            }
        }
        self.owed = sent;
    }

    /// Nobody has more to say: what was sent is acknowledged.
    pub(crate) fn rest(&mut self, host: &mut Host, rng: &mut Rng) {
        if self.owed > 0 {
            self.at = self.at.plus(Span::from_millis(25));
            self.datagram(host, rng, self.last.other(), 29);
            self.owed = 0;
        }
    }

    /// The client says that it is over.
    pub(crate) fn close(&mut self, host: &mut Host, rng: &mut Rng) {
        self.datagram(host, rng, Side::Inside, 36);
    }

    /// Time has passed.
    pub(crate) fn wait_until(&mut self, now: Timestamp) {
        self.at = self.at.max(now);
    }

    fn acknowledge(&mut self, host: &mut Host, rng: &mut Rng, side: Side) {
        let resume = (self.at, self.last);
        if side == Side::Outside {
            self.at = self.at.plus(self.socket.trip);
        }
        let bytes = self.short_of(rng, side, 31);
        self.socket.send(host, rng, side, self.at.plus(SPACING), bytes);
        (self.at, self.last) = resume;
    }

    fn datagram(&mut self, host: &mut Host, rng: &mut Rng, side: Side, length: usize) {
        let bytes = self.short_of(rng, side, length);
        self.put(host, rng, side, bytes);
    }

    fn short_of(&self, rng: &mut Rng, side: Side, length: usize) -> Payload {
        let to: &[u8] = if side == Side::Inside { &self.server } else { &[] };
        short(rng, to, length)
    }

    /// Sends a datagram when `side` is next heard.
    fn put(&mut self, host: &mut Host, rng: &mut Rng, side: Side, bytes: impl Into<Payload>) {
        let wait = match side {
            _ if side == self.last => SPACING,
            Side::Inside => REACTION,
            Side::Outside => self.socket.trip,
        };
        self.at = self.at.plus(wait);
        self.last = side;
        self.socket.send(host, rng, side, self.at, bytes);
    }
}

/// The datagrams of a hello, in full initial packets. Browsers cut the hello up and mix its
/// pieces, so that nobody on the path relies on where they are.
fn client_flight(rng: &mut Rng, to: &[u8], hello: &[u8]) -> Vec<Vec<u8>> {
    let keys = Keys::of(Side::Inside, to);
    let room = FIRST - long_header(INITIAL, (to, &[]), 0).len() - TAG;
    let mut datagrams = Vec::new();
    for (number, offset) in (0..hello.len()).step_by(room - 40).enumerate() {
        let part = hello.get(offset..hello.len().min(offset + room - 40)).unwrap_or_default();
        let cut = rng.size(1, part.len().max(2) - 1).min(part.len());
        let (head, tail) = part.split_at(cut);
        let mut frames = crypto(offset + cut, tail);
        frames.extend(crypto(offset, head));
        frames.resize(room, 0);
        let header = long_header(INITIAL, (to, &[]), frames.len() + TAG);
        let number = number as u16 + 1;
        let header = [&header[..], &number.to_be_bytes()].concat();
        datagrams.extend(keys.as_ref().and_then(|k| k.protect(&header, number, &frames)));
    }
    datagrams
}

/// The server's hello in an initial packet, then what only the client can open.
fn server_flight(rng: &mut Rng, ids: &[[u8; 8]; 2], hello: &[u8]) -> Vec<Vec<u8>> {
    let keys = Keys::of(Side::Outside, &ids[0]);
    // Packets 1 and 2 are acknowledged.
    let mut frames = vec![2, 2, 0x20, 0, 1];
    frames.extend(crypto(0, hello));
    let header = long_header(INITIAL, (&[], &ids[1]), frames.len() + TAG);
    let header = [&header[..], &[0, 1]].concat();
    let first = keys.and_then(|k| k.protect(&header, 1, &frames)).unwrap_or_default();
    let mut datagrams = vec![first];
    for length in [1190, 1190, rng.size(300, 900)] {
        datagrams.push(long(rng, (&[], &ids[1]), length));
    }
    datagrams
}

/// A packet of the handshake, which nobody on the path can open.
fn long(rng: &mut Rng, ids: (&[u8], &[u8]), length: usize) -> Vec<u8> {
    let mut packet = long_header(HANDSHAKE, ids, length);
    packet.extend(rng.bytes(length + 2));
    // The low bits are protected as well.
    if let Some(first) = packet.first_mut() {
        *first ^= rng.next() as u8 & 0x0f;
    }
    packet
}

/// A long header up to the packet number, of which two bytes follow before `body` bytes.
fn long_header(kind: u8, (to, from): (&[u8], &[u8]), body: usize) -> Vec<u8> {
    let mut header = vec![kind, 0, 0, 0, 1, to.len() as u8];
    header.extend_from_slice(to);
    header.push(from.len() as u8);
    header.extend_from_slice(from);
    if kind == INITIAL {
        // No token.
        header.push(0);
    }
    let length = 0x4000 | (body as u16 + 2);
    header.extend_from_slice(&length.to_be_bytes());
    header
}

/// A packet with a short header, of so many bytes in all.
fn short(rng: &mut Rng, to: &[u8], length: usize) -> Payload {
    let head = [&[SHORT | rng.next() as u8 & 0x3f], to].concat();
    let rest = length.saturating_sub(head.len());
    Payload::from(head).then(Payload::noise(rng, rest))
}

fn crypto(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![6];
    for number in [offset, bytes.len()] {
        frame.extend_from_slice(&(0x4000 | number as u16).to_be_bytes());
    }
    frame.extend_from_slice(bytes);
    frame
}

#[cfg(test)]
mod tests;
