//! The timeline against one that keeps every time.

use ostium_event::{FlowKey, Message, OpenedBy, Span, Timestamp, What};
use proptest::prelude::*;

use super::{HOST, PEER, START, Stage};
use crate::{Timeline, View};

const BUCKETS: u64 = 48;

fn of(secs: &[u64]) -> Timeline {
    let mut timeline = Timeline::default();
    secs.iter().for_each(|secs| timeline.add(Timestamp::from_secs(*secs)));
    timeline
}

/// Start, width and counts, from all times at once: the least width with which they fit.
fn naive(secs: &[u64]) -> (u64, u64, Vec<u16>) {
    let (low, high) = (secs.iter().min().unwrap(), secs.iter().max().unwrap());
    let shift = (0..64).find(|s| (high >> s) - (low >> s) < BUCKETS).unwrap();
    let first = low >> shift;
    let mut counts = vec![0u64; ((high >> shift) - first + 1) as usize];
    secs.iter().for_each(|s| counts[((s >> shift) - first) as usize] += 1);
    let full = u64::from(u16::MAX);
    (first << shift, 1 << shift, counts.iter().map(|n| (*n).min(full) as u16).collect())
}

fn told(timeline: &Timeline) -> (u64, u64, Vec<u16>) {
    (timeline.start().secs(), timeline.width().secs(), timeline.counts().to_vec())
}

/// A message inside a connection.
fn say(stage: &mut Stage, flow: FlowKey, from_inside: bool) {
    let (quiet, flow_first) = (Span::from_secs(1), stage.now.minus(Span::from_secs(1)));
    let message = Message { from_inside, bytes: 40, quiet, flow_first };
    stage.hear(flow, OpenedBy::Inside, What::Message(message));
}

proptest! {
    #[test]
    fn tells_what_all_times_together_tell(
        offsets in prop::collection::vec((0u32..34, 0u64..1 << 20), 1..200),
    ) {
        // Spans of seconds and of centuries alike, in any order.
        let secs: Vec<u64> = offsets.iter().map(|(s, o)| START + (o << s >> 20)).collect();
        prop_assert_eq!(told(&of(&secs)), naive(&secs));
    }

    #[test]
    fn no_time_at_all_is_out_of_reach(nanos in prop::collection::vec(any::<u64>(), 1..50)) {
        let secs: Vec<u64> = nanos.iter().map(|n| Timestamp::from_nanos(*n).secs()).collect();
        prop_assert_eq!(told(&of(&secs)), naive(&secs));
    }
}

#[test]
fn nothing_is_no_bucket() {
    assert_eq!(Timeline::default().counts(), [0u16; 0]);
}

#[test]
fn a_full_bucket_stays_full() {
    let mut secs = vec![START; 70_000];
    secs.push(START + 1_000_000);
    let timeline = of(&secs);
    assert_eq!(timeline.counts().first(), Some(&u16::MAX));
    assert_eq!(told(&timeline), naive(&secs));
}

#[test]
fn it_stays_small() {
    assert!(size_of::<Timeline>() <= 112, "{}", size_of::<Timeline>());
}

#[test]
fn a_conversation_tells_all_its_starts_and_what_it_sent() {
    let mut stage = Stage::new();
    let mut expected = Vec::new();
    for starts in 1..=20 {
        let flow = stage.flow(HOST, PEER, 4444);
        stage.open(flow);
        expected.push(stage.now.secs());
        if starts % 7 == 0 {
            // What follows within five seconds is the same call; what is sent counts by itself.
            stage.open(flow);
            stage.wait(2);
            for from_inside in [true, false] {
                say(&mut stage, flow, from_inside);
            }
            expected.push(stage.now.secs());
        }
        let known = stage.one(View::Address).known().into_owned();
        assert_eq!(told(&known.timeline), naive(&expected), "{starts} starts");
        stage.wait(60);
    }
}

#[test]
fn a_message_before_the_fourth_start_loses_no_start() {
    let mut stage = Stage::new();
    let mut expected = Vec::new();
    for _ in 0..3 {
        let flow = stage.flow(HOST, PEER, 4444);
        stage.open(flow);
        stage.wait(1);
        say(&mut stage, flow, true);
        expected.extend([stage.now.secs() - 1, stage.now.secs()]);
        stage.wait(60);
    }
    let known = stage.one(View::Address).known().into_owned();
    assert_eq!(told(&known.timeline), naive(&expected));
    assert_eq!(known.starts.coarse.starts(), 3);
}
