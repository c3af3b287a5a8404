//! TLS over TCP: the client hello with its JA4, the server hello, and the leaf certificate where it
//! is not encrypted. What follows is of no interest.
//!
//! Who is the client is told by the hellos, not by the caller. After a gap the records of that side
//! cannot be found again: what is known by then is told.

mod certificate;
mod handshake;
mod hello;
mod ja4;
mod record;

use ostium_event::{
    Anomaly, Certificate, Service, Timestamp, TlsClient, TlsServer, TlsVersion, What,
};

use self::handshake::{CERTIFICATE, CLIENT_HELLO, Messages, SERVER_HELLO, Verdict};
use self::hello::ServerHello;
use self::record::{ALERT, APPLICATION, CHANGE_CIPHER, HANDSHAKE, Records, SSL2_HELLO, Step};
use crate::bytes::Text;
use crate::context::{Both, Context, Heads, Match, Next, Side, Sink};
use crate::protocol::Protocol;

pub(crate) use self::hello::ClientHello;
pub(crate) use self::ja4::Carrier;

/// Segments that a client may send after its hello while no server is seen.
const MAX_ALONE: u8 = 64;

/// TLS on one flow.
#[derive(Default)]
pub(crate) struct Tls(Box<State>);

#[derive(Default)]
struct State {
    sides: Both<Direction>,
    session: Session,
    alone: u8,
}

#[derive(Default)]
struct Direction {
    records: Records,
    messages: Messages,
    done: bool,
}

/// What both sides have said.
#[derive(Default)]
struct Session {
    name: Option<Box<str>>,
    greeted: bool,
    /// A server hello that waits for its certificate.
    server: Option<ServerHello>,
}

/// Tells a client hello; gives the server name that it asks for. `None` when it is malformed.
pub(crate) fn tell_client(
    body: &[u8],
    carrier: Carrier,
    out: &mut Sink<'_>,
) -> Option<Option<Box<str>>> {
    let hello = ClientHello::read(body)?;
    let name = hello.name.map(Text::<255>::lower);
    let alpn = hello.alpn.map(Text::<255>::printable);
    out(What::Tls(TlsClient {
        server_name: name.as_ref().map(Text::as_str),
        alpn: alpn.as_ref().map(Text::as_str),
        version: TlsVersion(hello.version),
        ja4: ja4::ja4(&hello, carrier),
        quic: carrier == Carrier::Quic,
    }));
    Some(name.map(|name| name.as_str().into()))
}

// === impl Tls ===

impl Protocol for Tls {
    const SERVICE: Service = Service::Tls;

    fn recognise(heads: &Heads<'_>, ctx: &Context) -> Match {
        match heads.this {
            // A client begins with its hello: anything else only looks like TLS.
            [20 | 21 | 23, ..] if ctx.from_start && ctx.side == Side::Opener => Match::No,
            [22, 3, 0..=4, high, _, kind, ..] => {
                Match::from_bool(*high <= 0x48 && matches!(*kind, 1 | 2))
            }
            [20 | 21 | 23, 3, 0..=4, high, _, ..] => Match::from_bool(*high <= 0x48),
            // The hello of SSL 2 that offers SSL 3 or later (RFC 5246, appendix E.2).
            [0x80, _, 1, 3, 0..=3, ..] => Match::Yes,
            [20..=23] | [20..=23, 3] | [20..=23, 3, 0..=4] | [20..=23, 3, 0..=4, _] => Match::Maybe,
            [22, 3, 0..=4, _, _] => Match::Maybe,
            [0x80] | [0x80, _] | [0x80, _, 1] | [0x80, _, 1, 3] => Match::Maybe,
            _ => Match::No,
        }
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        self.0.read(ctx, bytes, out)
    }

    fn gap(&mut self, ctx: &Context, _missing: u64, out: &mut Sink<'_>) -> Next {
        let side = self.0.sides.of_mut(ctx.side);
        // A client's bytes after its hello are not missed.
        if side.done {
            return Next::More;
        }
        *side = Direction { done: true, ..Direction::default() };
        let both = self.0.sides.of(ctx.side.other()).done;
        if self.0.session.tell_server(None, out) || both { Next::Done } else { Next::More }
    }

    fn finish(&mut self, _ctx: &Context, out: &mut Sink<'_>) {
        self.0.session.tell_server(None, out);
    }

    fn heap_bytes(&self) -> usize {
        size_of::<State>() + self.0.sides.sum(|side| side.messages.heap_bytes())
    }
}

// === impl State ===

impl State {
    fn read(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let (side, session) = (self.sides.of_mut(ctx.side), &mut self.session);
        if side.done {
            self.alone = self.alone.saturating_add(1);
            return if self.alone < MAX_ALONE { Next::More } else { Next::Done };
        }
        let mut rest = bytes;
        let verdict = loop {
            let verdict = match side.records.next(&mut rest) {
                Step::Need => break Verdict::More,
                Step::Bad => Verdict::Malformed,
                Step::Fragment(HANDSHAKE, fragment) => {
                    side.messages.push(fragment, &mut |k, b| session.message(k, b, ctx.at, out))
                }
                Step::Fragment(kind, fragment) => session.other_record(kind, fragment, out),
            };
            if verdict != Verdict::More {
                break verdict;
            }
        };
        match verdict {
            Verdict::More => Next::More,
            Verdict::SideDone => {
                *side = Direction { done: true, ..Direction::default() };
                Next::More
            }
            Verdict::Done => Next::Done,
            Verdict::Malformed => {
                out(What::Anomaly(Anomaly::TlsMalformed));
                session.tell_server(None, out);
                Next::Done
            }
        }
    }
}

// === impl Session ===

impl Session {
    fn message(&mut self, kind: u8, body: &[u8], at: Timestamp, out: &mut Sink<'_>) -> Verdict {
        match kind {
            CLIENT_HELLO if self.greeted => Verdict::SideDone,
            CLIENT_HELLO => match tell_client(body, Carrier::Tcp, out) {
                Some(name) => {
                    self.name = name;
                    self.greeted = true;
                    Verdict::SideDone
                }
                None => Verdict::Malformed,
            },
            SERVER_HELLO => self.server_hello(body, out),
            CERTIFICATE => self.certificate(body, at, out),
            // Any other message of a server comes after the place of its certificate.
            _ if self.tell_server(None, out) => Verdict::Done,
            _ => Verdict::More,
        }
    }

    fn server_hello(&mut self, body: &[u8], out: &mut Sink<'_>) -> Verdict {
        let Some(hello) = ServerHello::read(body) else {
            return Verdict::Malformed;
        };
        if hello.is_retry {
            return Verdict::More;
        }
        self.server = Some(hello);
        if hello.version >= TlsVersion::TLS13 && self.tell_server(None, out) {
            return Verdict::Done;
        }
        Verdict::More
    }

    fn certificate(&mut self, body: &[u8], at: Timestamp, out: &mut Sink<'_>) -> Verdict {
        if self.server.is_none() {
            return Verdict::More;
        }
        let read = match certificate::leaf(body) {
            None => false,
            Some([]) => {
                self.tell_server(None, out);
                true
            }
            Some(der) => certificate::read(der, at, &mut |certificate| {
                self.tell_server(Some(certificate), out);
            }),
        };
        if !read {
            out(What::Anomaly(Anomaly::CertificateMalformed));
            self.tell_server(None, out);
        }
        Verdict::Done
    }

    fn other_record(&mut self, kind: u8, fragment: &[u8], out: &mut Sink<'_>) -> Verdict {
        match kind {
            SSL2_HELLO => Verdict::SideDone,
            // A server that resumes a session, or whose certificate was not seen. A client's such
            // records are not read.
            CHANGE_CIPHER | APPLICATION => {
                self.tell_server(None, out);
                Verdict::Done
            }
            ALERT if fragment.first() == Some(&1) => Verdict::More,
            ALERT => {
                self.tell_server(None, out);
                Verdict::Done
            }
            _ => Verdict::More,
        }
    }

    /// Tells the server hello that waits, if one does.
    fn tell_server(&mut self, certificate: Option<Certificate<'_>>, out: &mut Sink<'_>) -> bool {
        let Some(hello) = self.server.take() else {
            return false;
        };
        out(What::TlsServer(TlsServer {
            server_name: self.name.as_deref(),
            version: hello.version,
            cipher: hello.cipher,
            fingerprint: hello.fingerprint,
            certificate,
        }));
        true
    }
}

#[cfg(test)]
pub(crate) mod tests;
