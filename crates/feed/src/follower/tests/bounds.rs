//! A set that is larger than this sensor may hold.

use super::*;
use crate::{Generator, Value};

#[test]
fn a_set_that_is_too_large_is_refused_and_the_last_good_one_stays() {
    let mut hub = Hub::new();
    let names = |ids: std::ops::RangeInclusive<u64>| -> Vec<Change> {
        ids.map(|id| name(id, &format!("c{id}.example"))).collect()
    };
    let mut sensor = hub.follower();
    let most = Bound { entries: 3, bytes: 1 << 24 };
    sensor.settle(most);
    assert_eq!(sensor.take(&hub.publish(&names(1..=3)), NOW), Ok(Taken::Delta(3)));
    let good = sensor.at();
    let refused = Refusal::TooMuch { entries: 3, bytes: 1 << 24 };
    // By a delta; and by a snapshot, before any part of it.
    let fourth = hub.publish(&names(4..=4));
    assert_eq!(sensor.take(&fourth, NOW), Err(refused.clone()));
    let snapshot = hub.snapshot();
    assert_eq!(sensor.take(&snapshot.head, NOW), Err(refused));
    assert_eq!(sensor.take(&snapshot.parts[0], NOW), Err(Refusal::MixedParts));
    assert_eq!((sensor.at(), sensor.table().len()), (good, 3));
    assert!(sensor.table().domain("c3.example").is_some());
    // Where more is allowed it goes on.
    sensor.settle(Bound { entries: 4, ..most });
    assert_eq!(sensor.take(&fourth, NOW), Ok(Taken::Delta(1)));
    // At the bound what is there changes and goes, and makes room.
    let again = hub.publish(&[name(2, "other.example"), Change::Remove(1)]);
    assert_eq!(sensor.take(&again, NOW), Ok(Taken::Delta(2)));
    let fifth = hub.publish(&names(5..=5));
    assert_eq!(sensor.take(&fifth, NOW), Ok(Taken::Delta(1)));
    assert_eq!(sensor.at(), hub.publisher.at());
}

#[test]
fn a_snapshot_of_too_many_bytes_is_left_where_they_are_too_many() {
    let mut hub = Hub::new();
    for some in 0..20u64 {
        let ids = some * 1_000 + 1..=(some + 1) * 1_000;
        let long = |id| name(id, &format!("{id}.{}.example", "long".repeat(12)));
        hub.publish(&ids.map(long).collect::<Vec<_>>());
    }
    let snapshot = hub.snapshot();
    assert!(snapshot.parts.len() > 3, "{}", snapshot.parts.len());
    let mut sensor = hub.follower();
    assert_eq!(all(&mut sensor, &snapshot, NOW), Ok(Taken::Snapshot));
    let (good, room) = (sensor.at(), sensor.table().bytes() as u64);
    hub.publish(&[name(1, "changed.example")]);
    let snapshot = hub.snapshot();
    for bytes in [room / 2, 300 << 10, 1] {
        sensor.settle(Bound { bytes, ..Bound::default() });
        let refused = Refusal::TooMuch { entries: Bound::default().entries, bytes };
        assert_eq!(all(&mut sensor, &snapshot, NOW), Err(refused), "{bytes}");
        // What was begun is gone.
        assert_eq!(sensor.take(&snapshot.parts[1], NOW), Err(Refusal::MixedParts));
        assert_eq!((sensor.at(), sensor.table().len()), (good, 20_000));
    }
    sensor.settle(Bound::default());
    assert_eq!(all(&mut sensor, &snapshot, NOW), Ok(Taken::Snapshot));
}

#[test]
fn generators_are_bounded_by_their_prints_too() {
    let mut hub = Hub::new();
    let mut sensor = hub.follower();
    let most = Bound { bytes: 1 << 20, ..Bound::default() };
    sensor.settle(most);
    let Change::Put(any) = name(1, "any.example") else { panic!("a name is put") };
    let made = |id: u64| {
        let prints = (0..64).map(|n| id * 64 + n).collect();
        let value = Value::Generator(Generator { prints, form: String::new() });
        Change::Put(Entry { id, value, ..any.clone() })
    };
    let mut taken = 0;
    let refused = loop {
        let frame = hub.publish(&[made(taken + 1)]);
        match sensor.take(&frame, NOW) {
            Ok(_) => taken += 1,
            Err(why) => break why,
        }
        assert!(taken < 200, "what is apart is not counted");
    };
    assert_eq!(refused, Refusal::TooMuch { entries: most.entries, bytes: most.bytes });
    assert_eq!(sensor.table().generators().count() as u64, taken);
    assert!(taken > 50, "{taken}");
}
