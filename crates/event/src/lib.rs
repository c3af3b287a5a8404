//! What was seen.
//!
//! An [`Event`] says that something happened between one inside host and one outside peer.
//! Packets, Zeek logs and EVE lines all become the same events, so every detector works on all of
//! them as far as their fields allow. Text and byte fields are borrowed from the input; nothing
//! here allocates, does I/O or reads a clock.
#![forbid(unsafe_code)]

mod addr;
mod anomaly;
#[cfg(feature = "serde")]
mod de;
mod dns;
mod flow;
mod home;
mod http;
#[cfg(feature = "serde")]
mod ser;
mod session;
mod time;
mod tls;

pub use addr::Addr;
pub use anomaly::Anomaly;
pub use dns::{Answer, AnswerData, Dns, DnsStage, RecordType};
pub use flow::{FlowKey, FlowRecord, FlowState, Message, OpenedBy, Proto, Scope, Service, Volume};
pub use home::{BadPrefix, Home, Prefix};
pub use http::{Body, HttpReply, HttpRequest};
pub use session::{Banner, BotSign, Command, Irc, Order, Tool, ToolKind};
pub use time::{BadSpan, Span, Timestamp};
pub use tls::{Certificate, Fingerprint, Ja4, TlsClient, TlsServer, TlsVersion};

/// Something that happened, when, and between whom.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// When it happened (for a flow's close: when its last packet was seen).
    pub at: Timestamp,
    /// The two ends.
    pub flow: FlowKey,
    /// Who opened the conversation.
    pub opened_by: OpenedBy,
    /// Does the conversation leave the network?
    pub scope: Scope,
    /// What happened.
    pub what: What<'a>,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// The first packet of a flow. `start` is true when it truly is the start (a TCP SYN, a first
    /// UDP packet); false when the capture joined the flow in the middle.
    FlowOpened {
        /// The start itself was seen.
        start: bool,
    },
    /// A flow of many packets goes on without an answer, or was answered after that: as it stands.
    /// Packets tell it, logs do not.
    FlowGoesOn(FlowRecord),
    /// A flow ended or was idle for too long.
    FlowClosed(FlowRecord),
    /// An application message after a pause inside one flow.
    Message(Message),
    /// A DNS question, reply or both.
    Dns(Dns<'a>),
    /// A TLS (or QUIC) client hello.
    Tls(TlsClient<'a>),
    /// A TLS server hello, with its certificate where it can be seen.
    TlsServer(TlsServer<'a>),
    /// An HTTP/1 request.
    Http(HttpRequest<'a>),
    /// An HTTP/1 reply.
    HttpReply(HttpReply<'a>),
    /// The first line of SSH, SMTP, FTP and the like.
    Banner(Banner<'a>),
    /// A command of SMTP or FTP.
    Command(Command<'a>),
    /// An IRC message of a client.
    Irc(Irc<'a>),
    /// The first words of a known bot, remote control or miner.
    Tool(Tool),
    /// Something malformed, or not what it should be.
    Anomaly(Anomaly),
}
