//! Fragments of datagrams: any order, overlaps, and those that never come.

use super::*;
use ostium_wire::Fragment;
use proptest::prelude::*;

/// A UDP datagram with its header.
fn datagram(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [5000u16, 6000, 8 + payload.len() as u16, 0xbeef] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(payload);
    out
}

fn fragment(stage: &mut Stage, id: u32, offset: usize, more: bool, bytes: &[u8]) {
    stage.wait(Span::from_millis(1));
    let meta = Meta {
        fragment: Some(Fragment { id, offset: offset as u16, more }),
        ..stage.meta(Proto::UDP, true, 0, 0)
    };
    stage.pass(meta, bytes);
}

/// Pieces of a datagram: where, and whether more follow.
fn pieces(whole: &[u8], size: usize) -> Vec<(usize, bool)> {
    let last = (whole.len() - 1) / size * size;
    (0..=last).step_by(size).map(|at| (at, at != last)).collect()
}

fn told(log: &Log) -> Vec<Vec<u8>> {
    let bytes = |told: &Told| match told {
        Told::Datagram(_, bytes) => Some(bytes.clone()),
        _ => None,
    };
    log.all().iter().filter_map(bytes).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_order_gives_the_datagram(
        payload in prop::collection::vec(any::<u8>(), 1..900),
        eights in 1usize..20,
        keys in prop::collection::vec((any::<u32>(), any::<bool>()), 120),
    ) {
        let whole = datagram(&payload);
        let size = eights * 8;
        let mut order = Vec::new();
        for ((at, more), (key, twice)) in pieces(&whole, size).into_iter().zip(keys) {
            order.push((key, at, more));
            if twice {
                order.push((key.rotate_left(7), at, more));
            }
        }
        order.sort_unstable();
        // A copy of the last piece after the datagram is whole would begin another one.
        let mut missing: Vec<usize> = pieces(&whole, size).iter().map(|p| p.0).collect();
        let mut stage = Stage::new();
        for (_, at, more) in order {
            if missing.is_empty() {
                break;
            }
            missing.retain(|m| *m != at);
            fragment(&mut stage, 7, at, more, &whole[at..(at + size).min(whole.len())]);
        }
        let log = stage.finish();
        prop_assert_eq!(told(&log), vec![payload]);
        prop_assert_eq!(log.anomalies(Anomaly::FragmentOverlap), 0);
        prop_assert_eq!(log.told[0].0.inside_port, 5000);
        prop_assert_eq!(log.told[0].0.outside_port, 6000);
    }

    // Pieces that overlap, disagree, come twice, or lie behind the end: every byte is the first that
    // came for its place, and the datagram is whole with the last byte before its end.
    #[test]
    fn overlaps_give_what_came_first(
        length in 1usize..12, cuts in prop::collection::vec((0usize..14, 1usize..6, any::<u8>()), 0..12),
        last in 0usize..12,
    ) {
        let whole = datagram(&vec![0; 8 * length]);
        let mut pieces: Vec<(usize, bool, Vec<u8>)> = cuts
            .into_iter()
            .map(|(at, eights, byte)| (at * 8, true, vec![byte; eights * 8]))
            .collect();
        // The head, so that there are ports, and the end.
        pieces.insert(0, (0, true, whole[..8].to_vec()));
        let end = last.min(pieces.len());
        pieces.insert(end, (8 * length, false, vec![9; 8]));
        let mut bytes: Vec<Option<u8>> = vec![None; 8 * (length + 1)];
        let (mut told_at, mut overlaps, mut ended) = (None, 0, false);
        for (turn, (at, more, piece)) in pieces.iter().enumerate() {
            ended |= !more;
            let mut clean = true;
            for (place, byte) in (*at..).zip(piece) {
                match bytes.get_mut(place) {
                    Some(Some(first)) => clean &= first == byte,
                    Some(slot) => *slot = Some(*byte),
                    None => {}
                }
            }
            overlaps += usize::from(!clean);
            if ended && bytes.iter().all(Option::is_some) {
                told_at = Some(turn);
                break;
            }
        }
        let mut stage = Stage::new();
        for (at, more, piece) in pieces.iter().take(told_at.map_or(pieces.len(), |at| at + 1)) {
            fragment(&mut stage, 3, *at, *more, piece);
        }
        let log = stage.finish();
        let expected: Vec<u8> = bytes.iter().flatten().skip(8).copied().collect();
        prop_assert_eq!(told(&log), if told_at.is_some() { vec![expected] } else { vec![] });
        prop_assert_eq!(log.anomalies(Anomaly::FragmentLost), usize::from(told_at.is_none()));
        prop_assert!(log.anomalies(Anomaly::FragmentOverlap) >= overlaps.min(1));
    }

    #[test]
    fn arbitrary_fragments_do_no_harm(
        all in prop::collection::vec(
            (0u32..4, any::<u16>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..64)),
            0..60,
        ),
    ) {
        let mut stage = Stage::new();
        for (id, offset, more, bytes) in all {
            fragment(&mut stage, id, usize::from(offset), more, &bytes);
        }
        stage.finish();
    }
}

#[test]
fn interleaved_datagrams_do_not_mix() {
    let (one, two) = (datagram(&[1; 40]), datagram(&[2; 40]));
    let mut stage = Stage::new();
    for at in [24, 0] {
        let more = at == 0;
        let end = if more { 24 } else { 48 };
        fragment(&mut stage, 1, at, more, &one[at..end]);
        fragment(&mut stage, 2, at, more, &two[at..end]);
    }
    assert_eq!(told(&stage.finish()), [vec![1; 40], vec![2; 40]]);
}

#[test]
fn an_overlap_with_other_bytes_is_told_and_the_first_kept() {
    let whole = datagram(&[b'a'; 24]);
    let mut stage = Stage::new();
    fragment(&mut stage, 1, 0, true, &whole[..24]);
    fragment(&mut stage, 1, 16, false, &[b'X'; 16]);
    let log = stage.finish();
    assert_eq!(log.anomalies(Anomaly::FragmentOverlap), 1);
    assert_eq!(told(&log), [[&[b'a'; 16][..], &[b'X'; 8]].concat()]);
}

#[test]
fn an_overlap_with_the_same_bytes_is_none() {
    let whole = datagram(&[b'a'; 24]);
    let mut stage = Stage::new();
    fragment(&mut stage, 1, 0, true, &whole[..24]);
    fragment(&mut stage, 1, 8, false, &whole[8..]);
    let log = stage.finish();
    assert_eq!(log.anomalies(Anomaly::FragmentOverlap), 0);
    assert_eq!(told(&log), [vec![b'a'; 24]]);
}

#[test]
fn what_is_never_completed_is_lost_and_told() {
    let whole = datagram(&[b'a'; 24]);
    let mut stage = Stage::new();
    fragment(&mut stage, 1, 0, true, &whole[..24]);
    stage.wait_secs(20);
    // Too late, and of another datagram.
    fragment(&mut stage, 1, 24, false, &whole[24..]);
    let log = stage.finish();
    assert_eq!(told(&log), Vec::<Vec<u8>>::new());
    assert_eq!(log.anomalies(Anomaly::FragmentLost), 2, "the late one never finds its first");
}

#[test]
fn a_fragmented_answer_belongs_to_its_question() {
    for (proto, head, near, far) in [
        (Proto::UDP, datagram(&[b'u'; 24]), 5000, 6000),
        // An echo reply: its flow is that of the request, type 8.
        (Proto::ICMP, [&[0u8; 8][..], &[b'i'; 24]].concat(), 0, 8),
    ] {
        let mut stage = Stage::new();
        let meta = stage.meta(proto, true, near, far);
        let flags = TcpFlags(if proto == Proto::ICMP { 8 } else { 0 });
        stage.pass(Meta { flags, ..meta }, b"question");
        let mut head = head;
        if proto == Proto::UDP {
            // From port 6000 to port 5000.
            head[..4].rotate_left(2);
        }
        for (at, more) in [(0, true), (16, false)] {
            stage.wait(Span::from_millis(1));
            let meta = Meta {
                fragment: Some(Fragment { id: 3, offset: at as u16, more }),
                ..stage.meta(proto, false, 0, 0)
            };
            let end = if more { 16 } else { head.len() };
            stage.pass(meta, &head[at..end]);
        }
        let closed = stage.finish().closed();
        assert_eq!(closed.len(), 1, "{proto:?}");
        assert_eq!(closed[0].state, FlowState::Established, "{proto:?}");
    }
}

#[test]
fn a_datagram_too_short_for_its_header_is_an_anomaly() {
    let mut stage = Stage::new();
    fragment(&mut stage, 1, 0, false, b"");
    fragment(&mut stage, 2, 0, false, b"abc");
    let log = stage.finish();
    assert_eq!(log.anomalies(Anomaly::TransportMalformed), 2);
    assert!(log.closed().is_empty());
}

#[test]
fn waiting_datagrams_are_bounded() {
    let limits = Limits { datagrams: 8, ..ROOMY };
    let mut stage = Stage::within(limits);
    for id in 0..1000 {
        fragment(&mut stage, id, 0, true, &[0; 16]);
    }
    let whole = datagram(&[b'z'; 8]);
    fragment(&mut stage, 5000, 0, true, &whole[..8]);
    fragment(&mut stage, 5000, 8, false, &whole[8..]);
    let log = stage.finish();
    assert_eq!(told(&log), [vec![b'z'; 8]], "the newest is not the one that goes");
    assert_eq!(log.dropped(Drop::FragmentEvicted), 1000 + 1 - 8);
    assert_eq!(log.anomalies(Anomaly::FragmentLost), 7, "the rest is told at the end");
}
