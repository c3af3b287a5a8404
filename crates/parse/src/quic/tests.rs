//! QUIC flows, as the flow parser tells them.

use ostium_event::Service;

use super::initial::dialect;
use super::initial::tests::protect;
use crate::context::Side;
use crate::flow::tests::{Bench, done, more};

/// The CRYPTO frame of the example in RFC 9001, appendix A.2.
pub(crate) const RFC_HELLO: &str = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868\
04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578\
616d706c652e636f6dff01000100000a00080006001d00170018001000070005\
04616c706e000500050100000000003300260024001d00209370b2c9caa47fba\
baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400\
0d0010000e0403050306030203080408050806002d00020101001c0002400100\
3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000\
75300901100f088394c8f03e51570806048000ffff";

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

const ID: &[u8] = b"\x01\x02\x03\x04\x05\x06\x07\x08";

/// An initial packet of version 1 with these frames, sent to `to`, under the keys of [`ID`].
fn packet(to: &[u8], number: u8, frames: &[u8]) -> Vec<u8> {
    packet_of(1, to, number, frames)
}

fn packet_of(version: u32, to: &[u8], number: u8, frames: &[u8]) -> Vec<u8> {
    let mut header = vec![0xc0];
    header.extend_from_slice(&version.to_be_bytes());
    header.push(to.len() as u8);
    header.extend_from_slice(to);
    header.extend_from_slice(&[0, 0]);
    let length = frames.len() + 1 + 16;
    header.extend_from_slice(&(0x4000 | length as u16).to_be_bytes());
    header.push(number);
    protect(dialect(version).unwrap(), ID, &header, frames)
}

fn crypto(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![6];
    frame.extend_from_slice(&(0x4000 | at as u16).to_be_bytes());
    frame.extend_from_slice(&(0x4000 | bytes.len() as u16).to_be_bytes());
    frame.extend_from_slice(bytes);
    frame
}

fn told(bench: &Bench) {
    assert_eq!(bench.service(), Service::Quic);
    let [line] = &bench.seen[..] else {
        panic!("{:?}", bench.seen);
    };
    assert!(line.starts_with("tls example.com Some(\"alpn\") 0304 q13d0211an_"), "{line}");
    assert!(line.ends_with(" true"));
}

#[test]
fn a_hello_in_one_datagram() {
    let mut frames = hex(RFC_HELLO);
    frames.resize(1100, 0);
    let mut bench = Bench::new(443);
    done(bench.datagram(Side::Opener, &packet(ID, 0, &frames)));
    told(&bench);
}

#[test]
fn a_hello_in_versions_of_google_and_meta() {
    let mut frames = hex(RFC_HELLO);
    frames.resize(1100, 0);
    for (version, crypto) in [(0xface_b002, 6), (u32::from_be_bytes(*b"T051"), 8)] {
        frames[0] = crypto;
        let mut bench = Bench::new(443);
        done(bench.datagram(Side::Opener, &packet_of(version, ID, 0, &frames)));
        told(&bench);
    }
}

#[test]
fn a_hello_in_pieces_over_two_datagrams() {
    let hello = hex(RFC_HELLO)[4..].to_vec();
    let mut first = crypto(200, &hello[200..]);
    first.extend_from_slice(&[0; 50]);
    first.extend_from_slice(&crypto(0, &hello[..90]));
    let mut bench = Bench::new(443);
    more(bench.datagram(Side::Opener, &packet(ID, 0, &first)));
    // The server answers, and its connection id is used from now on.
    more(bench.datagram(Side::Responder, &packet(b"", 0, &[0; 60])));
    assert!(bench.seen.is_empty());
    let second = packet(b"\x09\x09", 1, &crypto(80, &hello[80..220]));
    done(bench.datagram(Side::Opener, &second));
    told(&bench);
}

#[test]
fn two_packets_in_one_datagram() {
    let hello = hex(RFC_HELLO)[4..].to_vec();
    let mut datagram = packet(ID, 0, &crypto(0, &hello[..100]));
    datagram.extend_from_slice(&packet(ID, 1, &crypto(100, &hello[100..])));
    let mut bench = Bench::new(443);
    done(bench.datagram(Side::Opener, &datagram));
    told(&bench);
}

#[test]
fn what_cannot_be_opened() {
    let mut frames = hex(RFC_HELLO);
    frames.resize(1100, 0);
    let mut datagram = packet(ID, 0, &frames);
    datagram[500] ^= 1;
    let mut bench = Bench::new(443);
    done(bench.datagram(Side::Opener, &datagram));
    assert_eq!(bench.seen, ["anomaly quic_malformed"]);
}

#[test]
fn other_versions_are_named_only() {
    let mut bytes = vec![0xc3, 0xfa, 0xce, 0xb0, 0x01, 8];
    bytes.resize(1200, 7);
    bytes[14] = 0;
    let mut bench = Bench::new(443);
    more(bench.datagram(Side::Opener, &bytes));
    assert_eq!(bench.service(), Service::Quic);
    // A short header says nothing.
    bytes[0] = 0x43;
    let mut bench = Bench::new(443);
    more(bench.datagram(Side::Opener, &bytes));
    assert_eq!(bench.service(), Service::Unknown);
    assert!(bench.seen.is_empty());
}
