//! Orders that are kept whole or not at all.

use ostium_correlate::State;

use super::*;
use crate::books::tests::{Folder, at, batch, joined, report};

fn by() -> By {
    By { who: "alice".to_owned(), note: "a test".to_owned() }
}

fn value(text: &str) -> IndicatorValue {
    ostium_intel::parse(text).unwrap()
}

/// Until nothing more fits.
fn fill(books: &mut Books) {
    books.bound(1).unwrap();
    let mut next = books.durable(1) + 1;
    loop {
        let names = (next..next + 200).map(|n| report(&format!("n{n}.example"), at(0)));
        if books.take(&[batch(1, next, names.collect())], at(0)).is_err() {
            return;
        }
        next += 200;
    }
}

#[test]
fn what_could_not_be_kept_was_not_ordered() {
    let folder = Folder::new("orders-full");
    let mut books = joined(&folder);
    books.order(&value("c1.example"), &Order::Confirm, &by(), at(1)).unwrap();
    fill(&mut books);
    let (end, audit) = (books.at(), books.audit(1_000).unwrap());
    let long = By { note: "x".repeat(100_000), ..by() };
    assert!(books.order(&value("c2.example"), &Order::Confirm, &long, at(2)).is_err());
    assert!(books.exempt(&value("c1.example"), &long, at(2)).is_err());
    assert!(books.kill(true, &long, at(2)).is_err());
    assert!(books.silence("org 1", true, &long, at(2)).is_err());
    assert!(books.remove("org 1/gate", &long, at(2)).is_err());
    // Nothing of it has happened, here or in the file.
    assert_eq!((books.at(), books.audit(1_000).unwrap()), (end, audit));
    assert_eq!((books.entries(), books.killed(), books.removed().len()), (1, None, 0));
    assert!(!books.organisation("org 1").unwrap().silenced);
    assert!(books.correlator().case(&value("c2.example")).is_none());
    // There is room again.
    books.bound(1 << 30).unwrap();
    let frames = books.order(&value("c2.example"), &Order::Confirm, &by(), at(3)).unwrap();
    assert_eq!((frames.len(), books.entries()), (1, 2));
}

#[test]
fn orders_outlast_a_restart() {
    let folder = Folder::new("orders-restart");
    let mut books = joined(&folder);
    books.order(&value("c1.example"), &Order::Confirm, &by(), at(1)).unwrap();
    books.exempt(&value("c2.example"), &by(), at(2)).unwrap();
    books.vouch("org 1", 0.25, &by(), at(2)).unwrap();
    books.ranges("2", vec!["45.155.205.0/24".parse().unwrap()], &by(), at(2)).unwrap();
    let gone = books.remove("org 3/gate", &by(), at(2)).unwrap();
    assert_eq!(books.kill(true, &by(), at(3)).unwrap().len(), 1);
    assert_eq!(books.kill(true, &by(), at(4)).unwrap().len(), 0, "it is on already");
    drop(books);
    let mut books = folder.open(at(5));
    assert_eq!(books.tick(at(5)).unwrap().len(), 0);
    assert_eq!((books.killed(), books.entries()), (Some("alice: a test"), 0));
    assert!(!books.admits(gone.id, gone.organisation));
    assert_eq!(books.organisation("1").unwrap().vouched, 0.25);
    assert_eq!(books.organisation("org 2").unwrap().ranges.len(), 1);
    assert!(books.order(&value("www.c2.example"), &Order::Confirm, &by(), at(6)).is_err());
    assert!(books.remove("org 3/gate", &by(), at(6)).is_err(), "it is removed already");
    assert_eq!(books.kill(false, &by(), at(7)).unwrap().len(), 1);
    let case = books.correlator().case(&value("c1.example")).unwrap();
    assert_eq!((case.state, books.entries()), (State::Confirmed, 1));
    books.unexempt(&value("c2.example"), &by(), at(8)).unwrap();
    books.order(&value("www.c2.example"), &Order::Confirm, &by(), at(9)).unwrap();
    let policy = Policy { organisations: 1, ..Policy::default() };
    assert!(matches!(books.settle_by(policy, &by(), at(9)), Err(BooksError::Policy(_))));
    let what: Vec<_> = books.audit(20).unwrap().into_iter().rev().map(|row| row.what).collect();
    let wanted =
        ["confirm", "exempt", "vouch", "ranges", "remove", "kill", "resume", "unexempt", "confirm"];
    assert_eq!(what, wanted);
}
