//! Bounds: hostile packets cannot grow the state, and packets in are packets told or dropped.

use super::*;
use proptest::prelude::*;

#[test]
fn spoofed_flows_do_not_grow_the_table_and_spare_the_established() {
    let limits = Limits { flows: 1000, held_bytes: 10_000, datagrams: 8 };
    let mut stage = Stage::within(limits);
    stage.log = Log::default();
    stage.handshake();
    let key = stage.log.told[0].0;
    for n in 0..200_000u32 {
        stage.wait(Span::from_nanos(20_000));
        let meta = Meta {
            src: Addr::v4((0xcb00_0000u32 + n).to_be_bytes()),
            seq: n,
            flags: TcpFlags(SYN),
            ..stage.meta(Proto::TCP, false, 80, (n % 60_000) as u16 + 1024)
        };
        stage.pass(meta, b"");
        assert!(stage.tracker.len() <= 1000);
        if n % 1000 == 0 {
            // Only the talk of the established connection keeps it young.
            let seq = 1001 + n / 1000;
            stage.tcp(true, ACK, seq, b"x");
        }
    }
    let ends =
        |(closed, told): &&(FlowKey, Told)| *closed == key && matches!(told, Told::Closed(_));
    assert_eq!(stage.log.told.iter().filter(ends).count(), 0, "the talk goes on");
    let log = stage.finish();
    assert_eq!(log.told.iter().filter(ends).count(), 1);
    assert_eq!(log.closed().len(), 200_001);
    assert!(log.dropped(Drop::FlowEvicted) >= 190_000);
    let own = log.told.iter().find(ends).unwrap();
    assert!(
        matches!(own.1, Told::Closed(r) if r.out.bytes == 200 && r.state == FlowState::Established)
    );
}

#[test]
fn waiting_segments_are_bounded_over_all_flows() {
    let limits = Limits { flows: 10_000, held_bytes: 50_000, datagrams: 8 };
    let mut stage = Stage::within(limits);
    let payload = [1u8; 1400];
    for port in 1024..3024u16 {
        for (flags, seq, bytes) in
            [(SYN, 0, &b""[..]), (ACK, 5000, &payload), (ACK, 9000, &payload)]
        {
            stage.wait(Span::from_millis(10));
            let meta =
                Meta { flags: TcpFlags(flags), seq, ..stage.meta(Proto::TCP, true, port, 80) };
            stage.pass(meta, bytes);
            assert!(stage.tracker.held_bytes <= 50_000, "{}", stage.tracker.held_bytes);
        }
    }
    let log = stage.finish();
    assert!(log.dropped(Drop::SegmentsEvicted) > 0);
    // What could not wait was told behind a gap, so nothing is lost.
    assert_eq!(log.count(|t| matches!(t, Told::Bytes(..))), 4000);
}

#[test]
fn the_least_limits_still_work() {
    let mut stage = Stage::within(Limits { flows: 0, held_bytes: 0, datagrams: 0 });
    stage.handshake();
    stage.tcp(true, ACK, 1005, b"early");
    stage.tcp(true, ACK, 1001, b"late");
    let log = stage.finish();
    assert_eq!(log.closed().len(), 1);
    assert_eq!(log.stream(true), b"....early");
}

/// A packet out of few ends, few numbers and all flags, so that much of it meets.
fn packet() -> impl Strategy<Value = (Meta, u64, Vec<u8>)> {
    let ends = (0u8..3, 0u8..3, 0u16..4, 0u16..4);
    let kind = prop::sample::select(vec![1u8, 6, 6, 6, 17, 58, 47]);
    let rest = (any::<u8>(), 0u32..64, 0u32..9, any::<bool>());
    let payload = prop::collection::vec(any::<u8>(), 0..20);
    let wait =
        prop_oneof![8 => 0u64..2_000_000_000, 1 => 0u64..9_000_000_000_000, 1 => Just(u64::MAX)];
    (ends, kind, rest, payload, wait).prop_map(|(ends, proto, rest, payload, wait)| {
        let addr = |n: u8, inside: bool| match inside {
            true => Addr::v4([10, 0, 0, n]),
            false => Addr::v4([9, 9, 9, n]),
        };
        let (flags, seq, cut, out) = rest;
        let meta = Meta {
            src: addr(ends.0, out || ends.1 == 0),
            dst: addr(ends.1, !out),
            src_port: ends.2,
            dst_port: ends.3,
            proto: Proto(proto),
            flags: TcpFlags(flags & 0x1f),
            seq: if seq > 60 { u32::MAX - seq } else { seq },
            wire_len: payload.len() as u32 + if cut > 6 { cut } else { 0 },
            ..Meta::default()
        };
        (meta, wait, payload)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    // The log checks that flows are opened before use and closed exactly once.
    #[test]
    fn arbitrary_packets_are_told_or_dropped(packets in prop::collection::vec(packet(), 0..250)) {
        let mut stage = Stage::within(Limits { flows: 16, held_bytes: 200, datagrams: 2 });
        let sent = packets.len();
        for (meta, wait, payload) in packets {
            // The end of time stands for a clock that runs back.
            stage.now = match wait {
                u64::MAX => stage.now.minus(Span::from_secs(7200)),
                wait => stage.now.plus(Span::from_nanos(wait)),
            };
            stage.pass(meta, &payload);
            prop_assert!(stage.tracker.len() <= 16);
            prop_assert!(stage.tracker.held_bytes <= 200);
        }
        let log = stage.finish();
        let told: u64 = log.closed().iter().map(|r| r.out.packets + r.back.packets).sum();
        prop_assert_eq!(told as usize + log.dropped(Drop::Duplicate), sent);
        let opened = log.count(|t| matches!(t, Told::Opened(..)));
        prop_assert_eq!(opened, log.closed().len());
    }

    #[test]
    fn the_same_packets_tell_the_same(packets in prop::collection::vec(packet(), 0..80)) {
        let play = || {
            let mut stage = Stage::within(Limits { flows: 16, held_bytes: 200, datagrams: 2 });
            for (meta, wait, payload) in &packets {
                stage.wait(Span::from_nanos(wait % 1_000_000_000));
                stage.pass(*meta, payload);
            }
            stage.finish().told
        };
        // The hasher is seeded anew for each tracker.
        prop_assert_eq!(play(), play());
    }
}
