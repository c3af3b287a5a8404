//! Packets: Ethernet, IPv4 or IPv6, and TCP, UDP or ICMP above, with right lengths and checksums.

use ostium_event::{Addr, Proto, Timestamp};

/// A frame and when it passes the tap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) at: Timestamp,
    pub(crate) bytes: Vec<u8>,
}

/// One end of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) mac: [u8; 6],
    pub(crate) addr: Addr,
    pub(crate) port: u16,
    /// Time to live, or hop limit, as seen at the tap.
    pub(crate) ttl: u8,
}

/// What a TCP header says besides its ports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Segment<'a> {
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    pub(crate) window: u16,
    /// A multiple of four bytes.
    pub(crate) options: &'a [u8],
    pub(crate) payload: &'a [u8],
}

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;

/// A TCP segment in a frame.
pub(crate) fn tcp(from: &End, to: &End, id: u16, segment: &Segment<'_>) -> Vec<u8> {
    let header = 20 + segment.options.len();
    let mut body = Vec::with_capacity(header + segment.payload.len());
    body.extend_from_slice(&from.port.to_be_bytes());
    body.extend_from_slice(&to.port.to_be_bytes());
    body.extend_from_slice(&segment.seq.to_be_bytes());
    body.extend_from_slice(&segment.ack.to_be_bytes());
    body.push((header as u8 / 4) << 4);
    body.push(segment.flags);
    body.extend_from_slice(&segment.window.to_be_bytes());
    body.extend_from_slice(&[0; 4]);
    body.extend_from_slice(segment.options);
    body.extend_from_slice(segment.payload);
    let sum = checksum(pseudo(from.addr, to.addr, Proto::TCP, body.len()), &body);
    put(&mut body, 16, sum);
    frame(from, to, id, Proto::TCP, &body)
}

/// A UDP datagram in a frame.
pub(crate) fn udp(from: &End, to: &End, id: u16, payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len();
    let mut body = Vec::with_capacity(length);
    body.extend_from_slice(&from.port.to_be_bytes());
    body.extend_from_slice(&to.port.to_be_bytes());
    body.extend_from_slice(&(length as u16).to_be_bytes());
    body.extend_from_slice(&[0; 2]);
    body.extend_from_slice(payload);
    let sum = checksum(pseudo(from.addr, to.addr, Proto::UDP, length), &body);
    // Zero means "no checksum" in UDP, so a sum of zero is sent as its complement (RFC 768).
    put(&mut body, 6, if sum == 0 { 0xffff } else { sum });
    frame(from, to, id, Proto::UDP, &body)
}

/// ICMP "destination unreachable" of some code, quoting the frame that caused it (IPv4 only).
pub(crate) fn unreachable(from: &End, to: &End, id: u16, code: u8, cause: &[u8]) -> Vec<u8> {
    let quoted = cause.get(14..).unwrap_or_default();
    let quoted = quoted.get(..28).unwrap_or(quoted);
    let mut body = vec![3, code, 0, 0, 0, 0, 0, 0];
    body.extend_from_slice(quoted);
    let sum = checksum(0, &body);
    put(&mut body, 2, sum);
    frame(from, to, id, Proto::ICMP, &body)
}

fn frame(from: &End, to: &End, id: u16, proto: Proto, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(54 + body.len());
    bytes.extend_from_slice(&to.mac);
    bytes.extend_from_slice(&from.mac);
    match (from.addr.v4_bits(), to.addr.v4_bits()) {
        (Some(source), Some(target)) => {
            bytes.extend_from_slice(&[0x08, 0x00]);
            ipv4(&mut bytes, source, target, from.ttl, id, proto, body.len());
        }
        _ => {
            bytes.extend_from_slice(&[0x86, 0xdd]);
            ipv6(&mut bytes, from, to, proto, body.len());
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

fn ipv4(out: &mut Vec<u8>, from: u32, to: u32, ttl: u8, id: u16, proto: Proto, body: usize) {
    let start = out.len();
    out.extend_from_slice(&[0x45, 0]);
    out.extend_from_slice(&(20 + body as u16).to_be_bytes());
    out.extend_from_slice(&id.to_be_bytes());
    // Do not fragment.
    out.extend_from_slice(&[0x40, 0, ttl, proto.0, 0, 0]);
    out.extend_from_slice(&from.to_be_bytes());
    out.extend_from_slice(&to.to_be_bytes());
    let sum = checksum(0, out.get(start..).unwrap_or_default());
    put(out, start + 10, sum);
}

fn ipv6(out: &mut Vec<u8>, from: &End, to: &End, proto: Proto, body: usize) {
    out.extend_from_slice(&[0x60, 0, 0, 0]);
    out.extend_from_slice(&(body as u16).to_be_bytes());
    out.extend_from_slice(&[proto.0, from.ttl]);
    out.extend_from_slice(&from.addr.bits().to_be_bytes());
    out.extend_from_slice(&to.addr.bits().to_be_bytes());
}

/// The sum over the pseudo header of RFC 9293 and RFC 8200.
fn pseudo(from: Addr, to: Addr, proto: Proto, length: usize) -> u64 {
    let words = |bits: u128| bits.to_be_bytes();
    let addresses = match (from.v4_bits(), to.v4_bits()) {
        (Some(from), Some(to)) => sum(0, &from.to_be_bytes()) + sum(0, &to.to_be_bytes()),
        _ => sum(0, &words(from.bits())) + sum(0, &words(to.bits())),
    };
    addresses + u64::from(proto.0) + length as u64
}

fn sum(start: u64, bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let whole = pairs.iter().fold(start, |sum, pair| sum + u64::from(u16::from_be_bytes(*pair)));
    whole + rest.first().map_or(0, |&byte| u64::from(byte) << 8)
}

/// The internet checksum (RFC 1071).
fn checksum(start: u64, bytes: &[u8]) -> u16 {
    let mut total = sum(start, bytes);
    while total >> 16 != 0 {
        total = (total & 0xffff) + (total >> 16);
    }
    !(total as u16)
}

fn put(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes.get_mut(at..at + 2) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{SlicedPacket, TransportSlice};

    fn end(addr: &str, port: u16) -> End {
        End { mac: [2, 0, 0, 0, 0, 1], addr: addr.parse().unwrap(), port, ttl: 64 }
    }

    #[test]
    fn an_independent_reader_agrees_with_every_sum() {
        for (from, to) in [("10.0.0.1", "8.8.4.4"), ("2a01::1", "2606:4700::2")] {
            for payload in [&b""[..], b"x", b"hello there"] {
                let segment = Segment {
                    seq: 7,
                    flags: PSH | ACK,
                    options: &[1, 1, 1, 1],
                    payload,
                    ..Segment::default()
                };
                let bytes = tcp(&end(from, 5), &end(to, 443), 9, &segment);
                assert_eq!(crate::check::packet(&bytes), Ok(()), "{from} tcp");
                let bytes = udp(&end(from, 5), &end(to, 53), 9, payload);
                assert_eq!(crate::check::packet(&bytes), Ok(()), "{from} udp");
                let sliced = SlicedPacket::from_ethernet(&bytes).unwrap();
                let Some(TransportSlice::Udp(udp)) = sliced.transport else {
                    panic!("no udp in {bytes:?}");
                };
                assert_eq!(udp.payload(), payload);
            }
        }
    }

    #[test]
    fn a_damaged_packet_is_noticed() {
        let mut bytes = udp(&end("10.0.0.1", 5), &end("8.8.4.4", 53), 9, b"abc");
        *bytes.last_mut().unwrap() ^= 1;
        assert!(crate::check::packet(&bytes).is_err());
    }

    #[test]
    fn unreachable_quotes_its_cause() {
        let (a, b) = (end("10.0.0.1", 5), end("8.8.4.4", 53));
        let cause = udp(&a, &b, 9, b"abc");
        let bytes = unreachable(&b, &a, 1, 3, &cause);
        assert_eq!(crate::check::packet(&bytes), Ok(()));
        assert_eq!(bytes.len(), 14 + 20 + 8 + 28);
    }
}
