//! A world against independent readers: the same bytes, right sums, streams in sequence.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use super::*;
use crate::habit::{Beacon, Browsing, DnsTunnel, Scanner, Spammer, Thief};
use crate::packet::Packet;
use crate::tls::Stack;
use crate::{check, demo};

/// The demonstration, cut short.
fn short(seed: u64) -> World {
    World { hours: 0.75, ..demo(seed) }
}

/// A world with the bots that the demonstration lacks.
fn zoo() -> World {
    let habits: Vec<Habit> = vec![
        Scanner { ports: vec![23, 2323], per_second: 2.0, marked: true }.into(),
        Spammer { per_hour: 200.0 }.into(),
        DnsTunnel { zone: "t.example-tunnel.net".into(), every: Span::from_secs(5) }.into(),
        Thief {
            name: "drop.rarebox.top".into(),
            bytes: 200_000,
            part: 50_000,
            every: Span::from_secs(120),
        }
        .into(),
        Beacon {
            name: "plain.rarebox.top".into(),
            every: Span::from_secs(30),
            jitter: 0.0,
            stack: None,
        }
        .into(),
        Browsing { stack: Stack::OpenSsl, pages_per_hour: 60.0 }.into(),
    ];
    let mut world = short(5);
    let all = world.hosts.iter_mut().zip(habits);
    for (member, habit) in all {
        member.habits = vec![habit];
    }
    world.hosts.truncate(6);
    world
}

fn bytes(world: &World) -> Vec<u8> {
    let mut out = Vec::new();
    world.write_pcap(&mut out).unwrap();
    out
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let one = bytes(&short(1));
    assert!(one.len() > 500_000);
    assert!(one == bytes(&short(1)));
    assert!(one != bytes(&short(2)));
}

#[test]
fn a_change_to_one_machine_changes_no_other() {
    let full = short(1);
    let mut less = full.clone();
    less.hosts.retain(|member| member.label != "pc-08");
    let of_others = |world: &World| -> Vec<Packet> {
        let mac = [0x02, 0x5e, 10, 20, 0, 28];
        let packets = world.packets();
        packets.filter(|p| p.bytes[..6] != mac && p.bytes[6..12] != mac).collect()
    };
    assert!(of_others(&full) == of_others(&less));
}

#[test]
fn packets_come_in_order_and_every_sum_is_right() {
    for world in [short(3), zoo()] {
        let mut last = world.start;
        let mut count = 0;
        for packet in world.packets() {
            assert!(packet.at >= last && packet.at.nanos().is_multiple_of(1000));
            last = packet.at;
            count += 1;
            assert_eq!(check::packet(&packet.bytes), Ok(()), "{packet:?}");
        }
        assert!(count > 1000);
        assert!(last.since(world.start) <= Span::from_secs(2700));
    }
}

/// Each side's next sequence number, by the two ends.
#[test]
fn streams_are_in_sequence() {
    for world in [short(4), zoo()] {
        let mut next: BTreeMap<(Vec<u8>, u16, Vec<u8>, u16), u32> = BTreeMap::new();
        let mut syns = BTreeSet::new();
        let mut data = 0;
        for packet in world.packets() {
            let sliced = SlicedPacket::from_ethernet(&packet.bytes).unwrap();
            let (from, to) = match sliced.net.unwrap() {
                NetSlice::Ipv4(ip) => {
                    (ip.header().source().to_vec(), ip.header().destination().to_vec())
                }
                NetSlice::Ipv6(ip) => {
                    (ip.header().source().to_vec(), ip.header().destination().to_vec())
                }
                NetSlice::Arp(_) => continue,
            };
            let Some(TransportSlice::Tcp(tcp)) = sliced.transport else {
                continue;
            };
            let (source, target) = (tcp.source_port(), tcp.destination_port());
            let key = (from.clone(), source, to.clone(), target);
            let back = (to, target, from, source);
            let (seq, length) = (tcp.sequence_number(), tcp.payload().len() as u32);
            if tcp.syn() {
                // A SYN begins a stream, or repeats one that nobody answered.
                let again = !syns.insert((key.clone(), seq));
                assert!(!again || tcp.payload().is_empty());
                next.insert(key, seq.wrapping_add(1));
                continue;
            }
            if let Some(expected) = next.get(&key) {
                assert_eq!(seq, *expected, "{key:?} at {:?}", packet.at);
                data += length;
                let end = seq.wrapping_add(length).wrapping_add(u32::from(tcp.fin()));
                next.insert(key, end);
            } else {
                assert!(tcp.rst(), "{key:?} was never opened");
            }
            if tcp.ack()
                && let Some(sent) = next.get(&back)
            {
                let ahead = tcp.acknowledgment_number().wrapping_sub(*sent);
                assert!(ahead == 0 || ahead > u32::MAX / 2, "acknowledged too much");
            }
        }
        assert!(data > 100_000);
    }
}

#[test]
fn everybody_who_is_told_of_is_heard() {
    let world = short(6);
    let truth = world.truth();
    assert_eq!((truth.infected.len(), truth.clean.len()), (3, 13));
    let source = |packet: Packet| {
        let sliced = SlicedPacket::from_ethernet(&packet.bytes).unwrap();
        let source = match sliced.net.unwrap() {
            NetSlice::Ipv4(ip) => IpAddr::V4(ip.header().source_addr()),
            NetSlice::Ipv6(ip) => IpAddr::V6(ip.header().source_addr()),
            NetSlice::Arp(_) => panic!("nobody sends ARP"),
        };
        Addr::from(source)
    };
    let seen: BTreeSet<Addr> = world.packets().map(source).collect();
    for addr in truth.clean.iter().chain(truth.infected.iter().map(|(a, _)| a)) {
        assert!(seen.contains(addr), "{addr}");
    }
}

#[test]
fn the_demonstration_is_small() {
    let size: usize = demo(1).packets().map(|p| p.bytes.len() + 16).sum();
    assert!((5_000_000..40_000_000).contains(&size), "{size}");
}
