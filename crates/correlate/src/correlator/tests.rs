//! What it takes to be confirmed, and what ends it.

use ostium_event::{Addr, Span};

use super::*;
use crate::{Finding, Report};

mod floods;
mod makers;
mod mutual;
mod patterns;
mod poisoned;
mod properties;

const DAY: u64 = 86_400;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs)
}

fn name(text: &str) -> IndicatorValue {
    IndicatorValue::Domain(text.to_owned())
}

fn socket(last: u8) -> IndicatorValue {
    IndicatorValue::Socket(Addr::v4([203, 0, 113, last]), 443)
}

fn says(subject: &IndicatorValue, log_odds: f64, when: Timestamp) -> Report {
    Report {
        family: Some("mirai".to_owned()),
        ..Report::new(
            subject.clone(),
            when,
            Finding::Suspicious { log_odds, convicts: log_odds > 6.0 },
        )
    }
}

fn denies(subject: &IndicatorValue, when: Timestamp) -> Report {
    Report { finding: Finding::FalsePositive, ..says(subject, 0.0, when) }
}

/// Organisations 1 to `vouched` are vouched for, ten more are not; each in a network of its own.
fn world(vouched: u32) -> Correlator {
    let mut world = Correlator::new(Policy::default(), Rails::default());
    for id in 1..=vouched + 10 {
        world.join(Organisation {
            id: OrgId(id),
            name: format!("org {id}"),
            network: 64_000 + id,
            joined: at(0),
            vouched: if id <= vouched { 1.0 } else { 0.0 },
            ranges: vec![format!("192.0.2.{id}/32").parse().unwrap()],
            standing: crate::Standing::default(),
            silenced: false,
        });
    }
    world
}

fn published(decisions: &[Decision]) -> Vec<u64> {
    let of = |decision: &Decision| match decision {
        Decision::Publish { id, .. } => Some(*id),
        Decision::Withdraw { .. } => None,
    };
    decisions.iter().filter_map(of).collect()
}

fn withdrawn(decisions: &[Decision]) -> Vec<u64> {
    let of = |decision: &Decision| match decision {
        Decision::Withdraw { id, .. } => Some(*id),
        Decision::Publish { .. } => None,
    };
    decisions.iter().filter_map(of).collect()
}

fn state(world: &Correlator, subject: &IndicatorValue) -> State {
    world.case(subject).unwrap().state
}

#[test]
fn two_vouched_organisations_in_two_networks_confirm() {
    let mut world = world(3);
    let c2 = name("c2.example");
    world.hear(OrgId(1), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    assert_eq!(world.decide(at(0)), []);
    assert_eq!(state(&world, &c2), State::Suspected);
    world.hear(OrgId(2), &says(&c2, 6.8, at(1)), at(1)).unwrap();
    let decisions = world.decide(at(1));
    let [Decision::Publish { value, confidence, family, until, organisations, canary, .. }] =
        decisions.as_slice()
    else {
        panic!("{decisions:?}")
    };
    assert_eq!((value.indicator(), *organisations, *canary), (Some(&c2), 2, 0));
    assert!(*confidence >= 90 && family.as_deref() == Some("mirai"));
    assert_eq!(*until, at(1 + 14 * DAY));
    assert_eq!(world.decide(at(2)), [], "once is enough");
    let standing = |id| world.organisations()[&OrgId(id)].standing;
    assert_eq!((standing(1).right, standing(2).right, standing(3).right), (1, 1, 0));
}

#[test]
fn one_organisation_alone_never_does_however_loud_and_however_often() {
    let mut world = world(1);
    let c2 = name("c2.example");
    for n in 0..1_000 {
        world.hear(OrgId(1), &says(&c2, 900.0, at(n)), at(n)).unwrap();
        assert_eq!(world.decide(at(n)), []);
    }
    // With the hub's own sinkhole it is enough.
    world.hear(OrgId::HUB, &says(&c2, 6.8, at(1_000)), at(1_000)).unwrap();
    assert_eq!(published(&world.decide(at(1_000))).len(), 1);
}

#[test]
fn neighbours_are_one() {
    let mut world = world(2);
    for id in 1..=2 {
        let mut same = world.organisations()[&OrgId(id)].clone();
        same.network = 64_999;
        world.join(same);
    }
    let c2 = name("c2.example");
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    }
    assert_eq!(world.decide(at(0)), []);
    assert_eq!(state(&world, &c2), State::Suspected);
}

#[test]
fn newcomers_weigh_nothing_until_they_have_earned_it() {
    let mut world = world(2);
    let lone = name("lone.example");
    for id in 3..=12 {
        world.hear(OrgId(id), &says(&lone, 6.8, at(0)), at(0)).unwrap();
    }
    assert_eq!(world.decide(at(0)), []);
    assert_eq!(state(&world, &lone), State::Observed);
    // Organisation 3 reports early what the vouched confirm later, day by day.
    for day in 0..20 {
        let c2 = name(&format!("c{day}.example"));
        for id in [3, 1, 2] {
            world.hear(OrgId(id), &says(&c2, 6.8, at(day * DAY)), at(day * DAY)).unwrap();
        }
        // Older ones may be renewed on the same day.
        assert!(published(&world.decide(at(day * DAY))).contains(&(day + 2)));
        // Organisation 4 only repeats what was published.
        world.hear(OrgId(4), &says(&c2, 6.8, at(day * DAY + 60)), at(day * DAY + 60)).unwrap();
    }
    let now = at(20 * DAY);
    let weight = |id| world.organisations()[&OrgId(id)].weight(world.policy(), now);
    assert!(weight(3) > 0.7, "{}", weight(3));
    assert_eq!((weight(4), weight(5)), (0.0, 0.0));
    assert!(weight(1) > 0.9);
    let c2 = name("with-3.example");
    for id in [1, 3] {
        world.hear(OrgId(id), &says(&c2, 6.8, now), now).unwrap();
    }
    assert!(published(&world.decide(now)).contains(&22));
}

#[test]
fn rails_hold_for_all_and_for_analysts_too() {
    let mut rails = Rails::default();
    assert!(rails.exempt(&name("partner.test.example"), "our partner"));
    let mut world = world(4);
    world.settle(Policy::default(), rails);
    let never = [
        name("google.com"),
        name("www.partner.test.example"),
        IndicatorValue::Addr("8.8.8.8".parse().unwrap()),
        IndicatorValue::Socket("192.0.2.3".parse().unwrap(), 443),
        IndicatorValue::Network("203.0.113.0/24".parse().unwrap()),
        IndicatorValue::Url("192.0.2.3:8080/x".to_owned()),
        IndicatorValue::Url("8.8.8.8/gate.php".to_owned()),
        IndicatorValue::Url("a.partner.test.example/x".to_owned()),
    ];
    for subject in &never {
        for id in 1..=4 {
            let heard = world.hear(OrgId(id), &says(subject, 6.8, at(0)), at(0));
            let network = matches!(subject, IndicatorValue::Network(_));
            assert_eq!(heard.is_err(), network);
        }
        assert_eq!(world.decide(at(0)), [], "{subject}");
        let order = world.order(subject, &Order::Confirm, "anna: I say so", at(1));
        assert_eq!(order, Err(Refused::Rail), "{subject}");
    }
    assert!(matches!(
        world.case(&never[2]).unwrap().reasons.last(),
        Some((_, State::Suspected, Reason::Rail { .. }))
    ));
    // A member that joins later takes its addresses with it.
    let shop = IndicatorValue::Addr(Addr::v4([203, 0, 113, 80]));
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&shop, 6.8, at(2)), at(2)).unwrap();
    }
    let [shop_id] = published(&world.decide(at(2)))[..] else { panic!() };
    let mut member = world.organisations()[&OrgId(9)].clone();
    member.ranges = vec!["203.0.113.80/32".parse().unwrap()];
    world.join(member);
    assert_eq!(withdrawn(&world.decide(at(3))), [shop_id]);
}

#[test]
fn what_tells_of_the_inside_is_not_heard() {
    let mut world = world(2);
    for text in ["10.0.0.5", "127.0.0.1", "224.0.0.1", "fe80::1"] {
        let subject = IndicatorValue::Addr(text.parse().unwrap());
        let heard = world.hear(OrgId(1), &says(&subject, 5.0, at(0)), at(0));
        assert_eq!(heard, Err(Refused::NeverABlock), "{text}");
    }
    let printer = world.hear(OrgId(1), &says(&name("printer.local"), 5.0, at(0)), at(0));
    assert_eq!(printer, Err(Refused::NeverABlock));
    let unknown = world.hear(OrgId(99), &says(&name("c2.example"), 5.0, at(0)), at(0));
    assert_eq!(unknown, Err(Refused::UnknownOrganisation));
    for odd in [f64::NAN, f64::INFINITY, -1.0] {
        let heard = world.hear(OrgId(1), &says(&name("c2.example"), odd, at(0)), at(0));
        assert_eq!(heard, Err(Refused::BadNumbers));
    }
}

#[test]
fn old_signals_are_not_heard_and_clocks_ahead_are_not_believed() {
    let mut world = world(2);
    let c2 = name("c2.example");
    let late = world.hear(OrgId(1), &says(&c2, 6.8, at(0)), at(31 * DAY));
    assert_eq!(late, Err(Refused::TooOld));
    world.hear(OrgId(1), &says(&c2, 6.8, at(400 * DAY)), at(0)).unwrap();
    assert_eq!(world.case(&c2).unwrap().seen, at(0));
}

#[test]
fn a_false_positive_lowers_at_once_and_costs_who_was_wrong() {
    let mut world = world(4);
    let shop = name("shop.example");
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&shop, 6.8, at(0)), at(0)).unwrap();
    }
    let [id] = published(&world.decide(at(0)))[..] else { panic!() };
    let before = world.organisations()[&OrgId(1)].weight(world.policy(), at(0));
    world.hear(OrgId(3), &denies(&shop, at(5)), at(5)).unwrap();
    assert_eq!(withdrawn(&world.decide(at(5))), [id]);
    assert_eq!(state(&world, &shop), State::Withdrawn);
    let after = world.organisations()[&OrgId(1)].weight(world.policy(), at(5));
    assert!(after < before * 0.95, "one denies: a doubt; {before} {after}");
    assert_eq!(world.organisations()[&OrgId(3)].standing.wrong, 0);
    world.hear(OrgId(4), &denies(&shop, at(6)), at(6)).unwrap();
    world.decide(at(6));
    let after = world.organisations()[&OrgId(1)].weight(world.policy(), at(6));
    assert!(after < before * 0.6, "two in two networks deny: wrong; {before} {after}");
    let standing = world.organisations()[&OrgId(1)].standing;
    assert_eq!((standing.right, standing.wrong, standing.doubted), (0, 1, 0));
    // The same two do not bring it back by repeating themselves.
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&shop, 6.8, at(9)), at(9)).unwrap();
    }
    assert_eq!(world.decide(at(9)), []);
}

#[test]
fn a_newcomer_cannot_deny_and_many_outweigh_one() {
    let mut world = world(6);
    let c2 = name("c2.example");
    for id in 1..=5 {
        world.hear(OrgId(id), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    }
    assert_eq!(published(&world.decide(at(0))).len(), 1);
    for id in 7..=16 {
        world.hear(OrgId(id), &denies(&c2, at(1)), at(1)).unwrap();
    }
    world.hear(OrgId(6), &denies(&c2, at(1)), at(1)).unwrap();
    assert!(withdrawn(&world.decide(at(1))).is_empty());
    assert_eq!(state(&world, &c2), State::Confirmed);
}

#[test]
fn sightings_extend_life_and_silence_ends_it() {
    let mut world = world(2);
    let c2 = socket(7);
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    }
    let [id] = published(&world.decide(at(0)))[..] else { panic!() };
    let seen = Report { finding: Finding::Sighting, ..says(&c2, 0.0, at(2 * DAY)) };
    world.hear(OrgId(2), &seen, at(2 * DAY)).unwrap();
    assert_eq!(published(&world.decide(at(2 * DAY))), [id], "until later");
    assert_eq!(world.decide(at(5 * DAY - 1)), []);
    assert_eq!(withdrawn(&world.decide(at(5 * DAY))), [id]);
    assert_eq!(state(&world, &c2), State::Expired);
    // Whatever is seen, nothing stays for ever.
    let c3 = socket(8);
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&c3, 6.8, at(6 * DAY)), at(6 * DAY)).unwrap();
    }
    assert_eq!(published(&world.decide(at(6 * DAY))).len(), 1);
    let mut ended = None;
    for day in 7..120 {
        let seen = Report { finding: Finding::Sighting, ..says(&c3, 0.0, at(day * DAY)) };
        world.hear(OrgId(1), &seen, at(day * DAY)).unwrap();
        if !withdrawn(&world.decide(at(day * DAY))).is_empty() {
            ended = Some(day);
            break;
        }
    }
    assert_eq!(ended, Some(96));
    assert!(matches!(world.case(&c3).unwrap().reasons.last(), Some((.., Reason::Age))));
    // Nor does it come back by being seen; an analyst may let the evidence decide again.
    for day in 96..110 {
        for id in 1..=2 {
            world.hear(OrgId(id), &says(&c3, 6.8, at(day * DAY)), at(day * DAY)).unwrap();
        }
        assert_eq!(world.decide(at(day * DAY)), []);
    }
    world.order(&c3, &Order::Leave, "anna: it is still there", at(110 * DAY)).unwrap();
    let again = world.decide(at(110 * DAY));
    let [Decision::Publish { until, .. }] = again.as_slice() else { panic!("{again:?}") };
    assert!(*until > at(111 * DAY), "a life of its own, not the end of the last one");
}

#[test]
fn a_sensor_that_joins_has_nothing_looked_at_again() {
    let mut world = world(2);
    let c2 = name("c2.example");
    world.hear(OrgId(1), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    world.decide(at(0));
    world.changed();
    let known = world.organisations()[&OrgId(1)].clone();
    world.join(known.clone());
    world.join(Organisation { id: OrgId(77), ..known.clone() });
    world.decide(at(1));
    assert!(world.changed().is_empty());
    // What it votes on is, when its word is worth something else now.
    world.join(Organisation { silenced: true, ..known });
    world.decide(at(2));
    assert_eq!(world.changed().len(), 1);
}

#[test]
fn what_an_analyst_confirmed_is_renewed_before_it_ends() {
    let mut world = world(2);
    let c2 = socket(9);
    world.order(&c2, &Order::Confirm, "anna: seen in a sandbox", at(0)).unwrap();
    let mut ends = at(0);
    for hour in 0..24 * 30 {
        let now = at(hour * 3_600);
        for decision in world.decide(now) {
            let Decision::Publish { until, .. } = decision else { panic!("{decision:?}") };
            assert!(hour == 0 || now < ends, "it was not in force for a while");
            ends = until;
        }
        assert!(ends > now);
    }
}

#[test]
fn what_is_still_seen_is_renewed_before_it_ends() {
    let mut world = world(2);
    let c2 = socket(9);
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    }
    let mut ends = at(0);
    for hour in 0..24 * 30 {
        let now = at(hour * 3_600);
        // Each sighting is too small a step to be told at once.
        let seen = Report { finding: Finding::Sighting, ..says(&c2, 0.0, now) };
        world.hear(OrgId(2), &seen, now).unwrap();
        for decision in world.decide(now) {
            let Decision::Publish { until, .. } = decision else { panic!("{decision:?}") };
            assert!(hour == 0 || now < ends);
            ends = until;
        }
        assert!(ends > now, "hour {hour}");
    }
}

#[test]
fn analysts_beat_evidence_both_ways() {
    let mut world = world(3);
    let c2 = name("c2.example");
    world.order(&c2, &Order::Confirm, "anna: seen in a sandbox", at(0)).unwrap();
    assert_eq!(published(&world.decide(at(0))).len(), 1);
    for id in 1..=3 {
        world.hear(OrgId(id), &denies(&c2, at(1)), at(1)).unwrap();
    }
    assert_eq!(world.decide(at(1)), []);
    world.order(&c2, &Order::Withdraw, "anna: it was ours", at(2)).unwrap();
    assert_eq!(withdrawn(&world.decide(at(2))).len(), 1);
    for id in 1..=3 {
        world.hear(OrgId(id), &says(&c2, 6.8, at(3)), at(3)).unwrap();
    }
    assert_eq!(world.decide(at(3)), []);
    world.order(&c2, &Order::Leave, "anna: let them decide", at(4)).unwrap();
    assert_eq!(published(&world.decide(at(4))).len(), 1);
    let told: Vec<State> =
        world.case(&c2).unwrap().reasons.iter().map(|(_, state, _)| *state).collect();
    assert!(told.ends_with(&[State::Withdrawn, State::Observed, State::Confirmed]), "{told:?}");
}

#[test]
fn a_flood_waits_for_the_next_minute() {
    let mut world = world(2);
    for n in 0..100 {
        for id in 1..=2 {
            world
                .hear(OrgId(id), &says(&name(&format!("c{n}.example")), 6.8, at(0)), at(0))
                .unwrap();
        }
    }
    assert_eq!(published(&world.decide(at(0))).len(), 60);
    assert_eq!((world.waiting(), published(&world.decide(at(1))).len()), (40, 0));
    assert_eq!(published(&world.decide(at(60))).len(), 40);
}

#[test]
fn canaries_see_it_first_and_collateral_stops_it() {
    let policy = Policy { canary: Span::from_secs(600), ..Policy::default() };
    let mut world = world(3);
    world.settle(policy, Rails::default());
    let (c2, shop) = (name("c2.example"), name("shop.example"));
    for subject in [&c2, &shop] {
        for id in 1..=2 {
            world.hear(OrgId(id), &says(subject, 6.8, at(0)), at(0)).unwrap();
        }
    }
    let first = world.decide(at(0));
    assert!(first.iter().all(|d| matches!(d, Decision::Publish { canary: 10, .. })), "{first:?}");
    // A canary's site uses the shop.
    let used =
        Report { finding: Finding::Sighting, hosts: 40, crowd: 200, ..says(&shop, 0.0, at(60)) };
    world.hear(OrgId(3), &used, at(60)).unwrap();
    assert_eq!(withdrawn(&world.decide(at(60))), [2]);
    let then = world.decide(at(600));
    assert!(matches!(then.as_slice(), [Decision::Publish { id: 1, canary: 0, .. }]), "{then:?}");
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&shop, 6.8, at(700)), at(700)).unwrap();
    }
    assert_eq!(world.decide(at(700)), [], "until an analyst says otherwise");
}

#[test]
fn the_kill_switch_withdraws_all() {
    let mut world = world(2);
    for n in 0..3 {
        for id in 1..=2 {
            world.hear(OrgId(id), &says(&socket(n), 6.8, at(0)), at(0)).unwrap();
        }
    }
    assert_eq!(published(&world.decide(at(0))).len(), 3);
    world.kill(true);
    assert_eq!(withdrawn(&world.decide(at(1))).len(), 3);
    world.kill(false);
    assert_eq!(published(&world.decide(at(2))).len(), 3);
}

#[test]
fn cases_are_bounded_and_the_confirmed_stay() {
    let mut world = world(2);
    world.settle(Policy { most_cases: 100, ..Policy::default() }, Rails::default());
    let c2 = name("c2.example");
    for id in 1..=2 {
        world.hear(OrgId(id), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    }
    world.decide(at(0));
    for n in 0..1_000 {
        world.hear(OrgId(1), &says(&name(&format!("n{n}.example")), 0.5, at(1)), at(1)).unwrap();
        world.decide(at(1));
    }
    assert!(world.cases().len() <= 100);
    assert_eq!(state(&world, &c2), State::Confirmed);
}
