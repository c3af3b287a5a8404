//! Tests of decoding: every encapsulation by hand, agreement with etherparse, and hostile bytes.

use etherparse::{PacketBuilder, SlicedPacket, TransportSlice};
use ostium_event::{Addr, Anomaly, Proto};
use proptest::prelude::*;

use crate::{LinkType, Meta, Skip, decode, transport, unreachable_flow};

fn udp_frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv4([10, 0, 0, 1], [9, 9, 9, 9], 64)
        .udp(5353, 53)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

fn tcp_packet_v6(payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ipv6([0xfd; 16], [0x20; 16], 60)
        .tcp(40000, 443, 77, 1024)
        .syn()
        .write(&mut frame, payload)
        .unwrap();
    frame
}

fn expect_udp(meta: &Meta, frame: &[u8]) {
    assert_eq!((meta.src, meta.dst), (Addr::v4([10, 0, 0, 1]), Addr::v4([9, 9, 9, 9])));
    assert_eq!((meta.src_port, meta.dst_port, meta.proto), (5353, 53, Proto::UDP));
    assert_eq!(meta.payload(frame), b"hello");
    assert_eq!(meta.wire_len, 5);
}

/// The IP packet inside [`udp_frame`].
fn ip_part() -> Vec<u8> {
    udp_frame(b"hello").split_off(14)
}

fn ethernet_with(kind_and_more: &[u8], inner: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend_from_slice(kind_and_more);
    frame.extend_from_slice(inner);
    frame
}

/// IPv4 header of `proto` around `inner`.
fn ipv4_around(proto: u8, inner: &[u8]) -> Vec<u8> {
    let len = u16::try_from(20 + inner.len()).unwrap().to_be_bytes();
    let mut packet =
        vec![0x45, 0, len[0], len[1], 0, 9, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
    packet.extend_from_slice(inner);
    packet
}

fn udp_around(port: u16, inner: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + inner.len()).unwrap().to_be_bytes();
    let port = port.to_be_bytes();
    let mut datagram = vec![0x30, 0x39, port[0], port[1], len[0], len[1], 0, 0];
    datagram.extend_from_slice(inner);
    ipv4_around(17, &datagram)
}

#[test]
fn every_encapsulation_leads_to_the_same_packet() {
    let ip = ip_part();
    let frame = udp_frame(b"hello");
    let geneve = [&[0, 0, 0x65, 0x58, 0, 0, 1, 0], &frame[..]].concat();
    let gtp_plain = [&[0x30, 255, 0, 0, 0, 0, 0, 1], &ip[..]].concat();
    let gtp_extended =
        [&[0x34, 255, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0], &ip[..]].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("plain", frame.clone()),
        ("vlan", ethernet_with(&[0x81, 0, 0, 5, 8, 0], &ip)),
        ("qinq", ethernet_with(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0], &ip)),
        ("mpls", ethernet_with(&[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64], &ip)),
        ("pseudo-wire", ethernet_with(&[0x88, 0x47, 0, 2, 1, 64, 0, 0, 0, 0], &frame)),
        ("pppoe", ethernet_with(&[0x88, 0x64, 0x11, 0, 0, 1, 0, 35, 0, 0x21], &ip)),
        ("snap", ethernet_with(&[0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip)),
        ("ip in ip", ethernet_with(&[8, 0], &ipv4_around(4, &ip))),
        ("gre", ethernet_with(&[8, 0], &ipv4_around(47, &[&[0, 0, 8, 0], &ip[..]].concat()))),
        (
            "gre with key and bridging",
            ethernet_with(
                &[8, 0],
                &ipv4_around(47, &[&[0x20, 0, 0x65, 0x58, 0, 0, 0, 1], &frame[..]].concat()),
            ),
        ),
        (
            "vxlan",
            ethernet_with(
                &[8, 0],
                &udp_around(4789, &[&[8, 0, 0, 0, 0, 0, 1, 0], &frame[..]].concat()),
            ),
        ),
        ("geneve", ethernet_with(&[8, 0], &udp_around(6081, &geneve))),
        ("gtp-u", ethernet_with(&[8, 0], &udp_around(2152, &gtp_plain))),
        ("gtp-u extended", ethernet_with(&[8, 0], &udp_around(2152, &gtp_extended))),
    ];
    for (name, frame) in cases {
        let meta = decode(LinkType::Ethernet, &frame).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        expect_udp(&meta, &frame);
    }
}

/// A frame of the air in GRE, as access points send it.
fn radio_around(kind: u8, flags: u8, after_addresses: &[u8], inner: &[u8]) -> Vec<u8> {
    let mut gre = vec![0, 0, 0x82, 0, kind, flags, 0, 0];
    for address in 1..=3u8 {
        gre.extend_from_slice(&[address; 6]);
    }
    gre.extend_from_slice(&[0x10, 0]);
    gre.extend_from_slice(after_addresses);
    gre.extend_from_slice(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    gre.extend_from_slice(inner);
    ethernet_with(&[8, 0], &ipv4_around(47, &gre))
}

#[test]
fn frames_of_the_air_in_gre() {
    let ip = ip_part();
    let cases: [(u8, u8, &[u8], u64); 5] = [
        (0x08, 1, &[], 0x0202_0202_0202),
        (0x88, 1, &[0, 0], 0x0202_0202_0202),
        (0x88, 2, &[0, 0], 0x0303_0303_0303),
        (0x88, 0x81, &[0, 0, 9, 9, 9, 9], 0x0202_0202_0202),
        (0x88, 3, &[7, 7, 7, 7, 7, 7, 0, 0], 0x0707_0707_0707),
    ];
    for (kind, flags, more, mac) in cases {
        let frame = radio_around(kind, flags, more, &ip);
        let meta = decode(LinkType::Ethernet, &frame).unwrap();
        expect_udp(&meta, &frame);
        assert_eq!(meta.src_mac, mac, "{kind:02x} {flags:02x}");
    }
    // Encrypted, a fragment, several packets in one, no data, and a beacon: the outer packet.
    let others: [(u8, u8, &[u8]); 5] =
        [(0x08, 0x41, &[]), (0x08, 5, &[]), (0x88, 1, &[0x80, 0]), (0x48, 1, &[]), (0x80, 0, &[])];
    for (kind, flags, more) in others {
        let meta = decode(LinkType::Ethernet, &radio_around(kind, flags, more, &ip)).unwrap();
        assert_eq!(meta.proto, Proto(47), "{kind:02x} {flags:02x}");
    }
}

#[test]
fn every_link_leads_to_the_same_packet() {
    let ip = ip_part();
    let mut sll = vec![0u8; 14];
    sll.extend_from_slice(&[8, 0]);
    let mut sll2 = vec![8u8, 0];
    sll2.extend_from_slice(&[0; 18]);
    let cases: Vec<(LinkType, Vec<u8>)> = vec![
        (LinkType::RawIp, vec![]),
        (LinkType::Null, vec![2, 0, 0, 0]),
        (LinkType::Null, vec![0, 0, 0, 2]),
        (LinkType::Loop, vec![0, 0, 0, 2]),
        (LinkType::Ppp, vec![0xff, 3, 0, 0x21]),
        (LinkType::Ppp, vec![0x21]),
        (LinkType::LinuxSll, sll),
        (LinkType::LinuxSll2, sll2),
    ];
    for (link, mut frame) in cases {
        frame.extend_from_slice(&ip);
        expect_udp(&decode(link, &frame).unwrap(), &frame);
    }
}

#[test]
fn ethernet_padding_is_no_payload() {
    let mut frame = udp_frame(b"hello");
    frame.extend_from_slice(&[0; 20]);
    expect_udp(&decode(LinkType::Ethernet, &frame).unwrap(), &frame);
}

#[test]
fn an_offloaded_packet_of_length_zero_runs_to_the_end() {
    let mut frame = udp_frame(b"hello");
    frame[16] = 0;
    frame[17] = 0;
    frame[38] = 0;
    frame[39] = 0;
    expect_udp(&decode(LinkType::Ethernet, &frame).unwrap(), &frame);
}

#[test]
fn a_cut_packet_keeps_its_wire_length() {
    let frame = udp_frame(&[7; 500]);
    let meta = decode(LinkType::Ethernet, &frame[..100]).unwrap();
    assert_eq!((meta.wire_len, meta.payload_len), (500, 100 - 42));
    assert_eq!(decode(LinkType::Ethernet, &frame[..36]), Err(Skip(Anomaly::PacketCut)));
    assert_eq!(decode(LinkType::Ethernet, &frame[..13]), Err(Skip(Anomaly::FrameTruncated)));
}

#[test]
fn extension_headers_and_fragments_of_ipv6() {
    let tcp = tcp_packet_v6(b"x").split_off(40);
    let head = |next: u8, len: usize| {
        let len = u16::try_from(len).unwrap().to_be_bytes();
        let mut head = vec![0x60, 0, 0, 0, len[0], len[1], next, 60];
        head.extend_from_slice(&[0xfd; 16]);
        head.extend_from_slice(&[0x20; 16]);
        head
    };
    let mut packet = head(0, 8 + 8 + tcp.len());
    packet.extend_from_slice(&[60, 0, 1, 4, 0, 0, 0, 0]);
    packet.extend_from_slice(&[6, 0, 1, 4, 0, 0, 0, 0]);
    packet.extend_from_slice(&tcp);
    let meta = decode(LinkType::RawIp, &packet).unwrap();
    assert_eq!((meta.src_port, meta.dst_port, meta.flags.syn()), (40000, 443, true));
    assert_eq!(meta.payload(&packet), b"x");

    let mut packet = head(44, 8 + tcp.len());
    packet.extend_from_slice(&[6, 0, 0, 1, 0, 0, 0, 9]);
    packet.extend_from_slice(&tcp);
    let meta = decode(LinkType::RawIp, &packet).unwrap();
    let fragment = meta.fragment.unwrap();
    assert_eq!((fragment.id, fragment.offset, fragment.more), (9, 0, true));
    assert_eq!(meta.payload(&packet), &tcp[..]);
    let whole = transport(meta.payload(&packet), Meta { payload_start: 0, fragment: None, ..meta });
    assert_eq!(whole.unwrap().dst_port, 443);
}

#[test]
fn echo_and_its_reply_share_a_flow() {
    let request = ipv4_around(1, &[8, 0, 1, 2, 0, 1, 0, 1, b'a']);
    let reply = ipv4_around(1, &[0, 0, 1, 2, 0, 1, 0, 1, b'a']);
    let a = decode(LinkType::RawIp, &request).unwrap();
    let b = decode(LinkType::RawIp, &reply).unwrap();
    assert_eq!((a.src_port, a.dst_port), (b.src_port, b.dst_port));
    assert_eq!(a.payload(&request), b"a");
}

#[test]
fn an_unreachable_names_the_flow_that_was_turned_away() {
    let quoted = ip_part();
    let flow = unreachable_flow(&quoted).unwrap();
    assert_eq!((flow.src_port, flow.dst_port), (5353, 53));
    assert_eq!(flow.dst, Addr::v4([9, 9, 9, 9]));
    assert!(unreachable_flow(&quoted[..22]).is_none());
}

#[test]
fn radio_links_are_refused_by_name() {
    for number in [105, 127, 163] {
        let text = LinkType::from_number(number).unwrap_err().to_string();
        assert!(text.contains("802.11"), "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for link in [
            LinkType::Ethernet, LinkType::RawIp, LinkType::Null, LinkType::Ppp,
            LinkType::LinuxSll, LinkType::LinuxSll2,
        ] {
            if let Ok(meta) = decode(link, &bytes) {
                let end = meta.payload_start as usize + meta.payload_len as usize;
                prop_assert!(end <= bytes.len());
                prop_assert!(meta.payload_len <= meta.wire_len);
            }
        }
        let _ = unreachable_flow(&bytes);
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0usize..60, value: u8, cut in 0usize..60) {
        let inner = [&[0x30, 255, 0, 0, 0, 0, 0, 1], &ip_part()[..]].concat();
        let mut frame = ethernet_with(&[0x81, 0, 0, 5, 8, 0], &udp_around(2152, &inner));
        if let Some(byte) = frame.get_mut(at) {
            *byte = value;
        }
        frame.truncate(frame.len() - cut.min(frame.len()));
        prop_assert!(decode(LinkType::Ethernet, &frame).map_or(true, |m| m.payload_len <= m.wire_len));
    }

    #[test]
    fn agrees_with_etherparse(
        src: [u8; 4], dst: [u8; 4], ports: (u16, u16), tcp: bool,
        payload in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        prop_assume!(!crate::tunnel::is_tunnel_port(ports.1));
        let mut frame = Vec::new();
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(src, dst, 9);
        if tcp {
            builder.tcp(ports.0, ports.1, 5, 6).write(&mut frame, &payload).unwrap();
        } else {
            builder.udp(ports.0, ports.1).write(&mut frame, &payload).unwrap();
        }
        let meta = decode(LinkType::Ethernet, &frame).unwrap();
        let sliced = SlicedPacket::from_ethernet(&frame).unwrap();
        let theirs = match sliced.transport.unwrap() {
            TransportSlice::Tcp(t) => (t.source_port(), t.destination_port(), t.payload()),
            TransportSlice::Udp(u) => (u.source_port(), u.destination_port(), u.payload()),
            _ => unreachable!(),
        };
        prop_assert_eq!((meta.src_port, meta.dst_port, meta.payload(&frame)), theirs);
        prop_assert_eq!((meta.src, meta.dst), (Addr::v4(src), Addr::v4(dst)));
    }
}
