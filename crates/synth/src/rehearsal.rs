//! For tests: one habit played alone, and what an independent reader sees of it.

use std::collections::{BTreeMap, BTreeSet};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use ostium_event::{Addr, Proto, Timestamp};

use crate::check;
use crate::habit::Habit;
use crate::packet::Packet;
use crate::tap::Tap;
use crate::tcp::Side;
use crate::world::{Member, World};

/// What a packet is, as somebody else reads it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Timestamp,
    /// Who sent it: the machine that is watched, or somebody else.
    pub(crate) side: Side,
    pub(crate) proto: Proto,
    /// The other one.
    pub(crate) peer: Addr,
    pub(crate) own_port: u16,
    pub(crate) port: u16,
    pub(crate) seq: u32,
    pub(crate) syn: bool,
    pub(crate) payload: Vec<u8>,
}

/// The machine that is watched.
pub(crate) const OWN: Addr = Addr::v4([10, 9, 0, 20]);
/// 2026-09-14T08:00:00Z, a Monday.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_789_372_800);

/// A world of one machine with one habit.
pub(crate) fn world(habit: impl Into<Habit>, hours: f64) -> World {
    World {
        seed: 11,
        start: START,
        hours,
        home: vec!["10.9.0.0/24".parse().unwrap()],
        resolver: Addr::v4([10, 9, 0, 1]).into(),
        tap: Tap::default(),
        hosts: vec![Member {
            label: "one".into(),
            addr: OWN,
            habits: vec![habit.into()],
            ..Member::default()
        }],
    }
}

/// The packets of a habit that is alone.
pub(crate) fn play(habit: impl Into<Habit>, hours: f64) -> Vec<Packet> {
    world(habit, hours).packets().collect()
}

/// The same, read by somebody else.
pub(crate) fn watch(habit: impl Into<Habit>, hours: f64) -> Vec<Seen> {
    play(habit, hours).iter().map(read).collect()
}

pub(crate) fn read(packet: &Packet) -> Seen {
    let sliced = SlicedPacket::from_ethernet(&packet.bytes).unwrap();
    let (from, to) = match sliced.net.as_ref().unwrap() {
        NetSlice::Ipv4(ip) => (Addr::v4(ip.header().source()), Addr::v4(ip.header().destination())),
        NetSlice::Ipv6(ip) => (Addr::v6(ip.header().source()), Addr::v6(ip.header().destination())),
        NetSlice::Arp(_) => panic!("nobody sends ARP"),
    };
    let side = if to == OWN { Side::Outside } else { Side::Inside };
    let mut seen = Seen {
        at: packet.at,
        side,
        proto: Proto::ICMP,
        peer: if side == Side::Inside { to } else { from },
        own_port: 0,
        port: 0,
        seq: 0,
        syn: false,
        payload: Vec::new(),
    };
    let mut ports = (0, 0);
    match sliced.transport.unwrap() {
        TransportSlice::Tcp(tcp) => {
            ports = (tcp.source_port(), tcp.destination_port());
            seen.proto = Proto::TCP;
            seen.seq = tcp.sequence_number();
            seen.syn = tcp.syn() && !tcp.ack();
            seen.payload = tcp.payload().to_vec();
        }
        TransportSlice::Udp(udp) => {
            ports = (udp.source_port(), udp.destination_port());
            seen.proto = Proto::UDP;
            seen.payload = udp.payload().to_vec();
        }
        TransportSlice::Icmpv4(icmp) => seen.payload = icmp.slice().to_vec(),
        other => panic!("{other:?}"),
    }
    (seen.own_port, seen.port) = match side {
        Side::Inside => ports,
        Side::Outside => (ports.1, ports.0),
    };
    seen
}

/// Names that were asked for in DNS, with the number of the type.
pub(crate) fn questions(seen: &[Seen]) -> Vec<(String, u16)> {
    let asked = seen.iter().filter(|s| s.port == 53 && s.side == Side::Inside);
    asked
        .filter(|s| s.proto == Proto::UDP)
        .map(|s| {
            let message = simple_dns::Packet::parse(&s.payload).unwrap();
            let question = &message.questions[0];
            (question.qname.to_string(), u16::from(question.qtype))
        })
        .collect()
}

/// When connections of TCP to a port were tried, retries left out.
pub(crate) fn dials(seen: &[Seen], port: u16) -> Vec<Timestamp> {
    let mut known = BTreeSet::new();
    let syns = seen.iter().filter(|s| s.syn && s.port == port && s.side == Side::Inside);
    syns.filter(|s| known.insert((s.own_port, s.seq))).map(|s| s.at).collect()
}

/// Seconds between times.
pub(crate) fn gaps(times: &[Timestamp]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1].since(pair[0]).secs_f64()).collect()
}

/// Bytes of payload of one side.
pub(crate) fn carried(seen: &[Seen], side: Side) -> usize {
    seen.iter().filter(|s| s.side == side).map(|s| s.payload.len()).sum()
}

/// Order of time, lengths, checksums, and the sequence of every stream.
pub(crate) fn assert_sound(packets: &[Packet]) {
    let mut last = START;
    for packet in packets {
        assert!(packet.at >= last);
        last = packet.at;
        assert_eq!(check::packet(&packet.bytes), Ok(()), "{packet:?}");
    }
    assert_in_sequence(packets);
}

/// Every side of a connection goes on where it stopped, and acknowledges what was sent at most.
fn assert_in_sequence(packets: &[Packet]) {
    type Way = (Vec<u8>, u16, Vec<u8>, u16);
    let mut next: BTreeMap<Way, u32> = BTreeMap::new();
    for packet in packets {
        let sliced = SlicedPacket::from_ethernet(&packet.bytes).unwrap();
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else {
            continue;
        };
        let (from, to) = match sliced.net.unwrap() {
            NetSlice::Ipv4(ip) => {
                (ip.header().source().to_vec(), ip.header().destination().to_vec())
            }
            NetSlice::Ipv6(ip) => {
                (ip.header().source().to_vec(), ip.header().destination().to_vec())
            }
            NetSlice::Arp(_) => continue,
        };
        let key = (from.clone(), tcp.source_port(), to.clone(), tcp.destination_port());
        let back = (to, tcp.destination_port(), from, tcp.source_port());
        let (seq, length) = (tcp.sequence_number(), tcp.payload().len() as u32);
        if tcp.syn() {
            next.insert(key, seq.wrapping_add(1));
            continue;
        }
        if let Some(expected) = next.get(&key) {
            assert_eq!(seq, *expected, "{key:?} at {:?}", packet.at);
            next.insert(key, seq.wrapping_add(length).wrapping_add(u32::from(tcp.fin())));
        } else {
            assert!(tcp.rst(), "{key:?} was never opened");
        }
        if let Some(sent) = next.get(&back).filter(|_| tcp.ack()) {
            let ahead = tcp.acknowledgment_number().wrapping_sub(*sent);
            assert!(ahead == 0 || ahead > u32::MAX / 2, "acknowledged too much");
        }
    }
}

/// A habit's packets are sound, many enough, and the same twice.
pub(crate) fn assert_plays(habit: impl Into<Habit>, hours: f64, least: usize) {
    let habit = habit.into();
    let packets = play(habit.clone(), hours);
    assert!(packets.len() >= least, "{} packets of {habit:?}", packets.len());
    assert_sound(&packets);
    assert!(packets == play(habit.clone(), hours), "{habit:?} differs");
}
