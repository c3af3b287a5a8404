//! Call by call: joining, reporting, following, and what is refused.

use std::time::Duration;

use ostium_feed::{Follower, PublicKey};
use ostium_hub_api as wire;
use ostium_uplink::{Invitation, Membership, join};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::world::{World, clock, report};

/// Sends batches, and gives the receipts.
async fn send(member: &Membership, batches: Vec<wire::Batch>) -> Vec<wire::Receipt> {
    let mut line = member.connect().await.unwrap();
    let (to, from) = mpsc::channel(8);
    let count = batches.len();
    tokio::spawn(async move {
        for batch in batches {
            to.send(batch).await.unwrap();
        }
        // The stream stays open until the receipts are there.
        tokio::time::sleep(Duration::from_secs(10)).await;
    });
    let mut receipts = line.report(ReceiverStream::new(from)).await.unwrap().into_inner();
    let mut all = Vec::new();
    while all.len() < count {
        all.push(receipts.message().await.unwrap().unwrap());
    }
    all
}

/// Follows until a condition holds.
async fn follow(member: &Membership, follower: &mut Follower, until: impl Fn(&Follower) -> bool) {
    let mut line = member.connect().await.unwrap();
    let mut steps = line.follow(place(follower)).await.unwrap().into_inner();
    let told = async {
        while !until(follower) {
            let step = steps.message().await.unwrap().unwrap();
            follower.take_bytes(&step.frame, clock().nanos() / 1_000_000).unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.unwrap();
}

/// Where it is, as it asks to go on.
fn place(follower: &Follower) -> wire::Position {
    let at = follower.at();
    wire::Position {
        version: wire::VERSION,
        feed: at.feed.to_vec().into(),
        epoch: at.epoch,
        seq: at.seq,
        head: at.head.0.to_vec().into(),
        state: at.state.to_bytes().to_vec().into(),
    }
}

fn follower(member: &Membership) -> Follower {
    let feed = member.feed.clone().try_into().unwrap();
    Follower::new(feed, PublicKey::from_slice(&member.feed_root).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_report_arms_the_third_over_the_wire() {
    let world = World::new("arms").await;
    let mut members = Vec::new();
    for (n, name) in ["acme", "bolt", "core"].iter().enumerate() {
        let invitation = world.invite(name, 64_500 + u32::try_from(n).unwrap()).await;
        let line: Invitation = invitation.to_string().parse().unwrap();
        let member = join(&line, "gate").await.unwrap();
        assert_eq!(member.organisation, *name);
        // It works once.
        let again = join(&line, "gate-2").await.unwrap_err();
        assert!(again.to_string().contains("ask for another one"), "{again}");
        members.push(member);
    }
    let mut third = follower(&members[2]);
    follow(&members[2], &mut third, |f| f.is_fresh(clock().nanos() / 1_000_000)).await;
    for member in &members[..2] {
        let batch = wire::Batch { first: 1, reports: vec![report("c2.example")], urgent: true };
        let receipts = send(member, vec![batch.clone(), batch]).await;
        assert!(receipts.iter().all(|receipt| receipt.durable == 1), "{receipts:?}");
    }
    follow(&members[2], &mut third, |f| f.table().domain("www.c2.example").is_some()).await;
    // Too much at once is refused by name, and nothing of it counts.
    let big = wire::Batch { first: 2, reports: vec![report("c9.example"); 1_001], urgent: false };
    let mut line = members[0].connect().await.unwrap();
    let (to, from) = mpsc::channel(1);
    to.send(big).await.unwrap();
    let mut receipts = line.report(ReceiverStream::new(from)).await.unwrap().into_inner();
    let refused = receipts.message().await.unwrap_err();
    assert!(refused.message().contains("1000"), "{refused}");
    // A renewed certificate is as good.
    let renewed = members[0].renewed().await.unwrap();
    assert_ne!(renewed.certificate, members[0].certificate);
    let more = wire::Batch { first: 2, reports: vec![report("c3.example")], urgent: false };
    assert_eq!(send(&renewed, vec![more]).await[0].durable, 2);
    // The hub is stopped and started: all go on where they were.
    let folder = world.folder.clone();
    let books = world.close().await;
    assert_eq!(books.totals().repeated, 2);
    drop(books);
    let world = World::open(folder.clone(), "127.0.0.1:0".parse().unwrap()).await;
    let hub = world.hub.at().to_string();
    let (first, second) =
        (Membership { hub: hub.clone(), ..renewed }, Membership { hub, ..members[1].clone() });
    let more = wire::Batch { first: 2, reports: vec![report("c3.example")], urgent: false };
    assert_eq!(send(&second, vec![more]).await[0].durable, 2);
    let before = third.at();
    follow(&first, &mut third, |f| f.table().domain("c3.example").is_some()).await;
    assert_eq!(third.at().seq, before.seq + 1, "led on, not begun anew");
    let mut late = follower(&second);
    follow(&second, &mut late, |f| f.table().len() == 2).await;
    world.close().await;
    drop(std::fs::remove_dir_all(folder));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_other_hubs_are_refused() {
    let (world, other) = (World::new("one").await, World::new("two").await);
    let invitation = world.invite("acme", 64_500).await;
    // A hub that is not the one of the invitation.
    let wrong = Invitation { print: [9; 32], ..invitation.clone() };
    assert!(join(&wrong, "gate").await.is_err());
    let false_secret = Invitation { secret: "guessed".to_owned(), ..invitation.clone() };
    assert!(join(&false_secret, "gate").await.is_err());
    assert!(join(&invitation, "no name at all").await.is_err());
    let member = join(&invitation, "gate").await.unwrap();
    // Our certificate says nothing to another hub.
    let astray = Membership { hub: other.hub.at().to_string(), ..member.clone() };
    assert!(astray.connect().await.is_err());
    // One without a certificate of the hub, and one with the wrong one.
    let theirs = join(&other.invite("evil", 1).await, "gate").await.unwrap();
    let forged = Membership {
        certificate: theirs.certificate,
        key: theirs.key,
        hub: member.hub.clone(),
        authority: member.authority.clone(),
        ..member.clone()
    };
    let refused = match forged.connect().await {
        Err(_) => true,
        Ok(mut line) => line.follow(wire::Position::default()).await.is_err(),
    };
    assert!(refused);
    // An older or newer protocol is told so.
    let mut line = member.connect().await.unwrap();
    let old = wire::Position { version: 99, ..wire::Position::default() };
    let status = line.follow(old).await.unwrap_err();
    assert!(status.message().contains("upgrade"), "{status}");
    for world in [world, other] {
        let folder = world.folder.clone();
        world.close().await;
        drop(std::fs::remove_dir_all(folder));
    }
}

/// How a stream ends, soon.
async fn end<T>(mut stream: tonic::Streaming<T>) -> tonic::Status {
    let ended = async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("it ended without a word"),
                Err(status) => return status,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_stream_of_a_sensor_goes_on_and_ends_the_one_before() {
    let world = World::new("newest").await;
    let member = join(&world.invite("acme", 64_500).await, "gate").await.unwrap();
    let other = join(&world.invite("bolt", 64_501).await, "gate").await.unwrap();
    let batch = |first: u64| {
        let reports = vec![report(&format!("c{first}.example"))];
        wire::Batch { first, reports, urgent: true }
    };
    // On one connection and on others: a connection that broke without a word is another one.
    let mut first = member.connect().await.unwrap();
    let mut second = member.connect().await.unwrap();
    let mut theirs = other.connect().await.unwrap();
    let from = place(&follower(&member));
    let mut steps = Vec::new();
    let mut beside = theirs.follow(from.clone()).await.unwrap().into_inner();
    for line in [&mut first, &mut second] {
        for _ in 0..2 {
            steps.push(line.follow(from.clone()).await.unwrap().into_inner());
        }
    }
    let mut newest = steps.pop().unwrap();
    for old in steps {
        let status = end(old).await;
        assert_eq!(status.code(), tonic::Code::Aborted);
        assert!(status.message().contains("newer stream"), "{status}");
    }
    let (old_reports, taken) = mpsc::channel(4);
    let mut old = first.report(ReceiverStream::new(taken)).await.unwrap().into_inner();
    old_reports.send(batch(1)).await.unwrap();
    assert_eq!(old.message().await.unwrap().unwrap().durable, 1);
    let (reports, taken) = mpsc::channel(4);
    let mut receipts = second.report(ReceiverStream::new(taken)).await.unwrap().into_inner();
    let status = end(old).await;
    assert_eq!(status.code(), tonic::Code::Aborted);
    // What the old one still says is not heard.
    drop(old_reports.send(batch(2)).await);
    for n in 2..4 {
        reports.send(batch(n)).await.unwrap();
        assert_eq!(receipts.message().await.unwrap().unwrap().durable, n);
    }
    // The newest follows on, through what comes now, and so does the other sensor.
    let more = wire::Batch { first: 1, reports: vec![report("c3.example")], urgent: true };
    assert_eq!(send(&other, vec![more]).await[0].durable, 1);
    for (steps, member) in [(&mut newest, &member), (&mut beside, &other)] {
        let mut follower = follower(member);
        let told = async {
            while follower.table().domain("c3.example").is_none() {
                let step = steps.message().await.unwrap().unwrap();
                follower.take_bytes(&step.frame, clock().nanos() / 1_000_000).unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(30), told).await.unwrap();
    }
    let folder = world.folder.clone();
    let books = world.close().await;
    assert_eq!((books.totals().reports, books.totals().repeated), (4, 0));
    drop(std::fs::remove_dir_all(folder));
}
