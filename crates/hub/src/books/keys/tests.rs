//! Keys that change, hubs that die while they do, and roots that are others.

use std::fs;

use ostium_correlate::{Order, Policy};

use super::*;
use crate::books::tests::{Folder, at, joined};

fn by() -> By {
    By { who: "alice".to_owned(), note: String::new() }
}

fn confirm(books: &mut Books, name: &str, now: Timestamp) {
    let value = ostium_intel::parse(name).unwrap();
    books.order(&value, &Order::Confirm, &by(), now).unwrap();
}

fn renewed(books: &mut Books, keys: &Keys, what: Renewal, now: Timestamp) -> Certified {
    let signed = sign(&books.propose(keys, what, now).unwrap(), &keys.root().unwrap(), None, now);
    books.install(keys, &signed.unwrap(), "test", &by(), now).unwrap()
}

#[test]
fn a_hub_that_dies_between_certificate_and_key_goes_on_with_both() {
    let folder = Folder::new("keys-died");
    let keys = Keys::at(folder.path());
    let mut books = joined(&folder);
    let (key, next) = (folder.path().join("online.key"), folder.path().join("online.next"));
    let old = fs::read(&key).unwrap();
    let certified = renewed(&mut books, &keys, Renewal::Rotate, at(10));
    drop(books);
    // As it is when the database was written and the key not yet moved.
    fs::rename(&key, &next).unwrap();
    fs::write(&key, &old).unwrap();
    let books = folder.open(at(11));
    assert_eq!(books.certified().unwrap(), certified);
    assert!(!next.exists());
    drop(books);
    // The right key is nowhere: it does not sign what nobody would believe.
    fs::write(&key, &old).unwrap();
    let refused = Books::open(folder.path(), &keys, Policy::default(), at(12)).unwrap_err();
    assert!(refused.to_string().contains("ostium hub root rotate"), "{refused}");
    let mut books = Books::open_to_certify(folder.path(), &keys, Policy::default()).unwrap();
    renewed(&mut books, &keys, Renewal::Rotate, at(13));
    drop(books);
    folder.open(at(14));
}

#[test]
fn who_is_behind_a_change_of_keys_gets_the_whole_set() {
    let folder = Folder::new("keys-behind");
    let keys = Keys::at(folder.path());
    let mut books = joined(&folder);
    let begin = books.at();
    confirm(&mut books, "c1.example", at(1));
    let first = books.at();
    confirm(&mut books, "c2.example", at(2));
    renewed(&mut books, &keys, Renewal::Longer, at(3));
    assert_eq!(books.since(&first).unwrap().map(|frames| frames.len()), Some(1));
    renewed(&mut books, &keys, Renewal::Rotate, at(4));
    let second = books.at();
    assert_eq!(second.seq, 2);
    confirm(&mut books, "c3.example", at(5));
    for books in [books, folder.open(at(6))] {
        assert!(books.since(&begin).unwrap().is_none());
        assert!(books.since(&first).unwrap().is_none(), "the old key signed what follows");
        assert_eq!(books.since(&second).unwrap().map(|frames| frames.len()), Some(1));
    }
    let mut books = folder.open(at(7));
    let (state, end) = (books.at().state, books.at());
    let new = renewed(&mut books, &keys, Renewal::Recover, at(8));
    let at = books.at();
    assert_eq!((at.epoch, at.seq, at.head, at.state), (2, 0, Hash::default(), state));
    assert_eq!((new.epoch, books.since(&end).unwrap()), (2, None));
}

#[test]
fn what_followers_would_not_believe_is_not_installed() {
    let folder = Folder::new("keys-refused");
    let keys = Keys::at(folder.path());
    let mut books = joined(&folder);
    let before = books.certified().unwrap();
    let proposal = books.propose(&keys, Renewal::Rotate, at(1)).unwrap();
    let (root, other) = (keys.root().unwrap(), RootKey::made().unwrap());
    assert!(sign(&proposal, &other, None, at(1)).is_err());
    let forged = Proposal { root: other.public(), ..proposal };
    let stale = Proposal { serial: before.serial, ..proposal };
    let elsewhere = Proposal { feed: [9; 16], ..proposal };
    let foreign = Proposal { online: other.public(), ..proposal };
    for (wrong, root, now) in [
        (forged, &other, at(1)),
        (stale, &root, at(1)),
        (elsewhere, &root, at(1)),
        (foreign, &root, at(1)),
        // Its time is over, or has not begun.
        (proposal, &root, at(40 * 86_400)),
    ] {
        let signed = sign(&wrong, root, None, now).unwrap();
        assert!(books.install(&keys, &signed, "test", &by(), at(1)).is_err(), "{wrong:?}");
    }
    assert_eq!(books.certified().unwrap(), before);
    // Another root, and then the old one signs nothing more.
    let signed = sign(&proposal, &root, Some(&other), at(2)).unwrap();
    books.install(&keys, &signed, "test", &by(), at(2)).unwrap();
    assert_eq!(books.root_now().unwrap(), other.public());
    drop(books);
    let books = folder.open(at(3));
    let next = books.propose(&keys, Renewal::Longer, at(3)).unwrap();
    assert_eq!((next.root, next.root_serial), (other.public(), 2));
    assert!(sign(&next, &root, None, at(3)).is_err());
    assert_eq!(books.keys().len(), 2);
}

#[test]
fn two_thirds_of_its_time_are_over_after_three_weeks() {
    let folder = Folder::new("keys-due");
    let certified = joined(&folder).certified().unwrap();
    assert!(!certified.is_due(at(20 * 86_400)));
    assert!(certified.is_due(at(21 * 86_400)) && certified.is_due(at(100 * 86_400)));
}
