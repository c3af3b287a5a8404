//! Facts as the events that tracking and parsing their packets would have told.

use std::rc::Rc;

use ostium_event::{
    Banner, Certificate, Command, Event, Fingerprint, HttpReply, HttpRequest, Irc, Timestamp,
    TlsClient, TlsServer, What,
};

use super::fact::{Answered, Fact, Line};
use super::flow::Ends;
use crate::shared;

const DAY: i64 = 86_400;

// === impl Fact: as events ===

impl Fact {
    /// Tells `hear` of it.
    pub(crate) fn tell(&self, at: Timestamp, ends: &Ends, hear: &mut dyn FnMut(&Event<'_>)) {
        let mut say = |what: What<'_>| {
            let (flow, opened_by, scope) = (ends.key, ends.opened_by, ends.scope);
            hear(&Event { at, flow, opened_by, scope, what });
        };
        match self {
            Self::Opened { start } => say(What::FlowOpened { start: *start }),
            Self::Message(message) => say(What::Message(*message)),
            Self::Dns(message) => message.tell(&mut |dns| say(What::Dns(dns))),
            Self::Hello(hello) => say(What::Tls(TlsClient {
                server_name: hello.server_name.as_deref(),
                alpn: hello.alpn,
                version: hello.version,
                ja4: hello.ja4,
                quic: hello.quic,
            })),
            Self::Answered(answered) => say(What::TlsServer(answered.event(at))),
            Self::Request(request) => say(What::Http(HttpRequest {
                method: &request.method,
                host: request.host.as_deref(),
                uri: &request.uri,
                user_agent: request.user_agent.as_deref(),
                ..request.rest
            })),
            Self::Reply(reply) => say(What::HttpReply(HttpReply {
                content_type: reply.content_type.as_deref(),
                server: reply.server.as_deref(),
                ..reply.rest
            })),
            Self::Line(line) => say(line.event()),
            Self::Tool(tool) => say(What::Tool(*tool)),
            Self::Anomaly(anomaly) => say(What::Anomaly(*anomaly)),
            Self::Closed(closed) => say(What::FlowClosed(closed.record)),
        }
    }
}

// === impl Answered: as an event ===

impl Answered {
    fn event(&self, at: Timestamp) -> TlsServer<'_> {
        TlsServer {
            server_name: self.server_name.as_deref(),
            version: self.version,
            cipher: self.cipher,
            fingerprint: self.fingerprint,
            certificate: self.chain.first().map(|leaf| shown(leaf, at)),
        }
    }
}

fn shown(leaf: &Rc<shared::Certificate>, at: Timestamp) -> Certificate<'_> {
    let secs = |at: Timestamp| i64::try_from(at.secs()).unwrap_or(i64::MAX);
    let age = (secs(at) - secs(leaf.from)).div_euclid(DAY);
    Certificate {
        subject: &leaf.subject,
        issuer: &leaf.issuer,
        self_signed: leaf.subject == leaf.issuer,
        valid_days: u32::try_from(leaf.days).unwrap_or(u32::MAX),
        age_days: i32::try_from(age).ok(),
        has_san: Some(!leaf.names.is_empty()),
        fingerprint: leaf.fingerprint(),
    }
}

// === impl shared::Certificate: as events name it ===

impl shared::Certificate {
    /// The first 48 bits of its hash.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.hash.iter().take(6).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

// === impl Line ===

impl Line {
    fn event(&self) -> What<'_> {
        match self {
            Self::Banner { service, from_inside, text } => {
                What::Banner(Banner { service: *service, from_inside: *from_inside, text })
            }
            Self::Command { service, verb, argument } => {
                What::Command(Command { service: *service, verb, argument })
            }
            Self::Irc { verb, channel, sign } => What::Irc(Irc { verb, channel, sign: *sign }),
        }
    }
}
