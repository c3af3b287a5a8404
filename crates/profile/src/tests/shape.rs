//! How conversations go, in the words that others can compare.

use super::*;
use ostium_event::{Certificate, Fingerprint, HttpRequest, TlsServer};
use ostium_intel::{Rungs, Shape, Transport, uri_form};

/// A server's hello, with a certificate that signed itself.
fn server(stage: &mut Stage, flow: FlowKey, certificate: bool) {
    let own = Certificate {
        subject: "cn",
        issuer: "cn",
        self_signed: true,
        valid_days: 3_650,
        age_days: None,
        has_san: Some(false),
        fingerprint: Fingerprint(9),
    };
    let hello = TlsServer {
        server_name: None,
        version: TlsVersion::TLS12,
        cipher: 0xc02f,
        fingerprint: Fingerprint(0xa1_b2),
        certificate: certificate.then_some(own),
    };
    stage.hear(flow, OpenedBy::Inside, What::TlsServer(hello));
}

#[test]
fn tls_shows_both_ends_and_later_its_clock_and_sizes() {
    let mut stage = Stage::new();
    for n in 0..12 {
        let flow = stage.tls(HOST, PEER, Some("www.rare-thing.example"));
        server(&mut stage, flow, true);
        if n == 0 {
            let shape = stage.one(View::Name).shape().unwrap();
            let want = Shape {
                server: "00000000a1b2-s3650".to_owned(),
                ja4: Some(ja4()),
                port: 443,
                transport: Some(Transport::Tcp),
                application: "tls".to_owned(),
                ..Shape::default()
            };
            assert_eq!(shape, want, "at first contact nobody knows how often it will call");
        }
        stage.wait(1);
        stage.close(flow);
        stage.wait(59);
    }
    let shape = stage.one(View::Name).shape().unwrap();
    let minute = Rungs { low: 63, high: 63 };
    assert!(minute.contain(shape.period_ms), "{shape:?}");
    assert_eq!((shape.sent_bytes, shape.received_bytes), (300, 900));
}

#[test]
fn http_shows_the_form_of_its_path_as_a_packet_does() {
    let mut stage = Stage::new();
    let uris = ["/a/gate.php?id=71&who=alice", "/a/gate.php?id=9000&who=bob"];
    for uri in uris {
        let flow = stage.flow(HOST, PEER, 8080);
        stage.open(flow);
        let (order, host) = (Fingerprint(5), Some("rare-thing.example"));
        let request =
            HttpRequest { method: "GET", host, uri, header_order: order, ..HttpRequest::default() };
        stage.hear(flow, OpenedBy::Inside, What::Http(request));
    }
    let conversation = stage.one(View::Name);
    let shape = conversation.shape().unwrap();
    assert_eq!((shape.uri.as_str(), shape.port), ("/w1/w4.php?w2=&w3=", 8080));
    assert_eq!(shape.header_order, "000000000005");
    assert!(uris.iter().all(|uri| uri_form(uri) == shape.uri));
    let kept = conversation.http.as_ref().unwrap().path.as_deref();
    assert_eq!(kept, Some("/a/gate.php?id=&who="), "values are not kept");
}

#[test]
fn long_uris_have_one_form_wherever_they_are_cut() {
    for uri in [format!("/{}?a={}&name=7", "ab/".repeat(30), "x".repeat(500)), "/é".repeat(200)] {
        let mut stage = Stage::new();
        let flow = stage.flow(HOST, PEER, 80);
        stage.open(flow);
        let request = HttpRequest { method: "GET", uri: &uri, ..HttpRequest::default() };
        stage.hear(flow, OpenedBy::Inside, What::Http(request));
        assert_eq!(stage.one(View::Address).shape().unwrap().uri, uri_form(&uri));
    }
}

#[test]
fn what_shows_no_mark_and_what_a_proxy_hides_have_no_shape() {
    let mut stage = Stage::new();
    let flow = stage.flow(HOST, PEER, 4444);
    stage.open(flow);
    stage.close(flow);
    assert_eq!(stage.one(View::Address).shape(), None);
    let mut stage = Stage::new();
    let flow = stage.flow(HOST, Addr::v4([10, 0, 0, 99]), 3128);
    stage.open(flow);
    let host = Some("rare-thing.example");
    let request =
        HttpRequest { method: "GET", host, uri: "/x/y", via_proxy: true, ..HttpRequest::default() };
    stage.hear(flow, OpenedBy::Inside, What::Http(request));
    assert!(stage.all(View::Name).iter().all(|c| c.shape().is_none()));
}
