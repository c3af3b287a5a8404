//! The keeper of the books without a network: a full disk, many who ask for the whole set.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::books::tests::{Folder, at, batch, joined, report};

/// The time of these tests, in seconds after `at(0)`; each test has its own thread's.
fn clock() -> Timestamp {
    NOW.with(|now| at(now.load(Ordering::Relaxed)))
}

thread_local! {
    static NOW: AtomicU64 = const { AtomicU64::new(0) };
}

fn set(secs: u64) {
    NOW.with(|now| now.store(secs, Ordering::Relaxed));
}

fn keeper(folder: &Folder) -> Keeper {
    let books = joined(folder);
    let feed = Feed::new(&books, clock());
    let removed = watch::Sender::new(Arc::default());
    Keeper { books, feed, removed, clock, snapshot: None, full_until: Timestamp::ZERO }
}

fn give(keeper: &mut Keeper, batch: Batch) -> Answer {
    let (answer, mut answered) = oneshot::channel();
    keeper.take(vec![(batch, answer)]);
    answered.try_recv().unwrap()
}

#[test]
fn while_the_disk_is_full_sensors_wait_followers_are_served_and_it_goes_on() {
    set(0);
    let folder = Folder::new("desk-full");
    let mut keeper = keeper(&folder);
    keeper.books.bound(1).unwrap();
    let many = |from: u64| {
        let names = (from..from + 200).map(|n| report(&format!("n{n}.example"), at(0)));
        batch(1, from, names.collect())
    };
    let (mut sent, mut full) = (1, None);
    for _ in 0..1_000 {
        let answer = give(&mut keeper, many(sent));
        if answer.wait_ms > 0 {
            full = Some(answer);
            break;
        }
        assert_eq!(answer.receipt.durable, sent + 199);
        sent += 200;
    }
    let answer = full.expect("the file was never full");
    assert_eq!((answer.receipt.durable, answer.wait_ms), (sent - 1, WAIT_MS));
    assert!(answer.receipt.why.contains("disk is full"), "{}", answer.receipt.why);
    // Room comes; until the second is over nobody tries, however many ask, and then it goes on.
    keeper.books.bound(1 << 30).unwrap();
    for _ in 0..10 {
        assert_eq!(give(&mut keeper, many(sent)).wait_ms, WAIT_MS);
    }
    assert!(keeper.lead(&Position::default(), clock()).is_some());
    set(1);
    let answer = give(&mut keeper, many(sent));
    assert_eq!((answer.receipt.durable, answer.wait_ms), (sent + 199, 0));
}

#[test]
fn all_who_ask_within_seconds_share_one_snapshot_and_nobody_is_led_back() {
    set(0);
    let folder = Folder::new("desk-snapshot");
    let mut keeper = keeper(&folder);
    for n in 1..=3 {
        for sensor in 1..=2 {
            let report = report(&format!("c{n}.example"), at(0));
            give(&mut keeper, batch(sensor, n, vec![report]));
        }
    }
    let stranger = Position { epoch: 9, ..keeper.books.at() };
    let first = keeper.lead(&stranger, clock()).unwrap();
    let second = keeper.lead(&stranger, clock()).unwrap();
    let same = first.frames.iter().zip(&second.frames);
    assert!(!first.frames.is_empty() && same.clone().all(|(a, b)| a.as_ptr() == b.as_ptr()));
    // The feed goes on; the snapshot at hand still serves who starts, not who is as far.
    for sensor in 1..=2 {
        give(&mut keeper, batch(sensor, 4, vec![report("c4.example", at(0))]));
    }
    assert_eq!(keeper.lead(&stranger, clock()).unwrap().at, first.at);
    let forked = Position { head: ostium_feed::Hash([1; 32]), ..keeper.books.at() };
    assert_eq!(keeper.lead(&forked, clock()).unwrap().at, keeper.books.at());
    // It grows old.
    set(60);
    assert_eq!(keeper.lead(&stranger, clock()).unwrap().at, keeper.books.at());
}
