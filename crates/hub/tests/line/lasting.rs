//! Lines that last: over a hub that stops, and over a sensor that does.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ostium_hub_api as wire;
use ostium_uplink::{Bound, Heard, Line, MEMBERSHIP, Settings, join};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_is_too_large_is_refused_and_counted_and_the_last_good_one_stays() {
    let world = World::new("bound").await;
    let folders = sensors(&world, &["acme", "bolt"]).await;
    let (one, _one) = open(&folders[0]);
    let (two, _two) = open(&folders[1]);
    one.learned().settle(Bound { entries: 1, ..Bound::default() });
    let say = |name: &str| [&one, &two].iter().for_each(|line| line.report(&about(name), true));
    say("c2.example");
    until("both know it", || knows(&one, "c2.example") && knows(&two, "c2.example")).await;
    say("c3.example");
    until("the other knows it", || knows(&two, "c3.example")).await;
    until("it is counted", || one.state().refusals.get("too_much").is_some_and(|n| *n > 0)).await;
    assert!(knows(&one, "c2.example") && !knows(&one, "c3.example"));
    assert_eq!(one.state().entries, 1);
    // More is allowed: it comes with the next connection, and stays over a restart.
    one.learned().settle(Bound::default());
    until("it comes", || knows(&one, "c3.example")).await;
    let (seq, folder) = (one.state().seq, world.folder.clone());
    drop((one, two));
    drop(world.close().await);
    let (one, _one) = open(&folders[0]);
    assert!(one.state().seq == seq && knows(&one, "c3.example"));
    drop(one);
    drop(std::fs::remove_dir_all(folder));
}

/// The check of a line that is open changes nothing, and tells what would fail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_fail_is_told_while_the_old_line_goes_on() {
    let world = World::new("check").await;
    let folder = sensors(&world, &["acme"]).await.remove(0);
    Line::check(&world.folder.join("nobody")).unwrap();
    Line::check(&folder).unwrap();
    let (one, _one) = open(&folder);
    until("it is open", || one.state().open).await;
    Line::check(&folder).unwrap();
    let path = folder.join(MEMBERSHIP);
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, "{}").unwrap();
    let why = Line::check(&folder).unwrap_err().to_string();
    assert!(why.contains("join"), "{why}");
    std::fs::write(&path, good).unwrap();
    let key = folder.join("hub/pseudonym.key");
    std::fs::create_dir(&key).unwrap();
    let why = Line::check(&folder).unwrap_err().to_string();
    assert!(why.contains("pseudonym.key"), "{why}");
    std::fs::remove_dir(&key).unwrap();
    Line::check(&folder).unwrap();
    one.report(&about("c2.example"), true);
    until("it reports as before", || one.state().durable == 1).await;
    assert_eq!(one.state().opened, 1);
    let folder = world.folder.clone();
    drop(one);
    world.close().await;
    drop(std::fs::remove_dir_all(folder));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_hours_costs_what_the_spool_had_no_room_for_and_no_more() {
    let world = World::new("outage").await;
    let state = sensors(&world, &["acme"]).await.remove(0);
    let at = world.hub.at();
    let (mut one, mut _heard) = open(&state);
    // Six hours, a report every six seconds, told in as short a time as the disk allows.
    let begun = clock().secs() - 6 * 3_600;
    let tell = |line: &Line, n: u64| {
        let seen = begun + n * 6;
        let report =
            wire::Report { first: seen, last: seen, ..about(&format!("c{}.example", n % 7)) };
        line.report(&report, n.is_multiple_of(50));
    };
    (1..=10).for_each(|n| tell(&one, n));
    until("the first are there", || one.state().durable == 10).await;
    let folder = world.folder.clone();
    drop(world.close().await);
    let mut told = 10;
    for hour in 1..=6 {
        for n in told + 1..=told + 600 {
            tell(&one, n);
        }
        told += 600;
        // The spool of this sensor has room for a thousand.
        let (waiting, lost) = (1_000.min(hour * 600), (hour * 600_u64).saturating_sub(1_000));
        until("an hour is in the spool", || {
            (one.state().waiting, one.state().lost) == (waiting, lost)
        })
        .await;
        if hour == 3 {
            drop(one);
            (one, _heard) = open(&state);
            assert_eq!((one.state().waiting, one.state().lost), (waiting, lost));
        }
    }
    let world = World::open(folder.clone(), at).await;
    until("what was kept is durable", || one.state().waiting == 0 && one.state().durable == told)
        .await;
    let end = one.state();
    assert_eq!((end.lost, end.dropped, end.refused), (2_600, 0, 0), "{}", end.why);
    drop(one);
    let books = world.close().await;
    assert_eq!((books.totals().reports, books.totals().lost), (1_000, 2_600));
    assert_eq!(books.totals().repeated, 0);
    drop(books);
    // Sent = acknowledged = stored + counted as dropped; in order, and the oldest went.
    let store = ostium_hub_store::Store::read_only(&folder.join("hub.db")).unwrap();
    let mut stored = Vec::new();
    for (first, last, body) in store.batches(1).unwrap() {
        let batch = <wire::Batch as prost::Message>::decode(body.as_slice()).unwrap();
        assert_eq!(last + 1 - first, batch.reports.len() as u64);
        for (n, report) in (first..=last).zip(batch.reports) {
            assert_eq!(report.last, begun + n * 6, "report {n} is what was told as {n}");
            stored.push(n);
        }
    }
    assert!(stored.iter().copied().eq((1..=10).chain(2_611..=told)), "{stored:?}");
    assert_eq!(told, stored.len() as u64 + end.lost);
    drop(std::fs::remove_dir_all(folder));
}
