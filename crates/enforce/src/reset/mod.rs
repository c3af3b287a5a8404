//! TCP resets, for a sensor that only listens: both ends are told that the other has hung up.
//!
//! An end believes a reset only if its sequence number is exactly the next that it expects (RFC
//! 5961, section 3.2); a number elsewhere in the window earns a challenge ACK. So the exact number
//! is sent first, and, when asked for, a few after it, for the case that more data is in flight.
//! Building packets is apart from sending them. Bias: nothing is sent where the number is not
//! known. It is a race, and it can be lost: against an end that has moved on before the reset comes.

mod send;

use std::net::IpAddr;

use ostium_event::Addr;

pub use send::Sender;

/// One end of a connection, as far as it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Address.
    pub addr: Addr,
    /// Port.
    pub port: u16,
    /// The sequence number after the last byte that it sent (SYN and FIN count as one).
    pub next: Option<u32>,
    /// The last acknowledgement number that it sent.
    pub acked: Option<u32>,
    /// The window it offered last, in bytes, scaled.
    pub window: u32,
}

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Resets for each end besides the exact one, while they lie in its window.
    pub extra: u8,
    /// Bytes between them: the size of the segments that may be in flight.
    pub stride: u32,
}

/// A packet of IP, and where it is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Destination.
    pub to: Addr,
    /// The packet, with the header of IP.
    pub bytes: Vec<u8>,
}

impl Default for Effort {
    /// One more, a full Ethernet segment on.
    fn default() -> Self {
        Self { extra: 1, stride: 1448 }
    }
}

const TTL: u8 = 64;
const TCP: u8 = 6;
const RST: u8 = 0x04;
const RST_ACK: u8 = 0x14;
const TCP_HEAD: u16 = 20;

/// The resets that end a connection: to each end as if from the other, exact numbers first.
/// None where the families differ, or to an end of whose expectation nothing is known.
pub fn resets(one: &End, other: &End, effort: Effort) -> Vec<Packet> {
    let (to_other, to_one) = (numbers(one, other, effort), numbers(other, one, effort));
    let mut packets = Vec::with_capacity(to_other.len() + to_one.len());
    for place in 0..to_other.len().max(to_one.len()) {
        let one_by_one = [(one, other, to_other.get(place)), (other, one, to_one.get(place))];
        for (from, to, number) in one_by_one {
            packets.extend(number.and_then(|number| build(from, to, *number)));
        }
    }
    packets
}

/// Sequence numbers for resets from one end to the other.
fn numbers(from: &End, to: &End, effort: Effort) -> Vec<u32> {
    let exact = match (from.next, to.acked) {
        (Some(sent), Some(acked)) => later(sent, acked),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Vec::new(),
    };
    let mut all = vec![exact];
    if effort.extra > 0 {
        // What was sent last may not have come: then the receiver still waits for it.
        all.extend(to.acked.filter(|acked| *acked != exact));
    }
    let steps = (1..=u32::from(effort.extra)).map(|n| n.saturating_mul(effort.stride));
    let steps = steps.filter(|step| *step > 0 && *step < to.window);
    all.extend(steps.map(|step| exact.wrapping_add(step)));
    all
}

/// The later of two sequence numbers (RFC 9293, section 3.4: modulo 2^32).
const fn later(a: u32, b: u32) -> u32 {
    if b.wrapping_sub(a) < 0x8000_0000 { b } else { a }
}

/// One reset. With an acknowledgement where the other's number is known: an end that has only sent
/// its SYN believes no other (RFC 9293, section 3.10.7.3).
fn build(from: &End, to: &End, number: u32) -> Option<Packet> {
    let ack = match (to.next, from.acked) {
        (Some(next), Some(acked)) => Some(later(next, acked)),
        (one, other) => one.or(other),
    };
    let mut tcp = Vec::with_capacity(usize::from(TCP_HEAD));
    tcp.extend(from.port.to_be_bytes());
    tcp.extend(to.port.to_be_bytes());
    tcp.extend(number.to_be_bytes());
    tcp.extend(ack.unwrap_or(0).to_be_bytes());
    // Five words of header, flags, no window, no checksum yet, nothing urgent.
    tcp.extend([0x50, if ack.is_some() { RST_ACK } else { RST }, 0, 0, 0, 0, 0, 0]);
    let (mut bytes, pseudo) = head(from.addr.into(), to.addr.into())?;
    let sum = checksum(&[&pseudo, &tcp]);
    tcp.splice(16..18, sum.to_be_bytes());
    bytes.extend(tcp);
    Some(Packet { to: to.addr, bytes })
}

/// The header of IP, and what of it counts in the checksum of TCP.
fn head(from: IpAddr, to: IpAddr) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut bytes, mut pseudo) = (Vec::with_capacity(60), Vec::with_capacity(40));
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            // Version and words, service, length; number 0, do not fragment; checksum to come.
            bytes.extend([0x45, 0]);
            bytes.extend((20 + TCP_HEAD).to_be_bytes());
            bytes.extend([0, 0, 0x40, 0, TTL, TCP, 0, 0]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            let sum = checksum(&[&bytes]);
            bytes.splice(10..12, sum.to_be_bytes());
            pseudo.extend(from.octets());
            pseudo.extend(to.octets());
            pseudo.extend([0, TCP]);
            pseudo.extend(TCP_HEAD.to_be_bytes());
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            bytes.extend([0x60, 0, 0, 0]);
            bytes.extend(TCP_HEAD.to_be_bytes());
            bytes.extend([TCP, TTL]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            pseudo.extend(from.octets());
            pseudo.extend(to.octets());
            pseudo.extend(u32::from(TCP_HEAD).to_be_bytes());
            pseudo.extend([0, 0, 0, TCP]);
        }
        _ => return None,
    }
    Some((bytes, pseudo))
}

/// The checksum of the internet (RFC 1071) over parts of even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks_exact(2));
    let sum: u32 = words.map(|word| word.iter().fold(0, |sum, b| sum << 8 | u32::from(*b))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
