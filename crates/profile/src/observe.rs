//! Hearing events: which conversations an event belongs to, and what it adds to them.

use std::sync::Arc;

use ostium_event::{
    Addr, AnswerData, Body, Dns, DnsStage, Event, FlowKey, FlowRecord, OpenedBy, Proto, RecordType,
    Scope, Service, Timestamp, TlsClient, What,
};

use crate::client::HttpFacts;
use crate::conversation::Conversation;
use crate::host::HostId;
use crate::key::{ConversationKey, View};
use crate::name::Name;
use crate::profile::{Profile, Seen};

// === impl Profile: events ===

impl Profile {
    /// Hears an event. `None` when it is about no inside host.
    pub fn observe(&mut self, event: &Event<'_>) -> Option<Seen> {
        if let What::Anomaly(anomaly) = event.what
            && let Some(count) = self.anomalies.get_mut(anomaly as usize)
        {
            *count += 1;
        }
        if event.scope == Scope::Transit || event.flow.inside.is_special() {
            return None;
        }
        // Between two inside hosts only the DNS, the web and mail tell of the outside.
        let tells =
            matches!(event.what, What::Dns(_) | What::Http(_) | What::Tls(_) | What::Command(_));
        if event.scope == Scope::Internal && !tells && self.hosts.find(&event.flow.inside).is_none()
        {
            return None;
        }
        let host = self.host_id(event.flow.inside, event.at);
        if let Some(known) = self.hosts.get_mut(host.place) {
            known.last = known.last.max(event.at);
        }
        let name = match event.scope {
            Scope::Internal => self.internal(host, event),
            _ if event.flow.outside.is_special() => None,
            _ => self.egress(host, event),
        };
        Some(Seen { host, name })
    }

    /// Between two inside hosts only the DNS and proxies tell of the outside.
    fn internal(&mut self, host: HostId, event: &Event<'_>) -> Option<Arc<Name>> {
        match event.what {
            What::Dns(dns) => self.dns(host, event, &dns),
            What::Http(request) if request.via_proxy => {
                self.served.entry(event.flow.outside, Default::default).proxy += 1;
                let name = self.name(request.host?);
                self.proxied(host, event, &name, request.port, |c| {
                    let port = request.port.unwrap_or(0);
                    c.http.get_or_insert_default().request(&request, false, port);
                });
                Some(name)
            }
            // TLS inside a CONNECT tunnel: the peer is the proxy, the name is the destination.
            What::Tls(hello) => {
                let proxy = self.served.get(&event.flow.outside).is_some_and(|s| s.proxy > 0);
                let name = self.name(hello.server_name?);
                if proxy {
                    self.proxied(host, event, &name, None, |c| {
                        c.tls.get_or_insert_default().hello(&hello, 0);
                    });
                }
                Some(name)
            }
            What::Command(command)
                if command.service == Service::Smtp && command.verb == "DATA" =>
            {
                self.served.entry(event.flow.outside, Default::default).mail += 1;
                None
            }
            _ => None,
        }
    }

    /// A conversation through a proxy is with the name that was asked for.
    fn proxied(
        &mut self,
        host: HostId,
        event: &Event<'_>,
        name: &Arc<Name>,
        port: Option<u16>,
        add: impl Fn(&mut Conversation),
    ) {
        let port = port.unwrap_or(0);
        for key in named_keys(host, name).into_iter().flatten() {
            self.with_conversation(key, event.at, event.flow.outside, port, |c| {
                c.name.get_or_insert_with(|| Arc::clone(name));
                c.via_proxy = true;
                c.start(event.at, event.flow.outside, port);
                add(c);
            });
        }
    }

    fn egress(&mut self, host: HostId, event: &Event<'_>) -> Option<Arc<Name>> {
        // What strangers ask of a server inside says nothing of whom it talks to.
        let asked = !matches!(
            event.what,
            What::FlowOpened { .. } | What::FlowClosed(_) | What::Dns(_) | What::Command(_)
        );
        if asked && event.opened_by == OpenedBy::Outside {
            return self.name_of(host, &event.flow);
        }
        match event.what {
            What::FlowOpened { start } => self.opened(host, event, start),
            What::FlowClosed(record) => self.closed(host, event, &record),
            What::Message(message) => {
                let name = self.name_of(host, &event.flow);
                self.each_of(host, event, name.as_ref(), |c| c.message(event.at, &message));
                name
            }
            What::Dns(dns) => self.dns(host, event, &dns),
            What::Tls(hello) => self.hello(host, event, &hello),
            What::TlsServer(server) => {
                let name = self.name_of(host, &event.flow);
                self.each_of(host, event, name.as_ref(), |c| {
                    c.tls.get_or_insert_default().server(&server);
                });
                name
            }
            What::Http(request) => {
                if request.via_proxy {
                    let name = self.name(request.host?);
                    self.proxied(host, event, &name, request.port, |c| {
                        let port = request.port.unwrap_or(0);
                        c.http.get_or_insert_default().request(&request, false, port);
                    });
                    return Some(name);
                }
                let text = request.host.filter(|h| h.parse::<Addr>().is_err());
                let name = text.map(|text| self.name(text));
                let bare = name.is_none();
                self.begin(host, event, name.as_ref(), |c| {
                    c.http.get_or_insert_default().request(&request, bare, event.flow.outside_port);
                });
                name
            }
            What::HttpReply(reply) => {
                let name = self.name_of(host, &event.flow);
                let program = matches!(reply.body, Body::WindowsProgram | Body::ElfProgram);
                self.each_of(host, event, name.as_ref(), |c| {
                    c.http.get_or_insert_with(Box::<HttpFacts>::default).reply(&reply, program);
                });
                name
            }
            What::Command(command)
                if command.service == Service::Smtp
                    && command.verb == "DATA"
                    && event.opened_by == OpenedBy::Outside =>
            {
                self.served.entry(event.flow.inside, Default::default).mail += 1;
                None
            }
            _ => self.name_of(host, &event.flow),
        }
    }

    fn opened(&mut self, host: HostId, event: &Event<'_>, start: bool) -> Option<Arc<Name>> {
        let flow = &event.flow;
        let name = self.resolved_name(flow);
        let address = address_key(host, flow);
        match event.opened_by {
            OpenedBy::Inside => {
                if let Some(host) = self.hosts.get_mut(host.place) {
                    host.opened += 1;
                }
                if start && counts_for_timing(flow) {
                    let id = self.ensure(address, event.at, flow.outside, flow.outside_port);
                    let began = self.change(id, |c| {
                        // Log writers cut idle connections in two: the same two ports soon again
                        // are no new start.
                        let began = !c.goes_on(event.at, flow.inside_port);
                        if began {
                            c.call(name.as_ref());
                            c.start(event.at, flow.outside, flow.outside_port);
                        }
                        began
                    });
                    if let (Some(true), Some(name)) = (began, &name) {
                        for key in named_keys(host, name).into_iter().flatten() {
                            self.start(key, event.at, flow, Some(name), |_| {});
                        }
                    }
                }
            }
            OpenedBy::Outside => {
                let (addr, port) = (flow.outside, flow.outside_port);
                self.with_conversation(address, event.at, addr, port, |c| {
                    c.inbound = c.inbound.saturating_add(1);
                    c.last = c.last.max(event.at);
                });
            }
            OpenedBy::Unknown => {}
        }
        name
    }

    /// Counts a start under one view, and adds what else the event tells.
    fn start(
        &mut self,
        key: ConversationKey,
        at: Timestamp,
        flow: &FlowKey,
        name: Option<&Arc<Name>>,
        add: impl FnOnce(&mut Conversation),
    ) {
        self.with_conversation(key, at, flow.outside, flow.outside_port, |c| {
            c.call(name);
            c.start(at, flow.outside, flow.outside_port);
            add(c);
        });
    }

    fn closed(
        &mut self,
        host: HostId,
        event: &Event<'_>,
        record: &FlowRecord,
    ) -> Option<Arc<Name>> {
        let flow = &event.flow;
        match event.opened_by {
            OpenedBy::Inside => {
                if let Some(host) = self.hosts.get_mut(host.place) {
                    host.ended += 1;
                    host.replied += u64::from(record.back.packets > 0);
                }
            }
            OpenedBy::Outside => {
                if let Some(host) = self.hosts.get_mut(host.place) {
                    host.served += u64::from(record.out.bytes > 0);
                }
                return self.name_of(host, flow);
            }
            // The middle of a long connection still tells of its length and volume.
            OpenedBy::Unknown => {}
        }
        let key = address_key(host, flow);
        let address = self.ensure(key, event.at, flow.outside, flow.outside_port);
        let asked = self.conversations.get(address).and_then(|c| c.name.clone());
        let name = asked.or_else(|| self.resolved_name(flow));
        if let Some(name) = &name {
            self.change(address, |c| c.end(record));
            for key in named_keys(host, name).into_iter().flatten() {
                self.with_known(&key, |c| c.end(record));
            }
            return Some(name.clone());
        }
        self.ended_without_name(host, flow, record, address);
        None
    }

    /// Only now is it sure that the flow has no name: its start counts for the pooled views.
    #[inline]
    pub(crate) fn ended_without_name(
        &mut self,
        host: HostId,
        flow: &FlowKey,
        record: &FlowRecord,
        address: u32,
    ) {
        let starts = record.start_seen && counts_for_timing(flow);
        for key in self.pooled(host, flow, Some(address)) {
            let guess = self.port_view(address, &key);
            let id = match guess {
                None if starts => {
                    Some(self.ensure(key, record.first, flow.outside, flow.outside_port))
                }
                None => self.find(&key),
                known => known,
            };
            let Some(id) = id else { continue };
            self.change(id, |c| {
                if starts {
                    c.start(record.first, flow.outside, flow.outside_port);
                }
                c.end(record);
            });
            if guess.is_none()
                && key.view == View::Nameless
                && let Some(conversation) = self.conversations.get_mut(address)
            {
                conversation.port_view = id;
            }
        }
        self.change(address, |c| c.end(record));
    }

    /// The view of this key, where the conversation at `address` found it last: its look-up spared.
    #[inline]
    fn port_view(&self, address: u32, key: &ConversationKey) -> Option<u32> {
        let guess = self.conversations.get(address)?.port_view;
        self.conversations.get(guess).is_some_and(|c| c.key == *key).then_some(guess)
    }

    fn hello(
        &mut self,
        host: HostId,
        event: &Event<'_>,
        hello: &TlsClient<'_>,
    ) -> Option<Arc<Name>> {
        let name = hello.server_name.map(|text| self.name(text));
        let port = event.flow.outside_port;
        self.begin(host, event, name.as_ref(), |c| {
            c.tls.get_or_insert_default().hello(hello, port);
        });
        if let Some(ja4) = hello.ja4
            && event.opened_by != OpenedBy::Outside
            && name.as_ref().is_none_or(|n| !n.is_popular())
        {
            let key = ConversationKey::text(host, View::Client, ja4.as_str());
            self.start(key, event.at, &event.flow, None, |c| {
                c.tls.get_or_insert_default().hello(hello, port);
            });
        }
        name
    }

    /// A hello or request: the conversation's name is known now, and this is a start under it.
    fn begin(
        &mut self,
        host: HostId,
        event: &Event<'_>,
        name: Option<&Arc<Name>>,
        add: impl Fn(&mut Conversation),
    ) {
        let flow = &event.flow;
        let address = address_key(host, flow);
        self.with_conversation(address, event.at, flow.outside, flow.outside_port, |c| {
            c.call(name);
            add(c);
        });
        if event.opened_by == OpenedBy::Outside || !counts_for_timing(flow) {
            return;
        }
        match name {
            Some(name) => {
                for key in named_keys(host, name).into_iter().flatten() {
                    self.start(key, event.at, flow, Some(name), &add);
                }
            }
            None => {
                // A further request on one connection to a bare address is a start of its own.
                if matches!(event.what, What::Http(_)) {
                    self.start(address, event.at, flow, None, |_| {});
                }
                let known = self.find(&address);
                for key in self.pooled(host, flow, known) {
                    self.start(key, event.at, flow, None, &add);
                }
            }
        }
    }

    /// The views of what has no name besides the one at `address`: its port, and its site when that
    /// had another address before.
    fn pooled(
        &mut self,
        host: HostId,
        flow: &FlowKey,
        address: Option<u32>,
    ) -> impl Iterator<Item = ConversationKey> + use<> {
        let [port, site] = pooled_keys(host, flow);
        let address = address.and_then(|place| self.conversations.get_mut(place));
        // A lonely address is asked about again at its second, fourth, eighth start.
        let known = address
            .as_ref()
            .and_then(|c| c.has_neighbours.filter(|yes| *yes || !c.starts.is_power_of_two()));
        let neighbours = known.unwrap_or_else(|| {
            // Sites of one address need no view of their own.
            let mark = (flow.outside.bits() as u32).max(1);
            let last = self.sites.entry(site.of_anyone() ^ u64::from(host.life) << 32, || mark);
            let neighbours = *last != mark;
            *last = if neighbours { 0 } else { mark };
            if let Some(conversation) = address {
                conversation.has_neighbours = Some(neighbours);
            }
            neighbours
        });
        std::iter::once(port).chain(neighbours.then_some(site))
    }

    /// Adds to every view of a flow that exists already, and to its address view in any case.
    fn each_of(
        &mut self,
        host: HostId,
        event: &Event<'_>,
        name: Option<&Arc<Name>>,
        add: impl Fn(&mut Conversation),
    ) {
        let flow = &event.flow;
        let address = address_key(host, flow);
        self.with_conversation(address, event.at, flow.outside, flow.outside_port, &add);
        match name {
            Some(name) => {
                for key in named_keys(host, name).into_iter().flatten() {
                    self.with_known(&key, &add);
                }
            }
            None => {
                let known = self.find(&address);
                for key in self.pooled(host, flow, known) {
                    self.with_known(&key, &add);
                }
            }
        }
    }

    /// The name of a flow's other end: as asked for on this address and port, else as resolved.
    fn name_of(&mut self, host: HostId, flow: &FlowKey) -> Option<Arc<Name>> {
        let address = address_key(host, flow);
        let asked = self.find(&address).and_then(|id| self.conversations.get(id)?.name.clone());
        asked.or_else(|| self.resolved_name(flow))
    }

    /// The name whose answer led to the other end.
    pub(crate) fn resolved_name(&mut self, flow: &FlowKey) -> Option<Arc<Name>> {
        // Inputs without the DNS are spared the look-up.
        if self.resolved.is_empty() {
            return None;
        }
        self.resolved.get(&(flow.inside, flow.outside)).cloned()
    }

    fn dns(&mut self, host: HostId, event: &Event<'_>, dns: &Dns<'_>) -> Option<Arc<Name>> {
        if event.scope == Scope::Internal && dns.stage != DnsStage::Reply {
            self.served.entry(event.flow.outside, Default::default).dns += 1;
        }
        if let Some(known) = self.hosts.get_mut(host.place) {
            if dns.stage != DnsStage::Reply {
                known.dns.query(event.at, event.flow.outside, dns.record_type == RecordType::MX);
            }
            known.dns.replies += u64::from(dns.rcode.is_some());
        }
        if dns.answers.is_empty() {
            return None;
        }
        let name = self.name(dns.name);
        for answer in dns.answers {
            if let AnswerData::Addr(addr) = answer.data
                && !addr.is_special()
            {
                self.resolved.insert((event.flow.inside, addr), Arc::clone(&name));
            }
        }
        Some(name)
    }
}

/// NTP and the DNS have their own timers and say nothing by them.
pub(crate) const fn counts_for_timing(flow: &FlowKey) -> bool {
    !matches!(
        (flow.proto, flow.outside_port),
        (Proto::UDP, 123 | 53 | 137 | 138 | 1900 | 5353 | 5355) | (Proto::ICMP | Proto::ICMP6, _)
    ) && !matches!((flow.proto, flow.outside_port), (Proto::TCP, 53))
}

pub(crate) const fn address_key(host: HostId, flow: &FlowKey) -> ConversationKey {
    ConversationKey::address(host, flow.outside, flow.outside_port, flow.proto)
}

/// The views of a name: itself, and its domain when that is not popular.
fn named_keys(host: HostId, name: &Name) -> [Option<ConversationKey>; 2] {
    let whole = ConversationKey::text(host, View::Name, &name.text);
    let domain = name.domain.as_ref().filter(|d| ***d != *name.text && !name.is_popular());
    [Some(whole), domain.map(|d| ConversationKey::text(host, View::Domain, d))]
}

/// The views of what has no name.
fn pooled_keys(host: HostId, flow: &FlowKey) -> [ConversationKey; 2] {
    [
        ConversationKey::nameless(host, flow.outside_port, flow.proto),
        ConversationKey::site(host, flow.outside, flow.outside_port, flow.proto),
    ]
}
