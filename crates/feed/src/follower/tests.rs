//! A hub and a sensor without a wire between them: what is believed, and each attack that is not.

use std::collections::BTreeMap;

use ostium_intel::IndicatorValue;
use proptest::prelude::*;

use super::*;
use crate::{Basis, Change, OnlineKey, Publisher, RootKey, Snapshot};

mod bounds;

const FEED: FeedId = [7; 16];
const FRESH: u64 = 60_000;
const DAY: u64 = 86_400_000;
const NOW: u64 = 1_800_000_000_000;

/// A hub: keys, chain and set.
struct Hub {
    root: RootKey,
    online: OnlineKey,
    publisher: Publisher,
    set: BTreeMap<u64, Entry>,
    certificate: Frame,
    now: u64,
}

impl Hub {
    fn new() -> Self {
        let (root, online) = (RootKey::made().unwrap(), OnlineKey::made().unwrap());
        let at = Position { feed: FEED, epoch: 1, ..Position::default() };
        let certificate = root.certify(FEED, 1, 1, online.public(), (NOW - DAY, NOW + DAY));
        let publisher = Publisher::new(at, FRESH);
        Self { root, online, publisher, set: BTreeMap::new(), certificate, now: NOW }
    }

    fn follower(&self) -> Follower {
        let mut follower = Follower::new(FEED, self.root.public());
        assert_eq!(follower.take(&self.certificate, self.now), Ok(Taken::Key));
        follower
    }

    fn publish(&mut self, changes: &[Change]) -> Frame {
        let old = |id: u64| self.set.get(&id).map(Entry::encode);
        let state = self.publisher.at().state.after(changes, old);
        let (frame, to) = self.publisher.delta(&self.online, changes, state, self.now).unwrap();
        self.publisher.moved(to);
        for change in changes {
            match change {
                Change::Put(entry) => drop(self.set.insert(entry.id, entry.clone())),
                Change::Remove(id) => drop(self.set.remove(id)),
            }
        }
        frame
    }

    fn heartbeat(&self) -> Frame {
        self.publisher.heartbeat(&self.online, self.now)
    }

    fn snapshot(&self) -> Snapshot {
        let entries = self.set.values().map(Entry::encode);
        self.publisher.snapshot(&self.online, entries, self.now).unwrap()
    }
}

fn name(id: u64, name: &str) -> Change {
    Change::Put(Entry {
        id,
        value: IndicatorValue::Domain(name.to_owned()).into(),
        confidence: 90,
        family: "mirai".to_owned(),
        expires: u32::MAX,
        basis: Basis::Quorum,
        organisations: 2,
        canary: 0,
    })
}

fn all(follower: &mut Follower, snapshot: &Snapshot, now: u64) -> Result<Taken, Refusal> {
    let mut last = follower.take(&snapshot.head, now)?;
    for part in &snapshot.parts {
        last = follower.take(part, now)?;
    }
    Ok(last)
}

#[test]
fn what_is_signed_and_in_order_is_believed() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    assert!(!sensor.is_fresh(NOW));
    let one = hub.publish(&[name(1, "c2.example"), name(2, "bad.example")]);
    assert_eq!(sensor.take(&one, NOW), Ok(Taken::Delta(2)));
    let two = hub.publish(&[Change::Remove(2)]);
    assert_eq!(sensor.take(&two, NOW), Ok(Taken::Delta(1)));
    assert_eq!(sensor.take(&hub.heartbeat(), NOW), Ok(Taken::Heartbeat));
    assert_eq!(sensor.at(), hub.publisher.at());
    assert_eq!(Position::after(&two.encode_to_vec()), Some(sensor.at()));
    assert_eq!(Position::after(&hub.heartbeat().encode_to_vec()), None);
    let hit = sensor.table().domain("www.c2.example").unwrap();
    assert_eq!((hit.id, hit.confidence, hit.family.as_deref()), (1, 90, Some("mirai")));
    assert!(sensor.table().domain("bad.example").is_none());
    assert!(sensor.is_fresh(NOW + FRESH) && !sensor.is_fresh(NOW + FRESH + 1));
}

#[test]
fn a_late_comer_gets_the_whole_set_and_goes_on_from_there() {
    let mut hub = Hub::new();
    let first = hub.publish(&[name(1, "c2.example")]);
    let mut sensor = hub.follower();
    assert_eq!(all(&mut sensor, &hub.snapshot(), NOW), Ok(Taken::Snapshot));
    assert_eq!(sensor.at(), hub.publisher.at());
    assert_eq!(sensor.take(&first, NOW), Err(Refusal::Replay));
    let next = hub.publish(&[name(2, "bad.example")]);
    assert_eq!(sensor.take(&next, NOW), Ok(Taken::Delta(1)));
    assert_eq!(sensor.table().len(), 2);
}

#[test]
fn an_empty_set_is_a_snapshot_too() {
    let hub = Hub::new();
    assert_eq!(all(&mut hub.follower(), &hub.snapshot(), NOW), Ok(Taken::Snapshot));
}

#[test]
fn replay_rollback_gap_and_fork_are_refused() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    let old_snapshot = hub.snapshot();
    let early = hub.heartbeat();
    let one = hub.publish(&[name(1, "c2.example")]);
    let two = hub.publish(&[name(2, "bad.example")]);
    let three = hub.publish(&[name(3, "worse.example")]);
    assert_eq!(sensor.take(&two, NOW), Err(Refusal::Gap { have: 0, got: 2 }));
    sensor.take(&one, NOW).unwrap();
    assert_eq!(sensor.take(&one, NOW), Err(Refusal::Replay));
    sensor.take(&two, NOW).unwrap();
    let back = |got| Err(Refusal::Rollback { have: (1, 2), got });
    assert_eq!(sensor.take(&one, NOW), back((1, 1)));
    assert_eq!(sensor.take(&early, NOW), back((1, 0)));
    assert_eq!(sensor.take(&old_snapshot.head, NOW), back((1, 0)));
    // Another history of the same length, signed by the right key.
    let mut other = Hub { publisher: hub.publisher.clone(), set: hub.set.clone(), ..Hub::new() };
    other.online = OnlineKey::read(hub.online.secret()).unwrap();
    other.publisher =
        Publisher::new(Position { seq: 2, head: Hash([9; 32]), ..hub.publisher.at() }, FRESH);
    let forked = other.publish(&[]);
    assert_eq!(sensor.take(&forked, NOW), Err(Refusal::Fork));
    assert_eq!(sensor.take(&other.heartbeat(), NOW), Err(Refusal::Gap { have: 2, got: 3 }));
    sensor.take(&three, NOW).unwrap();
    assert_eq!(sensor.take(&forked, NOW), Err(Refusal::Fork));
    assert_eq!(sensor.take(&other.heartbeat(), NOW), Err(Refusal::Fork));
    assert_eq!(sensor.table().len(), 3);
}

#[test]
fn what_is_held_back_is_noticed() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    let one = hub.publish(&[name(1, "c2.example")]);
    sensor.take(&one, NOW).unwrap();
    let early = hub.heartbeat();
    hub.now += 30_000;
    sensor.take(&hub.heartbeat(), hub.now).unwrap();
    // Yesterday's word is not today's.
    assert_eq!(sensor.take(&early, hub.now), Err(Refusal::Replay));
    let late = hub.now + FRESH + 1;
    assert!(!sensor.is_fresh(late));
    assert_eq!(sensor.take(&hub.heartbeat(), late), Err(Refusal::Expired));
    assert_eq!(sensor.take(&hub.snapshot().head, late), Err(Refusal::Expired));
    assert!(sensor.table().domain("c2.example").is_some(), "the last good set is kept");
}

#[test]
fn the_future_is_refused() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    hub.now = NOW + AHEAD_MS + 1;
    let frame = hub.publish(&[name(1, "c2.example")]);
    assert_eq!(sensor.take(&frame, NOW), Err(Refusal::FromTheFuture));
    assert_eq!(sensor.take(&frame, NOW + 1), Ok(Taken::Delta(1)));
}

#[test]
fn nobody_else_signs() {
    let (mut hub, mut other) = (Hub::new(), Hub::new());
    let mut sensor = hub.follower();
    assert_eq!(sensor.take(&other.certificate, NOW), Err(Refusal::Forged));
    let frame = other.publish(&[name(1, "c2.example")]);
    assert_eq!(sensor.take(&frame, NOW), Err(Refusal::Forged));
    // The online key is no root, and a body of one kind is none of another.
    let Some(frame::Step::Delta(signed)) = hub.publish(&[]).step else { panic!() };
    let as_heartbeat = Frame { step: Some(frame::Step::Heartbeat(signed)) };
    assert_eq!(sensor.take(&as_heartbeat, NOW), Err(Refusal::Forged));
    let mut unknown = Follower::new(FEED, hub.root.public());
    assert_eq!(unknown.take(&hub.heartbeat(), NOW), Err(Refusal::Uncertified));
}

#[test]
fn a_certificate_ends() {
    let hub = Hub::new();
    let mut sensor = hub.follower();
    let late = NOW + DAY + 1;
    let beat = hub.publisher.heartbeat(&hub.online, late);
    assert_eq!(sensor.take(&beat, late), Err(Refusal::Uncertified));
}

#[test]
fn another_online_key_takes_over_and_the_old_one_is_refused() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    sensor.take(&hub.publish(&[name(1, "c2.example")]), NOW).unwrap();
    let old = OnlineKey::read(hub.online.secret()).unwrap();
    hub.online = OnlineKey::made().unwrap();
    let new = hub.root.certify(FEED, 2, 1, hub.online.public(), (NOW, NOW + DAY));
    assert_eq!(sensor.take(&new, NOW), Ok(Taken::Key));
    let by_old = hub.publisher.heartbeat(&old, NOW);
    assert_eq!(sensor.take(&by_old, NOW), Err(Refusal::Forged));
    assert_eq!(sensor.take(&hub.publish(&[name(2, "bad.example")]), NOW), Ok(Taken::Delta(1)));
    let back = Refusal::OldCertificate { have: 2, got: 1 };
    assert_eq!(sensor.take(&hub.certificate, NOW), Err(back));
}

#[test]
fn after_a_theft_a_new_history_begins_and_the_thiefs_is_refused() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    sensor.take(&hub.publish(&[name(1, "c2.example")]), NOW).unwrap();
    // The thief runs far ahead, so that nothing of the right hub would be newer.
    let mut thief = Hub { online: OnlineKey::read(hub.online.secret()).unwrap(), ..Hub::new() };
    thief.publisher = hub.publisher.clone();
    thief.set = hub.set.clone();
    for id in 10..15 {
        sensor.take(&thief.publish(&[name(id, "shop.example")]), NOW).unwrap();
    }
    // The root certifies another key in another epoch, and the set is given as a whole.
    hub.online = OnlineKey::made().unwrap();
    let certificate = hub.root.certify(FEED, 2, 2, hub.online.public(), (NOW, NOW + DAY));
    hub.publisher = Publisher::new(
        Position { epoch: 2, seq: 0, head: Hash::default(), ..hub.publisher.at() },
        FRESH,
    );
    assert_eq!(sensor.take(&certificate, NOW), Ok(Taken::Key));
    let next = thief.publish(&[name(20, "bank.example")]);
    assert_eq!(sensor.take(&next, NOW), Err(Refusal::Forged));
    // Without the snapshot, the new history has a gap.
    assert_eq!(sensor.take(&hub.heartbeat(), NOW), Err(Refusal::Gap { have: 6, got: 0 }));
    assert_eq!(all(&mut sensor, &hub.snapshot(), NOW), Ok(Taken::Snapshot));
    assert!(sensor.table().domain("shop.example").is_none());
    assert!(sensor.table().domain("c2.example").is_some());
    assert_eq!(sensor.take(&hub.publish(&[name(2, "bad.example")]), NOW), Ok(Taken::Delta(1)));
}

#[test]
fn a_thiefs_word_that_never_ends_does_not_outlast_him() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    sensor.take(&hub.publish(&[name(1, "c2.example")]), NOW).unwrap();
    let thief = Publisher::new(hub.publisher.at(), u64::MAX);
    sensor.take(&thief.heartbeat(&hub.online, NOW + AHEAD_MS), NOW).unwrap();
    // The root does not vouch for the key for ever.
    assert!(sensor.is_fresh(NOW + DAY) && !sensor.is_fresh(NOW + DAY + 1));
    hub.online = OnlineKey::made().unwrap();
    let certificate = hub.root.certify(FEED, 2, 2, hub.online.public(), (NOW, NOW + DAY));
    let at = Position { epoch: 2, seq: 0, head: Hash::default(), ..hub.publisher.at() };
    hub.publisher = Publisher::new(at, FRESH);
    sensor.take(&certificate, NOW).unwrap();
    all(&mut sensor, &hub.snapshot(), NOW).unwrap();
    assert_eq!(sensor.fresh_until_ms(), NOW + FRESH);
    assert_eq!(sensor.take(&hub.heartbeat(), NOW), Ok(Taken::Heartbeat));
}

#[test]
fn another_root_needs_both_signatures() {
    let hub = Hub::new();
    let mut sensor = hub.follower();
    let (new, thief) = (RootKey::made().unwrap(), RootKey::made().unwrap());
    let right = hub.root.succeed(&new, FEED, 1);
    assert_eq!(sensor.take(&thief.succeed(&new, FEED, 1), NOW), Err(Refusal::Forged));
    let Some(frame::Step::RootChange(change)) = hub.root.succeed(&thief, FEED, 1).step else {
        panic!()
    };
    let unsigned = wire::RootChange { by_new: Bytes::new(), ..change };
    let unsigned = Frame { step: Some(frame::Step::RootChange(unsigned)) };
    assert_eq!(sensor.take(&unsigned, NOW), Err(Refusal::Forged));
    assert_eq!(sensor.take(&right, NOW), Ok(Taken::Key));
    assert_eq!(sensor.take(&right, NOW), Ok(Taken::Key), "said again at each connection");
    let by_old = hub.root.certify(FEED, 2, 1, hub.online.public(), (NOW, NOW + DAY));
    assert_eq!(sensor.take(&by_old, NOW), Err(Refusal::Forged));
    let by_new = new.certify(FEED, 2, 1, hub.online.public(), (NOW, NOW + DAY));
    assert_eq!(sensor.take(&by_new, NOW), Ok(Taken::Key));
}

#[test]
fn parts_of_two_snapshots_do_not_mix() {
    let mut hub = Hub::new();
    hub.publish(&[name(1, "c2.example")]);
    let one = hub.snapshot();
    hub.publish(&[name(2, "bad.example")]);
    let two = hub.snapshot();
    let mut sensor = hub.follower();
    assert_eq!(sensor.take(&one.parts[0], NOW), Err(Refusal::MixedParts));
    sensor.take(&two.head, NOW).unwrap();
    assert_eq!(sensor.take(&one.parts[0], NOW), Err(Refusal::MixedParts));
    assert_eq!(sensor.take(&two.parts[0], NOW), Ok(Taken::Snapshot));
}

#[test]
fn a_snapshot_that_deltas_have_overtaken_is_not_gone_back_to() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    sensor.take(&hub.publish(&[name(1, "c2.example"), name(2, "shop.example")]), NOW).unwrap();
    let snapshot = hub.snapshot();
    sensor.take(&snapshot.head, NOW).unwrap();
    sensor.take(&hub.publish(&[Change::Remove(2)]), NOW).unwrap();
    let back = Refusal::Rollback { have: (1, 2), got: (1, 1) };
    assert_eq!(sensor.take(&snapshot.parts[0], NOW), Err(back));
    assert_eq!(sensor.at(), hub.publisher.at());
    assert!(sensor.table().domain("shop.example").is_none());
}

#[test]
fn a_sum_that_is_wrong_is_refused_and_changes_nothing() {
    let hub = Hub::new();
    let mut sensor = hub.follower();
    let changes = [name(1, "c2.example")];
    let (frame, _) = hub.publisher.delta(&hub.online, &changes, State::default(), NOW).unwrap();
    assert_eq!(sensor.take(&frame, NOW), Err(Refusal::OtherState));
    assert!(sensor.table().is_empty() && sensor.at().seq == 0);
}

#[test]
fn other_versions_feeds_and_sizes_are_refused() {
    let hub = Hub::new();
    let other_feed = hub.root.certify([8; 16], 2, 1, hub.online.public(), (NOW, NOW + DAY));
    let mut sensor = hub.follower();
    assert_eq!(sensor.take(&other_feed, NOW), Err(Refusal::OtherFeed));
    let body = wire::HeartbeatBody { version: 2, ..Default::default() }.encode_to_vec();
    let (signed, _) = crate::seal::seal(&hub.online, Kind::Heartbeat, body);
    let frame = Frame { step: Some(frame::Step::Heartbeat(signed)) };
    assert_eq!(sensor.take(&frame, NOW), Err(Refusal::UnknownVersion(2)));
    let big = Bytes::from(vec![0; LONGEST_BODY + 1]);
    let signed = wire::Signed { body: big.clone(), signature: Bytes::new() };
    let frame = Frame { step: Some(frame::Step::Delta(signed)) };
    assert_eq!(sensor.take(&frame, NOW), Err(Refusal::Oversize));
    let part = Frame { step: Some(frame::Step::Part(big)) };
    assert_eq!(sensor.take(&part, NOW), Err(Refusal::Oversize));
    assert_eq!(sensor.take_bytes(&[0xff; 30], NOW), Err(Refusal::Malformed("a frame is broken")));
}

#[test]
fn a_kind_of_a_newer_hub_counts_and_matches_nothing() {
    // An entry with a value of a kind that nobody knows here: field 9.
    let bytes = [0x08, 0x05, 0x4a, 0x01, b'x'];
    let (id, entry) = Entry::decode(&bytes).unwrap();
    assert_eq!((id, entry.is_none()), (5, true));
    let mut table = Table::default();
    table.put(id, None, leaf(&bytes));
    assert_eq!((table.len(), table.iter().count()), (1, 0));
    assert!(table.remove(5) && table.state() == State::default());
}

proptest! {
    /// Whatever a hub does, who hears all and who hears the last snapshot know the same.
    #[test]
    fn all_ways_lead_to_one_set(steps in proptest::collection::vec(
        proptest::collection::vec((0u64..20, 0usize..5), 0..8), 1..12), late in 0usize..12)
    {
        let mut hub = Hub::new();
        let (mut early, mut sensor) = (hub.follower(), hub.follower());
        for (at, step) in steps.iter().enumerate() {
            let changes: Vec<Change> = step.iter().map(|(id, which)| match which {
                0 => Change::Remove(*id),
                which => name(*id, &format!("c{which}.example")),
            }).collect();
            let frame = hub.publish(&changes);
            prop_assert_eq!(early.take(&frame, NOW), Ok(Taken::Delta(changes.len())));
            if at >= late {
                if at == late {
                    all(&mut sensor, &hub.snapshot(), NOW).unwrap();
                } else {
                    sensor.take(&frame, NOW).unwrap();
                }
            }
        }
        prop_assert_eq!(early.at(), hub.publisher.at());
        let known = |follower: &Follower| {
            let mut all: Vec<String> =
                follower.table().iter().map(|hit| format!("{hit:?}")).collect();
            all.sort_unstable();
            all
        };
        let mut truth: Vec<u64> = hub.set.keys().copied().collect();
        truth.sort_unstable();
        let mut ids: Vec<u64> = early.table().iter().map(|hit| hit.id).collect();
        ids.sort_unstable();
        prop_assert_eq!(ids, truth);
        if late < steps.len() {
            prop_assert_eq!(known(&early), known(&sensor));
            prop_assert_eq!(early.at(), sensor.at());
        }
    }

    /// A frame with one byte changed is refused, or says the same; it never changes the set.
    #[test]
    fn damage_is_refused(at in 0usize..400, by in 1u8..) {
        let mut hub = Hub::new();
        let mut sensor = hub.follower();
        let mut bytes = hub.publish(&[name(1, "c2.example")]).encode_to_vec();
        let at = at % bytes.len();
        bytes[at] ^= by;
        let taken = sensor.take_bytes(&bytes, NOW);
        prop_assert!(taken.is_err(), "byte {} of {} by {}", at, bytes.len(), by);
        prop_assert!(sensor.table().is_empty());
    }

    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let hub = Hub::new();
        let mut sensor = hub.follower();
        let before = sensor.at();
        prop_assert!(sensor.take_bytes(&bytes, NOW).is_err());
        prop_assert_eq!(sensor.at(), before);
    }
}
