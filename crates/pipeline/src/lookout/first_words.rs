//! How a conversation begins, as a shape that patterns are compared with.
//!
//! Of TLS the client's hello is waited for and compared with the server's; of HTTP each request shows
//! its shape by itself. What is known only later (how often, how much) is not waited for. Nothing is
//! kept while nobody watches for patterns.

use std::collections::HashMap;

use ostium_event::{Event, FlowKey, Ja4, OpenedBy, Proto, Scope, What};
use ostium_intel::{Shape, Transport, server_print, uri_form};

/// Hellos that wait for their server's; of a flood of them some are enough.
const WAITING: usize = 4_096;

/// Hellos of clients that wait for their server's.
#[derive(Clone, Debug, Default)]
pub(super) struct FirstWords {
    hellos: HashMap<FlowKey, (Option<Ja4>, Option<Box<str>>)>,
}

// === impl FirstWords ===

impl FirstWords {
    /// The shape of a conversation that now shows one, and the name of its other end.
    pub(super) fn hear(&mut self, event: &Event<'_>) -> Option<(Shape, Option<Box<str>>)> {
        let of_tcp = event.flow.proto == Proto::TCP && event.opened_by != OpenedBy::Outside;
        if event.scope != Scope::Egress || !of_tcp {
            return None;
        }
        let shape = Shape {
            port: event.flow.outside_port,
            transport: Some(Transport::Tcp),
            ..Shape::default()
        };
        match &event.what {
            What::Tls(hello) if !hello.quic => {
                if self.hellos.len() >= WAITING {
                    self.hellos.clear();
                }
                let name = hello.server_name.map(Box::from);
                self.hellos.insert(event.flow, (hello.ja4, name));
                None
            }
            What::TlsServer(server) => {
                let (ja4, name) = self.hellos.remove(&event.flow)?;
                let certificate = server.certificate.map(|c| (c.self_signed, c.valid_days));
                let server = server_print(server.fingerprint, certificate);
                Some((Shape { server, ja4, application: "tls".to_owned(), ..shape }, name))
            }
            What::Http(request) if !request.via_proxy => {
                let order = request.header_order;
                let header_order = if order.is_known() { order.to_string() } else { String::new() };
                let (uri, application) = (uri_form(request.uri), "http".to_owned());
                let name = request.host.map(Box::from);
                Some((Shape { uri, header_order, application, ..shape }, name))
            }
            _ => None,
        }
    }
}
