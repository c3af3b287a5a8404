//! The four flights of a handshake, with their lengths known before their bytes.

use std::rc::Rc;

use ostium_event::Service;

use super::hello::{self, block};
use super::shown::{self, sizes};
use super::{Claims, Server, Stack};
use crate::payload::Payload;
use crate::record::{Answered, Fact, Hello, Known};
use crate::rng::Rng;
use crate::shared::{Certificate, Shared};

/// A handshake of one client with one server.
pub(super) struct Flights<'a> {
    stack: Stack,
    server_name: Option<&'a str>,
    modern: bool,
    version: u16,
    legacy: u16,
    /// All bytes that are random follow from it.
    seed: u64,
    /// How long the client's encrypted hello is.
    sealed: usize,
    /// Bytes of what TLS 1.3 encrypts of the server's flight.
    hidden: usize,
    /// The leaf and what is above it; empty in TLS 1.3.
    chain: Vec<Rc<Certificate>>,
}

const CHANGE: u8 = 20;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;
/// Header of a record.
const HEADER: usize = 5;
/// Header of a message, length of the list, length of the leaf.
const LEAF_AT: usize = 4 + 3 + 3;
const DONE: [u8; 4] = [14, 0, 0, 0];
const FINISHED_13: usize = 53;
const FINISHED: usize = 40;
/// A key on X25519 in the client's answer.
const EXCHANGE: usize = 4 + 1 + 32;

// === impl Flights ===

impl<'a> Flights<'a> {
    pub(super) fn new(
        rng: &mut Rng,
        shared: &Shared,
        stack: Stack,
        server_name: Option<&'a str>,
        server: &Server<'_>,
    ) -> Self {
        let version = hello::version(stack, server.modern);
        let chain = match version {
            0x0304 => Vec::new(),
            _ => chain(shared, server),
        };
        Self {
            stack,
            server_name,
            modern: server.modern,
            version,
            legacy: stack.profile().legacy,
            seed: rng.next(),
            sealed: rng.below(4),
            hidden: rng.size(1200, 2000),
            chain,
        }
    }

    const fn is_13(&self) -> bool {
        self.version == 0x0304
    }

    /// Chance for one of the flights.
    fn chance(&self, flight: u64) -> Rng {
        Rng::new(self.seed ^ flight)
    }

    pub(super) fn hello_len(&self) -> usize {
        let name = self.server_name.filter(|_| self.stack.names_servers());
        let sealed = if self.stack.seals() { hello::SEALED * self.sealed } else { 0 };
        HEADER + sizes(self.stack).client(name.is_some()) + name.map_or(0, str::len) + sealed
    }

    /// The client's hello.
    pub(super) fn hello(&self) -> Payload {
        let rng = &mut self.chance(1);
        let message = hello::client(rng, self.stack, self.server_name, self.sealed);
        // The first record claims TLS 1.0, as all stacks do for old servers' sake.
        record(HANDSHAKE, 0x0301, &message).into()
    }

    /// The name as the hello says it.
    fn said_name(&self) -> Option<Rc<str>> {
        let name = self.server_name.filter(|_| self.stack.names_servers())?;
        Some(name.to_ascii_lowercase().into())
    }

    /// What the client's hello tells.
    pub(super) fn asks(&self) -> Known {
        let hello = shown::hello(self.stack, self.server_name.is_some());
        let fact = Fact::Hello(Box::new(Hello { server_name: self.said_name(), ..hello }));
        Known { service: Service::Tls, fact: Some((self.hello_len(), fact)) }
    }

    /// What the server's answer tells.
    pub(super) fn answers(&self) -> Known {
        let answered = Answered {
            server_name: self.said_name(),
            chain: self.chain.clone(),
            ..shown::answered(self.stack, self.modern)
        };
        let fact = Fact::Answered(Box::new(answered));
        Known { service: Service::Tls, fact: Some((self.known_after(), fact)) }
    }

    /// Bytes of the server's hello with its record.
    fn server_hello_len(&self) -> usize {
        HEADER + sizes(self.stack).server(self.modern)
    }

    pub(super) fn answer_len(&self) -> usize {
        let hello = self.server_hello_len();
        if self.is_13() {
            return hello + HEADER + 1 + HEADER + self.hidden;
        }
        let certificates: usize = self.chain.iter().map(|c| 3 + c.der.len()).sum();
        let exchange = key_exchange_len(self.legacy);
        hello + HEADER + 4 + 3 + certificates + HEADER + exchange + HEADER + DONE.len()
    }

    /// Bytes of the answer after which the server is known: its hello, or its leaf.
    pub(super) fn known_after(&self) -> usize {
        let leaf = self.chain.first().map_or(0, |leaf| HEADER + LEAF_AT + leaf.der.len());
        self.server_hello_len() + leaf
    }

    /// The server's hello and all that it says with it.
    pub(super) fn answer(&self) -> Payload {
        let (rng, legacy) = (&mut self.chance(2), self.legacy);
        let message = hello::server(rng, self.stack, self.modern);
        let mut flight = record(HANDSHAKE, legacy, &message);
        if self.is_13() {
            flight.extend(record(CHANGE, legacy, &[1]));
            flight.extend(record(DATA, legacy, &rng.bytes(self.hidden)));
        } else {
            flight.extend(record(HANDSHAKE, legacy, &self.certificates()));
            flight.extend(record(HANDSHAKE, legacy, &key_exchange(rng, legacy)));
            flight.extend(record(HANDSHAKE, legacy, &DONE));
        }
        flight.into()
    }

    /// The certificate message: the leaf, and the chain above it.
    fn certificates(&self) -> Vec<u8> {
        let mut out = vec![11];
        block(&mut out, 3, |out| {
            block(out, 3, |out| {
                for certificate in &self.chain {
                    block(out, 3, |out| out.extend_from_slice(&certificate.der));
                }
            });
        });
        out
    }

    pub(super) const fn agreed_len(&self) -> usize {
        match self.is_13() {
            true => HEADER + 1 + HEADER + FINISHED_13,
            false => HEADER + EXCHANGE + HEADER + 1 + HEADER + FINISHED,
        }
    }

    /// The client agrees.
    pub(super) fn agreed(&self) -> Payload {
        let (rng, legacy) = (&mut self.chance(3), self.legacy);
        let change = record(CHANGE, legacy, &[1]);
        if self.is_13() {
            return [change, record(DATA, legacy, &rng.bytes(FINISHED_13))].concat().into();
        }
        let mut exchange = vec![16, 0, 0, 33, 32];
        exchange.extend(rng.bytes(32));
        let exchange = record(HANDSHAKE, legacy, &exchange);
        [exchange, change, record(HANDSHAKE, legacy, &rng.bytes(FINISHED))].concat().into()
    }

    /// Before TLS 1.3 the server has the last word.
    pub(super) const fn last_len(&self) -> Option<usize> {
        match self.is_13() {
            true => None,
            false => Some(HEADER + 1 + HEADER + FINISHED),
        }
    }

    pub(super) fn last(&self) -> Payload {
        let rng = &mut self.chance(4);
        let change = record(CHANGE, self.legacy, &[1]);
        [change, record(HANDSHAKE, self.legacy, &rng.bytes(FINISHED))].concat().into()
    }
}

/// The server's certificate, and those above it.
fn chain(shared: &Shared, server: &Server<'_>) -> Vec<Rc<Certificate>> {
    let mut chain = vec![shared.certificate(&server.claims)];
    for _ in 0..server.chain {
        let claims = Claims {
            subject: server.claims.issuer,
            issuer: "Global Root G2",
            from: shared.rooted(),
            days: 3650,
            names: &[],
        };
        chain.push(shared.certificate(&claims));
    }
    chain
}

fn record(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + HEADER);
    out.push(kind);
    out.extend_from_slice(&version.to_be_bytes());
    out.extend_from_slice(&(body.len() as u16).to_be_bytes());
    out.extend_from_slice(body);
    out
}

const fn key_exchange_len(version: u16) -> usize {
    4 + 4 + 32 + if version >= 0x0303 { 2 } else { 0 } + 2 + 256
}

/// The server's key on X25519 with a signature.
fn key_exchange(rng: &mut Rng, version: u16) -> Vec<u8> {
    let mut out = vec![12];
    block(&mut out, 3, |out| {
        out.extend_from_slice(&[3, 0, 29, 32]);
        out.extend(rng.bytes(32));
        if version >= 0x0303 {
            out.extend_from_slice(&[8, 4]);
        }
        block(out, 2, |out| out.extend(rng.bytes(256)));
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ostium_event::{Home, Timestamp};

    #[test]
    fn lengths_are_those_of_the_bytes() {
        let shared = Shared::new(1, Home::private(), (Timestamp::ZERO, Timestamp::MAX));
        for (n, stack) in Stack::ALL.iter().cycle().take(60).enumerate() {
            let names = ["a.example"];
            let claims = Claims {
                subject: "a.example",
                issuer: "Some Issuer",
                from: Timestamp::from_secs(1_700_000_000),
                days: 90,
                names: &names,
            };
            let server = Server { modern: n % 2 == 0, claims, chain: n % 3 };
            let name = (n % 5 > 0).then_some("www.a.example");
            let rng = &mut Rng::new(n as u64);
            let flights = Flights::new(rng, &shared, *stack, name, &server);
            assert_eq!(flights.hello().len(), flights.hello_len(), "{stack:?}");
            assert_eq!(flights.answer().len(), flights.answer_len(), "{stack:?}");
            assert_eq!(flights.agreed().len(), flights.agreed_len());
            assert!(flights.known_after() <= flights.answer_len());
            if let Some(length) = flights.last_len() {
                assert_eq!(flights.last().len(), length);
            }
        }
    }
}
