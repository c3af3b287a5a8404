//! Tests of profiles, with a stage to play events on.

mod ahead;
mod bounds;
mod counts;
mod naming;
mod prevalence;
mod shape;
mod sketches;
mod timeline;
mod timing;
mod views;
mod whole;

use std::sync::Arc;

use ostium_event::{
    Addr, Answer, AnswerData, Dns, DnsStage, Event, FlowKey, FlowRecord, FlowState, HttpRequest,
    Ja4, OpenedBy, Proto, RecordType, Scope, Service, Span, Timestamp, TlsClient, TlsVersion,
    Volume, What,
};

use crate::{Conversation, Limits, Profile, Seen, View};

/// 2026-01-01T00:00:00Z.
pub(crate) const START: u64 = 1_767_225_600;

pub(crate) const HOST: Addr = Addr::v4([10, 0, 0, 5]);
pub(crate) const PEER: Addr = Addr::v4([203, 0, 113, 9]);
pub(crate) const RESOLVER: Addr = Addr::v4([10, 0, 0, 53]);

pub(crate) const ROOMY: Limits = Limits { hosts: 1000, conversation_bytes: 8 << 20, names: 1000 };

/// A profile, and a clock.
pub(crate) struct Stage {
    pub(crate) profile: Profile,
    pub(crate) now: Timestamp,
    port: u16,
}

// === impl Stage ===

impl Stage {
    pub(crate) fn new() -> Self {
        Self::within(ROOMY)
    }

    pub(crate) fn within(limits: Limits) -> Self {
        Self { profile: Profile::new(limits), now: Timestamp::from_secs(START), port: 20_000 }
    }

    pub(crate) fn wait(&mut self, secs: u64) {
        self.now = self.now.plus(Span::from_secs(secs));
    }

    pub(crate) fn hear(&mut self, flow: FlowKey, by: OpenedBy, what: What<'_>) -> Option<Seen> {
        let inner = flow.outside.is_private() && !flow.outside.is_special();
        let scope = if inner { Scope::Internal } else { Scope::Egress };
        self.profile.observe(&Event { at: self.now, flow, opened_by: by, scope, what })
    }

    /// A new connection of the host to the peer, on a port of its own.
    pub(crate) fn flow(&mut self, inside: Addr, outside: Addr, port: u16) -> FlowKey {
        self.port = self.port.wrapping_add(1).max(20_000);
        FlowKey { inside, outside, inside_port: self.port, outside_port: port, proto: Proto::TCP }
    }

    pub(crate) fn open(&mut self, flow: FlowKey) -> Option<Seen> {
        self.hear(flow, OpenedBy::Inside, What::FlowOpened { start: true })
    }

    pub(crate) fn close(&mut self, flow: FlowKey) -> Option<Seen> {
        let record = self.record();
        self.hear(flow, OpenedBy::Inside, What::FlowClosed(record))
    }

    /// A flow of a second that ends now.
    pub(crate) fn record(&self) -> FlowRecord {
        FlowRecord {
            first: self.now.minus(Span::from_secs(1)),
            last: self.now,
            out: Volume { packets: 4, bytes: 300 },
            back: Volume { packets: 4, bytes: 900 },
            state: FlowState::Established,
            service: Service::Unknown,
            start_seen: true,
        }
    }

    /// The host asks for a name and gets an address.
    pub(crate) fn resolve(&mut self, inside: Addr, name: &str, addr: Addr) {
        let mut flow = self.flow(inside, RESOLVER, 53);
        flow.proto = Proto::UDP;
        let answers = [Answer { ttl: 60, data: AnswerData::Addr(addr) }];
        let dns = Dns {
            stage: DnsStage::Both,
            id: 1,
            name,
            record_type: RecordType::A,
            rcode: Some(0),
            answers: &answers,
            reply_bytes: 60,
        };
        self.hear(flow, OpenedBy::Inside, What::Dns(dns));
    }

    /// Opens a connection, says hello with this server name, and ends.
    pub(crate) fn tls(&mut self, inside: Addr, outside: Addr, name: Option<&str>) -> FlowKey {
        let flow = self.flow(inside, outside, 443);
        self.open(flow);
        self.hear(flow, OpenedBy::Inside, What::Tls(hello(name)));
        flow
    }

    /// Asks for a page at this host.
    pub(crate) fn http(&mut self, inside: Addr, outside: Addr, host: Option<&str>) -> FlowKey {
        let flow = self.flow(inside, outside, 80);
        self.open(flow);
        let request = HttpRequest { method: "GET", host, uri: "/a", ..HttpRequest::default() };
        self.hear(flow, OpenedBy::Inside, What::Http(request));
        flow
    }

    pub(crate) fn all(&self, view: View) -> Vec<&Conversation> {
        self.profile.conversations().filter(|c| c.key.view == view).collect()
    }

    /// The only conversation of a view.
    pub(crate) fn one(&self, view: View) -> &Conversation {
        let all = self.all(view);
        assert_eq!(all.len(), 1, "{view:?}: {all:?}");
        all[0]
    }

    /// Names of the conversations of a view, sorted.
    pub(crate) fn names(&self, view: View) -> Vec<Arc<str>> {
        let name = |c: &&Conversation| c.name.as_ref().map(|n| Arc::clone(&n.text));
        let mut names: Vec<_> = self.all(view).iter().filter_map(name).collect();
        names.sort_unstable();
        names
    }
}

pub(crate) fn ja4() -> Ja4 {
    Ja4::parse("t13d1516h2_8daaf6152771_e5627efa2ab1").unwrap()
}

pub(crate) fn hello(name: Option<&str>) -> TlsClient<'_> {
    TlsClient {
        server_name: name,
        alpn: None,
        version: TlsVersion::TLS13,
        ja4: Some(ja4()),
        quic: false,
    }
}
