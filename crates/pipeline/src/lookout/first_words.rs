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

#[cfg(test)]
mod tests {
    use ostium_event::{
        Addr, Certificate, Fingerprint, HttpRequest, Timestamp, TlsClient, TlsServer, TlsVersion,
    };

    use super::*;

    fn event(inside_port: u16, what: What<'_>) -> Event<'_> {
        let flow = FlowKey {
            inside: Addr::v4([10, 0, 0, 9]),
            outside: Addr::v4([203, 0, 113, 5]),
            inside_port,
            outside_port: 8443,
            proto: Proto::TCP,
        };
        let (opened_by, scope) = (OpenedBy::Inside, Scope::Egress);
        Event { at: Timestamp::from_secs(1), flow, opened_by, scope, what }
    }

    fn hello() -> What<'static> {
        What::Tls(TlsClient {
            server_name: Some("new.example"),
            alpn: None,
            version: TlsVersion::TLS12,
            ja4: Ja4::parse("t13d1516h2_8daaf6152771_e5627efa2ab1"),
            quic: false,
        })
    }

    fn server() -> What<'static> {
        let certificate = Certificate {
            subject: "localhost",
            issuer: "localhost",
            self_signed: true,
            valid_days: 3_650,
            age_days: None,
            has_san: None,
            fingerprint: Fingerprint(3),
        };
        What::TlsServer(TlsServer {
            server_name: None,
            version: TlsVersion::TLS12,
            cipher: 0xc02f,
            fingerprint: Fingerprint(0xa1_b2),
            certificate: Some(certificate),
        })
    }

    #[test]
    fn tls_shows_itself_with_the_servers_hello() {
        let mut words = FirstWords::default();
        assert!(words.hear(&event(1, hello())).is_none());
        assert!(words.hear(&event(2, server())).is_none(), "another connection");
        let (shape, name) = words.hear(&event(1, server())).unwrap();
        assert_eq!((shape.server.as_str(), shape.port), ("00000000a1b2-s3650", 8_443));
        assert!(shape.ja4.is_some() && shape.application == "tls" && shape.period_ms == 0);
        assert_eq!(name.as_deref(), Some("new.example"));
        assert!(words.hear(&event(1, server())).is_none() && words.hellos.is_empty());
    }

    #[test]
    fn http_shows_itself_with_its_request_unless_a_proxy_is_between() {
        let mut words = FirstWords::default();
        let request = HttpRequest {
            host: Some("new.example"),
            uri: "/gate.php?id=8F21C0",
            header_order: Fingerprint(5),
            ..HttpRequest::default()
        };
        let (shape, name) = words.hear(&event(1, What::Http(request))).unwrap();
        assert_eq!(shape.uri, "/w4.php?w2=");
        assert_eq!(
            (shape.header_order.as_str(), name.as_deref()),
            ("000000000005", Some("new.example"))
        );
        let proxied = HttpRequest { via_proxy: true, ..request };
        assert!(words.hear(&event(1, What::Http(proxied))).is_none());
        let inbound = Event { opened_by: OpenedBy::Outside, ..event(1, What::Http(request)) };
        assert!(words.hear(&inbound).is_none());
        let inner = Event { scope: Scope::Internal, ..event(1, What::Http(request)) };
        assert!(words.hear(&inner).is_none());
    }

    #[test]
    fn hellos_without_an_answer_are_bounded() {
        let mut words = FirstWords::default();
        for port in 1..20_000 {
            words.hear(&event(port, hello()));
            assert!(words.hellos.len() <= WAITING);
        }
    }
}
