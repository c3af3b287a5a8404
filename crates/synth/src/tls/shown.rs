//! What the hellos of a stack show, measured once by writing and reading them: hellos of one stack
//! differ only in what is counted apart.

use std::sync::OnceLock;

use ostium_event::{Fingerprint, Ja4, Timestamp, TlsVersion, What};
use ostium_parse::{Context, FlowParser, Side};

use super::{Stack, hello};
use crate::record::{Answered, Hello};
use crate::rng::Rng;

/// What hellos of one stack come to.
pub(super) struct Sizes {
    /// Without a server name, and with an empty one.
    client: [usize; 2],
    /// Of a server that is not modern, and of one that is.
    server: [usize; 2],
}

/// What a parser sees of a stack.
#[derive(Default)]
struct Seen {
    /// Without a server name, and with one.
    asked: [Asked; 2],
    /// By a server that is not modern, and by one that is.
    answered: [(TlsVersion, u16, Fingerprint); 2],
}

#[derive(Clone, Copy, Default)]
struct Asked {
    ja4: Option<Ja4>,
    version: TlsVersion,
}

/// How long the hellos of a stack are.
pub(super) fn sizes(stack: Stack) -> &'static Sizes {
    static SIZES: OnceLock<Vec<Sizes>> = OnceLock::new();
    static NONE: Sizes = Sizes { client: [0; 2], server: [0; 2] };
    let all = SIZES.get_or_init(|| {
        let measure = |stack: &Stack| {
            let client =
                [None, Some("")].map(|name| hello::client(&mut Rng::new(1), *stack, name, 0).len());
            let server =
                [false, true].map(|new| hello::server(&mut Rng::new(1), *stack, new).len());
            Sizes { client, server }
        };
        Stack::ALL.iter().map(measure).collect()
    });
    all.get(stack as usize).unwrap_or(&NONE)
}

/// What a client's hello shows, but for the name.
pub(super) fn hello(stack: Stack, named: bool) -> Hello {
    let named = named && stack.names_servers();
    let [nameless, with_name] = seen(stack).map_or_else(Default::default, |seen| seen.asked);
    let asked = if named { with_name } else { nameless };
    Hello {
        server_name: None,
        alpn: stack.profile().alpn.first().copied(),
        version: asked.version,
        ja4: asked.ja4,
        quic: false,
    }
}

/// What the answer of a server shows, but for the name and the certificate.
pub(super) fn answered(stack: Stack, modern: bool) -> Answered {
    let [old, new] = seen(stack).map_or_else(Default::default, |seen| seen.answered);
    let (version, cipher, fingerprint) = if modern { new } else { old };
    Answered { server_name: None, version, cipher, fingerprint, chain: Vec::new() }
}

fn seen(stack: Stack) -> Option<&'static Seen> {
    static SEEN: OnceLock<Vec<Seen>> = OnceLock::new();
    let all = SEEN.get_or_init(|| Stack::ALL.iter().map(|stack| see(*stack)).collect());
    all.get(stack as usize)
}

/// Lets the parser of the product read hellos of a stack.
fn see(stack: Stack) -> Seen {
    let mut seen = Seen::default();
    for named in [false, true] {
        for modern in [false, true] {
            let (asked, answered) = read(stack, named.then_some("a.example"), modern);
            seen.asked[usize::from(named)] = asked;
            seen.answered[usize::from(modern)] = answered;
        }
    }
    seen
}

fn read(stack: Stack, name: Option<&str>, modern: bool) -> (Asked, (TlsVersion, u16, Fingerprint)) {
    let (mut asked, mut answered) = (Asked::default(), Default::default());
    let mut parser = FlowParser::default();
    let rng = &mut Rng::new(1);
    let client = hello::client(rng, stack, name, 0);
    let mut server = hello::server(rng, stack, modern);
    // "Hello done": what a parser waits for when no certificate comes.
    server.extend_from_slice(&[14, 0, 0, 0]);
    for (side, message) in [(Side::Opener, client), (Side::Responder, server)] {
        let mut bytes = vec![22, 3, 1];
        bytes.extend_from_slice(&(message.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&message);
        let context = Context {
            at: Timestamp::ZERO,
            side,
            opener_is_inside: true,
            opener_port: 50_000,
            responder_port: 443,
            from_start: true,
        };
        parser.stream(&context, &bytes, &mut |what| match what {
            What::Tls(hello) => asked = Asked { ja4: hello.ja4, version: hello.version },
            What::TlsServer(hello) => {
                answered = (hello.version, hello.cipher, hello.fingerprint);
            }
            _ => {}
        });
    }
    (asked, answered)
}

// === impl Sizes ===

impl Sizes {
    pub(super) const fn client(&self, named: bool) -> usize {
        self.client[named as usize]
    }

    pub(super) const fn server(&self, modern: bool) -> usize {
        self.server[modern as usize]
    }
}
