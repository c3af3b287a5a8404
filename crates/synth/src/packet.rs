//! Packets: Ethernet, IPv4 or IPv6, and TCP, UDP or ICMP above, with right lengths and checksums.

use ostium_event::{Addr, Proto};

use crate::payload::Payload;

/// The bytes of a frame and when it passes the tap.
#[cfg(test)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) at: ostium_event::Timestamp,
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
    pub(crate) options: &'static [u8],
    pub(crate) payload: &'a [u8],
}

/// A packet before its bytes are made.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) id: u16,
    pub(crate) body: Body,
}

/// What is above the network.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// The segment's own payload is empty.
    Tcp(Segment<'static>, Payload),
    Udp(Payload),
    /// ICMP "destination unreachable", quoting the frame that caused it (IPv4 only).
    Unreachable {
        code: u8,
        cause: Box<Frame>,
    },
    /// ICMP echo, with identifier and sequence number (IPv4 only).
    Echo {
        reply: bool,
        number: (u16, u16),
        data: Payload,
    },
}

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;

/// The type of an ICMP echo request.
pub(crate) const ECHO: u8 = 8;

const ETHERNET: usize = 14;

/// A TCP segment in a frame.
pub(crate) fn tcp(from: &End, to: &End, id: u16, segment: &Segment<'_>) -> Frame {
    let payload = Payload::from(segment.payload);
    let Segment { seq, ack, flags, window, options, .. } = *segment;
    let head = Segment { seq, ack, flags, window, options, payload: &[] };
    Frame { from: *from, to: *to, id, body: Body::Tcp(head, payload) }
}

/// A UDP datagram in a frame.
pub(crate) fn udp(from: &End, to: &End, id: u16, payload: impl Into<Payload>) -> Frame {
    Frame { from: *from, to: *to, id, body: Body::Udp(payload.into()) }
}

/// ICMP "destination unreachable" of some code, quoting the frame that caused it (IPv4 only).
pub(crate) fn unreachable(from: &End, to: &End, id: u16, code: u8, cause: &Frame) -> Frame {
    let cause = Box::new(cause.clone());
    Frame { from: *from, to: *to, id, body: Body::Unreachable { code, cause } }
}

/// ICMP echo, asked or answered (IPv4 only).
pub(crate) fn echo(
    from: &End,
    to: &End,
    id: u16,
    (reply, number): (bool, (u16, u16)),
    data: Payload,
) -> Frame {
    Frame { from: *from, to: *to, id, body: Body::Echo { reply, number, data } }
}

// === impl Frame ===

impl Frame {
    /// Appends its bytes, with right lengths and checksums.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (from, to, id) = (&self.from, &self.to, self.id);
        match &self.body {
            Body::Tcp(head, payload) => {
                write_tcp(out, (from, to, id), head, |out| payload.render(0, payload.len(), out));
            }
            Body::Udp(payload) => wrap(out, (from, to, id), Proto::UDP, |out| {
                out.extend_from_slice(&from.port.to_be_bytes());
                out.extend_from_slice(&to.port.to_be_bytes());
                out.extend_from_slice(&(8 + payload.len() as u16).to_be_bytes());
                out.extend_from_slice(&[0; 2]);
                payload.render(0, payload.len(), out);
                Some(6)
            }),
            Body::Unreachable { code, cause } => {
                let mut quoted = Vec::new();
                cause.write(&mut quoted);
                let quoted = quoted.get(ETHERNET..).unwrap_or_default();
                wrap(out, (from, to, id), Proto::ICMP, |out| {
                    out.extend_from_slice(&[3, *code, 0, 0, 0, 0, 0, 0]);
                    out.extend_from_slice(quoted.get(..28).unwrap_or(quoted));
                    Some(2)
                });
            }
            Body::Echo { reply, number, data } => wrap(out, (from, to, id), Proto::ICMP, |out| {
                let kind = if *reply { 0 } else { ECHO };
                out.extend_from_slice(&[kind, 0, 0, 0]);
                out.extend_from_slice(&number.0.to_be_bytes());
                out.extend_from_slice(&number.1.to_be_bytes());
                data.render(0, data.len(), out);
                Some(2)
            }),
        }
    }
}

/// Appends a frame with a TCP segment; `fill` appends its payload.
pub(crate) fn write_tcp(
    out: &mut Vec<u8>,
    (from, to, id): (&End, &End, u16),
    head: &Segment<'_>,
    fill: impl FnOnce(&mut Vec<u8>),
) {
    wrap(out, (from, to, id), Proto::TCP, |out| {
        out.extend_from_slice(&from.port.to_be_bytes());
        out.extend_from_slice(&to.port.to_be_bytes());
        out.extend_from_slice(&head.seq.to_be_bytes());
        out.extend_from_slice(&head.ack.to_be_bytes());
        let words = 5 + head.options.len() as u8 / 4;
        out.extend_from_slice(&[words << 4, head.flags]);
        out.extend_from_slice(&head.window.to_be_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(head.options);
        fill(out);
        Some(16)
    });
}

/// Ethernet and IP around what `fill` appends; `fill` says where its checksum stands.
fn wrap(
    out: &mut Vec<u8>,
    (from, to, id): (&End, &End, u16),
    proto: Proto,
    fill: impl FnOnce(&mut Vec<u8>) -> Option<usize>,
) {
    out.extend_from_slice(&to.mac);
    out.extend_from_slice(&from.mac);
    let network = out.len() + 2;
    let v4 = from.addr.v4_bits().zip(to.addr.v4_bits());
    match v4 {
        Some((source, target)) => {
            // Do not fragment; length and sum are put in below.
            out.extend_from_slice(&[0x08, 0x00, 0x45, 0, 0, 0]);
            out.extend_from_slice(&id.to_be_bytes());
            out.extend_from_slice(&[0x40, 0, from.ttl, proto.0, 0, 0]);
            out.extend_from_slice(&source.to_be_bytes());
            out.extend_from_slice(&target.to_be_bytes());
        }
        None => {
            out.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0, 0, 0, proto.0, from.ttl]);
            out.extend_from_slice(&from.addr.bits().to_be_bytes());
            out.extend_from_slice(&to.addr.bits().to_be_bytes());
        }
    }
    let start = out.len();
    let place = fill(out);
    let length = out.len() - start;
    if v4.is_some() {
        let whole = (out.len() - network) as u16;
        put(out, network + 2, whole);
        let header = out.get(network..start).unwrap_or_default();
        let sum = checksum(0, header);
        put(out, network + 10, sum);
    } else {
        put(out, network + 4, length as u16);
    }
    if let Some(place) = place {
        let begin = match proto {
            Proto::ICMP => 0,
            _ => pseudo(from.addr, to.addr, proto, length),
        };
        let sum = checksum(begin, out.get(start..).unwrap_or_default());
        // Zero means "no checksum" in UDP, so a sum of zero is sent as its complement (RFC 768).
        let sum = if sum == 0 && proto == Proto::UDP { 0xffff } else { sum };
        put(out, start + place, sum);
    }
}

/// The sum over the pseudo header of RFC 9293 and RFC 8200.
fn pseudo(from: Addr, to: Addr, proto: Proto, length: usize) -> u64 {
    let addresses = match (from.v4_bits(), to.v4_bits()) {
        (Some(from), Some(to)) => sum(&from.to_be_bytes()) + sum(&to.to_be_bytes()),
        _ => sum(&from.bits().to_be_bytes()) + sum(&to.bits().to_be_bytes()),
    };
    addresses + u64::from(proto.0) + length as u64
}

/// The sum of 16-bit words, folded to 16 bits. Words are added eight bytes at once in whatever
/// order the machine has, which gives the sum with its bytes swapped (RFC 1071, section 2).
fn sum(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    let mut total = blocks.iter().fold(0u64, |total, block| {
        let word = u64::from_le_bytes(*block);
        total + (word & 0xffff_ffff) + (word >> 32)
    });
    let mut last = [0u8; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let word = u64::from_le_bytes(last);
    total += (word & 0xffff_ffff) + (word >> 32);
    u64::from(fold(total).swap_bytes())
}

const fn fold(mut total: u64) -> u16 {
    while total >> 16 != 0 {
        total = (total & 0xffff) + (total >> 16);
    }
    total as u16
}

/// The internet checksum (RFC 1071).
fn checksum(start: u64, bytes: &[u8]) -> u16 {
    !fold(start + sum(bytes))
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

    fn bytes(frame: &Frame) -> Vec<u8> {
        let mut out = Vec::new();
        frame.write(&mut out);
        out
    }

    fn end(addr: &str, port: u16) -> End {
        End { mac: [2, 0, 0, 0, 0, 1], addr: addr.parse().unwrap(), port, ttl: 64 }
    }

    #[test]
    fn an_independent_reader_agrees_with_every_sum() {
        for (from, to) in [("10.0.0.1", "8.8.4.4"), ("2a01::1", "2606:4700::2")] {
            for payload in [&b""[..], b"x", b"hello there", &[0xab; 1401]] {
                let segment = Segment {
                    seq: 7,
                    flags: PSH | ACK,
                    options: &[1, 1, 1, 1],
                    payload,
                    ..Segment::default()
                };
                let frame = tcp(&end(from, 5), &end(to, 443), 9, &segment);
                assert_eq!(crate::check::packet(&bytes(&frame)), Ok(()), "{from} tcp");
                let bytes = bytes(&udp(&end(from, 5), &end(to, 53), 9, payload));
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
        let mut bytes = bytes(&udp(&end("10.0.0.1", 5), &end("8.8.4.4", 53), 9, b"abc"));
        *bytes.last_mut().unwrap() ^= 1;
        assert!(crate::check::packet(&bytes).is_err());
    }

    #[test]
    fn unreachable_quotes_its_cause() {
        let (a, b) = (end("10.0.0.1", 5), end("8.8.4.4", 53));
        let cause = udp(&a, &b, 9, b"abc");
        let bytes = bytes(&unreachable(&b, &a, 1, 3, &cause));
        assert_eq!(crate::check::packet(&bytes), Ok(()));
        assert_eq!(bytes.len(), 14 + 20 + 8 + 28);
    }
}
