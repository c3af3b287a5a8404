//! One shard may hold what the others leave.

use super::*;
use crate::analyze::OVERHEAD;
use crate::budget::Budget;

const MEMORY: u64 = 64 << 20;
/// Packets, a tenth of a millisecond apart.
const SENT: u64 = 150_000;

/// Peers that the host has called by then: more and more, ever less at a time.
const fn called(n: u64) -> u64 {
    1_500 * n / (n + 100_000)
}

/// One host that calls many others, none of which answers, and talks to one besides.
fn crowd() -> Vec<u8> {
    let host = ([10, 0, 0, 7], 40_000);
    let packet = |n: u64| {
        let micros = START * 1_000_000 + n * 100;
        let peer = called(n + 1);
        let frame = match peer > called(n) {
            true => syn(host, ([203, 0, (peer >> 8) as u8, peer as u8], 5000), n as u32),
            false => udp(host, ([203, 0, 113, 250], 5000), &n.to_be_bytes()),
        };
        (micros, frame)
    };
    pcap(&(0..SENT).map(packet).collect::<Packets>())
}

#[test]
fn a_crowded_shard_holds_what_the_others_leave_whatever_the_number_of_threads() {
    let equal = Budget::share_of(MEMORY - OVERHEAD.min(MEMORY / 2));
    let peers = called(SENT);
    assert!((equal.track.flows as u64) < peers / 2, "more than an equal share");
    let capture = crowd();
    let settings = |threads| Settings { memory: MEMORY, threads, all: true, ..Settings::default() };
    let alone = report(&[("crowd", &capture)], &settings(1));
    let lost = |reason: &str| alone.totals.dropped.get(reason).copied().unwrap_or(0);
    assert_eq!(
        (lost("flow_evicted"), lost("conversation_forgotten")),
        (0, 0),
        "{:?}",
        alone.totals
    );
    assert_eq!(alone.totals.flows, peers + 1);
    for threads in [2, 8] {
        assert_eq!(json(&report(&[("crowd", &capture)], &settings(threads))), json(&alone));
    }
}
