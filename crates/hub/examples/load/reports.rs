//! How many reports a second are durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ostium_hub::wall;
use ostium_hub_api as wire;
use ostium_uplink::Membership;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Folder, enrol, hub, resident};

/// Reports in a batch, the most that the protocol allows.
const BATCH: u64 = 1_000;
/// Batches ahead of their receipts, as a sensor sends them.
const AHEAD: u64 = 4;
/// Destinations that are reported of.
const SUBJECTS: u64 = 20_000;

pub(super) async fn measure(sensors: usize, seconds: u64) {
    let folder = Folder::new();
    let hub = hub(&folder).await;
    let mut members = Vec::new();
    for (network, n) in (64_496..).zip(0..sensors) {
        members.extend(enrol(&hub, &format!("org-{n}"), network, 1).await);
    }
    let durable = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let all: Vec<_> =
        members.into_iter().map(|m| tokio::spawn(report(m, until, Arc::clone(&durable)))).collect();
    let mut before = 0;
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = durable.load(Ordering::Relaxed);
        println!("{:>9} durable a second, {} MiB resident", now - before, resident());
        before = now;
    }
    for one in all {
        one.await.unwrap();
    }
    let (total, passed) = (durable.load(Ordering::Relaxed), begun.elapsed().as_secs_f64());
    println!("{:.0} reports a second over {passed:.1} s, {sensors} sensors", total as f64 / passed);
    let books = hub.stop().await.unwrap();
    assert_eq!(books.totals().reports, total, "acknowledged is stored");
}

async fn report(member: Membership, until: Instant, durable: Arc<AtomicU64>) {
    let mut line = member.connect().await.unwrap();
    let (batches, sent) = mpsc::channel(8);
    let mut receipts = {
        batches.send(wire::Batch::default()).await.unwrap();
        line.report(ReceiverStream::new(sent)).await.unwrap().into_inner()
    };
    receipts.message().await.unwrap().unwrap();
    let (mut next, mut reached) = (1, 0);
    loop {
        let open = Instant::now() < until;
        while open && next <= reached + AHEAD * BATCH {
            let reports = (next..next + BATCH).map(one).collect();
            batches.send(wire::Batch { first: next, reports, urgent: false }).await.unwrap();
            next += BATCH;
        }
        if reached + 1 == next {
            return;
        }
        let receipt = receipts.message().await.unwrap().unwrap();
        durable.fetch_add(receipt.durable - reached, Ordering::Relaxed);
        reached = receipt.durable;
    }
}

/// A report as a sensor makes it, about one of many destinations; suspicious, no more.
fn one(number: u64) -> wire::Report {
    let name = format!("host{}.example", number * 7_919 % SUBJECTS);
    let now = wall().secs();
    let item = |detector: &str, group: &str| wire::Item {
        detector: detector.to_owned(),
        group: group.to_owned(),
        log_odds: 2.0,
        certain: false,
    };
    wire::Report {
        subject: Some(wire::Subject { what: Some(wire::subject::What::Domain(name)) }),
        first: now,
        last: now,
        verdict: wire::Verdict::Suspect.into(),
        log_odds: 3.5,
        items: vec![item("beacon", "timing"), item("rare-client", "client")],
        hosts: Some(wire::Hosts { day: 20_000, count: 2, lowest: vec![number, !number], crowd: 4 }),
        addresses: vec![vec![198, 51, 100, (number % 250) as u8].into()],
        ..wire::Report::default()
    }
}
