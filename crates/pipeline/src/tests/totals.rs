//! What comes in is what was handled plus what was dropped, by name.

use super::*;

const IN: [u8; 4] = [10, 0, 0, 5];
const OUT: [u8; 4] = [203, 0, 113, 9];

fn at(millis: u64) -> u64 {
    START * 1_000_000 + millis * 1000
}

/// The report on frames that come 20 ms apart.
fn of(frames: &[Vec<u8>]) -> Document {
    let packets: Packets = (0..).map(|n| at(n * 20)).zip(frames.iter().cloned()).collect();
    report(&[("x", &pcap(&packets))], &Settings { all: true, ..Settings::default() })
}

#[test]
fn every_packet_has_a_place() {
    let arp = [&[0xff; 6][..], &[2; 6], &[8, 6], &[0; 28]].concat();
    let short = vec![2; 13];
    let mut bad_ip = udp((IN, 5000), (OUT, 53), b"x");
    bad_ip[14] = 0x42;
    let mut cut = udp((IN, 5000), (OUT, 53), b"a longer payload");
    cut.truncate(14 + 20 + 3);
    let mut radical = syn((IN, 5001), (OUT, 80), 1);
    radical[14 + 20 + 12] = 0x10;
    let foreign = udp(([9, 9, 9, 9], 1), ([8, 8, 8, 8], 2), b"x");
    let mut frames = vec![arp.clone(), arp, short, bad_ip, cut, radical];
    frames.extend([foreign.clone(), foreign]);
    frames.extend((0..7).map(|n| syn((IN, 6000 + n), (OUT, 80), 1)));
    let got = of(&frames);
    let totals = &got.totals;
    assert_eq!(totals.packets as usize, frames.len());
    let wire: usize = frames.iter().map(Vec::len).sum();
    assert_eq!(totals.bytes as usize, wire);
    let expected = [
        ("not_ip", 2),
        ("frame_truncated", 1),
        ("ip_malformed", 1),
        ("packet_cut", 1),
        ("transport_malformed", 1),
    ];
    for (name, count) in expected {
        assert_eq!(totals.anomalies.get(name), Some(&count), "{name}: {:?}", totals.anomalies);
    }
    assert_eq!(totals.dropped, [("neither_end_inside".to_owned(), 2)].into());
    assert_eq!(totals.flows, 7);
    let anomalies: u64 = totals.anomalies.values().sum();
    let dropped: u64 = totals.dropped.values().sum();
    assert_eq!(totals.packets, totals.flows + anomalies + dropped);
    assert_eq!(totals.events, 14, "each flow opens and closes");
}

#[test]
fn copies_of_a_mirror_port_are_dropped_by_name() {
    let mut packets = Packets::new();
    for n in 0..10u16 {
        let frame = udp((IN, 5000 + n), (OUT, 9999), b"once");
        packets.push((at(u64::from(n) * 100), frame.clone()));
        packets.push((at(u64::from(n) * 100) + 30, frame));
    }
    let got = report(&[("x", &pcap(&packets))], &Settings::default());
    assert_eq!(got.totals.dropped, [("duplicate_packet".to_owned(), 10)].into());
    assert_eq!((got.totals.packets, got.totals.flows), (20, 10));
}

#[test]
fn a_flood_of_flows_is_evicted_and_counted() {
    // One inside host, so that one shard takes it all; no flow is ever answered.
    let count = 40_000u32;
    let peer = |n: u32| ((0x1700_0000 + n).to_be_bytes(), 80);
    let packets: Packets = (0..count)
        .map(|n| (at(0) + u64::from(n), syn((IN, 1024 + (n % 50_000) as u16), peer(n), n)))
        .collect();
    let settings = Settings { memory: 32 << 20, ..Settings::default() };
    let got = report(&[("x", &pcap(&packets))], &settings);
    assert_eq!(got.totals.flows, u64::from(count), "each flow is told in the end");
    assert!(got.totals.dropped["flow_evicted"] > 30_000, "{:?}", got.totals.dropped);
    assert!(got.totals.dropped["conversation_forgotten"] > 0);
}

#[test]
fn lost_fragments_are_counted_to_the_last() {
    let whole = udp((IN, 5000), (OUT, 9999), &[7; 200]);
    let frames: Vec<Vec<u8>> = (1..=5u8)
        .map(|id| {
            let mut first = whole[..14 + 20 + 104].to_vec();
            first[14 + 2..14 + 4].copy_from_slice(&124u16.to_be_bytes());
            first[14 + 5] = id;
            first[14 + 6] = 0x20;
            first
        })
        .collect();
    let got = of(&frames);
    assert_eq!(got.totals.anomalies, [("fragment_lost".to_owned(), 5)].into());
}

#[test]
fn the_span_is_that_of_the_packets() {
    let frames: Vec<Vec<u8>> = (0..3).map(|n| syn((IN, 6000 + n), (OUT, 80), 1)).collect();
    let span = of(&frames).span.unwrap();
    assert_eq!(span.first, "2026-01-01T00:00:00Z");
    assert_eq!(span.last, "2026-01-01T00:00:00.04Z");
}

#[test]
fn every_inside_host_is_counted_and_told_when_asked_for() {
    let frames: Vec<Vec<u8>> =
        (1..=70u8).map(|n| syn(([10, 0, 1, n], 6000), (OUT, 80), 1)).collect();
    let got = of(&frames);
    assert_eq!((got.totals.hosts, got.hosts.len()), (70, 70));
    let sorted = got.hosts.windows(2).all(|w| w[0].probability >= w[1].probability);
    assert!(sorted);
    assert!(got.hosts.iter().all(|h| h.host.starts_with("10.0.1.")));
}
