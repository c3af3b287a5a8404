//! Streams in order: against a naive reference, and one by one what networks do to segments.

use super::*;
use proptest::prelude::*;

/// Segments of a stream as their places in it.
type Cuts = Vec<std::ops::Range<usize>>;

/// Plays segments of `data` from inside, after a handshake with this first number.
fn play(isn: u32, data: &[u8], cuts: &[std::ops::Range<usize>]) -> Log {
    let mut stage = Stage::new();
    stage.tcp(true, SYN, isn, b"");
    stage.tcp(false, SYN | ACK, 5000, b"");
    for cut in cuts {
        let seq = isn.wrapping_add(1).wrapping_add(cut.start as u32);
        stage.tcp(true, ACK, seq, &data[cut.clone()]);
    }
    stage.finish()
}

/// What an array would make of it: bytes where they belong, dots where none came, up to the last.
fn naive(data: &[u8], cuts: &[std::ops::Range<usize>]) -> Vec<u8> {
    let mut all = vec![None; data.len()];
    for place in cuts.iter().cloned().flatten() {
        all[place] = Some(data[place]);
    }
    let end = all.iter().rposition(Option::is_some).map_or(0, |at| at + 1);
    all[..end].iter().map(|byte| byte.unwrap_or(b'.')).collect()
}

fn letters(len: usize) -> Vec<u8> {
    (0..len).map(|n| b'A' + (n * 7 % 57) as u8).collect()
}

/// Cuts of a stream in order, each a little longer than it must be.
fn cuts() -> impl Strategy<Value = (usize, Cuts)> {
    let sizes = prop::collection::vec((1usize..400, 0usize..50), 1..22);
    sizes.prop_map(|sizes| {
        let total = sizes.iter().map(|(size, _)| size).sum();
        let mut at = 0;
        let cut = |(size, more): (usize, usize)| {
            let from = at;
            at += size;
            from..(at + more).min(total)
        };
        (total, sizes.into_iter().map(cut).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn in_order_without_loss(
        (total, cuts) in cuts(),
        isn in prop_oneof![any::<u32>(), (u32::MAX - 3000)..=u32::MAX],
        keys in prop::collection::vec(0usize..9, 60),
        twice in prop::collection::vec(any::<bool>(), 60),
    ) {
        let data = letters(total);
        // Shuffled within a window: sorted by place plus a small random number.
        let mut sent: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
        for (n, cut) in cuts.into_iter().enumerate() {
            sent.push((n + keys[n], cut.clone()));
            if twice[n] {
                sent.push((n + keys[59 - n], cut));
            }
        }
        sent.sort_by_key(|(at, _)| *at);
        let sent: Cuts = sent.into_iter().map(|(_, cut)| cut).collect();
        let log = play(isn, &data, &sent);
        prop_assert_eq!(log.count(|t| matches!(t, Told::Gap(..))), 0);
        prop_assert_eq!(log.stream(true), data);
        prop_assert_eq!(log.closed()[0].out.packets, sent.len() as u64 + 1);
        prop_assert!(log.drops.is_empty());
    }

    #[test]
    fn lost_segments_are_gaps_of_the_right_length(
        (total, cuts) in cuts(), lost in prop::collection::vec(any::<bool>(), 30),
    ) {
        let data = letters(total);
        let came: Cuts = cuts.into_iter().zip(lost).filter(|(_, l)| !l).map(|(c, _)| c).collect();
        let log = play(77, &data, &came);
        prop_assert_eq!(log.stream(true), naive(&data, &came));
    }

    #[test]
    fn both_directions_wait_apart(order in Just((0..20usize).collect::<Vec<_>>()).prop_shuffle()) {
        let data = letters(200);
        let mut stage = Stage::new();
        stage.handshake();
        for n in order {
            let (half, part) = (n % 2 == 0, n / 2 * 20);
            let first = if half { 1001 } else { 5001 };
            stage.tcp(half, ACK, first + part as u32, &data[part..part + 20]);
        }
        let log = stage.finish();
        prop_assert_eq!(log.stream(true), data.clone());
        prop_assert_eq!(log.stream(false), data);
    }
}

#[test]
fn retransmissions_are_told_once() {
    let data = b"once upon a time";
    let log = play(9, data, &[0..4, 0..4, 0..8, 2..16, 0..16]);
    assert_eq!(log.stream(true), data);
}

#[test]
fn an_overlap_keeps_what_came_first() {
    let mut stage = Stage::new();
    stage.handshake();
    stage.tcp(true, ACK, 1001, b"GET /safe");
    stage.tcp(true, ACK, 1006, b"evil and on");
    let log = stage.finish();
    assert_eq!(log.stream(true), b"GET /safe and on");
}

#[test]
fn a_hole_at_the_end_of_the_input_is_a_gap() {
    let log = play(9, b"abcdefgh", &[0..2, 5..8]);
    assert_eq!(
        log.all()[1..4],
        [Told::Bytes(true, b"ab".to_vec()), Told::Gap(true, 3), Told::Bytes(true, b"fgh".to_vec())]
    );
    assert!(matches!(log.all()[4], Told::Closed(_)), "the end comes last");
}

#[test]
fn too_many_waiting_segments_make_a_gap_at_once() {
    let data = letters(100);
    let mut stage = Stage::new();
    stage.handshake();
    // The first segment never comes.
    for n in 1..60u32 {
        stage.tcp(true, ACK, 1001 + n, &data[n as usize..n as usize + 1]);
    }
    let told = stage.log.stream(true);
    assert_eq!(told, [b".", &data[1..60]].concat(), "before the input has ended");
    let log = stage.finish();
    assert_eq!(log.count(|t| matches!(t, Told::Gap(..))), 1);
}

#[test]
fn too_many_waiting_bytes_make_a_gap_at_once() {
    let mut stage = Stage::new();
    stage.handshake();
    let big = vec![7u8; 30_000];
    for n in 0..3 {
        stage.tcp(true, ACK, 2001 + n * 30_000, &big);
    }
    assert_eq!(stage.log.stream(true).len(), 1000 + 90_000);
    stage.finish();
}

#[test]
fn packets_cut_by_the_capture_are_gaps() {
    let mut stage = Stage::new();
    stage.handshake();
    stage.wait(Span::from_millis(10));
    let meta = stage.tcp_meta(true, ACK, 1001);
    stage.pass(Meta { wire_len: 1400, ..meta }, b"only the head");
    stage.tcp(true, ACK, 2401, b"next");
    let meta = stage.tcp_meta(true, ACK, 2405);
    stage.wait(Span::from_millis(10));
    stage.pass(Meta { wire_len: 500, ..meta }, b"");
    let log = stage.finish();
    assert_eq!(
        log.all()[1..5],
        [
            Told::Bytes(true, b"only the head".to_vec()),
            Told::Gap(true, 1387),
            Told::Bytes(true, b"next".to_vec()),
            Told::Gap(true, 500),
        ]
    );
    assert_eq!(log.closed()[0].out.bytes, 1904, "volume is that of the wire");
}

#[test]
fn keep_alive_probes_say_nothing() {
    let mut stage = Stage::new();
    stage.handshake();
    stage.tcp(true, ACK, 1001, b"data");
    for _ in 0..4 {
        stage.wait_secs(60);
        // One byte that was acknowledged long ago, or none (RFC 9293 3.8.4).
        stage.tcp(true, ACK, 1004, b"\0");
        stage.tcp(false, ACK, 5001, b"");
        stage.tcp(true, ACK, 1004, b"");
    }
    let log = stage.finish();
    assert_eq!(log.stream(true), b"data");
    assert_eq!(log.count(|t| matches!(t, Told::Message(_))), 0);
}

#[test]
fn messages_after_a_pause() {
    let mut stage = Stage::new();
    stage.handshake();
    let first = Timestamp::from_secs(START).plus(Span::from_millis(10));
    stage.tcp(true, ACK, 1001, b"hello");
    stage.tcp(false, ACK, 5001, b"answer");
    stage.wait(Span::from_millis(14_990));
    stage.tcp(false, ACK, 5007, b"ping");
    stage.tcp(true, ACK, 1006, b"pong!");
    let log = stage.finish();
    let messages: Vec<Told> =
        log.all().into_iter().filter(|t| matches!(t, Told::Message(_))).collect();
    let quiet = Span::from_secs(15);
    let message = Message { from_inside: false, bytes: 4, quiet, flow_first: first };
    assert_eq!(messages, [Told::Message(message)], "the first payload is no message");
}

#[test]
fn copies_of_a_mirror_port_are_counted_and_dropped() {
    let mut stage = Stage::new();
    for (from_inside, flags, seq, payload) in [
        (true, SYN, 1000, &b""[..]),
        (false, SYN | ACK, 5000, b""),
        (true, ACK, 1001, b""),
        (true, ACK, 1001, b"question"),
        (false, ACK, 5001, b"answer"),
    ] {
        stage.wait(Span::from_millis(10));
        let meta = stage.tcp_meta(from_inside, flags, seq);
        stage.pass(meta, payload);
        stage.wait(Span::from_nanos(40_000));
        // The copy has passed a router.
        stage.pass(Meta { ttl: 63, src_mac: 9, ..meta }, payload);
    }
    let log = stage.finish();
    assert_eq!(log.dropped(Drop::Duplicate), 5);
    let record = log.closed()[0];
    assert_eq!((record.out.packets, record.back.packets), (3, 2));
    assert_eq!(log.stream(true), b"question");
}

#[test]
fn datagrams_without_identification_or_checksum_are_no_copies() {
    let mut stage = Stage::new();
    // IPv6 has no identification, and the checksum was left to the network card.
    let meta = Meta { ip_id: 0, checksum: 7, ..stage.meta(Proto::UDP, true, 5000, 6000) };
    for payload in [b"same head, 1", b"same head, 2", b"3. same tail", b"4. same tail"] {
        stage.pass(meta, payload);
    }
    stage.pass(meta, b"4. same tail");
    let log = stage.finish();
    assert_eq!(log.dropped(Drop::Duplicate), 1);
    assert_eq!(log.closed()[0].out.packets, 4);
}

#[test]
fn a_copy_that_comes_late_is_a_retransmission() {
    let mut stage = Stage::new();
    let meta = stage.meta(Proto::UDP, true, 5000, 6000);
    for _ in 0..3 {
        stage.wait(Span::from_millis(6));
        stage.pass(meta, b"again");
    }
    let log = stage.finish();
    assert_eq!(log.dropped(Drop::Duplicate), 0);
    assert_eq!(log.closed()[0].out.packets, 3);
}

#[test]
fn a_flood_of_equal_packets_is_not_eaten() {
    let mut stage = Stage::new();
    let meta = Meta { ip_id: 0, ..stage.meta(Proto::UDP, true, 5000, 80) };
    for _ in 0..1000 {
        stage.wait(Span::from_nanos(100_000));
        stage.pass(meta, b"flood");
    }
    let log = stage.finish();
    let sent = log.closed()[0].out.packets;
    assert!(sent >= 500, "{sent} of 1000 are left");
    assert_eq!(sent as usize + log.dropped(Drop::Duplicate), 1000);
}

#[test]
fn data_in_the_first_packet_is_whole() {
    // TCP Fast Open (RFC 7413): payload of a SYN begins at the number after it.
    let mut stage = Stage::new();
    stage.tcp(true, SYN, 1000, b"GET / ");
    stage.tcp(false, SYN | ACK, 5000, b"");
    stage.tcp(true, ACK, 1007, b"HTTP/1.1");
    let log = stage.finish();
    assert_eq!(log.stream(true), b"GET / HTTP/1.1");
}

#[test]
fn an_observer_that_has_heard_enough_is_left_alone() {
    let mut stage = Stage::new();
    stage.log.quiet = true;
    stage.handshake();
    stage.tcp(true, ACK, 1001, b"first");
    stage.tcp(true, ACK, 1016, b"early");
    stage.tcp(true, ACK, 1006, b"second");
    stage.tcp(false, ACK, 5001, b"answer");
    let log = stage.finish();
    assert_eq!(log.stream(true), b"first");
    assert_eq!(log.closed()[0].out.bytes, 16, "volume is counted all the same");
}
