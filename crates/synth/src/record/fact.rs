//! What is noted of a flow, with all that its log rows and its events need.

use std::rc::Rc;

use ostium_event::{
    Anomaly, Banner, BotSign, Command, Fingerprint, HttpReply, HttpRequest, Irc, Ja4, Message,
    Service, Span, Timestamp, TlsClient, TlsServer, TlsVersion, Tool, What,
};

use super::flow::Closed;
use crate::dns;
use crate::shared::Certificate;

/// Something that happened in a flow.
#[derive(Debug)]
pub(crate) enum Fact {
    Opened { start: bool },
    Message(Message),
    Dns(Box<dns::Message>),
    Hello(Box<Hello>),
    Answered(Box<Answered>),
    Request(Box<Request>),
    Reply(Box<Reply>),
    Line(Box<Line>),
    Tool(Tool),
    Anomaly(Anomaly),
    Closed(Box<Closed>),
}

/// A client's TLS hello.
#[derive(Debug)]
pub(crate) struct Hello {
    pub(crate) server_name: Option<Rc<str>>,
    pub(crate) alpn: Option<&'static str>,
    pub(crate) version: TlsVersion,
    pub(crate) ja4: Option<Ja4>,
    pub(crate) quic: bool,
}

/// A server's TLS hello.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) server_name: Option<Rc<str>>,
    pub(crate) version: TlsVersion,
    pub(crate) cipher: u16,
    pub(crate) fingerprint: Fingerprint,
    /// The leaf, and what is above it.
    pub(crate) chain: Vec<Rc<Certificate>>,
}

/// An HTTP request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Box<str>,
    pub(crate) host: Option<Box<str>>,
    pub(crate) uri: Box<str>,
    pub(crate) user_agent: Option<Box<str>>,
    /// What is no text.
    pub(crate) rest: HttpRequest<'static>,
}

/// An HTTP reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) content_type: Option<Box<str>>,
    pub(crate) server: Option<Box<str>>,
    pub(crate) rest: HttpReply<'static>,
}

/// A line of SSH, SMTP, FTP or IRC.
#[derive(Debug)]
pub(crate) enum Line {
    Banner { service: Service, from_inside: bool, text: Box<str> },
    Command { service: Service, verb: Box<str>, argument: Box<str> },
    Irc { verb: Box<str>, channel: Box<str>, sign: Option<BotSign> },
}

const DAY: u64 = 86_400;

// === impl Fact ===

impl Fact {
    /// What a parser saw at some time; `None` for what parsers do not tell.
    pub(super) fn read(what: &What<'_>, at: Timestamp) -> Option<Self> {
        let own = |text: &str| Box::<str>::from(text);
        Some(match what {
            What::Dns(dns) => Self::Dns(Box::new(dns::Message::read(dns))),
            What::Tls(client) => Self::Hello(Box::new(Hello::read(client))),
            What::TlsServer(server) => Self::Answered(Box::new(Answered::read(server, at))),
            What::Http(request) => Self::Request(Box::new(Request {
                method: own(request.method),
                host: request.host.map(own),
                uri: own(request.uri),
                user_agent: request.user_agent.map(own),
                rest: HttpRequest { method: "", host: None, uri: "", user_agent: None, ..*request },
            })),
            What::HttpReply(reply) => Self::Reply(Box::new(Reply {
                content_type: reply.content_type.map(own),
                server: reply.server.map(own),
                rest: HttpReply { content_type: None, server: None, ..*reply },
            })),
            What::Banner(Banner { service, from_inside, text }) => {
                Self::Line(Box::new(Line::Banner {
                    service: *service,
                    from_inside: *from_inside,
                    text: own(text),
                }))
            }
            What::Command(Command { service, verb, argument }) => {
                Self::Line(Box::new(Line::Command {
                    service: *service,
                    verb: own(verb),
                    argument: own(argument),
                }))
            }
            What::Irc(Irc { verb, channel, sign }) => Self::Line(Box::new(Line::Irc {
                verb: own(verb),
                channel: own(channel),
                sign: *sign,
            })),
            What::Tool(tool) => Self::Tool(*tool),
            What::Anomaly(anomaly) => Self::Anomaly(*anomaly),
            What::FlowOpened { .. }
            | What::FlowGoesOn(_)
            | What::FlowClosed(_)
            | What::Message(_) => return None,
        })
    }
}

// === impl Hello ===

impl Hello {
    fn read(client: &TlsClient<'_>) -> Self {
        let known = ["h2", "http/1.1", "h3", "dot"];
        Self {
            server_name: client.server_name.map(Rc::from),
            alpn: known.into_iter().find(|name| client.alpn == Some(name)),
            version: client.version,
            ja4: client.ja4,
            quic: client.quic,
        }
    }
}

// === impl Answered ===

impl Answered {
    fn read(server: &TlsServer<'_>, at: Timestamp) -> Self {
        let chain = server.certificate.map(|leaf| {
            let age = u64::try_from(leaf.age_days.unwrap_or(0)).unwrap_or(0) * DAY;
            let mut hash = [0; 32];
            for (to, from) in hash.iter_mut().zip(leaf.fingerprint.0.to_be_bytes().iter().skip(2)) {
                *to = *from;
            }
            let issuer = if leaf.self_signed { leaf.subject } else { leaf.issuer };
            Rc::new(Certificate {
                subject: leaf.subject.into(),
                issuer: issuer.into(),
                from: at.minus(Span::from_secs(age)),
                days: u64::from(leaf.valid_days),
                names: Vec::from_iter(leaf.has_san.unwrap_or(false).then(|| leaf.subject.into())),
                der: Rc::new([]),
                hash,
            })
        });
        Self {
            server_name: server.server_name.map(Rc::from),
            version: server.version,
            cipher: server.cipher,
            fingerprint: server.fingerprint,
            chain: chain.into_iter().collect(),
        }
    }
}
