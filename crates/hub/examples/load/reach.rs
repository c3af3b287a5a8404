//! From the report that completes a quorum to the indicator in force everywhere else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ostium_feed::{Follower, PublicKey};
use ostium_hub::wall;
use ostium_hub_api as wire;
use ostium_uplink::Membership;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::relay::{CONTINENTS, relay};
use super::{Folder, enrol, hub, quantile, resident};

/// Sensors that shake hands at a time: real ones wait a time chosen by chance.
const AT_ONCE: usize = 200;

/// When each sensor knew each name.
type Known = Arc<Mutex<Vec<(usize, Instant)>>>;

pub(super) async fn measure(sensors: usize, rounds: usize, far: bool) {
    let folder = Folder::new();
    let hub = hub(&folder).await;
    let mut one = Teller::new(enrol(&hub, "one", 64_496, 1).await.remove(0)).await;
    let mut two = Teller::new(enrol(&hub, "two", 64_497, 1).await.remove(0)).await;
    let mut members = enrol(&hub, "many", 64_498, sensors).await;
    if far {
        let mut relays = Vec::new();
        for delay in CONTINENTS {
            relays.push(relay(hub.at(), Duration::from_millis(delay)).await.to_string());
        }
        for (member, at) in members.iter_mut().zip(relays.iter().cycle()) {
            member.hub.clone_from(at);
        }
    }
    let (ready, known) = (Arc::new(AtomicUsize::new(0)), Known::default());
    let turn = Arc::new(Semaphore::new(AT_ONCE));
    for member in members {
        let (ready, known) = (Arc::clone(&ready), Arc::clone(&known));
        tokio::spawn(follow(member, rounds, ready, known, Arc::clone(&turn)));
    }
    while ready.load(Ordering::Relaxed) < sensors {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{sensors} sensors follow, {} MiB resident (hub and sensors)", resident());
    let mut all = Vec::new();
    for round in 0..rounds {
        one.tell(round).await;
        let begun = Instant::now();
        two.tell(round).await;
        let waited = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let known = known.lock().unwrap();
            if known.iter().filter(|(which, _)| *which == round).count() == sensors {
                break;
            }
            assert!(waited.elapsed() < Duration::from_secs(30), "a sensor was not told");
        }
        let known = known.lock().unwrap();
        let times = known.iter().filter(|(which, _)| *which == round);
        all.extend(times.map(|(_, at)| (*at - begun).as_secs_f64() * 1_000.0));
    }
    all.sort_by(f64::total_cmp);
    println!(
        "{rounds} rounds: p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        quantile(&all, 0.5),
        quantile(&all, 0.9),
        quantile(&all, 0.99),
        quantile(&all, 1.0)
    );
}

fn name(round: usize) -> String {
    format!("c2-{round}.example")
}

/// Who reports.
struct Teller {
    batches: mpsc::Sender<wire::Batch>,
    receipts: tonic::Streaming<wire::Receipt>,
    next: u64,
}

impl Teller {
    async fn new(member: Membership) -> Self {
        let mut line = member.connect().await.unwrap();
        let (batches, sent) = mpsc::channel(8);
        batches.send(wire::Batch::default()).await.unwrap();
        let mut receipts = line.report(ReceiverStream::new(sent)).await.unwrap().into_inner();
        receipts.message().await.unwrap().unwrap();
        Self { batches, receipts, next: 1 }
    }

    /// Says that this name convicts; returns when that is durable.
    async fn tell(&mut self, round: usize) {
        let what = wire::subject::What::Domain(name(round));
        let now = wall().secs();
        let report = wire::Report {
            subject: Some(wire::Subject { what: Some(what) }),
            first: now,
            last: now,
            verdict: wire::Verdict::Infected.into(),
            log_odds: 6.8,
            ..wire::Report::default()
        };
        let batch = wire::Batch { first: self.next, reports: vec![report], urgent: true };
        self.next += 1;
        self.batches.send(batch).await.unwrap();
        while self.receipts.message().await.unwrap().unwrap().durable + 1 < self.next {}
    }
}

/// Follows with all checks, and says when each name is in force.
async fn follow(
    member: Membership,
    rounds: usize,
    ready: Arc<AtomicUsize>,
    known: Known,
    turn: Arc<Semaphore>,
) {
    let mine = turn.acquire().await.unwrap();
    let mut line = member.connect().await.unwrap();
    drop(mine);
    let feed = member.feed.clone().try_into().unwrap();
    let root = PublicKey::from_slice(&member.feed_root).unwrap();
    let mut follower = Follower::new(feed, root);
    let from = wire::Position {
        version: wire::VERSION,
        feed: member.feed.into(),
        ..wire::Position::default()
    };
    let mut steps = line.follow(from).await.unwrap().into_inner();
    let mut next = 0;
    while next < rounds {
        let step = steps.message().await.unwrap().unwrap();
        let fresh = follower.fresh_until_ms() > 0;
        follower.take_bytes(&step.frame, wall().nanos() / 1_000_000).unwrap();
        if !fresh && follower.fresh_until_ms() > 0 {
            ready.fetch_add(1, Ordering::Relaxed);
        }
        while next < rounds && follower.table().domain(&name(next)).is_some() {
            known.lock().unwrap().push((next, Instant::now()));
            next += 1;
        }
    }
    // It stays connected while others are still told.
    std::future::pending::<()>().await;
}
