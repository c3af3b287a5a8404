//! Lines that last: over a hub that stops, and over a sensor that does.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ostium_hub_api as wire;
use ostium_uplink::{Heard, Line, MEMBERSHIP, Settings, join};

use crate::world::{World, clock, report};

const SOON: Duration = Duration::from_secs(30);

fn now_ms() -> u64 {
    clock().nanos() / 1_000_000
}

fn open(folder: &Path) -> (Line, Receiver<Heard>) {
    let (hear, heard) = channel();
    let hear = Box::new(move |what| drop(hear.send(what)));
    let settings = Settings { folder: folder.to_owned(), most: 1_000, clock: now_ms, hear };
    (Line::open(settings).unwrap().unwrap(), heard)
}

#[allow(clippy::disallowed_methods, reason = "a test waits in real time, and not for ever")]
async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < SOON, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn sensors(world: &World, names: &[&str]) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (network, name) in (64_500..).zip(names) {
        let member = join(&world.invite(name, network).await, "gate").await.unwrap();
        let folder = world.folder.join(name);
        member.save(&folder.join(MEMBERSHIP)).unwrap();
        folders.push(folder);
    }
    folders
}

fn knows(line: &Line, name: &str) -> bool {
    line.learned().domain(name, clock().secs()).is_some_and(|known| !known.for_show)
}

fn about(name: &str) -> wire::Report {
    report(name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_say_arms_the_third_and_lasts() {
    let world = World::new("lasting").await;
    let folders = sensors(&world, &["acme", "bolt", "core"]).await;
    let at = world.hub.at();
    let (one, _one) = open(&folders[0]);
    let (two, _two) = open(&folders[1]);
    let (three, heard) = open(&folders[2]);
    until("all are connected", || {
        [&one, &two, &three].iter().all(|line| line.state().open && line.state().fresh_until_ms > 0)
    })
    .await;
    one.report(&about("c2.example"), true);
    two.report(&about("c2.example"), true);
    until("the third knows it", || knows(&three, "www.c2.example")).await;
    let told = heard.iter().find(|heard| matches!(heard, Heard::Changed(_)));
    assert_eq!(told, Some(Heard::Changed(vec![1])));
    until("receipts", || one.state().durable == 1 && two.state().waiting == 0).await;

    // The hub is away: what is known stays, and reports wait.
    let folder = world.folder.clone();
    drop(world.close().await);
    for n in 0..50 {
        one.report(&about(&format!("c{n}.example")), n % 7 == 0);
    }
    until("they are in the spool", || one.state().waiting == 50).await;
    assert!(knows(&three, "c2.example") && !one.state().open);
    // A sensor stops and starts meanwhile.
    drop(one);
    let (one, _one) = open(&folders[0]);
    assert_eq!(one.state().waiting, 50);
    assert!(knows(&one, "c2.example"), "the last good set is there before the hub is");
    let seq = one.state().seq;
    assert!(seq > 0);

    let world = World::open(folder.clone(), at).await;
    until("all of them are durable", || one.state().durable == 51).await;
    assert_eq!((one.state().waiting, one.state().lost), (0, 0));
    until("what came meanwhile is told", || three.state().open).await;
    two.report(&about("c7.example"), true);
    until("it goes on", || knows(&three, "c7.example")).await;
    assert_eq!(three.state().refusals, std::collections::BTreeMap::new());
    drop((one, two, three));
    let books = world.close().await;
    assert_eq!((books.totals().repeated, books.totals().lost), (0, 0));
    drop(std::fs::remove_dir_all(folder));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_at_a_sensor_costs_what_it_held_and_no_more() {
    let world = World::new("damage").await;
    let folders = sensors(&world, &["acme", "bolt"]).await;
    let (one, _one) = open(&folders[0]);
    let (two, _two) = open(&folders[1]);
    for line in [&one, &two] {
        line.report(&about("c2.example"), true);
        line.report(&about("c3.example"), true);
    }
    until("both know both", || {
        [&one, &two].iter().all(|line| knows(line, "c2.example") && knows(line, "c3.example"))
    })
    .await;
    until("receipts", || one.state().durable == 2).await;
    let seq = one.state().seq;
    drop(one);
    // Half of the feed is changed, and the spool is no database any more.
    let log = folders[0].join("hub/feed.log");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    std::fs::write(folders[0].join("hub/spool.db"), "not at all").unwrap();
    for end in ["-wal", "-shm"] {
        drop(std::fs::remove_file(folders[0].join(format!("hub/spool.db{end}"))));
    }
    let (one, heard) = open(&folders[0]);
    let said: Vec<String> = heard
        .try_iter()
        .filter_map(|heard| match heard {
            Heard::Said(said) => Some(said),
            _ => None,
        })
        .collect();
    assert!(said.iter().any(|said| said.contains("asked for again")), "{said:?}");
    assert!(said.iter().any(|said| said.contains("spool.damaged")), "{said:?}");
    until("it is where it was", || one.state().seq >= seq && knows(&one, "c3.example")).await;
    // No number is given twice: the hub says how far it was.
    one.report(&about("c4.example"), true);
    until("a new report counts", || one.state().durable == 3).await;
    let folder = world.folder.clone();
    drop((one, two));
    world.close().await;
    drop(std::fs::remove_dir_all(folder));
}
