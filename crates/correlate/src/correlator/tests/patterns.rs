//! Conversations alike: what becomes a pattern, what never does, and what ends one.

use ostium_event::Ja4;
use ostium_intel::{Pattern, Shape, Transport};

use super::*;
use crate::Value;

pub(super) fn shape(server: &str) -> Box<Shape> {
    Box::new(Shape {
        server: server.to_owned(),
        ja4: Ja4::parse("t13d1516h2_8daaf6152771_e5627efa2ab1"),
        port: 4782,
        transport: Some(Transport::Tcp),
        application: "tls".to_owned(),
        period_ms: 60_000,
        ..Shape::default()
    })
}

fn tells(subject: &IndicatorValue, shape: &Shape, when: Timestamp) -> Report {
    Report { shape: Some(Box::new(shape.clone())), ..says(subject, 6.8, when) }
}

/// Organisations 1 and 2 confirm two destinations whose conversations go so.
fn two(world: &mut Correlator, shape: &Shape, when: Timestamp) -> Vec<Decision> {
    for subject in [name("c2.example"), socket(7)] {
        for id in 1..=2 {
            world.hear(OrgId(id), &tells(&subject, shape, when), when).unwrap();
        }
    }
    world.decide(when)
}

fn patterns(decisions: &[Decision]) -> Vec<(u64, Pattern, u16)> {
    let of = |decision: &Decision| match decision {
        Decision::Publish { id, value: Value::Pattern(pattern), canary, .. } => {
            Some((*id, pattern.as_ref().clone(), *canary))
        }
        _ => None,
    };
    decisions.iter().filter_map(of).collect()
}

/// The world has one pattern; its number.
fn one(world: &mut Correlator) -> u64 {
    let [(id, ..)] = patterns(&two(world, &shape("0a"), at(0)))[..] else { panic!() };
    id
}

fn hit(world: &mut Correlator, who: u32, id: u64, report: Report, when: Timestamp) {
    let report = Report { patterns: vec![id], ..report };
    world.hear(OrgId(who), &report, when).unwrap();
}

#[test]
fn what_two_destinations_share_is_for_show_and_then_in_earnest() {
    let mut world = world(4);
    let said = patterns(&two(&mut world, &shape("0a"), at(0)));
    let [(id, pattern, canary)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((pattern.server.as_str(), pattern.port, *canary), ("0a", Some(4782), 1_000));
    assert!(pattern.is_specific() && pattern.matches(&shape("0a")));
    assert!(!pattern.matches(&Shape { period_ms: 3_000, ..*shape("0a") }));
    assert_eq!(world.patterns()[id].family.as_deref(), Some("mirai"));
    assert!(patterns(&world.decide(at(DAY))).is_empty());
    let then = patterns(&world.decide(at(3 * DAY)));
    assert_eq!(then.iter().map(|(id, _, canary)| (*id, *canary)).collect::<Vec<_>>(), [(*id, 0)]);
    // The family is not seen again.
    let gone = withdrawn(&world.decide(at(15 * DAY)));
    assert!(gone.contains(id), "{gone:?}");
}

#[test]
fn one_destination_one_teller_or_one_mark_is_no_pattern() {
    // One owner with many names is one destination.
    let mut same = world(4);
    for subject in [name("a.c2.example"), name("b.c2.example")] {
        for id in 1..=2 {
            same.hear(OrgId(id), &tells(&subject, &shape("0a"), at(0)), at(0)).unwrap();
        }
    }
    assert!(patterns(&same.decide(at(0))).is_empty());
    // One organisation alone tells the shape, of what others confirm too.
    let mut alone = world(4);
    for subject in [name("c2.example"), socket(7)] {
        alone.hear(OrgId(1), &tells(&subject, &shape("0a"), at(0)), at(0)).unwrap();
        for id in 2..=3 {
            alone.hear(OrgId(id), &says(&subject, 6.8, at(0)), at(0)).unwrap();
        }
    }
    assert!(patterns(&alone.decide(at(0))).is_empty());
    for little in [
        Shape { server: String::new(), ..*shape("0a") },
        Shape { ja4: None, ..*shape("0a") },
        Shape { server: String::new(), uri: "/word".to_owned(), ..*shape("0a") },
    ] {
        let mut world = world(4);
        assert!(patterns(&two(&mut world, &little, at(0))).is_empty(), "{little:?}");
    }
}

#[test]
fn what_several_families_share_is_no_familys() {
    let mut world = world(4);
    for (subject, family) in [(name("c2.example"), "mirai"), (socket(7), "emotet")] {
        for id in 1..=2 {
            let told = tells(&subject, &shape("0a"), at(0));
            let told = Report { family: Some(family.to_owned()), ..told };
            world.hear(OrgId(id), &told, at(0)).unwrap();
        }
    }
    assert!(patterns(&world.decide(at(0))).is_empty());
}

#[test]
fn harmless_traffic_counts_against() {
    // A crowd goes so, long before.
    let mut crowded = world(4);
    let used = tells(&name("shop.example"), &shape("0a"), at(0));
    let used = Report { finding: Finding::Sighting, hosts: 40, crowd: 200, ..used };
    crowded.hear(OrgId(3), &used, at(0)).unwrap();
    assert!(patterns(&two(&mut crowded, &shape("0a"), at(0))).is_empty());
    // Nobody convicts what three others tell of the same shape.
    let mut doubted = world(5);
    for id in 3..=5 {
        let odd = name(&format!("odd{id}.example"));
        let told = Report { shape: Some(shape("0a")), ..says(&odd, 4.0, at(0)) };
        doubted.hear(OrgId(id), &told, at(0)).unwrap();
    }
    assert!(patterns(&two(&mut doubted, &shape("0a"), at(2 * DAY))).is_empty());
    // Where it is known already, a crowd ends it.
    let mut late = world(4);
    let id = one(&mut late);
    late.hear(OrgId(3), &Report { seen: (at(9), at(9)), ..used }, at(9)).unwrap();
    assert_eq!(withdrawn(&late.decide(at(9))), [id]);
}

#[test]
fn who_meets_it_harmlessly_ends_it_at_once() {
    for on_rail in [false, true] {
        let mut world = world(4);
        let id = one(&mut world);
        let subject = if on_rail { name("google.com") } else { name("shop.example") };
        let met = Report { finding: Finding::Sighting, ..says(&subject, 0.0, at(9)) };
        let no = Report { finding: Finding::FalsePositive, ..met.clone() };
        hit(&mut world, 3, id, if on_rail { met } else { no }, at(9));
        assert_eq!(withdrawn(&world.decide(at(9))), [id]);
        assert!(patterns(&two(&mut world, &shape("0a"), at(10))).is_empty(), "not at once again");
    }
}

#[test]
fn what_is_met_and_not_proven_keeps_it_for_show_and_then_ends_it() {
    let mut world = world(6);
    let id = one(&mut world);
    let met = |n: u32| {
        let subject = name(&format!("new{n}.example"));
        Report { by_pattern: true, ..says(&subject, 6.8, at(DAY)) }
    };
    hit(&mut world, 3, id, met(3), at(DAY));
    world.decide(at(DAY));
    for day in 2..6 {
        assert!(patterns(&world.decide(at(day * DAY))).iter().all(|said| said.2 == 1_000));
    }
    hit(&mut world, 4, id, met(4), at(6 * DAY));
    world.decide(at(6 * DAY));
    assert!(withdrawn(&world.decide(at(7 * DAY))).contains(&id));
    assert_eq!(world.patterns()[&id].why, Reason::Unproven);
}

#[test]
fn what_was_met_lately_is_waited_for_and_what_is_confirmed_proves_itself() {
    let mut world = world(6);
    let id = one(&mut world);
    // For the third day nobody knows yet.
    let met = Report { by_pattern: true, ..says(&name("new.example"), 6.8, at(3 * DAY - 9)) };
    hit(&mut world, 3, id, met, at(3 * DAY - 9));
    assert!(patterns(&world.decide(at(3 * DAY - 9))).is_empty());
    assert!(patterns(&world.decide(at(3 * DAY))).is_empty(), "still for show");
    // The same site meets what is confirmed: its first hit was no mistake either.
    let seen = Report { finding: Finding::Sighting, ..says(&name("c2.example"), 0.0, at(3 * DAY)) };
    hit(&mut world, 3, id, seen, at(3 * DAY));
    let then = patterns(&world.decide(at(3 * DAY)));
    assert_eq!(then.iter().map(|said| said.2).collect::<Vec<_>>(), [0]);
}

#[test]
fn a_source_that_is_withdrawn_takes_it_along() {
    let mut world = world(5);
    let id = one(&mut world);
    for who in 3..=4 {
        world.hear(OrgId(who), &denies(&socket(7), at(5)), at(5)).unwrap();
    }
    assert!(withdrawn(&world.decide(at(5))).contains(&id));
    assert_eq!(world.patterns()[&id].why, Reason::Source);
}

#[test]
fn a_pattern_proves_neither_itself_nor_what_it_finds() {
    let mut world = world(4);
    let id = one(&mut world);
    let new = name("new.example");
    for who in 1..=4 {
        let met = Report { by_pattern: true, ..tells(&new, &shape("0a"), at(9)) };
        hit(&mut world, who, id, met, at(9));
    }
    assert!(published(&world.decide(at(9))).is_empty(), "all rests on the pattern");
    assert!(!world.patterns()[&id].cases.contains(&world.case(&new).unwrap().id));
    // One has evidence of its own: the others' word is support.
    hit(&mut world, 1, id, tells(&new, &shape("0a"), at(10)), at(10));
    let case = world.case(&new).unwrap().id;
    assert!(published(&world.decide(at(10))).contains(&case));
    assert!(!world.patterns()[&id].cases.contains(&case), "one's own evidence is no quorum");
    // What only a pattern meets keeps it alive no longer.
    let mut ended = false;
    for day in 1..20 {
        let met = Report { by_pattern: true, ..says(&socket(99), 6.8, at(day * DAY)) };
        hit(&mut world, 1, id, met, at(day * DAY));
        ended |= withdrawn(&world.decide(at(day * DAY))).contains(&id);
    }
    assert!(ended);
}

#[test]
fn it_goes_over_a_restart_as_if_nothing_had_been() {
    let mut world = world(6);
    let id = one(&mut world);
    hit(&mut world, 3, id, Report { by_pattern: true, ..says(&socket(9), 6.8, at(9)) }, at(9));
    world.decide(at(9));
    let cases: Vec<KeptCase> = world.cases().keys().filter_map(|id| world.keep(*id)).collect();
    let parts: Vec<KeptPart> = world.changed_parts().into_iter().filter_map(|(_, p)| p).collect();
    let text = serde_json::to_string(&(&cases, &parts)).unwrap();
    let (cases, parts): (Vec<KeptCase>, Vec<KeptPart>) = serde_json::from_str(&text).unwrap();
    let members: Vec<Organisation> = world.organisations().values().cloned().collect();
    let mut again =
        Correlator::restored(Policy::default(), Rails::default(), members, cases, parts);
    assert_eq!(again.patterns(), world.patterns());
    for day in 1..20 {
        hit(&mut world, 4, id, says(&socket(9), 6.8, at(day * DAY)), at(day * DAY));
        hit(&mut again, 4, id, says(&socket(9), 6.8, at(day * DAY)), at(day * DAY));
        assert_eq!(world.decide(at(day * DAY)), again.decide(at(day * DAY)));
    }
    assert_eq!(again.patterns(), world.patterns());
}

#[test]
fn an_analyst_beats_what_is_for_show_and_what_is_denied() {
    let mut world = world(4);
    let id = one(&mut world);
    world.order_entry(id, &Order::Confirm, "ada: seen in a sample", at(1)).unwrap();
    let said = world.decide(at(1));
    let [Decision::Publish { canary: 0, ground: crate::Ground::Analyst, .. }] = said.as_slice()
    else {
        panic!("{said:?}")
    };
    // One who calls it harmless does not end it; the analyst does, and a later sight does not undo it.
    let deny = Report::new(name("d.example"), at(2), Finding::FalsePositive);
    hit(&mut world, 3, id, deny, at(2));
    assert!(withdrawn(&world.decide(at(2))).is_empty());
    world.order_entry(id, &Order::Withdraw, "ada: a mistake", at(3)).unwrap();
    assert_eq!(withdrawn(&world.decide(at(3))), [id]);
    two(&mut world, &shape("0a"), at(4));
    assert!(patterns(&world.decide(at(DAY))).is_empty());
    assert_eq!(world.patterns()[&id].state, State::Withdrawn);
    assert_eq!(world.order_entry(999, &Order::Leave, "", at(4)), Err(Refused::NoEntry));
}
