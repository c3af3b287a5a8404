//! TLS handshakes, as the flow parser tells them; JA4 of the worked example of its method.

use ostium_event::{Service, Timestamp};

use crate::context::Side;
use crate::flow::tests::{Bench, done, more};

/// A self-signed certificate made for this test, valid for 90 days from [`CERTIFICATE_FROM`].
const CERTIFICATE: &str = "308201c330820168a00302010202143d95b79cc9ca74e01d84b63f96a6e252facc5935300a06082a8648ce3d04\
0302302a3111300f060355040a0c0854657374204f72673115301306035504030c0c6c6561662e6578616d706c\
65301e170d3236313132343033353331305a170d3237303232323033353331305a302a3111300f060355040a0c\
0854657374204f72673115301306035504030c0c6c6561662e6578616d706c653059301306072a8648ce3d0201\
06082a8648ce3d0301070342000458110cdcd4993fc8ce914df3312fc07b7d70d883a145f3b0f8c00660313e72\
0dcd5d1c9504241520d504d3698fc01ce010a8ade1e161b54982ce292c7271730da36c306a301d0603551d0e04\
160414b33c3e65fd589ed8afb65d6c5fb5bc2bb8644a79301f0603551d23041830168014b33c3e65fd589ed8af\
b65d6c5fb5bc2bb8644a79300f0603551d130101ff040530030101ff30170603551d110410300e820c6c656166\
2e6578616d706c65300a06082a8648ce3d0403020349003046022100c42449903a34e9f14b18f6902096ea15e0\
852c3cd10621d89576115123900861022100eb51a0a12c082a3486197d862ff394a6ba51cd7da3d6dfe269eb53\
6259ba200f";
/// 2026-11-24T03:53:10Z.
const CERTIFICATE_FROM: u64 = 1_795_492_390;

/// Values of the worked example of the method, with values that only test tolerance among them.
const CIPHERS: [u16; 16] = [
    0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
    0x009c, 0x009d, 0x002f, 0x0035,
];
const EXTENSIONS: [u16; 18] = [
    0x4a4a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
    0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0xdada,
];
const SIGNATURES: [u16; 8] = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];

fn vec16(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}

fn list(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn extension(id: u16, name: &str) -> Vec<u8> {
    let data = match id {
        0x0000 => {
            let mut entry = vec![0];
            entry.extend_from_slice(&vec16(name.as_bytes()));
            vec16(&entry)
        }
        0x0010 => vec16(b"\x02h2\x08http/1.1"),
        0x000d => vec16(&list(&SIGNATURES)),
        0x002b => vec![6, 0x7a, 0x7a, 3, 4, 3, 3],
        _ => vec![],
    };
    let mut out = id.to_be_bytes().to_vec();
    out.extend_from_slice(&vec16(&data));
    out
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, 0];
    out.extend_from_slice(&vec16(body));
    out
}

pub(crate) fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, 3, 1];
    out.extend_from_slice(&vec16(body));
    out
}

fn client_message(name: &str) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend_from_slice(&[7; 32]);
    body.push(0);
    body.extend_from_slice(&vec16(&list(&CIPHERS)));
    body.extend_from_slice(&[1, 0]);
    let extensions: Vec<u8> = EXTENSIONS.iter().flat_map(|id| extension(*id, name)).collect();
    body.extend_from_slice(&vec16(&extensions));
    message(1, &body)
}

/// A client hello for `name` in one record.
pub(crate) fn client_record(name: &str) -> Vec<u8> {
    record(22, &client_message(name))
}

fn server_message(random: &[u8], extensions: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend_from_slice(random);
    body.extend_from_slice(&[0, 0xc0, 0x2f, 0]);
    body.extend_from_slice(&vec16(extensions));
    message(2, &body)
}

fn certificate_message() -> Vec<u8> {
    let der = crate::quic::tests::hex(CERTIFICATE);
    let mut chain = vec![0];
    chain.extend_from_slice(&vec16(&der));
    let mut body = vec![0];
    body.extend_from_slice(&vec16(&chain));
    message(11, &body)
}

/// Server hello, certificate and end of a TLS 1.2 handshake, in two records.
fn server_flight() -> Vec<u8> {
    let mut messages = server_message(&[9; 32], &[0xff, 1, 0, 1, 0]);
    messages.extend_from_slice(&certificate_message());
    messages.extend_from_slice(&message(14, &[]));
    let mut flight = record(22, &messages[..150]);
    flight.extend_from_slice(&record(22, &messages[150..]));
    flight
}

const CLIENT: &str = "tls a.example Some(\"h2\") 0304 t13d1516h2_8daaf6152771_e5627efa2ab1 false";
const LEAF: &str = " [leaf.example|leaf.example|self=true|90|Some(10)|Some(true)|d8e2cd5ab97a]";

fn server_line(name: &str, leaf: &str) -> String {
    let shape = crate::bytes::fingerprint(&[3, 3, 0xc0, 0x2f, 0xff, 1]);
    format!("server {name} 0303 c02f {shape}{leaf}")
}

fn bench() -> Bench {
    let mut bench = Bench::new(443);
    bench.ctx.at = Timestamp::from_secs(CERTIFICATE_FROM + 10 * 86_400 + 5);
    bench
}

#[test]
fn both_hellos_and_the_certificate() {
    let mut bench = bench();
    more(bench.opener(&client_record("A.Example")));
    done(bench.responder(&server_flight()));
    assert_eq!(bench.seen, [CLIENT.to_owned(), server_line("a.example", LEAF)]);
    assert_eq!(bench.service(), Service::Tls);
}

#[test]
fn any_cut_tells_the_same() {
    for size in 1..200 {
        let mut bench = bench();
        for part in client_record("a.example").chunks(size) {
            more(bench.opener(part));
        }
        for part in server_flight().chunks(size) {
            bench.responder(part);
        }
        let expected = [CLIENT.to_owned(), server_line("a.example", LEAF)];
        assert_eq!(bench.seen, expected, "{size}");
    }
}

#[test]
fn a_hello_over_many_records() {
    let mut bench = bench();
    for part in client_message("a.example").chunks(37) {
        more(bench.opener(&record(22, part)));
    }
    assert_eq!(bench.seen, [CLIENT]);
}

#[test]
fn version_1_3_needs_no_certificate() {
    let mut bench = bench();
    more(bench.opener(&client_record("a.example")));
    // A server that asks again first (its random says so) is not the answer.
    let again = ring::digest::digest(&ring::digest::SHA256, b"HelloRetryRequest");
    let versions = [0, 43, 0, 2, 3, 4];
    more(bench.responder(&record(22, &server_message(again.as_ref(), &versions))));
    more(bench.opener(&client_record("a.example")));
    done(bench.responder(&record(22, &server_message(&[9; 32], &versions))));
    assert_eq!(bench.seen.len(), 2, "{:?}", bench.seen);
    assert!(bench.seen[1].starts_with("server a.example 0304 c02f "));
}

#[test]
fn resumption_and_gaps_tell_without_certificate() {
    let hello = record(22, &server_message(&[9; 32], &[0xff, 1, 0, 1, 0]));
    let mut first = bench();
    more(first.responder(&hello));
    done(first.responder(&record(20, &[1])));
    assert_eq!(first.seen, [server_line("-", "")]);
    let mut second = bench();
    more(second.responder(&hello));
    done(second.gap(Side::Responder, 1400));
    assert_eq!(second.seen, [server_line("-", "")]);
    let mut third = bench();
    more(third.responder(&hello));
    third.finish();
    assert_eq!(third.seen, [server_line("-", "")]);
}

#[test]
fn a_wrong_guess_of_the_sides_does_no_harm() {
    let mut bench = bench();
    more(bench.responder(&client_record("a.example")));
    done(bench.opener(&server_flight()));
    assert_eq!(bench.seen, [CLIENT.to_owned(), server_line("a.example", LEAF)]);
}

#[test]
fn malformed_hello_and_certificate() {
    let mut hello = client_record("a.example");
    hello[9 + 2 + 32] = 200;
    let mut first = bench();
    done(first.opener(&hello));
    assert_eq!(first.seen, ["anomaly tls_malformed"]);
    let mut broken = server_flight();
    let der_at = broken.windows(4).position(|w| w == [0x30, 0x82, 1, 0xc3]);
    broken[der_at.unwrap()] = 0x31;
    let mut second = bench();
    done(second.responder(&broken));
    assert_eq!(second.seen, ["anomaly certificate_malformed".to_owned(), server_line("-", "")]);
}

#[test]
fn joined_in_the_middle() {
    let mut bench = bench();
    bench.ctx.from_start = false;
    done(bench.opener(&record(23, &[1, 2, 3])));
    assert_eq!(bench.service(), Service::Tls);
    assert!(bench.seen.is_empty());
}

#[test]
fn what_only_looks_like_tls() {
    let mut bench = bench();
    done(bench.opener(&record(23, &[1, 2, 3])));
    assert_eq!(bench.service(), Service::Unknown);
    assert_eq!(bench.seen, ["anomaly port_unknown_content"]);
}

#[test]
fn tls_on_port_80_breaks_its_promise() {
    let mut bench = Bench::new(80);
    more(bench.opener(&client_record("a.example")));
    assert_eq!(bench.seen, ["anomaly port_mismatch", CLIENT]);
}

#[test]
fn an_old_hello_is_stepped_over() {
    let mut bench = bench();
    let mut old = vec![0x80, 28, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 0x35];
    old.extend_from_slice(&[5; 16]);
    more(bench.opener(&old));
    done(bench.responder(&server_flight()));
    assert_eq!(bench.seen, [server_line("-", LEAF)]);
}
