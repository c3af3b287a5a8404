//! Both halves of a handshake as bytes, for those who speak over real sockets, and what a server
//! hears of a hello. The two ends need not agree on any chance: neither verifies the other. Failure
//! choice: a hello that is cut, damaged or of a stranger is heard as nothing.

use ostium_event::{Home, Timestamp};

use super::flights::Flights;
use super::stacks::SERVER_NAME;
use super::{Claims, Server, Stack};
use crate::payload::Payload;
use crate::rng::Rng;
use crate::shared::Shared;

/// A handshake, each flight as bytes.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// The client's hello.
    pub hello: Vec<u8>,
    /// The server's hello and all that it says with it.
    pub answer: Vec<u8>,
    /// The client agrees.
    pub agreed: Vec<u8>,
    /// Before TLS 1.3 the server has the last word.
    pub last: Option<Vec<u8>>,
}

/// What a server shows.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// It speaks TLS 1.3 to those who can.
    pub modern: bool,
    /// Whom its certificate names.
    pub subject: &'a str,
    /// It has signed its certificate itself.
    pub self_signed: bool,
    /// Since when its certificate is valid.
    pub since: Timestamp,
}

/// What a server hears of a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The stack that lists such cipher suites.
    pub stack: Stack,
    /// The name that it asks for.
    pub server_name: Option<String>,
}

/// Bytes that are taken from the front one after another.
struct Reader<'a>(&'a [u8]);

// === impl Handshake ===

impl Handshake {
    /// A handshake of a client's stack with a server.
    pub fn new(rng: &mut Rng, stack: Stack, server_name: Option<&str>, shown: &Shown<'_>) -> Self {
        let shared = Shared::new(rng.next(), Home::private(), (shown.since, Timestamp::MAX));
        let names = [shown.subject];
        let claims = Claims {
            subject: shown.subject,
            issuer: if shown.self_signed { shown.subject } else { "Everyday CA R3" },
            from: shown.since,
            days: if shown.self_signed { 3650 } else { 90 },
            names: if shown.self_signed { &[] } else { &names },
        };
        let chain = usize::from(!shown.self_signed);
        let server = Server { modern: shown.modern, claims, chain };
        let flights = Flights::new(rng, &shared, stack, server_name, &server);
        Self {
            hello: flights.hello().whole(),
            answer: flights.answer().whole(),
            agreed: flights.agreed().whole(),
            last: flights.last_len().map(|_| flights.last().whole()),
        }
    }

    /// Records of so many bytes of application data.
    pub fn records(rng: &mut Rng, stack: Stack, bytes: usize) -> Vec<u8> {
        Payload::records(rng.next(), stack.profile().legacy, bytes).whole()
    }
}

// === impl Heard ===

impl Heard {
    /// Reads the body of a client hello's record; `None` is no hello of any stack here.
    pub fn read(record: &[u8]) -> Option<Self> {
        let mut rest = Reader(record);
        if rest.number(1)? != 1 {
            return None;
        }
        let mut hello = rest.block(3)?;
        hello.take(2 + 32)?;
        hello.block(1)?;
        let ciphers = hello.block(2)?;
        hello.block(1)?;
        let stack = stack_of(ciphers)?;
        let server_name = hello.block(2).and_then(server_name);
        Some(Self { stack, server_name })
    }
}

/// The stack with these cipher suites, reserved values left out (RFC 8701).
fn stack_of(ciphers: Reader<'_>) -> Option<Stack> {
    let words = ciphers.0.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    let listed: Vec<u16> = words
        .filter(|[high, low]| high != low || low & 0x0f != 0x0a)
        .map(u16::from_be_bytes)
        .collect();
    Stack::ALL.iter().copied().find(|stack| stack.profile().ciphers == listed)
}

fn server_name(mut extensions: Reader<'_>) -> Option<String> {
    loop {
        let id = extensions.number(2)?;
        let mut body = extensions.block(2)?;
        if id == usize::from(SERVER_NAME) {
            let mut list = body.block(2)?;
            list.take(1)?;
            return String::from_utf8(list.block(2)?.0.to_vec()).ok();
        }
    }
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, width: usize) -> Option<usize> {
        Some(self.take(width)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    }

    /// A block with its length in front.
    fn block(&mut self, width: usize) -> Option<Self> {
        let length = self.number(width)?;
        self.take(length).map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(modern: bool) -> Shown<'static> {
        let since = Timestamp::from_secs(1_700_000_000);
        Shown { modern, subject: "a.example", self_signed: !modern, since }
    }

    #[test]
    fn the_server_hears_what_the_client_says() {
        let mut rng = Rng::new(1);
        for &stack in Stack::ALL {
            for name in [Some("www.a.example"), None] {
                let talk = Handshake::new(&mut rng, stack, name, &shown(true));
                let heard = Heard::read(&talk.hello[5..]).unwrap();
                let named = name.filter(|_| stack.names_servers()).map(str::to_owned);
                assert_eq!(heard, Heard { stack, server_name: named });
            }
        }
    }

    #[test]
    fn damaged_hellos_are_heard_as_something_or_nothing() {
        let mut rng = Rng::new(2);
        for n in 0..3000 {
            let stack = Stack::ALL[n % Stack::ALL.len()];
            let mut hello = Handshake::new(&mut rng, stack, Some("a.b"), &shown(false)).hello;
            for _ in 0..rng.below(4) {
                let place = rng.below(hello.len());
                hello[place] = rng.next() as u8;
            }
            hello.truncate(rng.below(hello.len() + 1).max(5));
            Heard::read(&hello[5..]);
            Heard::read(&rng.bytes(n % 90));
        }
    }

    #[test]
    fn old_servers_have_the_last_word() {
        let talk = |modern| Handshake::new(&mut Rng::new(3), Stack::Go, None, &shown(modern));
        assert!(talk(true).last.is_none() && talk(false).last.is_some());
    }
}
