//! Books that are closed at any moment, sensors that repeat themselves, a disk that is full.

use std::path::PathBuf;

use ostium_correlate::{OrgId, Organisation, Policy, Standing, State};
use ostium_event::Timestamp;
use ostium_feed::{Follower, Refusal, Taken as Heard};
use ostium_hub_api as wire;
use ostium_hub_store::{NewSensor, StoreError};
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::Keys;

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ostium-books-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    pub(crate) fn open(&self, now: Timestamp) -> Books {
        Books::open(&self.0, &Keys::at(&self.0), Policy::default(), now).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

pub(crate) fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs)
}

pub(crate) fn ms(now: Timestamp) -> u64 {
    now.nanos() / 1_000_000
}

/// Three vouched organisations with a sensor each; the sensor's number is its organisation's.
pub(crate) fn joined(folder: &Folder) -> Books {
    let mut books = folder.open(at(0));
    for id in 1..=3 {
        books
            .join(Organisation {
                id: OrgId(id),
                name: format!("org {id}"),
                network: 64_000 + id,
                joined: at(0),
                vouched: 1.0,
                ranges: Vec::new(),
                standing: Standing::default(),
                silenced: false,
            })
            .unwrap();
        let new = NewSensor { organisation: OrgId(id), name: "gate".to_owned(), joined: at(0) };
        assert_eq!(books.enrol(&new).unwrap(), id);
    }
    books
}

pub(crate) fn report(name: &str, now: Timestamp) -> wire::Report {
    let what = wire::subject::What::Domain(name.to_owned());
    wire::Report {
        subject: Some(wire::Subject { what: Some(what) }),
        first: now.secs(),
        last: now.secs(),
        verdict: wire::Verdict::Infected.into(),
        log_odds: 6.8,
        family: "mirai".to_owned(),
        ..wire::Report::default()
    }
}

/// The same, of a conversation that goes as all of its family.
fn shaped(name: &str, now: Timestamp) -> wire::Report {
    let shape = wire::Shape {
        server: "0a1b2c3d4e5f".to_owned(),
        ja4: "t13d1516h2_8daaf6152771_e5627efa2ab1".to_owned(),
        port: 443,
        ..wire::Shape::default()
    };
    let addresses = (0..6u8).map(|n| vec![198, 18 + n % 3, 0, n].into()).collect();
    wire::Report { shape: Some(shape), patterns: vec![3, 4], addresses, ..report(name, now) }
}

/// A victim that is hit.
fn flow(now: Timestamp) -> wire::Report {
    let attack = wire::Attack {
        victim: vec![203, 0, 113, 9].into(),
        port: 80,
        transport: "udp".to_owned(),
        packets_per_second: 700,
        sources: 7,
        ..wire::Attack::default()
    };
    let other = wire::subject::What::Other("victim".to_owned());
    wire::Report {
        subject: Some(wire::Subject { what: Some(other) }),
        first: now.secs(),
        last: now.secs(),
        attack: Some(attack),
        ..wire::Report::default()
    }
}

pub(crate) fn batch(sensor: u32, first: u64, reports: Vec<wire::Report>) -> Batch {
    Batch { sensor, message: wire::Batch { first, reports, urgent: false }, opens: false }
}

fn follower(books: &Books, now: Timestamp) -> Follower {
    let mut follower = Follower::new(books.at().feed, books.root().unwrap());
    follower.take(books.certificate(), ms(now)).unwrap();
    follower
}

fn follow(follower: &mut Follower, frames: &[(u64, ostium_feed::wire::Frame)], now: Timestamp) {
    for (_, frame) in frames {
        assert!(matches!(follower.take(frame, ms(now)), Ok(Heard::Delta(_))));
    }
}

#[test]
fn what_two_report_arms_the_third() {
    let folder = Folder::new("arms");
    let mut books = joined(&folder);
    let mut third = follower(&books, at(0));
    let one = books.take(&[batch(1, 1, vec![report("c2.example", at(1))])], at(1)).unwrap();
    assert_eq!((one.receipts[0].durable, one.frames.len()), (1, 0));
    let two = books.take(&[batch(2, 1, vec![report("c2.example", at(2))])], at(2)).unwrap();
    follow(&mut third, &two.frames, at(2));
    let hit = third.table().domain("www.c2.example").unwrap();
    assert_eq!((hit.organisations, hit.family.as_deref()), (2, Some("mirai")));
    assert_eq!(third.take(&books.heartbeat(at(3)), ms(at(3))), Ok(Heard::Heartbeat));
    // Fifteen days on, nobody has seen it again.
    let ended = books.tick(at(15 * 86_400)).unwrap();
    assert_eq!(ended.len(), 1);
    follow(&mut third, &ended, at(15 * 86_400));
    assert!(third.table().is_empty());
}

#[test]
fn conversations_alike_become_a_pattern_that_outlasts_the_hub() {
    let folder = Folder::new("alike");
    let mut books = joined(&folder);
    let mut third = follower(&books, at(0));
    for (n, name) in (1..).zip(["c2.example", "c3.example"]) {
        for sensor in 1..=2 {
            let sent = batch(sensor, n, vec![shaped(name, at(n))]);
            follow(&mut third, &books.take(&[sent], at(n)).unwrap().frames, at(n));
        }
    }
    let told = |third: &Follower| {
        let mut all = third.table().patterns();
        let hit = all.next().unwrap().clone();
        assert!(all.next().is_none() && hit.value.is_specific());
        (hit.canary, hit.family.unwrap().to_string())
    };
    assert_eq!(told(&third), (1_000, "mirai".to_owned()));
    drop(books);
    let mut books = folder.open(at(10));
    assert_eq!(books.correlator().patterns().len(), 1);
    let later = at(3 * 86_400 + 10);
    follow(&mut third, &books.tick(later).unwrap(), later);
    assert_eq!(told(&third), (0, "mirai".to_owned()));
    // Whose hosts all go so ends it.
    let mut crowd = shaped("shop.example", later);
    crowd.hosts = Some(wire::Hosts { count: 40, crowd: 200, ..wire::Hosts::default() });
    let taken = books.take(&[batch(3, 1, vec![crowd])], later).unwrap();
    follow(&mut third, &taken.frames, later);
    assert_eq!(third.table().patterns().count(), 0);
}

#[test]
fn one_victim_of_two_sites_is_a_rate_for_the_third() {
    let folder = Folder::new("victim");
    let mut books = joined(&folder);
    let mut third = follower(&books, at(0));
    for sensor in 1..=2 {
        let taken = books.take(&[batch(sensor, 1, vec![flow(at(1))])], at(1)).unwrap();
        assert_eq!(taken.receipts[0].refused, 0);
        follow(&mut third, &taken.frames, at(1));
        // Nobody was told that it is over.
        books = {
            drop(books);
            folder.open(at(1))
        };
    }
    let rates: Vec<_> = third.table().throttles().map(|hit| hit.value.packets_per_second).collect();
    assert_eq!(rates, [50]);
    assert!(third.table().addr("203.0.113.9".parse().unwrap()).is_none(), "no victim is blocked");
    let ended = books.tick(at(1_000)).unwrap();
    follow(&mut third, &ended, at(1_000));
    assert!(third.table().is_empty());
}

#[test]
fn reports_count_once_and_none_is_skipped() {
    let folder = Folder::new("once");
    let mut books = joined(&folder);
    let some = |from: u64, to: u64| {
        let names = (from..=to).map(|n| report(&format!("n{n}.example"), at(1)));
        batch(1, from, names.collect())
    };
    let durable = |books: &mut Books, batch: Batch| books.take(&[batch], at(1)).unwrap().receipts;
    assert_eq!(durable(&mut books, some(1, 5))[0].durable, 5);
    assert_eq!(durable(&mut books, some(1, 5))[0].durable, 5);
    let ahead = durable(&mut books, some(7, 9));
    assert_eq!(ahead[0].durable, 5);
    assert!(ahead[0].gap && ahead[0].why.contains("missing"), "{}", ahead[0].why);
    assert_eq!(durable(&mut books, some(4, 9))[0].durable, 9);
    assert_eq!(books.correlator().cases().len(), 9);
    let totals = books.totals();
    assert_eq!((totals.reports, totals.repeated), (9, 7));
    // A spool that overran begins further on, at the beginning of a stream alone.
    let lost = Batch { opens: true, ..some(12, 13) };
    let mut other = books.take(&[lost], at(1)).unwrap().receipts;
    assert_eq!((other.remove(0).durable, books.totals().lost), (13, 2));
    // Two batches of one sensor in one go follow each other.
    let taken = books.take(&[some(14, 15), some(16, 17)], at(2)).unwrap();
    assert_eq!(taken.receipts.iter().map(|r| r.durable).collect::<Vec<_>>(), [15, 17]);
    let unnumbered = batch(1, 0, vec![report("c2.example", at(1))]);
    assert_eq!(durable(&mut books, unnumbered)[0].durable, 17);
    assert_eq!(durable(&mut books, some(18, 17))[0].durable, 17);
    let far = Batch { opens: true, ..batch(1, u64::MAX, vec![report("c2.example", at(1))]) };
    assert_eq!(durable(&mut books, far)[0].durable, 17);
    let stranger = batch(99, 1, vec![report("c2.example", at(1))]);
    assert_eq!(durable(&mut books, stranger)[0].durable, 0);
    assert_eq!(books.totals().broken, 3);
}

#[test]
fn what_says_nothing_is_told_and_the_rest_counts() {
    let folder = Folder::new("nothing");
    let mut books = joined(&folder);
    let reports = vec![report("printer", at(1)), report("c2.example", at(1))];
    let taken = books.take(&[batch(1, 1, reports)], at(1)).unwrap();
    let receipt = &taken.receipts[0];
    assert_eq!((receipt.durable, receipt.refused), (2, 1));
    assert!(receipt.why.contains("no destination"), "{}", receipt.why);
    assert_eq!(books.correlator().cases().len(), 1);
    // What would tell of the inside, and what is years old, is refused for good too.
    let mut inside = report("c2.example", at(1));
    let what = wire::subject::What::Address(vec![10, 0, 0, 5].into());
    inside.subject = Some(wire::Subject { what: Some(what) });
    let mut old = report("c2.example", at(1));
    (old.first, old.last) = (1, 1);
    let taken = books.take(&[batch(1, 3, vec![inside, old])], at(1)).unwrap();
    let receipt = &taken.receipts[0];
    assert_eq!((receipt.durable, receipt.refused), (4, 2));
    assert!(receipt.why.contains("inside"), "{}", receipt.why);
}

#[test]
fn closed_and_opened_again_it_goes_on() {
    let folder = Folder::new("again");
    let mut books = joined(&folder);
    let mut third = follower(&books, at(0));
    for n in 0..5 {
        for sensor in 1..=2 {
            let reports = vec![report(&format!("n{n}.example"), at(n))];
            let taken = books.take(&[batch(sensor, n + 1, reports)], at(n)).unwrap();
            if n < 3 {
                follow(&mut third, &taken.frames, at(n));
            }
        }
    }
    let (end, at_end) = (books.at(), books.snapshot(at(9)).unwrap());
    drop(books);
    let books = folder.open(at(10));
    assert_eq!(books.at(), end);
    // Who fell behind is led on; who is lost gets all.
    let more = books.since(&third.at()).unwrap().unwrap();
    assert_eq!(more.len(), 2);
    for frame in more {
        third.take_bytes(&frame, ms(at(10))).unwrap();
    }
    assert_eq!(third.at(), end);
    assert_eq!(books.since(&end).unwrap(), Some(Vec::new()));
    let mut late = follower(&books, at(10));
    let snapshot = books.snapshot(at(10)).unwrap();
    assert_eq!(snapshot.parts, at_end.parts);
    late.take(&snapshot.head, ms(at(10))).unwrap();
    assert_eq!(late.take(&snapshot.parts[0], ms(at(10))), Ok(Heard::Snapshot));
    assert_eq!((late.at(), late.table().len()), (end, 5));
    let lost = ostium_feed::Position { seq: 99, ..end };
    assert_eq!(books.since(&lost).unwrap(), None);
    let other = ostium_feed::Position { head: ostium_feed::Hash([1; 32]), ..end };
    assert_eq!(books.since(&other).unwrap(), None, "another history is not ours");
    // Nor is one that left ours before, or whose set is another.
    let back = ostium_feed::Position { seq: 2, ..other };
    assert_eq!(books.since(&back).unwrap(), None);
    let early = ostium_feed::Position { epoch: 1, feed: end.feed, ..Default::default() };
    assert_eq!(books.since(&early).unwrap().map(|frames| frames.len()), Some(5));
    let empty = ostium_feed::Position { state: end.state, ..early };
    assert_eq!(books.since(&empty).unwrap(), None);
}

#[test]
fn a_full_disk_takes_nothing_and_loses_nothing() {
    let folder = Folder::new("full");
    let mut books = joined(&folder);
    let mut third = follower(&books, at(0));
    let mut taken = 0;
    let now_full = books.store.size().unwrap() + 60_000;
    books.bound(now_full).unwrap();
    let mut full = None;
    for n in 0..200u64 {
        let names: Vec<_> = (0..20).map(|i| report(&format!("n{n}-{i}.example"), at(1))).collect();
        let batches = [batch(1, n * 20 + 1, names.clone()), batch(2, n * 20 + 1, names)];
        match books.take(&batches, at(n * 60)) {
            Ok(done) => {
                follow(&mut third, &done.frames, at(n * 60));
                taken = n + 1;
            }
            Err(error) => {
                full = Some((batches, error));
                break;
            }
        }
    }
    let (batches, error) = full.expect("the bound was never reached");
    assert!(matches!(error, BooksError::Store(StoreError::Full)), "{error}");
    let before = books.at();
    assert_eq!(before, third.at(), "what was published is what was kept");
    assert!(books.take(&batches, at(taken * 60)).is_err(), "still full");
    // It still serves.
    assert!(books.snapshot(at(taken * 60)).is_ok());
    books.bound(now_full + (64 << 20)).unwrap();
    let done = books.take(&batches, at(taken * 60)).unwrap();
    assert_eq!(done.receipts.iter().map(|r| r.durable).max(), Some((taken + 1) * 20));
    follow(&mut third, &done.frames, at(taken * 60));
    assert_eq!(third.table().len() as u64, (taken + 1) * 20);
}

#[test]
fn a_dangerous_policy_is_refused() {
    let folder = Folder::new("policy");
    let policy = Policy { organisations: 1, ..Policy::default() };
    let error = Books::open(&folder.0, &Keys::at(&folder.0), policy, at(0)).unwrap_err();
    assert!(error.to_string().contains("nobody alone"), "{error}");
}

#[test]
fn keys_are_for_their_owner_alone_and_the_root_may_leave() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("keys");
    drop(joined(&folder));
    for name in ["root.key", "online.key"] {
        let mode = std::fs::metadata(folder.0.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    std::fs::remove_file(folder.0.join("root.key")).unwrap();
    let books = folder.open(at(1));
    assert!(matches!(Keys::at(&folder.0).root(), Err(crate::KeysError::RootAway(_))));
    assert_eq!(
        follower(&books, at(1)).take(&books.heartbeat(at(1)), ms(at(1))),
        Ok(Heard::Heartbeat)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Wherever the books are closed, and whatever sensors repeat because they heard no receipt:
    /// the chain never forks, and all is as if nothing had happened.
    #[test]
    fn a_stop_at_any_moment_changes_nothing(
        steps in proptest::collection::vec((1u32..=3, 0u8..6, any::<bool>(), any::<bool>()), 1..25),
        case in 0u32..1_000_000,
    ) {
        let (one, two) = (Folder::new(&format!("a{case}")), Folder::new(&format!("b{case}")));
        let (mut whole, mut broken) = (joined(&one), joined(&two));
        let mut hears = follower(&broken, at(0));
        let mut numbers = BTreeMap::<u32, u64>::new();
        for (n, (sensor, which, stop, again)) in steps.into_iter().enumerate() {
            let now = at(n as u64 * 30);
            let number = numbers.entry(sensor).or_insert(0);
            *number += 1;
            let mut all = vec![shaped(&format!("n{which}.example"), now)];
            if which == 5 {
                all = vec![flow(now)];
            }
            if which == 4 {
                all[0].generator = Some(wire::Generator {
                    prints: (n as u64..n as u64 + 8).collect(),
                    ..wire::Generator::default()
                });
            }
            let sent = batch(sensor, *number, all);
            whole.take(std::slice::from_ref(&sent), now).unwrap();
            let taken = broken.take(std::slice::from_ref(&sent), now).unwrap();
            if stop {
                // Nobody was told: neither the sensor nor who follows.
                broken = two.open(now);
                // Who follows nothing yet gets the whole set.
                let frames = broken.since(&hears.at()).unwrap().unwrap_or_else(|| {
                    let snapshot = broken.snapshot(now).unwrap();
                    let all = std::iter::once(&snapshot.head).chain(&snapshot.parts);
                    all.map(Message::encode_to_vec).collect()
                });
                for frame in frames {
                    prop_assert!(hears.take_bytes(&frame, ms(now)).is_ok());
                }
            } else {
                follow(&mut hears, &taken.frames, now);
            }
            if again || stop {
                let taken = broken.take(&[sent], now).unwrap();
                prop_assert_eq!(taken.receipts[0].durable, *number);
                prop_assert!(taken.frames.is_empty());
            }
            // Which history it is, a follower knows from its first frame.
            let end = broken.at();
            prop_assert!(hears.at() == end || (end.seq == 0 && hears.at().seq == 0));
            prop_assert_eq!(hears.take(&broken.heartbeat(now), ms(now)), Ok(Heard::Heartbeat));
        }
        prop_assert_eq!(whole.correlator().cases(), broken.correlator().cases());
        prop_assert_eq!(whole.correlator().patterns(), broken.correlator().patterns());
        prop_assert_eq!(whole.correlator().makers(), broken.correlator().makers());
        prop_assert_eq!(whole.correlator().floods(), broken.correlator().floods());
        prop_assert_eq!(whole.at().state, broken.at().state);
        for (sensor, number) in numbers {
            let kept = broken.store.batches(sensor).unwrap();
            let mut next = 1;
            for (first, last, _) in kept {
                prop_assert_eq!(first, next);
                next = last + 1;
            }
            prop_assert_eq!(next, number + 1, "sent = acknowledged = stored");
        }
        let confirmed = broken.correlator().cases().values().filter(|c| c.state == State::Confirmed);
        prop_assert_eq!(confirmed.count(), hears.table().iter().count());
        prop_assert_eq!(hears.take(broken.certificate(), 0), Ok::<_, Refusal>(Heard::Key));
    }
}
