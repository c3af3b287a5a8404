//! Numbers that were given between a backup and its return.

use std::collections::BTreeSet;

use ostium_correlate::Order;
use ostium_hub_store::Invite;

use super::*;
use crate::books::tests::Folder as Place;

fn by() -> By {
    By { who: "alice".to_owned(), note: String::new() }
}

/// Lets in sensors, each of an organisation of its own; the numbers of both.
fn admit(books: &mut Books, names: std::ops::Range<u8>, now: Timestamp) -> BTreeSet<(u32, u32)> {
    let each = names.map(|n| {
        let invite = Invite {
            organisation: format!("org {n}"),
            vouched: 1.0,
            network: 64_500 + u32::from(n),
            expires: Timestamp::from_secs(now.secs() + 600),
            sensors: 1,
        };
        books.invite(&[n; 32], &invite).unwrap();
        let admitted = books.admit(&[n; 32], "gate", now).unwrap().unwrap();
        (admitted.organisation.0, admitted.sensor)
    });
    each.collect()
}

/// Confirms a name; the number of its case.
fn confirm(books: &mut Books, name: &str, now: Timestamp) -> u64 {
    let value = ostium_intel::parse(name).unwrap();
    books.order(&value, &Order::Confirm, &by(), now).unwrap();
    books.correlator().case(&value).unwrap().id
}

/// Gives numbers, keeps a backup, gives more, perhaps loses the database, and restores: the last
/// numbers before, and the first ones after.
fn restored(name: &str, from: u64, lost: bool) -> [(BTreeSet<(u32, u32)>, u64); 2] {
    let at = |secs: u64| Timestamp::from_secs(from + secs);
    let place = Place::new(name);
    let folder = Folder::take(place.path()).unwrap();
    let (file, backup) = (place.path().join(FILE), place.path().join("backup.db"));
    let mut books = place.open(at(0));
    let mut members = admit(&mut books, 0..3, at(0));
    confirm(&mut books, "c0.example", at(0));
    Store::read_only(&file).unwrap().backup(&backup).unwrap();
    // Faster than the clock.
    members.extend(admit(&mut books, 3..60, at(1)));
    let things = (0..20).map(|n| confirm(&mut books, &format!("d{n}.example"), at(1)));
    let thing = things.max().unwrap();
    drop(books);
    if lost {
        std::fs::write(&file, "not at all").unwrap();
    }
    let root = Keys::at(place.path()).root().unwrap();
    restore(&folder, &backup, &root, &by(), at(2)).unwrap();
    let mut books = place.open(at(3));
    let mut new = admit(&mut books, 60..70, at(3));
    let first = confirm(&mut books, "e.example", at(3));
    drop(books);
    // It outlasts a start, and another return of the same backup.
    let mut books = place.open(at(4));
    new.extend(admit(&mut books, 70..80, at(4)));
    drop(books);
    restore(&folder, &backup, &root, &by(), at(5)).unwrap();
    let mut books = place.open(at(6));
    new.extend(admit(&mut books, 80..90, at(6)));
    assert!(confirm(&mut books, "f.example", at(6)) > first);
    assert_eq!(new.len(), 30, "each once");
    [(members, thing), (new, first)]
}

fn goes_beyond([(old, thing), (new, first)]: [(BTreeSet<(u32, u32)>, u64); 2]) {
    let highest = |all: &BTreeSet<(u32, u32)>| {
        (all.iter().map(|m| m.0).max().unwrap(), all.iter().map(|m| m.1).max().unwrap())
    };
    let most = highest(&old);
    assert!(new.iter().all(|(org, sensor)| *org > most.0 && *sensor > most.1), "{old:?} {new:?}");
    assert!(first > thing, "{first} after {thing}");
}

#[test]
fn numbers_given_after_a_backup_are_not_given_again_as_the_old_database_tells() {
    // The clock knows nothing: it stands at the beginning of 1970.
    goes_beyond(restored("given-read", 1, false));
}

#[test]
fn numbers_given_after_a_backup_are_not_given_again_though_the_old_database_is_lost() {
    goes_beyond(restored("given-lost", 1_800_000_000, true));
}
