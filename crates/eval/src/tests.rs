//! Tests of evaluation: what is counted where, and what is said of it.

mod forms;
mod runs;
mod sums;

use std::path::PathBuf;

use crate::case::Reason;
use crate::{Case, Evaluation, HostResult, Judged, Label, Manifest, Outcome, Tried, Without};

pub(crate) fn manifest(text: &str) -> Manifest {
    Manifest::parse(text, PathBuf::from(".")).unwrap()
}

/// A case as a manifest writes it.
pub(crate) fn case(name: &str, purpose: &str, infected: &[&str], clean: &[&str]) -> Case {
    let text = format!(
        "[[case]]\nname = \"{name}\"\nkind = \"C2\"\ninputs = [\"a\"]\ninfected = {infected:?}\n\
         clean = {clean:?}\nuse = \"{purpose}\"\ntruth = \"documented\"\n"
    );
    manifest(&text).cases.remove(0)
}

pub(crate) fn host(addr: &str, label: Label, verdict: &str, probability: f64) -> HostResult {
    HostResult {
        host: addr.into(),
        label,
        kind: None,
        seen: true,
        verdict: verdict.into(),
        probability,
        reasons: vec![Reason { detector: "beacon".into(), nats: 4.25, certain: false }],
        convicted_after: (verdict == "infected").then_some(3600.0),
        speaks: vec!["beacon".into()],
        without: Vec::new(),
    }
}

pub(crate) fn judged(days: f64, seen: u64, hosts: Vec<HostResult>) -> Outcome {
    Outcome::Judged(Judged { days, seen, hosts, unread: Vec::new() })
}

/// A train case with a find, a miss and a false alarm; a test case with a suspect; a refusal.
pub(crate) fn tried() -> Vec<Tried> {
    let mut found = host("10.0.0.1", Label::Infected, "infected", 0.95);
    found.without = vec![
        Without { what: "beacon".into(), verdict: "clean" },
        Without { what: "group timing".into(), verdict: "suspect" },
    ];
    let mut unseen = host("10.0.0.2", Label::Infected, "clean", 0.0);
    (unseen.seen, unseen.reasons) = (false, Vec::new());
    let mut wrong = host("10.0.0.3", Label::Clean, "infected", 0.91);
    wrong.without = vec![Without { what: "beacon".into(), verdict: "suspect" }];
    let mut passing = host("10.0.0.5", Label::Clean, "suspect", 0.4);
    passing.convicted_after = Some(600.0);
    let other = host("10.0.0.4", Label::None, "suspect", 0.2);
    let clean = ["10.0.0.3", "10.0.0.5"];
    vec![
        Tried {
            case: case("a", "train", &["10.0.0.1", "10.0.0.2"], &clean),
            outcome: judged(2.0, 10, vec![found, unseen, wrong, passing, other]),
        },
        Tried {
            case: case("b", "test", &["10.0.0.1"], &[]),
            outcome: judged(0.5, 1, vec![host("10.0.0.1", Label::Infected, "suspect", 0.5)]),
        },
        Tried {
            case: case("c", "test", &["10.0.0.1"], &[]),
            outcome: Outcome::Refused("cannot read c|d".into()),
        },
    ]
}

pub(crate) fn evaluation() -> Evaluation {
    Evaluation::of(&tried(), 3)
}
