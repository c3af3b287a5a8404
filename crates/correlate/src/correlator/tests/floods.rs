//! One victim of many sites: what is throttled, for how long, and what never is.

use ostium_intel::Transport;

use super::*;
use crate::{Flow, Value};

fn flow(victim: &str, packets_per_second: u64, when: Timestamp) -> Flow {
    Flow {
        victim: victim.parse().unwrap(),
        port: 80,
        transport: Transport::Udp,
        seen: (when, when),
        packets_per_second,
        sources: 2,
        hosts: 2,
        crowd: 1,
        false_positive: false,
    }
}

fn rates(decisions: &[Decision]) -> Vec<(u64, u32, Timestamp)> {
    let of = |decision: &Decision| match decision {
        Decision::Publish { id, value: Value::Throttle(throttle), until, .. } => {
            Some((*id, throttle.packets_per_second, *until))
        }
        _ => None,
    };
    decisions.iter().filter_map(of).collect()
}

/// Organisations 1 to `sites` each send so much.
fn hit(world: &mut Correlator, sites: u32, each: u64, when: Timestamp) -> Vec<Decision> {
    for id in 1..=sites {
        world.hear_flow(OrgId(id), &flow("203.0.113.9", each, when), when).unwrap();
    }
    world.decide(when)
}

#[test]
fn each_below_its_own_threshold_and_together_a_flood() {
    let mut world = world(5);
    assert!(rates(&hit(&mut world, 3, 300, at(0))).is_empty(), "900 packets a second");
    let said = rates(&hit(&mut world, 4, 600, at(1)));
    // Two hosts send 600: each may send a quarter of its 300.
    let &[(id, 75, until)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(until, at(901));
    assert!(rates(&hit(&mut world, 4, 600, at(30))).is_empty(), "nothing new");
    let later = rates(&hit(&mut world, 4, 600, at(500)));
    assert_eq!(later.iter().map(|said| said.2).collect::<Vec<_>>(), [at(1_400)]);
    // One goes on alone: it ends when it said that it would.
    assert!(rates(&hit(&mut world, 1, 700, at(1_399))).is_empty());
    assert_eq!(withdrawn(&world.decide(at(1_400))), [id]);
    world.decide(at(3_000));
    assert!(world.floods().is_empty(), "what nobody speaks of is let go");
    // Again is another number: an id is never given twice.
    let again = rates(&hit(&mut world, 4, 600, at(4_000)));
    assert!(again.len() == 1 && again[0].0 > id);
}

#[test]
fn one_organisation_alone_neighbours_and_newcomers_throttle_nobody() {
    let mut alone = world(1);
    let loud = flow("203.0.113.9", 1_000_000, at(0));
    alone.hear_flow(OrgId(1), &loud, at(0)).unwrap();
    assert_eq!(alone.decide(at(0)), []);
    let unheard = alone.hear_flow(OrgId(2), &loud, at(0));
    assert_eq!(unheard, Err(Refused::NoWeight));
    let mut near = world(2);
    for id in 1..=2 {
        let mut same = near.organisations()[&OrgId(id)].clone();
        same.network = 64_999;
        near.join(same);
        near.hear_flow(OrgId(id), &loud, at(0)).unwrap();
    }
    assert_eq!(near.decide(at(0)), []);
}

#[test]
fn rails_hold_for_victims_too_and_what_is_inside_is_not_heard() {
    let mut world = world(4);
    for (victim, why) in [
        ("8.8.8.8", Refused::Rail),
        ("104.16.1.1", Refused::Rail),
        ("192.0.2.3", Refused::Rail),
        ("10.0.0.5", Refused::NeverABlock),
    ] {
        for id in 1..=4 {
            let heard = world.hear_flow(OrgId(id), &flow(victim, 900, at(0)), at(0));
            assert_eq!(heard, Err(why), "{victim}");
        }
    }
    assert_eq!(world.decide(at(0)), []);
    // A member that joins later takes its addresses with it.
    let said = rates(&hit(&mut world, 4, 600, at(1)));
    let mut member = world.organisations()[&OrgId(9)].clone();
    member.ranges = vec!["203.0.113.0/24".parse().unwrap()];
    world.join(member);
    assert_eq!(withdrawn(&world.decide(at(2))), [said[0].0]);
}

#[test]
fn whose_hosts_all_use_it_ends_it_at_once_and_for_a_day() {
    for crowd in [false, true] {
        let mut world = world(6);
        let [(id, ..)] = rates(&hit(&mut world, 4, 600, at(0)))[..] else { panic!() };
        let mut used = flow("203.0.113.9", 600, at(5));
        (used.hosts, used.crowd, used.false_positive) =
            if crowd { (40, 200, false) } else { (1, 1, true) };
        world.hear_flow(OrgId(6), &used, at(5)).unwrap();
        assert_eq!(withdrawn(&world.decide(at(5))), [id]);
        assert!(rates(&hit(&mut world, 4, 600, at(6))).is_empty());
        assert_eq!(rates(&hit(&mut world, 4, 600, at(DAY + 6))).len(), 1);
    }
}

#[test]
fn nothing_is_throttled_for_ever() {
    let mut world = world(4);
    let mut stood = 0;
    for minute in 0..60 * 24 {
        hit(&mut world, 4, 600, at(minute * 60));
        let stands = world.floods().values().any(|flood| flood.stands.is_some());
        stood += u32::from(stands);
    }
    assert_eq!(stood, 6 * 60);
}

#[test]
fn who_names_all_the_world_is_stopped() {
    let mut world = world(2);
    for n in 0..200u8 {
        let heard = world.hear_flow(OrgId(1), &flow(&format!("198.51.100.{n}"), 9, at(0)), at(0));
        assert_eq!(heard.is_ok(), n < 64, "{n}");
    }
    world.decide(at(700));
    assert!(world.floods().is_empty());
    assert!(world.hear_flow(OrgId(1), &flow("198.51.100.9", 9, at(700)), at(700)).is_ok());
}

#[test]
fn an_analyst_throttles_for_one_site_and_forbids_for_all() {
    let mut world = world(4);
    assert!(rates(&hit(&mut world, 1, 300, at(0))).is_empty());
    let id = *world.floods().keys().next().unwrap();
    world.order_entry(id, &Order::Confirm, "ada: the victim asked", at(1)).unwrap();
    let said = rates(&world.decide(at(1)));
    assert!(said.len() == 1 && said[0].0 == id, "{said:?}");
    world.order_entry(id, &Order::Withdraw, "ada: it was a test", at(2)).unwrap();
    assert_eq!(withdrawn(&world.decide(at(2))), [id]);
    assert!(rates(&hit(&mut world, 4, 900, at(3))).is_empty(), "whatever others say");
    world.order_entry(id, &Order::Leave, "ada: let us see", at(4)).unwrap();
    assert_eq!(rates(&world.decide(at(4))).len(), 1);
}
