//! What is said in a scene: events that own their text.

use ostium_event::{
    Addr, Anomaly, Answer, AnswerData, Body, BotSign, Certificate, Command, Dns, DnsStage,
    Fingerprint, FlowRecord, HttpReply, HttpRequest, Irc, Ja4, Message, RecordType, Service,
    TlsClient, TlsServer, TlsVersion, Tool, What,
};

/// Something said, to be heard as an event.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Opened(bool),
    GoesOn(FlowRecord),
    Closed(FlowRecord),
    Message(Message),
    Dns(DnsStage, String, RecordType, Reply),
    Hello { server_name: Option<String>, alpn: Option<String>, ja4: Option<Ja4>, quic: bool },
    Certificate { subject: String, self_signed: bool, valid_days: u32 },
    Http(Request),
    HttpReply(u16, Body),
    Command(Service, String, String),
    Irc(String, String, Option<BotSign>),
    Tool(Tool),
    Anomaly(Anomaly),
}

/// What the DNS answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) rcode: Option<u8>,
    pub(crate) addrs: Vec<Addr>,
    /// Types and lengths of other records.
    pub(crate) others: Vec<(RecordType, u32)>,
}

/// An HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) host: Option<String>,
    pub(crate) uri: String,
    pub(crate) agent: Option<String>,
    pub(crate) headers: u8,
    pub(crate) referer: bool,
    pub(crate) language: bool,
    pub(crate) body: u64,
    pub(crate) via_proxy: bool,
}

// === impl Said ===

impl Said {
    /// Tells it as an event would.
    pub(crate) fn tell(&self, hear: impl FnOnce(What<'_>)) {
        match self {
            Self::Opened(start) => hear(What::FlowOpened { start: *start }),
            Self::GoesOn(record) => hear(What::FlowGoesOn(*record)),
            Self::Closed(record) => hear(What::FlowClosed(*record)),
            Self::Message(message) => hear(What::Message(*message)),
            Self::Dns(stage, name, kind, reply) => reply.tell(*stage, name, *kind, hear),
            Self::Hello { server_name, alpn, ja4, quic } => hear(What::Tls(TlsClient {
                server_name: server_name.as_deref(),
                alpn: alpn.as_deref(),
                version: TlsVersion::TLS12,
                ja4: *ja4,
                quic: *quic,
            })),
            Self::Certificate { subject, self_signed, valid_days } => {
                hear(What::TlsServer(TlsServer {
                    server_name: None,
                    version: TlsVersion::TLS12,
                    cipher: 0xc02f,
                    fingerprint: Fingerprint(7),
                    certificate: Some(Certificate {
                        subject,
                        issuer: if *self_signed { subject } else { "Some Root" },
                        self_signed: *self_signed,
                        valid_days: *valid_days,
                        age_days: Some(30),
                        has_san: Some(!*self_signed),
                        fingerprint: Fingerprint(9),
                    }),
                }))
            }
            Self::Http(request) => hear(What::Http(request.event())),
            Self::HttpReply(status, body) => hear(What::HttpReply(HttpReply {
                status: *status,
                body: *body,
                body_bytes: 2_000,
                ..HttpReply::default()
            })),
            Self::Command(service, verb, argument) => {
                hear(What::Command(Command { service: *service, verb, argument }))
            }
            Self::Irc(verb, channel, sign) => hear(What::Irc(Irc { verb, channel, sign: *sign })),
            Self::Tool(tool) => hear(What::Tool(*tool)),
            Self::Anomaly(anomaly) => hear(What::Anomaly(*anomaly)),
        }
    }
}

// === impl Reply ===

impl Reply {
    pub(crate) fn addr(addr: Addr) -> Self {
        Self { rcode: Some(0), addrs: vec![addr], others: Vec::new() }
    }

    pub(crate) fn record(kind: RecordType, bytes: u32) -> Self {
        Self { rcode: Some(0), addrs: Vec::new(), others: vec![(kind, bytes)] }
    }

    pub(crate) fn error(rcode: u8) -> Self {
        Self { rcode: Some(rcode), ..Self::default() }
    }

    fn tell(&self, stage: DnsStage, name: &str, kind: RecordType, hear: impl FnOnce(What<'_>)) {
        let addrs = self.addrs.iter().map(|addr| AnswerData::Addr(*addr));
        let others = self.others.iter().map(|o| AnswerData::Other(o.0, o.1));
        let answers: Vec<Answer<'_>> =
            addrs.chain(others).map(|data| Answer { ttl: 300, data }).collect();
        let asks = stage == DnsStage::Query;
        hear(What::Dns(Dns {
            stage,
            id: 7,
            name,
            record_type: kind,
            rcode: if asks { None } else { self.rcode },
            answers: if asks { &[] } else { &answers },
            reply_bytes: if asks { 0 } else { 90 },
        }));
    }
}

// === impl Request ===

impl Request {
    /// As a browser asks.
    pub(crate) fn browser(host: &str, uri: &str) -> Self {
        Self {
            method: "GET",
            host: Some(host.to_owned()),
            uri: uri.to_owned(),
            agent: Some("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101".to_owned()),
            headers: 9,
            referer: true,
            language: true,
            body: 0,
            via_proxy: false,
        }
    }

    /// As a simple bot posts.
    pub(crate) fn bot(host: Option<&str>, uri: &str) -> Self {
        Self {
            method: "POST",
            host: host.map(str::to_owned),
            uri: uri.to_owned(),
            agent: None,
            headers: 3,
            referer: false,
            language: false,
            body: 400,
            via_proxy: false,
        }
    }

    fn event(&self) -> HttpRequest<'_> {
        HttpRequest {
            method: self.method,
            host: self.host.as_deref(),
            uri: &self.uri,
            user_agent: self.agent.as_deref(),
            header_order: Fingerprint(u64::from(self.headers) + 1),
            header_count: self.headers,
            has_referer: self.referer,
            has_accept_language: Some(self.language),
            body_bytes: self.body,
            via_proxy: self.via_proxy,
            port: None,
        }
    }
}
