//! Resets are packets that others can read, with the numbers that the ends expect.

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use proptest::prelude::*;

use super::*;

fn end(addr: &str, port: u16, next: Option<u32>, acked: Option<u32>) -> End {
    End { addr: addr.parse().unwrap(), port, next, acked, window: 65_535 }
}

/// Source, destination, number and acknowledgement of a reset whose checksums are right.
fn read(packet: &Packet) -> (Addr, Addr, u32, Option<u32>) {
    let sliced = SlicedPacket::from_ip(&packet.bytes).unwrap();
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { panic!("no TCP") };
    let (from, to) = match sliced.net.as_ref().unwrap() {
        NetSlice::Ipv4(ip) => {
            let head = ip.header().to_header();
            assert_eq!(head.calc_header_checksum(), head.header_checksum);
            let sum = tcp.calc_checksum_ipv4(head.source, head.destination).unwrap();
            assert_eq!(sum, tcp.checksum());
            (Addr::v4(head.source), Addr::v4(head.destination))
        }
        NetSlice::Ipv6(ip) => {
            let head = ip.header().to_header();
            let sum = tcp.calc_checksum_ipv6(head.source, head.destination).unwrap();
            assert_eq!(sum, tcp.checksum());
            (Addr::v6(head.source), Addr::v6(head.destination))
        }
        _ => panic!("no IP"),
    };
    assert!(tcp.rst() && !tcp.syn() && !tcp.fin() && tcp.payload().is_empty());
    assert_eq!(to, packet.to);
    (from, to, tcp.sequence_number(), tcp.ack().then(|| tcp.acknowledgment_number()))
}

#[test]
fn both_ends_get_the_number_that_they_expect() {
    // The client has sent up to 1000, of which the server has acknowledged 900; the server has
    // sent up to 5000, all acknowledged.
    let client = end("10.0.0.5", 5555, Some(1000), Some(5000));
    let server = end("198.51.100.7", 443, Some(5000), Some(900));
    let exact = Effort { extra: 0, stride: 1448 };
    let told: Vec<_> = resets(&client, &server, exact).iter().map(read).collect();
    assert_eq!(
        told,
        [
            (client.addr, server.addr, 1000, Some(5000)),
            (server.addr, client.addr, 5000, Some(1000)),
        ]
    );
    let more = Effort { extra: 2, stride: 100 };
    let numbers: Vec<u32> = resets(&client, &server, more)
        .iter()
        .map(read)
        .filter(|r| r.1 == server.addr)
        .map(|r| r.2)
        .collect();
    assert_eq!(numbers, [1000, 900, 1100, 1200]);
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let client = end("10.0.0.5", 5555, Some(1), None);
    let server = end("198.51.100.7", 443, None, None);
    // A SYN was seen: the server expects what follows it; what the client expects nobody knows.
    let told: Vec<_> = resets(&client, &server, Effort::default()).iter().map(read).collect();
    assert!(told.iter().all(|reset| reset.1 == server.addr && reset.3.is_none()), "{told:?}");
    assert_eq!(told.first().map(|reset| reset.2), Some(1));
    let other = end("2001:db8::7", 443, Some(1), Some(1));
    assert!(resets(&client, &other, Effort::default()).is_empty(), "families differ");
}

proptest! {
    #[test]
    fn any_reset_is_read_by_others_and_lies_in_the_window(
        (v6, a, b) in (any::<bool>(), any::<[u8; 16]>(), any::<[u8; 16]>()),
        (port, peer) in (any::<u16>(), any::<u16>()),
        (next, acked) in (any::<Option<u32>>(), any::<Option<u32>>()),
        (back, seen) in (any::<Option<u32>>(), any::<Option<u32>>()),
        (extra, stride, window) in (0u8..6, any::<u32>(), any::<u32>()),
    ) {
        let addr = |bytes: [u8; 16]| match v6 {
            // IPv4 in its mapped form is IPv4.
            true => Addr::v6([&[0x20], &bytes[1..]].concat().try_into().unwrap()),
            false => Addr::v4(*bytes.first_chunk().unwrap()),
        };
        let one = End { addr: addr(a), port, next, acked, window };
        let other = End { addr: addr(b), port: peer, next: back, acked: seen, window };
        let effort = Effort { extra, stride };
        for packet in resets(&one, &other, effort) {
            let (from, to, number, _) = read(&packet);
            if from == to {
                continue;
            }
            let (sent, expected) = if to == other.addr { (next, seen) } else { (back, acked) };
            let sent = sent.or(expected).unwrap();
            let expected = expected.unwrap_or(sent);
            let near = |base: u32| number == base || number.wrapping_sub(base) < window;
            prop_assert!(near(sent) || near(expected));
        }
    }

    #[test]
    fn the_later_number_is_the_later_whatever_the_wrap(base in any::<u32>(), on in 0u32..0x7fff_ffff) {
        prop_assert_eq!(later(base, base.wrapping_add(on)), base.wrapping_add(on));
        prop_assert_eq!(later(base.wrapping_add(on), base), base.wrapping_add(on));
    }
}
