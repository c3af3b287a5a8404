//! A flow in the making: how it opens, what is said in it, how it ends.

use ostium_event::{
    Addr, Anomaly, Body, BotSign, FlowKey, FlowRecord, FlowState, Ja4, Message, OpenedBy, Proto,
    Scope, Service, Span, Timestamp, Tool, Volume,
};

use super::{Request, Said};

/// A flow in the making. Times in it are seconds after its start.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) key: FlowKey,
    pub(crate) opened_by: OpenedBy,
    pub(crate) scope: Scope,
    pub(crate) record: FlowRecord,
    pub(crate) secs: f64,
    pub(crate) start_seen: bool,
    pub(crate) said: Vec<(f64, Said)>,
}

/// A browser's client fingerprint, and one that nobody else has.
const BROWSER: &str = "t13d1516h2_8daaf6152771_e5627efa2ab1";
const STRANGE: &str = "t12d090600_0123456789ab_ba9876543210";

// === impl Talk ===

impl Talk {
    /// An answered TCP connection of half a second.
    pub(crate) fn tcp(peer: Addr, port: u16) -> Self {
        Self {
            key: FlowKey {
                outside: peer,
                outside_port: port,
                proto: Proto::TCP,
                ..FlowKey::default()
            },
            opened_by: OpenedBy::Inside,
            scope: Scope::Egress,
            record: FlowRecord {
                out: Volume { packets: 6, bytes: 400 },
                back: Volume { packets: 5, bytes: 900 },
                state: FlowState::Established,
                service: Service::Unknown,
                ..FlowRecord::default()
            },
            secs: 0.5,
            start_seen: true,
            said: Vec::new(),
        }
    }

    /// An answered UDP exchange.
    pub(crate) fn udp(peer: Addr, port: u16) -> Self {
        let mut talk = Self::tcp(peer, port);
        talk.key.proto = Proto::UDP;
        talk
    }

    pub(crate) fn service(mut self, service: Service) -> Self {
        self.record.service = service;
        self
    }

    pub(crate) fn lasting(mut self, secs: f64) -> Self {
        self.secs = secs;
        self
    }

    /// Payload sent and received.
    pub(crate) fn bytes(mut self, out: u64, back: u64) -> Self {
        let volume = |bytes: u64| Volume { packets: bytes / 1000 + u64::from(bytes > 0), bytes };
        (self.record.out, self.record.back) = (volume(out), volume(back));
        self
    }

    pub(crate) fn packets(mut self, out: u64, back: u64) -> Self {
        (self.record.out.packets, self.record.back.packets) = (out, back);
        self
    }

    /// Never answered.
    pub(crate) fn unanswered(mut self) -> Self {
        self.record.state = FlowState::Unanswered;
        self.record.service = Service::Silent;
        self.bytes(0, 0).packets(1, 0).lasting(0.0)
    }

    /// Turned away.
    pub(crate) fn refused(mut self) -> Self {
        self.record.state = FlowState::Refused;
        self.record.service = Service::Silent;
        self.bytes(0, 0).packets(1, 1).lasting(0.01)
    }

    /// Opened by the other end.
    pub(crate) fn inbound(mut self) -> Self {
        self.opened_by = OpenedBy::Outside;
        self
    }

    /// The capture joined it in the middle.
    pub(crate) fn joined_late(mut self) -> Self {
        self.opened_by = OpenedBy::Unknown;
        self.record.state = FlowState::Partial;
        self.start_seen = false;
        self
    }

    /// Between two inside hosts.
    pub(crate) fn internal(mut self) -> Self {
        self.scope = Scope::Internal;
        self
    }

    pub(crate) fn own_port(mut self, port: u16) -> Self {
        self.key.inside_port = port;
        self
    }

    pub(crate) fn says(mut self, after: f64, said: Said) -> Self {
        self.said.push((after, said));
        self
    }

    /// TLS by a browser.
    pub(crate) fn browser(self, server_name: &str) -> Self {
        self.tls(Some(server_name), BROWSER, Some("h2"))
    }

    /// TLS by a program that nobody else has, without ALPN.
    pub(crate) fn strange_tls(self, server_name: Option<&str>) -> Self {
        self.tls(server_name, STRANGE, None)
    }

    pub(crate) fn tls(mut self, server_name: Option<&str>, ja4: &str, alpn: Option<&str>) -> Self {
        let quic = self.key.proto == Proto::UDP;
        self.record.service = if quic { Service::Quic } else { Service::Tls };
        self.says(
            0.05,
            Said::Hello {
                server_name: server_name.map(str::to_owned),
                alpn: alpn.map(str::to_owned),
                ja4: Ja4::parse(ja4),
                quic,
            },
        )
    }

    pub(crate) fn certificate(self, subject: &str, self_signed: bool, valid_days: u32) -> Self {
        self.says(0.1, Said::Certificate { subject: subject.to_owned(), self_signed, valid_days })
    }

    pub(crate) fn http(mut self, request: Request, status: u16, body: Body) -> Self {
        self.record.service = Service::Http;
        self.says(0.05, Said::Http(request)).says(0.1, Said::HttpReply(status, body))
    }

    pub(crate) fn command(mut self, after: f64, service: Service, verb: &str) -> Self {
        self.record.service = service;
        let said = Said::Command(service, verb.to_owned(), String::new());
        self.says(after, said)
    }

    pub(crate) fn irc(mut self, after: f64, verb: &str, channel: &str) -> Self {
        self.record.service = Service::Irc;
        self.says(after, Said::Irc(verb.to_owned(), channel.to_owned(), None))
    }

    /// A message of IRC with a sign of a bot.
    pub(crate) fn sign(mut self, after: f64, verb: &str, sign: BotSign) -> Self {
        self.record.service = Service::Irc;
        self.says(after, Said::Irc(verb.to_owned(), String::new(), Some(sign)))
    }

    pub(crate) fn tool(self, tool: Tool) -> Self {
        self.says(0.05, Said::Tool(tool))
    }

    pub(crate) fn anomaly(self, anomaly: Anomaly) -> Self {
        self.says(0.05, Said::Anomaly(anomaly))
    }

    /// A message after a pause.
    pub(crate) fn message(self, after: f64, from_inside: bool, bytes: u32) -> Self {
        let message =
            Message { from_inside, bytes, quiet: Span::from_secs(2), flow_first: Timestamp::ZERO };
        self.says(after, Said::Message(message))
    }
}
