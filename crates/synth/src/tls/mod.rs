//! TLS conversations: true hellos and certificates, then records of random bytes.

mod certificate;
mod hello;
mod stacks;

pub(crate) use certificate::Claims;
pub use stacks::Stack;

use crate::host::Outbox;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// The server's half of a handshake.
#[derive(Clone, Debug)]
pub(crate) struct Server<'a> {
    /// Speaks TLS 1.3 to those who can.
    pub(crate) modern: bool,
    /// Its certificate, as TLS 1.2 shows it.
    pub(crate) claims: Claims<'a>,
    /// Random certificates below it in the chain.
    pub(crate) chain: usize,
}

const CHANGE: u8 = 20;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;
/// The most that one record holds.
const RECORD: usize = 16_000;

/// A connection under TLS.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) conn: Conn,
    legacy: u16,
}

// === impl Session ===

impl Session {
    /// Both shake hands on an open connection; the client is inside.
    pub(crate) fn start(
        mut conn: Conn,
        out: &mut Outbox,
        rng: &mut Rng,
        stack: Stack,
        server_name: Option<&str>,
        server: &Server<'_>,
    ) -> Self {
        let legacy = stack.profile().legacy;
        let message = hello::client(rng, stack, server_name);
        // The first record claims TLS 1.0, as all stacks do for old servers' sake.
        conn.say(out, Side::Inside, &record(HANDSHAKE, 0x0301, &message));
        let (message, version) = hello::server(rng, stack, server.modern);
        let mut flight = record(HANDSHAKE, legacy, &message);
        let mut answer = record(CHANGE, legacy, &[1]);
        if version == 0x0304 {
            flight.extend(record(CHANGE, legacy, &[1]));
            let length = rng.size(1200, 2000);
            flight.extend(record(DATA, legacy, &rng.bytes(length)));
            answer.extend(record(DATA, legacy, &rng.bytes(53)));
        } else {
            flight.extend(record(HANDSHAKE, legacy, &certificates(rng, server)));
            flight.extend(record(HANDSHAKE, legacy, &key_exchange(rng, legacy)));
            flight.extend(record(HANDSHAKE, legacy, &[14, 0, 0, 0]));
            let mut exchange = vec![16, 0, 0, 33, 32];
            exchange.extend(rng.bytes(32));
            let mut first = record(HANDSHAKE, legacy, &exchange);
            first.extend(answer);
            answer = first;
            answer.extend(record(HANDSHAKE, legacy, &rng.bytes(40)));
        }
        conn.say(out, Side::Outside, &flight);
        conn.say(out, Side::Inside, &answer);
        if version != 0x0304 {
            let mut last = record(CHANGE, legacy, &[1]);
            last.extend(record(HANDSHAKE, legacy, &rng.bytes(40)));
            conn.say(out, Side::Outside, &last);
        }
        Self { conn, legacy }
    }

    /// One side sends so many bytes of application data.
    pub(crate) fn say(&mut self, out: &mut Outbox, rng: &mut Rng, side: Side, bytes: usize) {
        let mut wire = Vec::with_capacity(bytes + 64);
        let mut left = bytes.max(1);
        while left > 0 {
            // A record carries 17 to 24 bytes more than it says.
            let part = left.min(RECORD);
            wire.extend(record(DATA, self.legacy, &rng.bytes(part + 17)));
            left -= part;
        }
        self.conn.say(out, side, &wire);
    }

    /// One side says goodbye and closes.
    pub(crate) fn close(&mut self, out: &mut Outbox, rng: &mut Rng, side: Side) {
        let alert = record(DATA, self.legacy, &rng.bytes(19));
        self.conn.say(out, side, &alert);
        self.conn.close(out, side);
    }
}

fn record(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 5);
    out.push(kind);
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(&(body.len() as u16).to_be_bytes());
    out.extend_from_slice(body);
    out
}

/// The certificate message: the leaf, and the chain below it.
fn certificates(rng: &mut Rng, server: &Server<'_>) -> Vec<u8> {
    let mut out = vec![11];
    hello::block(&mut out, 3, |out| {
        hello::block(out, 3, |out| {
            let leaf = certificate::write(rng, &server.claims);
            hello::block(out, 3, |out| out.extend(leaf));
            for _ in 0..server.chain {
                let claims = Claims {
                    subject: server.claims.issuer,
                    issuer: "Global Root G2",
                    days: 3650,
                    names: &[],
                    ..server.claims.clone()
                };
                let below = certificate::write(rng, &claims);
                hello::block(out, 3, |out| out.extend(below));
            }
        });
    });
    out
}

/// The server's key on X25519 with a signature.
fn key_exchange(rng: &mut Rng, version: u16) -> Vec<u8> {
    let mut out = vec![12];
    hello::block(&mut out, 3, |out| {
        out.extend_from_slice(&[3, 0, 29, 32]);
        out.extend(rng.bytes(32));
        if version >= 0x0303 {
            out.extend_from_slice(&[8, 4]);
        }
        hello::block(out, 2, |out| out.extend(rng.bytes(256)));
    });
    out
}

#[cfg(test)]
mod tests;
