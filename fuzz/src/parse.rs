//! Application protocols: conversations out of arbitrary bytes, told the same for any cut.
//!
//! Two bytes choose the port and where bytes are cut. A mark of three bytes and a letter then parts
//! the turns: `>` and `<` are bytes of the opener and of the responder, `(` and `)` are bytes that
//! are missing, `{` and `}` are datagrams. Bytes before the first mark are the opener's.

use ostium_event::{Service, Timestamp, What};
use ostium_parse::{Context, FlowParser, Interest, Side};

use crate::Bits;

/// Parts the turns of a conversation.
pub const MARK: [u8; 3] = [0xff, 0xfd, 0xfe];
/// Ports of the responder.
pub const PORTS: [u16; 16] =
    [4000, 53, 80, 443, 22, 25, 21, 6667, 587, 123, 5353, 3128, 853, 8080, 0, 65535];

/// One thing that a side does.
#[derive(Clone, Copy, Debug)]
enum Turn<'a> {
    Bytes(Side, &'a [u8]),
    Missing(Side, u64),
    Datagram(Side, &'a [u8]),
}

/// How a conversation is fed.
#[derive(Clone, Copy, Debug)]
struct Feed {
    port: u16,
    from_start: bool,
    /// Bytes given at once.
    piece: usize,
}

/// The recogniser with whatever it finds.
pub fn any(bytes: &[u8]) -> bool {
    conversation(bytes, |_| true)
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $service:ident,)*) => {
        $($(#[$doc])*
        pub fn $name(bytes: &[u8]) -> bool {
            conversation(bytes, |service| service == Service::$service)
        })*
    };
}

services! {
    /// Conversations that are DNS.
    dns: Dns,
    /// Conversations that are TLS.
    tls: Tls,
    /// Conversations that are QUIC.
    quic: Quic,
    /// Conversations that are HTTP.
    http: Http,
    /// Conversations that are SSH.
    ssh: Ssh,
    /// Conversations that are SMTP.
    smtp: Smtp,
    /// Conversations that are FTP.
    ftp: Ftp,
    /// Conversations that are IRC.
    irc: Irc,
}

/// Feeds a conversation whole and in pieces; keeps it when its protocol is wanted.
fn conversation(bytes: &[u8], wanted: fn(Service) -> bool) -> bool {
    let mut bits = Bits(bytes);
    let (choice, piece) = (bits.byte(), bits.byte());
    let feed = Feed {
        port: PORTS[usize::from(choice & 15)],
        from_start: choice & 16 == 0,
        piece: usize::MAX,
    };
    let mut turns = turns(bits.0);
    // A flow is a stream or is made of datagrams.
    let datagrams = matches!(turns.first(), Some(Turn::Datagram(..)));
    turns.retain(|turn| matches!(turn, Turn::Datagram(..)) == datagrams);
    let (service, _) = told(&turns, feed);
    if feed.from_start && cut_safe(&turns, feed) {
        let mut piece = usize::from(piece).max(1);
        // These count the segments of a side that is alone, so there must be few of them.
        if matches!(service, Service::Tls | Service::Ssh) {
            turns.truncate(7);
            piece = piece.max(bits.0.len().div_ceil(7));
        }
        let (_, whole) = told(&turns, feed);
        let (_, pieces) = told(&turns, Feed { piece, ..feed });
        assert_eq!(settled(&whole), settled(&pieces), "the same events for any cut of the bytes");
    }
    wanted(service)
}

/// What is told before segments count by design: a malformed message, after which reading goes on
/// at a segment that begins with one, or a change of protocol, whose first bytes are looked for.
fn settled(told: &[String]) -> &[String] {
    let ends = ["Malformed", "STARTTLS", "\"AUTH\"", "\"CONNECT\""];
    let end = told.iter().position(|text| ends.iter().any(|end| text.contains(end)));
    told.get(..=end.unwrap_or(usize::MAX - 1)).unwrap_or(told)
}

/// Must any cut tell the same? Not where segments are counted by design: after missing bytes, and
/// while a first word is not recognised.
fn cut_safe(turns: &[Turn<'_>], feed: Feed) -> bool {
    let stream = turns.iter().all(|turn| matches!(turn, Turn::Bytes(..)));
    let first = turns.get(..1).unwrap_or_default();
    stream && !matches!(told(first, feed).0, Service::Silent | Service::Unknown)
}

fn turns(bytes: &[u8]) -> Vec<Turn<'_>> {
    let mut turns = Vec::new();
    let (mut rest, mut kind) = (bytes, b'>');
    loop {
        let end = rest.windows(MARK.len()).position(|at| at == MARK);
        let body = &rest[..end.unwrap_or(rest.len())];
        let side = if matches!(kind, b'<' | b')' | b'}') { Side::Responder } else { Side::Opener };
        match kind {
            b'(' | b')' => turns.push(Turn::Missing(side, 1 + body.len() as u64 * 97)),
            b'{' | b'}' => turns.push(Turn::Datagram(side, body)),
            _ if body.is_empty() => {}
            _ => turns.push(Turn::Bytes(side, body)),
        }
        let Some(end) = end else { return turns };
        let mut after = Bits(&rest[end + MARK.len()..]);
        kind = after.byte();
        rest = after.0;
    }
}

/// What a conversation tells.
fn told(turns: &[Turn<'_>], feed: Feed) -> (Service, Vec<String>) {
    let mut parser = FlowParser::default();
    let mut seen = Vec::new();
    let mut fed = 0;
    for turn in turns {
        let ctx = context(turn.side(), feed);
        let mut out = |what: What<'_>| seen.push(format!("{what:?}"));
        match *turn {
            Turn::Bytes(_, bytes) => {
                for piece in bytes.chunks(feed.piece) {
                    fed += piece.len();
                    let wish = parser.stream(&ctx, piece, &mut out);
                    assert_eq!(wish == Interest::Done, parser.is_done());
                }
            }
            Turn::Missing(_, missing) => drop(parser.gap(&ctx, missing, &mut out)),
            Turn::Datagram(_, bytes) => {
                fed += bytes.len();
                parser.datagram(&ctx, bytes, &mut out);
            }
        }
        assert!(
            parser.heap_bytes() <= 4096 + 4 * fed,
            "what is held grows by the flow's bytes only"
        );
        assert!(parser.heap_bytes() <= 256 << 10, "what is held is bounded");
    }
    let mut out = |what: What<'_>| seen.push(format!("{what:?}"));
    parser.finish(&context(Side::Opener, feed), &mut out);
    assert!(seen.len() <= 16 + 2 * fed, "no event without bytes");
    (parser.service(), seen)
}

const fn context(side: Side, feed: Feed) -> Context {
    Context {
        at: Timestamp::from_secs(1_700_000_000),
        side,
        opener_is_inside: true,
        opener_port: 40_000,
        responder_port: feed.port,
        from_start: feed.from_start,
    }
}

// === impl Turn ===

impl Turn<'_> {
    const fn side(&self) -> Side {
        match self {
            Self::Bytes(side, _) | Self::Missing(side, _) | Self::Datagram(side, _) => *side,
        }
    }
}
