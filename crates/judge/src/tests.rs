//! Tests of judgement: what convicts, what does not, and that it explains itself.

use ostium_event::{Addr, Timestamp};
use ostium_evidence::{About, Evidence, Group, HostCase, Peer, Role};
use ostium_verdict::Verdict;

use crate::{Policy, judge};

fn item(detector: &'static str, group: Group, nats: f64, conversation: Option<u64>) -> Evidence {
    let about = match conversation {
        Some(id) => About::Conversation { id, peer: Peer::default() },
        None => About::Host { peer: None },
    };
    Evidence {
        detector,
        group,
        log_odds: nats,
        certain: false,
        about,
        first: Timestamp::ZERO,
        last: Timestamp::ZERO,
        technique: "T1071",
        summary: detector.to_owned(),
        numbers: Vec::new(),
        family: None,
    }
}

fn case(evidence: Vec<Evidence>, roles: &[Role]) -> HostCase {
    HostCase {
        host: Addr::v4([10, 0, 0, 1]),
        roles: roles.to_vec(),
        first: Timestamp::ZERO,
        last: Timestamp::ZERO,
        evidence,
    }
}

fn verdict(evidence: Vec<Evidence>) -> Verdict {
    judge(case(evidence, &[]), &Policy::default()).verdict
}

#[test]
fn one_group_alone_never_convicts_however_loud() {
    let loud: Vec<Evidence> =
        (0..20).map(|_| item("beacon", Group::Timing, 50.0, Some(1))).collect();
    let rationale = judge(case(loud, &[]), &Policy::default());
    assert_eq!(rationale.verdict, Verdict::Suspect);
    assert!(rationale.probability < 0.9, "{}", rationale.probability);
}

#[test]
fn any_two_saturated_groups_convict_when_they_are_about_one_conversation() {
    for a in Group::ALL {
        for b in Group::ALL.into_iter().filter(|b| *b != a) {
            let both = vec![item("a", a, 9.0, Some(1)), item("b", b, 9.0, Some(1))];
            assert_eq!(verdict(both), Verdict::Infected, "{a} and {b}");
        }
    }
}

#[test]
fn a_timer_to_one_and_a_rarity_at_another_do_not_add_up() {
    let apart =
        vec![item("a", Group::Timing, 9.0, Some(1)), item("b", Group::Destination, 9.0, Some(2))];
    assert_eq!(verdict(apart), Verdict::Suspect);
}

#[test]
fn behaviour_of_the_host_adds_to_its_best_conversation() {
    let both =
        vec![item("a", Group::Timing, 9.0, Some(1)), item("scan", Group::Behaviour, 9.0, None)];
    assert_eq!(verdict(both), Verdict::Infected);
}

#[test]
fn the_best_conversation_is_the_one_that_adds_most_to_the_host() {
    let dga = item("dga", Group::Naming, 9.0, None);
    let named = item("dga-rendezvous", Group::Naming, 4.5, Some(1));
    let timed = item("beacon", Group::Timing, 4.0, Some(2));
    let rationale = judge(case(vec![dga, named, timed], &[]), &Policy::default());
    assert_eq!(rationale.verdict, Verdict::Infected, "{rationale:?}");
}

#[test]
fn a_certain_item_convicts_alone() {
    let mut certain = item("flood", Group::Behaviour, 9.0, None);
    certain.certain = true;
    let rationale = judge(case(vec![certain], &[]), &Policy::default());
    assert_eq!(rationale.verdict, Verdict::Infected);
    assert!(rationale.probability >= 0.9);
}

#[test]
fn a_role_sets_evidence_aside_and_says_why() {
    let mut dga = item("dga", Group::Naming, 14.0, None);
    dga.certain = true;
    let rationale = judge(case(vec![dga], &[Role::Resolver]), &Policy::default());
    assert_eq!(rationale.verdict, Verdict::Clean);
    assert!(rationale.set_aside[0].1.contains("behind it"));
}

#[test]
fn a_miner_of_its_owner_is_accused_of_nothing_but_what_else_it_is() {
    let mut mines = item("known-tool", Group::Behaviour, 12.0, Some(1));
    (mines.technique, mines.certain) = ("T1496", true);
    let verdict = |items: Vec<Evidence>, roles: &[Role]| {
        judge(case(items, roles), &Policy::default()).verdict
    };
    assert_eq!(verdict(vec![mines.clone()], &[]), Verdict::Infected);
    assert_eq!(verdict(vec![mines.clone()], &[Role::Miner]), Verdict::Clean);
    let mut remote = item("known-tool", Group::Client, 12.0, Some(2));
    (remote.technique, remote.certain) = ("T1219", true);
    assert_eq!(verdict(vec![mines, remote], &[Role::Miner]), Verdict::Infected);
}

#[test]
fn nonsense_weights_count_nothing() {
    let nonsense = vec![
        item("a", Group::Timing, f64::NAN, Some(1)),
        item("b", Group::Client, -5.0, Some(1)),
        item("c", Group::Naming, f64::INFINITY, Some(1)),
    ];
    let rationale = judge(case(nonsense, &[]), &Policy::default());
    assert_eq!(rationale.verdict, Verdict::Clean);
    assert!((rationale.probability - 0.001).abs() < 1e-9);
}

#[test]
fn the_order_of_evidence_does_not_matter() {
    let items = vec![
        item("a", Group::Timing, 3.0, Some(1)),
        item("b", Group::Client, 3.0, Some(2)),
        item("c", Group::Destination, 3.0, Some(2)),
        item("d", Group::Timing, 3.0, Some(2)),
    ];
    let mut reversed = items.clone();
    reversed.reverse();
    let (a, b) = (
        judge(case(items, &[]), &Policy::default()),
        judge(case(reversed, &[]), &Policy::default()),
    );
    assert_eq!(a.evidence, b.evidence);
    assert_eq!(a.counted, b.counted);
    assert_eq!(a.probability, b.probability);
}

#[test]
fn what_counted_sums_to_the_verdict() {
    let rationale = judge(
        case(
            vec![
                item("a", Group::Timing, 4.0, Some(1)),
                item("b", Group::Timing, 2.0, Some(1)),
                item("c", Group::Destination, 3.0, Some(1)),
            ],
            &[],
        ),
        &Policy::default(),
    );
    let sum: f64 = rationale.groups.iter().map(|g| g.capped).sum();
    let log_odds = rationale.prior_log_odds + sum;
    assert!((1.0 / (1.0 + (-log_odds).exp()) - rationale.probability).abs() < 1e-12);
    assert!((sum - 7.6).abs() < 1e-9);
    assert_eq!(rationale.verdict, Verdict::Suspect);
}
