//! Tests of the page: what is counted where, and that notes survive.

use super::super::judged::{Report, Totals};
use super::*;

fn case(name: &str, purpose: Purpose, infected: &[&str], clean: &[&str]) -> Case {
    let all = |list: &[&str]| list.iter().map(|addr| (*addr).to_owned()).collect();
    Case {
        name: name.into(),
        kind: "C2".into(),
        family: None,
        inputs: Vec::new(),
        home: Vec::new(),
        infected: all(infected),
        clean: all(clean),
        purpose,
        truth: "documented".into(),
    }
}

fn report(hosts: &[(&str, &str)]) -> Judged {
    Judged::Report(Report {
        totals: Totals { hosts: hosts.len() as u64 },
        hosts: hosts
            .iter()
            .map(|(host, verdict)| Host {
                host: (*host).into(),
                verdict: (*verdict).into(),
                probability: 0.5,
                evidence: Vec::new(),
            })
            .collect(),
    })
}

fn tried() -> Vec<Tried> {
    vec![
        Tried {
            case: case("a", Purpose::Train, &["10.0.0.1", "10.0.0.2"], &["10.0.0.3"]),
            judged: report(&[
                ("10.0.0.1", "infected"),
                ("10.0.0.3", "infected"),
                ("10.0.0.4", "suspect"),
            ]),
        },
        Tried {
            case: case("b", Purpose::Test, &["10.0.0.1"], &[]),
            judged: report(&[("10.0.0.1", "suspect")]),
        },
        Tried {
            case: case("c", Purpose::Test, &["10.0.0.1"], &[]),
            judged: Judged::Refused("cannot read c|d".into()),
        },
    ]
}

#[test]
fn train_and_test_are_counted_apart_and_refusals_nowhere() {
    let page = page(&tried(), &[], "");
    assert!(page.contains("| train | 2 | 1 | 0 | 1 | 1 | 1 | 0 |"), "{page}");
    assert!(page.contains("| test | 1 | 0 | 1 | 0 | 0 | 0 | 0 |"), "{page}");
    assert!(page.contains("| c | cannot read c\\|d |"), "{page}");
}

#[test]
fn a_host_without_a_label_counts_apart() {
    let page = page(&tried(), &[], "");
    assert!(
        page.contains("1 more inside hosts carry no label and count neither way: 0 were called"),
        "{page}"
    );
    assert!(page.contains("| a | 1 | 0 | 1 | 10.0.0.4 suspect"), "{page}");
}

#[test]
fn an_infected_host_that_was_never_seen_is_missed_and_says_so() {
    let page = page(&tried(), &[], "");
    assert!(page.contains("| 10.0.0.2 | clean | unseen | nothing |"), "{page}");
}

#[test]
fn notes_survive() {
    let first = page(&tried(), &[], "## Why\n\nBecause.\n");
    assert_eq!(notes(&first).trim_end(), "## Why\n\nBecause.");
    let second = page(&tried(), &[], &notes(&first));
    assert_eq!(first, second);
    assert_eq!(notes("no marks"), NO_NOTES);
}

#[test]
fn captures_say_whether_their_name_says_an_attack() {
    let captures = [
        Capture { name: "a/synscan.pcap".into(), judged: report(&[("10.0.0.1", "infected")]) },
        Capture { name: "a/radio.pcap".into(), judged: Judged::Refused("no".into()) },
        Capture { name: "a/b.pcap".into(), judged: Judged::Crashed("ended by a signal".into()) },
    ];
    let page = page(&[], &captures, "");
    assert!(page.contains("3 captures: 1 read, 1 refused, 1 crashed; 1 inside hosts"), "{page}");
    assert!(page.contains("| a/synscan.pcap | 10.0.0.1 | nothing | yes |"), "{page}");
    assert!(page.contains("CRASHED"), "{page}");
}
