//! How flows begin and end, and who opened them.

use super::*;
use ostium_event::Scope;

fn opened(log: &Log) -> Vec<(OpenedBy, bool)> {
    let who = |told: &Told| match told {
        Told::Opened(by, start) => Some((*by, *start)),
        _ => None,
    };
    log.all().iter().filter_map(who).collect()
}

/// IPv4 and the first eight bytes of what was turned away.
fn quote(src: Addr, dst: Addr, proto: Proto, src_port: u16, dst_port: u16) -> Vec<u8> {
    let mut out = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, proto.0, 0, 0];
    out.extend_from_slice(&src.v4_bits().unwrap().to_be_bytes());
    out.extend_from_slice(&dst.v4_bits().unwrap().to_be_bytes());
    out.extend_from_slice(&src_port.to_be_bytes());
    out.extend_from_slice(&dst_port.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out
}

/// ICMP of a type, from outside, about the quoted packet.
fn icmp(stage: &mut Stage, kind: u8, payload: &[u8]) {
    stage.wait(Span::from_millis(10));
    let meta = Meta { flags: TcpFlags(kind), ..stage.meta(Proto::ICMP, false, u16::from(kind), 0) };
    stage.pass(meta, payload);
}

#[test]
fn a_whole_conversation() {
    let mut stage = Stage::new();
    stage.handshake();
    stage.tcp(true, ACK, 1001, b"question");
    stage.tcp(false, ACK, 5001, b"answer");
    stage.tcp(true, FIN | ACK, 1009, b"");
    stage.tcp(false, FIN | ACK, 5007, b"");
    stage.tcp(true, ACK, 1010, b"");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Inside, true)]);
    assert_eq!(log.stream(true), b"question");
    assert_eq!(log.stream(false), b"answer");
    let record = log.closed()[0];
    assert_eq!(record.state, FlowState::Established);
    assert!(record.start_seen);
    assert_eq!((record.out.packets, record.out.bytes), (5, 8));
    assert_eq!((record.back.packets, record.back.bytes), (3, 6));
    assert_eq!(record.duration(), Span::from_millis(70));
}

#[test]
fn refused_by_a_reset() {
    let mut stage = Stage::new();
    stage.tcp(true, SYN, 1000, b"");
    stage.tcp(false, RST | ACK, 0, b"");
    assert_eq!(stage.state(), FlowState::Refused);
}

#[test]
fn a_reset_by_the_opener_is_no_refusal() {
    let mut stage = Stage::new();
    stage.tcp(true, SYN, 1000, b"");
    stage.tcp(true, RST, 1001, b"");
    assert_eq!(stage.state(), FlowState::Unanswered);
    let mut stage = Stage::new();
    stage.handshake();
    stage.tcp(false, RST, 5001, b"");
    assert_eq!(stage.state(), FlowState::Established);
}

#[test]
fn never_answered() {
    let mut stage = Stage::new();
    for _ in 0..3 {
        stage.tcp(true, SYN, 1000, b"");
        stage.wait_secs(2);
    }
    let record = stage.only();
    assert_eq!(record.state, FlowState::Unanswered);
    assert_eq!((record.out.packets, record.back.packets), (3, 0));
}

#[test]
fn answered_by_no_handshake() {
    let mut stage = Stage::new();
    stage.tcp(true, SYN, 1000, b"");
    stage.tcp(false, ACK, 77, b"");
    assert_eq!(stage.state(), FlowState::Refused);
}

#[test]
fn a_tap_that_sees_only_what_leaves() {
    let mut stage = Stage::new();
    stage.tcp(true, SYN, 1000, b"");
    stage.tcp(true, ACK, 1001, b"");
    stage.tcp(true, ACK, 1001, b"hello");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Inside, true)]);
    assert_eq!(log.stream(true), b"hello");
    assert_eq!(log.closed()[0].state, FlowState::Established);
}

#[test]
fn a_tap_that_sees_only_what_comes_back() {
    let mut stage = Stage::new();
    stage.tcp(false, SYN | ACK, 5000, b"");
    stage.tcp(false, ACK, 5001, b"welcome");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Unknown, false)], "it may be backscatter");
    assert_eq!(log.stream(false), b"welcome");
    assert_eq!(log.closed()[0].state, FlowState::Partial);
}

#[test]
fn joined_in_the_middle() {
    let mut stage = Stage::new();
    stage.tcp(true, ACK, 900_000, b"middle");
    stage.tcp(false, ACK, 70_000, b"words");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Unknown, false)]);
    assert_eq!((log.stream(true), log.stream(false)), (b"middle".to_vec(), b"words".to_vec()));
    let record = log.closed()[0];
    assert_eq!((record.state, record.start_seen), (FlowState::Partial, false));
}

#[test]
fn opened_from_outside() {
    let mut stage = Stage::new();
    stage.tcp(false, SYN, 1, b"");
    stage.tcp(true, SYN | ACK, 2, b"");
    stage.tcp(false, ACK, 2, b"");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Outside, true)]);
    assert_eq!(log.closed()[0].state, FlowState::Established);
    let mut stage = Stage::new();
    stage.tcp(false, SYN, 1, b"");
    stage.tcp(true, RST | ACK, 0, b"");
    assert_eq!(stage.state(), FlowState::Refused);
}

#[test]
fn udp_both_ways_and_one_way() {
    let mut stage = Stage::new();
    stage.udp(true, 5353, 9999, b"ask");
    stage.udp(false, 5353, 9999, b"reply");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Inside, true)]);
    assert_eq!(log.closed()[0].state, FlowState::Established);
    assert_eq!(
        log.all()[1..3],
        [Told::Datagram(true, b"ask".to_vec()), Told::Datagram(false, b"reply".to_vec())]
    );
    let mut stage = Stage::new();
    stage.udp(true, 5353, 9999, b"ask");
    assert_eq!(stage.state(), FlowState::Unanswered);
}

#[test]
fn a_udp_reply_without_its_question_is_no_start() {
    let mut stage = Stage::new();
    stage.udp(false, 50_000, 53, b"reply");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Inside, false)]);
    assert_eq!(log.closed()[0].state, FlowState::Partial);
}

#[test]
fn a_ping_and_its_answer_are_one_flow() {
    let mut stage = Stage::new();
    let ask = stage.meta(Proto::ICMP, true, 0, 8);
    stage.pass(Meta { flags: TcpFlags(8), ..ask }, b"ping");
    stage.wait(Span::from_millis(3));
    // The decoder gives a reply the type of its request.
    let answer = stage.meta(Proto::ICMP, false, 8, 0);
    stage.pass(Meta { flags: TcpFlags(0), ..answer }, b"ping");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Inside, true)]);
    assert_eq!(log.closed()[0].state, FlowState::Established);
}

#[test]
fn a_ping_between_two_inside_hosts_is_one_flow() {
    for (a, b) in [(1, 2), (2, 1)] {
        let mut stage = Stage::new();
        let (a, b) = (Addr::v4([10, 0, 0, a]), Addr::v4([10, 0, 0, b]));
        for (src, dst, kind) in [(a, b, 8), (b, a, 0)] {
            let meta = Meta {
                src,
                dst,
                src_port: 0,
                dst_port: 8,
                flags: TcpFlags(kind),
                ..stage.meta(Proto::ICMP, true, 0, 8)
            };
            stage.pass(meta, b"ping");
        }
        assert_eq!(stage.state(), FlowState::Established, "{a} asks {b}");
    }
}

#[test]
fn unreachable_turns_a_flow_away() {
    for proto in [Proto::TCP, Proto::UDP] {
        let mut stage = Stage::new();
        match proto {
            Proto::TCP => stage.tcp(true, SYN, 1000, b""),
            _ => stage.udp(true, CLIENT, SERVER, b"anyone?"),
        }
        icmp(&mut stage, 3, &quote(INSIDE, OUTSIDE, proto, CLIENT, SERVER));
        let log = stage.finish();
        let states: Vec<_> = log
            .told
            .iter()
            .filter_map(|(key, told)| match told {
                Told::Closed(record) => Some((key.proto, record.state)),
                _ => None,
            })
            .collect();
        assert!(states.contains(&(proto, FlowState::Refused)), "{states:?}");
    }
}

#[test]
fn unreachable_after_an_answer_turns_nothing_away() {
    let mut stage = Stage::new();
    stage.handshake();
    icmp(&mut stage, 3, &quote(INSIDE, OUTSIDE, Proto::TCP, CLIENT, SERVER));
    // About another port, and too short to tell.
    icmp(&mut stage, 3, &quote(INSIDE, OUTSIDE, Proto::TCP, CLIENT + 1, SERVER));
    icmp(&mut stage, 3, &[0x45, 0, 0]);
    let log = stage.finish();
    assert!(log.closed().iter().all(|r| r.state != FlowState::Refused));
}

#[test]
fn an_outside_opener_is_turned_away_too() {
    let mut stage = Stage::new();
    stage.udp(false, 7000, 6000, b"knock");
    let meta = Meta { flags: TcpFlags(3), ..stage.meta(Proto::ICMP, true, 0, 3) };
    let quoted = quote(OUTSIDE, INSIDE, Proto::UDP, 6000, 7000);
    stage.pass(meta, &quoted);
    let log = stage.finish();
    assert_eq!(opened(&log)[0], (OpenedBy::Outside, true));
    // The unreachable message itself is an answer: the outside is taken for its cause.
    assert_eq!(opened(&log)[1], (OpenedBy::Outside, false));
    assert!(log.closed().iter().any(|r| r.state == FlowState::Refused));
}

#[test]
fn a_port_used_again_is_a_new_flow() {
    let mut stage = Stage::new();
    stage.handshake();
    stage.tcp(true, ACK, 1001, b"first");
    stage.tcp(true, SYN, 888_000, b"");
    stage.tcp(false, SYN | ACK, 9000, b"");
    stage.tcp(true, ACK, 888_001, b"second");
    let log = stage.finish();
    assert_eq!(opened(&log), [(OpenedBy::Inside, true); 2]);
    assert_eq!(log.closed().len(), 2);
    assert_eq!(log.stream(true), b"firstsecond");
}

#[test]
fn a_port_used_again_after_the_end_is_a_new_flow_whatever_its_number() {
    for end in [RST, FIN | ACK] {
        let mut stage = Stage::new();
        stage.handshake();
        stage.tcp(true, end, 1001, b"");
        stage.tcp(false, end, 5001, b"");
        stage.tcp(true, SYN, 1000, b"");
        assert_eq!(stage.finish().closed().len(), 2);
    }
}

#[test]
fn a_repeated_syn_is_the_same_flow() {
    let mut stage = Stage::new();
    stage.tcp(true, SYN, 1000, b"");
    stage.wait_secs(1);
    stage.tcp(true, SYN, 1000, b"");
    stage.wait_secs(2);
    // Some systems repeat with a new number while nobody has answered.
    stage.tcp(true, SYN, 2000, b"");
    stage.tcp(false, SYN | ACK, 5000, b"");
    stage.tcp(true, ACK, 2001, b"x");
    let log = stage.finish();
    assert_eq!(log.closed().len(), 1);
    assert_eq!(log.stream(true), b"x");
}

#[test]
fn scopes_and_the_seat_of_the_inside() {
    let home = Home::private();
    let meta = |src: &str, dst: &str, src_port, dst_port| Meta {
        src: src.parse().unwrap(),
        dst: dst.parse().unwrap(),
        src_port,
        dst_port,
        proto: Proto::TCP,
        ..Meta::default()
    };
    for (src, dst, scope) in [
        ("10.0.0.1", "8.8.8.8", Scope::Egress),
        ("10.0.0.1", "192.168.0.1", Scope::Internal),
        ("9.9.9.9", "8.8.8.8", Scope::Transit),
        ("fd00::1", "2001:db8::1", Scope::Egress),
    ] {
        for (near, far) in [(40_000, 80), (80, 40_000), (80, 80)] {
            let there = Facing::of(&meta(src, dst, near, far), &home);
            let back = Facing::of(&meta(dst, src, far, near), &home);
            assert_eq!(there.scope, scope);
            assert_eq!(there.key, back.key, "both directions are one flow");
            assert_ne!(there.from_inside, back.from_inside);
            if scope == Scope::Egress {
                assert_eq!(there.key.inside, src.parse().unwrap());
                assert!(there.from_inside);
            }
        }
    }
}

#[test]
fn shards_are_fixed_and_even() {
    let mut filled = [0u32; 64];
    for n in 0..6400u32 {
        let addr = Addr::v4((0x0a00_0000 + n).to_be_bytes());
        filled[crate::shard_of(addr, 64) as usize] += 1;
    }
    assert!(filled.iter().all(|n| (50..200).contains(n)), "{filled:?}");
    // What a report says depends on the partition: it may never change unnoticed.
    let of = |addr: &str| crate::shard_of(addr.parse().unwrap(), 64);
    assert_eq!((of("10.0.0.5"), of("192.168.1.77"), of("fd00::1")), (20, 51, 23));
    assert_eq!(crate::shard_of(INSIDE, 0), 0);
}
