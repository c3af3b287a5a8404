//! DNS in datagrams and streams, as the flow parser tells it.

use ostium_event::Service;

use crate::context::Side;
use crate::flow::tests::{Bench, done, more};

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.').filter(|l| !l.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn header(flags: u16, counts: [u16; 4]) -> Vec<u8> {
    let mut bytes = vec![0, 7];
    bytes.extend_from_slice(&flags.to_be_bytes());
    for count in counts {
        bytes.extend_from_slice(&count.to_be_bytes());
    }
    bytes
}

fn query(text: &str) -> Vec<u8> {
    let mut bytes = header(0x0100, [1, 0, 0, 0]);
    bytes.extend_from_slice(&name(text));
    bytes.extend_from_slice(&[0, 1, 0, 1]);
    bytes
}

fn record(kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xc0, 12];
    bytes.extend_from_slice(&kind.to_be_bytes());
    bytes.extend_from_slice(&[0, 1]);
    bytes.extend_from_slice(&ttl.to_be_bytes());
    bytes.extend_from_slice(&(data.len() as u16).to_be_bytes());
    bytes.extend_from_slice(data);
    bytes
}

fn reply(text: &str, rcode: u16, records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = header(0x8180 | rcode, [1, records.len() as u16, 0, 0]);
    bytes.extend_from_slice(&name(text));
    bytes.extend_from_slice(&[0, 1, 0, 1]);
    for record in records {
        bytes.extend_from_slice(record);
    }
    bytes
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = (message.len() as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(message);
    bytes
}

#[test]
fn question_and_reply() {
    let mut bench = Bench::new(53);
    more(bench.datagram(Side::Opener, &query("WWW.Example.com")));
    let answers = [
        record(5, 60, &name("a.cdn")),
        record(1, 300, &[192, 0, 2, 1]),
        record(28, 5, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        record(16, 1, b"\x04text"),
    ];
    let reply = reply("www.example.com", 0, &answers);
    more(bench.datagram(Side::Responder, &reply));
    assert_eq!(bench.service(), Service::Dns);
    assert_eq!(
        bench.seen,
        [
            "dns Query 7 www.example.com 1 None 0".to_owned(),
            format!(
                "dns Reply 7 www.example.com 1 Some(0) {} cname a.cdn/60 192.0.2.1/300 \
                 2001:db8::1/5 type16[5]/1",
                reply.len()
            ),
        ]
    );
}

#[test]
fn no_such_name() {
    let mut bench = Bench::new(53);
    let bytes = reply("x.example", 3, &[]);
    more(bench.datagram(Side::Responder, &bytes));
    assert_eq!(bench.seen, ["dns Reply 7 x.example 1 Some(3) 27"]);
}

#[test]
fn malformed_is_an_anomaly() {
    let mut bench = Bench::new(53);
    let mut bytes = query("www.example.com");
    bytes.truncate(20);
    more(bench.datagram(Side::Opener, &bytes));
    let mut bytes = reply("a.example", 0, &[record(1, 9, &[1, 2, 3, 4])]);
    bytes.truncate(bytes.len() - 2);
    more(bench.datagram(Side::Responder, &bytes));
    // The same, but the sender says that it is truncated.
    bytes[2] |= 0x02;
    more(bench.datagram(Side::Responder, &bytes));
    let told = "dns Reply 7 a.example 1 Some(0) 41";
    assert_eq!(bench.seen, ["anomaly dns_malformed", told, "anomaly dns_malformed", told]);
}

#[test]
fn other_ports_need_dns_to_the_last_byte() {
    let mut bench = Bench::new(9999);
    more(bench.datagram(Side::Opener, &query("a.example")));
    assert_eq!(bench.service(), Service::Dns);
    let mut bytes = query("a.example");
    bytes.push(0);
    let mut bench = Bench::new(9999);
    bench.datagram(Side::Opener, &bytes);
    assert_eq!(bench.service(), Service::Unknown);
    let mut bench = Bench::new(5353);
    done(bench.datagram(Side::Opener, &query("a.local")));
    assert_eq!(bench.service(), Service::Other);
    assert!(bench.seen.is_empty());
}

#[test]
fn many_answers_are_cut_at_32() {
    let records: Vec<_> = (0..40).map(|n| record(1, 1, &[10, 0, 0, n])).collect();
    let mut bench = Bench::new(53);
    bench.datagram(Side::Responder, &reply("a.b", 0, &records));
    assert_eq!(bench.seen[0].matches(" 10.0.0.").count(), 32);
    assert_eq!(bench.seen.len(), 1);
}

#[test]
fn streams_hold_several_messages() {
    let mut bytes = framed(&query("one.example"));
    bytes.extend_from_slice(&framed(&query("two.example")));
    for port in [53, 9053] {
        for size in 1..bytes.len() {
            let mut bench = Bench::new(port);
            for part in bytes.chunks(size) {
                more(bench.opener(part));
            }
            assert_eq!(
                bench.seen,
                ["dns Query 7 one.example 1 None 0", "dns Query 7 two.example 1 None 0"],
                "{port} {size}"
            );
        }
    }
}

#[test]
fn a_stream_goes_on_after_a_gap_and_a_long_message() {
    let mut bench = Bench::new(53);
    more(bench.opener(&framed(&query("one.example"))));
    more(bench.gap(Side::Opener, 5));
    more(bench.opener(b"\x80\x80\x80\x80 tail of a lost message"));
    more(bench.opener(&framed(&query("two.example"))));
    let long = framed(&vec![0; 20_000]);
    more(bench.opener(&long[..9000]));
    more(bench.opener(&long[9000..]));
    more(bench.opener(&framed(&query("three.example"))));
    let expected = ["one", "two", "three"].map(|n| format!("dns Query 7 {n}.example 1 None 0"));
    assert_eq!(bench.seen, expected);
}
