//! HTTP/1 conversations, as the flow parser tells them.

use ostium_event::Service;

use crate::context::Side;
use crate::flow::tests::{Bench, done, more};

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/html; charset=x\r\n\
Content-Length: 20\r\n\r\n<html>0123456789</h>";

fn requests(bench: &Bench) -> Vec<&str> {
    bench.seen.iter().map(String::as_str).collect()
}

#[test]
fn a_request_and_its_reply() {
    let mut bench = Bench::new(80);
    more(bench.opener(
        b"GET /a?b HTTP/1.1\r\nHost: WWW.Example.com:8080\r\nUser-Agent: x/1\r\nReferer: r\r\n\r\n",
    ));
    more(bench.responder(PAGE));
    assert_eq!(
        requests(&bench),
        [
            "http GET Some(\"www.example.com\") Some(8080) /a?b Some(\"x/1\") 3 ref=true lang=Some(false) 0 proxy=false",
            "reply 200 Some(\"text/html\") Some(\"s\") 20 Markup"
        ]
    );
}

#[test]
fn pipelined_requests_and_replies() {
    let mut bench = Bench::new(80);
    more(bench.opener(
        b"HEAD /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /\
        \r\nGET /3 HTTP/1.0\r\n\r\n",
    ));
    let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\
        HTTP/1.1 100 Continue\r\n\r\n\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n"
        .to_vec();
    bytes.extend_from_slice(PAGE);
    for byte in bytes {
        more(bench.responder(&[byte]));
    }
    let starts: Vec<_> = bench.seen.iter().map(|s| s.as_str()).collect();
    assert_eq!(starts.len(), 6, "{starts:?}");
    assert!(starts[0].starts_with("http HEAD None None /1"));
    assert!(starts[1].starts_with("http POST None None /2"));
    assert!(starts[2].starts_with("http GET None None /3"));
    assert_eq!(starts[3], "reply 200 None None 99 Unseen");
    assert_eq!(starts[4], "reply 200 None None 0 Json");
    assert!(starts[5].ends_with("20 Markup"));
}

#[test]
fn a_proxy_is_asked() {
    let mut bench = Bench::new(3128);
    more(bench.opener(b"GET http://Site.example:81/x HTTP/1.1\r\nHost: other\r\n\r\n"));
    assert!(
        bench.seen[0].starts_with("http GET Some(\"site.example\") Some(81) /x"),
        "{:?}",
        bench.seen
    );
    assert!(bench.seen[0].ends_with("proxy=true"));
}

#[test]
fn tls_inside_a_tunnel() {
    let mut bench = Bench::new(3128);
    more(bench.opener(b"CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example\r\n\r\n"));
    more(bench.responder(b"HTTP/1.1 200 Connection established\r\n\r\n"));
    more(bench.opener(&crate::tls::tests::client_record("inner.example")));
    assert_eq!(bench.service(), Service::Tls);
    assert!(bench.seen[0].contains("Some(\"inner.example\") Some(443)  None"));
    assert!(bench.seen[2].starts_with("tls inner.example"));
}

#[test]
fn a_refused_tunnel_stays_http() {
    let mut bench = Bench::new(3128);
    more(bench.opener(b"CONNECT a:443 HTTP/1.1\r\n\r\n"));
    more(bench.responder(b"HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno"));
    more(bench.opener(b"CONNECT b:443 HTTP/1.1\r\n\r\n"));
    assert_eq!(bench.seen.len(), 3);
    assert_eq!(bench.service(), Service::Http);
}

#[test]
fn a_disguised_program() {
    let mut bench = Bench::new(80);
    more(bench.opener(b"GET /a.png HTTP/1.1\r\nHost: a\r\n\r\n"));
    more(bench.responder(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nM"));
    assert_eq!(bench.seen.len(), 1);
    more(bench.responder(b"Z\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0"));
    assert_eq!(
        bench.seen[1..],
        ["reply 200 Some(\"image/png\") None 0 WindowsProgram", "anomaly program_disguised"]
    );
}

#[test]
fn a_short_body_without_length_is_told_at_the_end() {
    let mut bench = Bench::new(80);
    more(bench.responder(b"HTTP/1.0 200 OK\r\n\r\nhi"));
    assert!(bench.seen.is_empty());
    bench.finish();
    assert_eq!(bench.seen, ["reply 200 None None 0 Text"]);
}

#[test]
fn goes_on_after_a_gap() {
    let mut bench = Bench::new(80);
    more(bench.responder(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\x89PNG\r\n\x1a\n"));
    more(bench.gap(Side::Responder, 900));
    assert_eq!(bench.seen, ["reply 200 None None 1000 Image"]);
    more(bench.responder(&[7; 92]));
    more(bench.responder(PAGE));
    assert!(bench.seen[1].ends_with("20 Markup"), "{:?}", bench.seen);
    more(bench.gap(Side::Responder, 900));
    more(bench.responder(b"tail of something lost"));
    more(bench.responder(PAGE));
    assert_eq!(bench.seen.len(), 3);
}

#[test]
fn malformed_heads_are_counted_and_left() {
    let mut bench = Bench::new(80);
    more(bench.opener(b"GET / HTTP/1.1\r\n\r\n\x01\x02\x03"));
    more(bench.opener(b"GET /2 HTTP/1.1\r\n\r\n"));
    assert_eq!(bench.seen[1], "anomaly http_malformed");
    assert!(bench.seen[2].contains(" /2 "));
    let mut bench = Bench::new(80);
    more(bench.opener(b"GET / HTTP/1.1\r\n"));
    for _ in 0..20 {
        bench.opener(&[b'x'; 1000]);
    }
    assert_eq!(bench.seen, ["anomaly http_malformed"]);
}

#[test]
fn a_web_socket_ends_it() {
    let mut bench = Bench::new(80);
    more(bench.opener(b"GET / HTTP/1.1\r\n\r\n"));
    done(bench.responder(b"HTTP/1.1 101 Switching\r\n\r\n"));
}

/// A reply without a length, in which another may seem to begin.
const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\nHTTP/1.1 404 No\r\n\r\nbody";

/// Tells turns of opener and responder, each cut into pieces.
fn told(turns: [&[u8]; 4], piece: usize) -> Vec<String> {
    let mut bench = Bench::new(80);
    for (at, turn) in turns.into_iter().enumerate() {
        let side = if at % 2 == 0 { Side::Opener } else { Side::Responder };
        for part in turn.chunks(piece) {
            more(bench.stream(side, part));
        }
    }
    bench.finish();
    bench.seen
}

#[test]
fn a_body_without_an_end_is_one_for_any_cut() {
    let ask = b"GET / HTTP/1.1\r\n\r\n";
    let more_of_it = b"HTTP/1.0, says the body".as_slice();
    for (second, third, replies) in [
        // Nobody asked again, so it is a body still.
        (&b""[..], PAGE, 1),
        (ask, PAGE, 2),
        // Asked without waiting for the end.
        (ask, b"HTTP/2 is no reply here, and the body goes on", 1),
        (b"", more_of_it, 1),
    ] {
        let turns = [ask, ENDLESS, second, third];
        let whole = told(turns, usize::MAX);
        let told_replies = whole.iter().filter(|what| what.starts_with("reply")).count();
        assert_eq!(told_replies, replies, "{whole:?}");
        for piece in 1..ENDLESS.len() {
            assert_eq!(told(turns, piece), whole, "in pieces of {piece}");
        }
    }
}

#[test]
fn a_body_that_goes_on_after_a_question_keeps_its_first_bytes() {
    let ask = b"GET / HTTP/1.1\r\n\r\n";
    let head = b"HTTP/1.1 200 OK\r\n\r\n";
    let turns = [&ask[..], head, ask, b"H<html>"];
    for piece in 1..9 {
        let seen = told(turns, piece);
        assert_eq!(seen.last().map(String::as_str), Some("reply 200 None None 0 Text"), "{seen:?}");
    }
}

#[test]
fn an_odd_method_is_malformed_however_it_comes() {
    let odd =
        [b"GET / HTTP/1.1\r\n\r\n1234567", [b'g'; 40].as_slice(), b" / HTTP/1.1\r\n\r\n"].concat();
    for piece in [1, 20, 27, 45, 100] {
        let seen = told([&odd, b"", b"", b""], piece);
        // A later piece may begin with a message again.
        assert_eq!(seen[1], "anomaly http_malformed", "in pieces of {piece}");
    }
}
