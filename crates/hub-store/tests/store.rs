//! What is kept is there again, whole; what is damaged is refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;

use ostium_correlate::{Correlator, Finding, OrgId, Organisation, Policy, Rails, Report, Standing};
use ostium_event::Timestamp;
use ostium_hub_store::{Invite, NewSensor, Store, StoreError};
use ostium_intel::IndicatorValue;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ostium-store-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("hub.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs)
}

fn member(id: u32) -> Organisation {
    Organisation {
        id: OrgId(id),
        name: format!("org {id}"),
        network: 64_000 + id,
        joined: at(0),
        vouched: 1.0,
        ranges: vec!["192.0.2.0/24".parse().unwrap()],
        standing: Standing { right: 3, ..Standing::default() },
        silenced: false,
    }
}

#[test]
fn all_is_there_again() {
    let folder = Folder::new("again");
    let mut world = Correlator::new(Policy::default(), Rails::default());
    for id in 1..=2 {
        world.join(member(id));
        let report = Report {
            family: Some("mirai".to_owned()),
            hosts: 2,
            crowd: 3,
            addresses: vec!["203.0.113.9".parse().unwrap()],
            ..Report::new(
                IndicatorValue::Domain("c2.example".to_owned()),
                at(1),
                Finding::Suspicious { log_odds: 6.8, convicts: true },
            )
        };
        world.hear(OrgId(id), &report, at(2)).unwrap();
    }
    assert_eq!(world.decide(at(2)).len(), 1);
    let case = world.keep(1).unwrap();
    let (key, next) = world.changed_parts().remove(0);
    let mut store = Store::open(&folder.file()).unwrap();
    let sensor = store
        .write(|to| {
            to.organisation(&member(1))?;
            to.organisation(&member(2))?;
            let name = "gate".to_owned();
            let new = NewSensor { organisation: OrgId(1), name, joined: at(0) };
            let sensor = to.sensor(&new, 0)?;
            to.batch(sensor, (1, 5), at(3), b"five reports")?;
            to.batch(sensor, (6, 9), at(4), b"four more")?;
            to.case(1, Some(&case))?;
            to.learned(&key, next.as_ref())?;
            to.learned("gone", next.as_ref())?;
            to.learned("gone", None)?;
            to.frame(1, 1, b"one")?;
            to.frame(1, 2, b"two")?;
            to.entry(1, Some(b"entry"))?;
            to.exempt("partner.example", "ours", at(5))?;
            to.audit(at(5), "anna", "exempt", "partner.example", "ours")?;
            to.meta("feed", &[7; 16])?;
            Ok(sensor)
        })
        .unwrap();
    drop(store);
    let store = Store::open(&folder.file()).unwrap();
    assert_eq!(store.organisations().unwrap(), [member(1), member(2)]);
    assert_eq!(store.cases().unwrap(), [case]);
    assert_eq!(store.learned().unwrap(), [next.unwrap()]);
    let sensors = store.sensors().unwrap();
    assert_eq!((sensors[0].id, sensors[0].reported, sensors[0].seen), (sensor, 9, at(4)));
    assert_eq!(store.batches(sensor).unwrap()[1], (6, 9, b"four more".to_vec()));
    assert_eq!(store.frames(1, 1, 10).unwrap(), [(2, b"two".to_vec())]);
    assert_eq!(store.entries().unwrap(), [(1, b"entry".to_vec())]);
    assert_eq!(store.exempt().unwrap(), [("partner.example".to_owned(), "ours".to_owned())]);
    assert_eq!(store.audit(5).unwrap()[0].who, "anna");
    assert_eq!(store.meta("feed").unwrap(), Some(vec![7; 16]));
    assert_eq!(store.meta("other").unwrap(), None);
}

#[test]
fn what_fails_leaves_nothing_behind() {
    let folder = Folder::new("nothing");
    let mut store = Store::open(&folder.file()).unwrap();
    store.write(|to| to.frame(1, 1, b"one")).unwrap();
    let twice = store.write(|to| {
        to.frame(1, 2, b"two")?;
        to.entry(7, Some(b"seven"))?;
        to.frame(1, 1, b"another one")
    });
    assert!(twice.is_err(), "one place of the feed holds one frame for ever");
    assert_eq!(store.frames(1, 0, 10).unwrap(), [(1, b"one".to_vec())]);
    assert!(store.entries().unwrap().is_empty());
}

#[test]
fn an_invitation_works_once_and_in_time() {
    let folder = Folder::new("invite");
    let mut store = Store::open(&folder.file()).unwrap();
    let invite = Invite {
        organisation: "acme".to_owned(),
        vouched: 0.5,
        network: 64_500,
        expires: at(100),
        sensors: 1,
    };
    store.write(|to| to.invite(b"hash", &invite)).unwrap();
    assert_eq!(store.write(|to| to.take_invite(b"other", at(1))).unwrap(), None);
    assert_eq!(store.write(|to| to.take_invite(b"hash", at(1))).unwrap(), Some(invite.clone()));
    assert_eq!(store.write(|to| to.take_invite(b"hash", at(1))).unwrap(), None);
    store.write(|to| to.invite(b"late", &invite)).unwrap();
    assert_eq!(store.write(|to| to.take_invite(b"late", at(100))).unwrap(), None);
}

#[test]
fn a_backup_is_made_while_others_write() {
    let folder = Folder::new("backup");
    let mut store = Store::open(&folder.file()).unwrap();
    for seq in 1..=50 {
        store.write(|to| to.frame(1, seq, &[0; 10_000])).unwrap();
    }
    let reader = Store::read_only(&folder.file()).unwrap();
    let copy = folder.0.join("copy.db");
    std::thread::scope(|scope| {
        let to = copy.clone();
        scope.spawn(move || reader.backup(&to).unwrap());
        for seq in 51..=100 {
            store.write(|to| to.frame(1, seq, &[0; 10_000])).unwrap();
        }
    });
    let copy = Store::open(&copy).unwrap();
    let held = copy.frames(1, 0, 1_000).unwrap();
    // Whole: no frame is missing before the last one.
    assert!(held.len() >= 50 && held.iter().zip(1..).all(|((seq, _), n)| *seq == n));
}

#[test]
fn damage_is_refused_with_the_way_out() {
    let folder = Folder::new("damage");
    let mut store = Store::open(&folder.file()).unwrap();
    for seq in 1..=200 {
        store.write(|to| to.frame(1, seq, &[7; 4_000])).unwrap();
    }
    drop(store);
    let mut bytes = std::fs::read(folder.file()).unwrap();
    for at in (8_192..bytes.len()).step_by(4_096) {
        bytes[at..at + 64].fill(0xa5);
    }
    std::fs::write(folder.file(), &bytes).unwrap();
    let error = Store::open(&folder.file()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("ostium hub restore"), "{error}");
    std::fs::write(folder.file(), b"this is no database, and never was one of any form").unwrap();
    let error = Store::open(&folder.file()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn what_is_old_goes() {
    let folder = Folder::new("old");
    let mut store = Store::open(&folder.file()).unwrap();
    store
        .write(|to| {
            to.organisation(&member(1))?;
            let name = "gate".to_owned();
            let new = NewSensor { organisation: OrgId(1), name, joined: at(0) };
            let sensor = to.sensor(&new, 0)?;
            to.batch(sensor, (1, 1), at(0), b"old")?;
            to.batch(sensor, (2, 2), at(100), b"new")?;
            (1..=9).try_for_each(|seq| to.frame(1, seq, b"frame"))
        })
        .unwrap();
    assert_eq!(store.write(|to| to.forget(at(50), 1, 6)).unwrap(), 6);
    assert_eq!(store.batches(1).unwrap().len(), 1);
    assert_eq!(store.frames(1, 0, 100).unwrap()[0].0, 6);
    assert_eq!(store.sensors().unwrap()[0].reported, 2, "the count stays");
}

#[test]
fn an_older_form_is_led_on_and_keeps_what_it_holds() {
    let folder = Folder::new("older");
    let db = rusqlite::Connection::open(folder.file()).unwrap();
    db.execute_batch(include_str!("../src/schema.sql")).unwrap();
    db.execute_batch("PRAGMA user_version = 1; INSERT INTO entries VALUES (7, x'07')").unwrap();
    drop(db);
    for _ in 0..2 {
        let store = Store::open(&folder.file()).unwrap();
        assert_eq!(store.entries().unwrap(), [(7, vec![7])]);
        assert!(store.learned().unwrap().is_empty());
    }
}

#[test]
fn another_form_is_not_touched() {
    let folder = Folder::new("form");
    drop(Store::open(&folder.file()).unwrap());
    let db = rusqlite::Connection::open(folder.file()).unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
    let error = Store::open(&folder.file()).unwrap_err();
    assert!(matches!(error, StoreError::OtherForm { found: 99, .. }), "{error}");
}
