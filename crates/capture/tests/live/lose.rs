//! What the kernel drops is counted, and reading goes on.

use ostium_capture::{FrameSender, LiveCapture, LiveOptions};
use ostium_lab::Lab;

use crate::frames::v4;
use crate::tools::{inside, read, received_by, send, silent, told};

#[test]
fn what_nobody_reads_is_counted() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &[], "lose::twenty_thousand_into_a_small_ring", "");
}

#[test]
#[ignore = "a part of what_nobody_reads_is_counted"]
fn twenty_thousand_into_a_small_ring() {
    if told().is_none() {
        return;
    }
    let options = LiveOptions { ring_bytes: 1, ..LiveOptions::of("eth0") };
    let mut live = LiveCapture::open(options).unwrap();
    let by = FrameSender::open("eth1").unwrap();
    let flood: Vec<_> = (0..20_000).map(|n| v4(n, 600)).collect();
    send(&by, &flood);
    let before = live.stats().unwrap();
    assert!(before.dropped > 10_000 && before.freezes > 0, "{before:?}");
    let kept = read(&mut live, 1);
    assert!(!kept.is_empty());
    for (sent, kept) in flood.iter().zip(&kept) {
        assert!(sent == &kept.bytes, "the first ones, in order");
    }
    let stats = live.stats().unwrap();
    assert_eq!(stats.seen, kept.len() as u64 + stats.dropped, "{stats:?}");
    assert_eq!(stats.seen, received_by("eth0"), "as many as the interface says");
    // There is room again.
    let again = v4(77, 300);
    send(&by, std::slice::from_ref(&again));
    let seen = read(&mut live, 1);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].bytes, again);
    let after = live.stats().unwrap();
    assert_eq!((after.seen, after.dropped), (stats.seen + 1, stats.dropped));
}
