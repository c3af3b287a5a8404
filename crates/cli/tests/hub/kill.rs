//! `kill -9` under load, again and again: what was acknowledged is kept, and no place of the feed
//! ever holds two things.
//!
//! `OSTIUM_KILLS=500 cargo nextest run -p ostium-cli kill` does it longer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ostium_feed::{Follower, Position, Refusal, Taken};
use ostium_hub_api as wire;
use ostium_hub_store::Store;
use ostium_uplink::Membership;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::sensors::{follower, now_ms, report, steps};
use crate::world::Hub;

/// Reports of a batch, and batches on their way.
const BATCH: u64 = 20;
const AHEAD: usize = 4;

/// How far a reporter is.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// The last number that was put into a batch.
    sent: u64,
    /// The last number that was acknowledged.
    acknowledged: u64,
}

/// All frames that were seen, by their place.
type Seen = Arc<Mutex<BTreeMap<(u64, u64), Vec<u8>>>>;

/// Reports until it is told to stop, then until all is acknowledged.
async fn reports(member: Membership, stop: Arc<AtomicBool>) -> Sent {
    let mut at = Sent::default();
    loop {
        let stopping = stop.load(Ordering::SeqCst);
        if stopping && at.acknowledged == at.sent {
            return at;
        }
        // A hub that was killed is no fault; its word on what it has is never taken back.
        session(&member, &stop, &mut at).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One connection: what was not acknowledged first, then on.
async fn session(member: &Membership, stop: &AtomicBool, at: &mut Sent) -> Option<()> {
    let mut line = member.connect().await.ok()?;
    let (to, from) = mpsc::channel(AHEAD);
    let mut receipts = line.report(ReceiverStream::new(from)).await.ok()?.into_inner();
    let mut next = at.acknowledged + 1;
    loop {
        let may_more = !stop.load(Ordering::SeqCst) || next <= at.sent;
        if may_more && to.capacity() > 0 {
            // Every organisation reports the same names: each is published by their quorum.
            let names = (next..next + BATCH).map(|n| report(&format!("n{n}.example")));
            let batch = wire::Batch { first: next, reports: names.collect(), urgent: false };
            next += BATCH;
            at.sent = at.sent.max(next - 1);
            to.send(batch).await.ok()?;
            continue;
        }
        if at.acknowledged + 1 == next && !may_more {
            return Some(());
        }
        let receipt = tokio::time::timeout(Duration::from_secs(10), receipts.message()).await;
        let receipt = receipt.ok()?.ok()??;
        assert!(receipt.durable >= at.acknowledged, "it never falls: {receipt:?} after {at:?}");
        assert!(receipt.durable <= at.sent, "{receipt:?} of what was never sent: {at:?}");
        assert_eq!((receipt.refused, receipt.why.as_str()), (0, ""));
        at.acknowledged = receipt.durable;
        if receipt.wait_ms > 0 {
            return None;
        }
    }
}

/// Follows until it is told to stop, and is where the feed ends then.
async fn follows(
    member: Membership,
    seen: Seen,
    end: mpsc::Sender<()>,
    mut until: tokio::sync::watch::Receiver<Option<u64>>,
) -> Follower {
    let mut follower = follower(&member);
    loop {
        if *until.borrow_and_update() == Some(follower.at().seq) {
            drop(end);
            return follower;
        }
        let goal = until.clone();
        if let Ok(mut open) = steps(&member, &follower).await {
            let told = async {
                while let Ok(Some(step)) = open.message().await {
                    if let Some(Position { epoch, seq, .. }) = Position::after(&step.frame) {
                        let mut seen = seen.lock().unwrap();
                        let first = seen.entry((epoch, seq)).or_insert_with(|| step.frame.to_vec());
                        assert_eq!(*first, step.frame, "two things at {epoch}/{seq}");
                    }
                    match follower.take_bytes(&step.frame, now_ms()) {
                        Ok(Taken::Delta(_)) if *goal.borrow() == Some(follower.at().seq) => return,
                        Ok(_) | Err(Refusal::Replay) => {}
                        Err(refusal) => panic!("{refusal} at {:?}", follower.at()),
                    }
                }
            };
            tokio::select! {
                () = told => {}
                _ = until.changed() => {}
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_again_and_again_it_keeps_its_word() {
    let kills = std::env::var("OSTIUM_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_u64);
    let hub = Hub::new("kill");
    let policy = hub.folder.join("policy.toml");
    // Whatever is reported is published at once: the more there is to tear.
    std::fs::write(&policy, "most_a_minute = 1000000\n").unwrap();
    let mut hub = hub.with(&["--policy", policy.to_str().unwrap(), "--quiet"]);
    hub.start();
    let members: Vec<Membership> =
        (0..3).map(|n| hub.member(&format!("org-{n}"), 64_500 + n)).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let reporters: Vec<_> = members
        .iter()
        .map(|member| tokio::spawn(reports(member.clone(), Arc::clone(&stop))))
        .collect();
    let seen = Seen::default();
    let (goal, _) = tokio::sync::watch::channel(None);
    let (end, mut ended) = mpsc::channel(1);
    let followers: Vec<_> = (0..2)
        .map(|n| {
            tokio::spawn(follows(
                members[n].clone(),
                Arc::clone(&seen),
                end.clone(),
                goal.subscribe(),
            ))
        })
        .collect();
    drop(end);
    for n in 0..kills {
        // At no moment in particular; the same each time it is run.
        let pause = 150 + (n * 7_919) % 450;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        tokio::task::block_in_place(|| {
            hub.kill();
            hub.start();
        });
    }
    stop.store(true, Ordering::SeqCst);
    let mut sent = Vec::new();
    for reporter in reporters {
        sent.push(tokio::time::timeout(Duration::from_secs(60), reporter).await.unwrap().unwrap());
    }
    let at = tokio::task::block_in_place(|| hub.json(&["status"]));
    goal.send_replace(Some(at["seq"].as_u64().unwrap()));
    let done = tokio::time::timeout(Duration::from_secs(60), ended.recv()).await;
    assert!(done.is_ok(), "followers do not come to the end of the feed");
    let mut sets = Vec::new();
    for follower in followers {
        sets.push(follower.await.unwrap().at());
    }
    assert!(hub.stop().success());
    check(&hub, &sent, &seen, &sets);
    eprintln!(
        "{kills} kills: {} reports sent, acknowledged and stored, {} places of the feed",
        sent.iter().map(|one| one.sent).sum::<u64>(),
        at["seq"]
    );
}

/// What the hub has kept is what it said.
fn check(hub: &Hub, sent: &[Sent], seen: &Seen, sets: &[Position]) {
    let store = Store::read_only(&hub.state().join("hub.db")).unwrap();
    store.check().unwrap();
    for (sensor, sent) in store.sensors().unwrap().iter().zip(sent) {
        assert!(sent.sent > 0, "nothing was reported");
        assert_eq!((sent.sent, sensor.reported), (sent.acknowledged, sent.sent));
        let mut next = 1;
        for (first, last, body) in store.batches(sensor.id).unwrap() {
            assert_eq!(first, next, "every report once, in order");
            let batch = wire::Batch::decode(body.as_slice()).unwrap();
            assert!(batch.first <= first && last == batch.first + batch.reports.len() as u64 - 1);
            next = last + 1;
        }
        assert_eq!(next, sent.sent + 1);
    }
    let seen = seen.lock().unwrap();
    let frames = store.frames(1, 0, usize::MAX).unwrap();
    assert!(!frames.is_empty() && !seen.is_empty(), "nothing was published");
    assert_eq!(frames.len() as u64, frames.last().unwrap().0, "no place is empty");
    for (seq, body) in &frames {
        if let Some(told) = seen.get(&(1, *seq)) {
            assert_eq!(told, body, "what was told at {seq} is what is kept");
        }
    }
    assert!(seen.keys().all(|(epoch, seq)| *epoch == 1 && *seq <= frames.len() as u64));
    let end = Position::after(&frames.last().unwrap().1).unwrap();
    assert!(sets.iter().all(|at| *at == end), "{sets:?} are not at {end:?}");
    // What two of the three have reported is published, and nothing else.
    let mut counts: Vec<u64> = sent.iter().map(|one| one.sent).collect();
    counts.sort_unstable();
    assert_eq!(store.entries().unwrap().len() as u64, counts[1]);
}
