//! What liars are kept from; crate `poison` measures the rest.

use super::*;

/// Confirmed by organisations 1 and 2; its number.
fn confirm(world: &mut Correlator, subject: &IndicatorValue, when: Timestamp) -> u64 {
    for id in 1..=2 {
        world.hear(OrgId(id), &says(subject, 6.8, when), when).unwrap();
    }
    world.decide(when);
    assert_eq!(state(world, subject), State::Confirmed, "{subject}");
    world.case(subject).unwrap().id
}

#[test]
fn who_denies_everything_says_nothing_and_ruins_nobody() {
    let mut world = world(3);
    let mut gone = Vec::new();
    for n in 0..40 {
        let (c2, when) = (name(&format!("c{n}.example")), at(n * 3_600));
        confirm(&mut world, &c2, when);
        world.hear(OrgId(3), &denies(&c2, when), when).unwrap();
        if !withdrawn(&world.decide(when)).is_empty() {
            gone.push(n);
        }
    }
    assert!((3..=4).contains(&gone.len()), "{gone:?}");
    let weight = |id| world.organisations()[&OrgId(id)].weight(world.policy(), at(40 * 3_600));
    assert!(weight(1) > 0.8, "{}", weight(1));
}

#[test]
fn collateral_of_one_site_holds_a_day_and_of_two_until_an_analyst() {
    let used = |subject: &IndicatorValue, when| Report {
        finding: Finding::Sighting,
        hosts: 40,
        crowd: 200,
        ..says(subject, 0.0, when)
    };
    for sites in 1..=2 {
        let mut world = world(8);
        let c2 = name("c2.example");
        confirm(&mut world, &c2, at(0));
        for site in 3..3 + sites {
            world.hear(OrgId(site), &used(&c2, at(9)), at(9)).unwrap();
            if site == 4 {
                // The first has withdrawn it; the second says that it would be harm there too.
                world.hear(OrgId(site), &denies(&c2, at(9)), at(9)).unwrap();
            }
        }
        assert_eq!(withdrawn(&world.decide(at(9))).len(), 1);
        for id in 5..=8 {
            world.hear(OrgId(id), &says(&c2, 6.8, at(10)), at(10)).unwrap();
        }
        assert_eq!(world.decide(at(10)), [], "an analyst may look first");
        world.hear(OrgId(5), &says(&c2, 6.8, at(DAY + 20)), at(DAY + 20)).unwrap();
        let again = published(&world.decide(at(DAY + 20)));
        assert_eq!(again.len(), usize::from(sites == 1));
    }
}

#[test]
fn a_flood_of_some_does_not_make_others_wait_for_it() {
    let mut world = world(4);
    for n in 0..500 {
        for id in 1..=2 {
            let junk = name(&format!("junk{n}.example"));
            world.hear(OrgId(id), &says(&junk, 6.8, at(0)), at(0)).unwrap();
        }
    }
    world.decide(at(0));
    let c2 = name("c2.example");
    for id in 3..=4 {
        world.hear(OrgId(id), &says(&c2, 6.8, at(1)), at(1)).unwrap();
    }
    assert_eq!(world.decide(at(1)), [], "the minute is full");
    world.decide(at(60));
    assert_eq!(state(&world, &c2), State::Confirmed);
    assert!(world.waiting() > 300);
}

#[test]
fn a_flood_of_one_evicts_its_own() {
    let mut world = world(3);
    world.settle(Policy { most_cases: 100, ..Policy::default() }, Rails::default());
    let c2 = name("c2.example");
    world.hear(OrgId(1), &says(&c2, 6.8, at(0)), at(0)).unwrap();
    for n in 0..1_000 {
        // Loud enough to be suspected: such cases count against the bound as well.
        let junk = name(&format!("junk{n}.example"));
        world.hear(OrgId(3), &says(&junk, 6.8, at(1)), at(1)).unwrap();
        world.decide(at(1));
        assert!(world.cases().len() <= 100);
    }
    world.hear(OrgId(2), &says(&c2, 6.8, at(2)), at(2)).unwrap();
    world.decide(at(2));
    assert_eq!(state(&world, &c2), State::Confirmed);
}

#[test]
fn newcomers_who_spray_or_copy_lists_are_no_quorum() {
    let mut world = world(2);
    for n in 0..30 {
        let (c2, when) = (name(&format!("c{n}.example")), at(n * DAY));
        // 3, 4 and 5 copy a public list; 5 sprays besides.
        for id in 3..=5 {
            world.hear(OrgId(id), &says(&c2, 6.8, when), when).unwrap();
        }
        for m in 0..20 {
            let junk = name(&format!("junk{n}-{m}.example"));
            world.hear(OrgId(5), &says(&junk, 6.8, when), when).unwrap();
        }
        confirm(&mut world, &c2, when);
    }
    let now = at(30 * DAY);
    let weight = |id| world.organisations()[&OrgId(id)].weight(world.policy(), now);
    assert!(weight(3) > 0.7 && weight(5) < 0.1, "{} {}", weight(3), weight(5));
    let shop = name("shop.example");
    for id in 3..=5 {
        world.hear(OrgId(id), &says(&shop, 6.8, now), now).unwrap();
    }
    assert!(published(&world.decide(now)).is_empty());
}

#[test]
fn who_weighs_nothing_keeps_nothing_alive() {
    let mut world = world(2);
    let c2 = socket(7);
    let id = confirm(&mut world, &c2, at(0));
    for day in 1..=3 {
        let seen = Report { finding: Finding::Sighting, ..says(&c2, 0.0, at(day * DAY)) };
        world.hear(OrgId(9), &seen, at(day * DAY)).unwrap();
        let ended = withdrawn(&world.decide(at(day * DAY)));
        assert_eq!(ended, if day == 3 { vec![id] } else { vec![] });
    }
}
