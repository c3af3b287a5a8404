//! Sensors' ends of the line: reporting and following, as the protocol says.

use std::time::Duration;

use ostium_feed::{Follower, PublicKey, Refusal};
use ostium_hub::wall;
use ostium_hub_api as wire;
use ostium_uplink::Membership;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Nothing here takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn now_ms() -> u64 {
    wall().nanos() / 1_000_000
}

/// A report that convicts.
pub(crate) fn report(name: &str) -> wire::Report {
    let what = wire::subject::What::Domain(name.to_owned());
    wire::Report {
        subject: Some(wire::Subject { what: Some(what) }),
        first: wall().secs(),
        last: wall().secs(),
        verdict: wire::Verdict::Infected.into(),
        log_odds: 6.8,
        ..wire::Report::default()
    }
}

/// Sends these names as reports, numbered from `first` on; the number that is durable then.
pub(crate) async fn send(member: &Membership, first: u64, names: &[&str]) -> u64 {
    let reports = names.iter().map(|name| report(name)).collect();
    let batch = wire::Batch { first, reports, urgent: true };
    let mut line = member.connect().await.unwrap();
    let (to, from) = mpsc::channel(1);
    to.send(batch).await.unwrap();
    let mut receipts = line.report(ReceiverStream::new(from)).await.unwrap().into_inner();
    let receipt = tokio::time::timeout(PATIENCE, receipts.message()).await.unwrap();
    receipt.unwrap().unwrap().durable
}

/// A new follower of this member's feed.
pub(crate) fn follower(member: &Membership) -> Follower {
    let feed = member.feed.clone().try_into().unwrap();
    Follower::new(feed, PublicKey::from_slice(&member.feed_root).unwrap())
}

/// The feed from where a follower is.
pub(crate) async fn steps(
    member: &Membership,
    follower: &Follower,
) -> Result<Streaming<wire::Step>, Status> {
    let at = follower.at();
    let from = wire::Position {
        version: wire::VERSION,
        feed: at.feed.to_vec().into(),
        epoch: at.epoch,
        seq: at.seq,
        head: at.head.0.to_vec().into(),
        state: at.state.to_bytes().to_vec().into(),
    };
    let line = member.connect().await;
    let mut line = line.map_err(|error| Status::unavailable(error.to_string()))?;
    Ok(line.follow(from).await?.into_inner())
}

/// Reads on from an open stream until a condition holds; nothing may be refused.
pub(crate) async fn read_until(
    steps: &mut Streaming<wire::Step>,
    follower: &mut Follower,
    until: impl Fn(&Follower) -> bool,
) {
    let told = async {
        while !until(follower) {
            let step = steps.message().await.unwrap().unwrap();
            let taken: Result<_, Refusal> = follower.take_bytes(&step.frame, now_ms());
            taken.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
}

/// Connects and follows until a condition holds; nothing may be refused.
pub(crate) async fn follow(
    member: &Membership,
    follower: &mut Follower,
    until: impl Fn(&Follower) -> bool,
) {
    let mut steps = steps(member, follower).await.unwrap();
    read_until(&mut steps, follower, until).await;
}

/// Is this name matched?
pub(crate) fn knows(follower: &Follower, name: &str) -> bool {
    follower.table().domain(name).is_some()
}
