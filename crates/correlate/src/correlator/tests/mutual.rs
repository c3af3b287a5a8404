//! Where confirmed names lead, and whom infected hosts have in common.

use super::*;
use crate::{Contacts, Ground};

const HOUR: u64 = 3_600;

fn addr(net: u8, last: u8) -> Addr {
    Addr::v4([198, 18 + net, 0, last])
}

/// Six addresses in three networks.
fn many() -> Vec<Addr> {
    (0..6).map(|n| addr(n % 3, n)).collect()
}

fn leads(subject: &IndicatorValue, to: &[Addr], when: Timestamp) -> Report {
    Report { addresses: to.to_vec(), ..says(subject, 6.8, when) }
}

/// Addresses that are published, and for how many.
fn addresses(decisions: &[Decision]) -> Vec<(Addr, u16, Timestamp)> {
    let of = |decision: &Decision| match decision {
        Decision::Publish {
            value, canary, until, ground: Ground::Flux | Ground::Peers, ..
        } => {
            let Some(IndicatorValue::Addr(addr)) = value.indicator() else { panic!("{value:?}") };
            Some((*addr, *canary, *until))
        }
        _ => None,
    };
    decisions.iter().filter_map(of).collect()
}

/// Organisations 1 and 2 confirm a name that leads there.
fn flux(world: &mut Correlator, to: &[Addr]) -> Vec<Decision> {
    for id in 1..=2 {
        world.hear(OrgId(id), &leads(&name("c2.example"), to, at(0)), at(0)).unwrap();
    }
    world.decide(at(0))
}

#[test]
fn addresses_of_a_changing_name_follow_it_and_go_with_it() {
    let mut world = world(5);
    let said = addresses(&flux(&mut world, &many()));
    assert_eq!(said.len(), 6);
    assert!(said.iter().all(|said| (said.1, said.2) == (1_000, at(3 * DAY))), "{said:?}");
    let earnest = addresses(&world.decide(at(6 * HOUR)));
    assert!(earnest.len() == 6 && earnest.iter().all(|said| said.1 == 0), "{earnest:?}");
    // Nobody says so again: addresses are not kept as long as the name.
    assert_eq!(withdrawn(&world.decide(at(3 * DAY))).len(), 6);
    assert_eq!(state(&world, &name("c2.example")), State::Confirmed);
    let again =
        Report { finding: Finding::Sighting, ..leads(&name("c2.example"), &many(), at(4 * DAY)) };
    for id in 3..=4 {
        world.hear(OrgId(id), &again, at(4 * DAY)).unwrap();
    }
    assert_eq!(addresses(&world.decide(at(4 * DAY))).len(), 6);
    // The name was harmless.
    for id in 3..=5 {
        world.hear(OrgId(id), &denies(&name("c2.example"), at(4 * DAY)), at(4 * DAY)).unwrap();
    }
    assert_eq!(withdrawn(&world.decide(at(4 * DAY))).len(), 7);
    let case = world.case(&IndicatorValue::Addr(addr(0, 0))).unwrap();
    assert!(matches!(case.reasons.last(), Some((_, State::Withdrawn, Reason::Source))));
}

#[test]
fn few_addresses_one_network_and_one_teller_are_not_followed() {
    let near: Vec<Addr> = (0..9).map(|n| addr(0, n)).collect();
    for to in [&many()[..4], &near] {
        assert!(addresses(&flux(&mut world(4), to)).is_empty(), "{to:?}");
    }
    // One adds an address of its own choice to what both tell.
    let mut added = world(4);
    let victim = addr(7, 7);
    let more = leads(&name("c2.example"), &[victim], at(0));
    added.hear(OrgId(1), &more, at(0)).unwrap();
    let said = addresses(&flux(&mut added, &many()));
    assert!(said.len() == 6 && said.iter().all(|said| said.0 != victim));
}

#[test]
fn rails_and_hosting_are_left_alone() {
    let mut rails = world(4);
    let mut to = many();
    to.extend(["8.8.8.8", "104.16.1.1", "192.0.2.3"].map(|text| text.parse::<Addr>().unwrap()));
    let said = addresses(&flux(&mut rails, &to));
    assert!(said.len() == 6 && said.iter().all(|said| many().contains(&said.0)), "{said:?}");
    // A shop that nobody confirmed is at one of them.
    let mut shared = world(4);
    let shop =
        Report { finding: Finding::Sighting, ..leads(&name("shop.example"), &many()[..1], at(0)) };
    shared.hear(OrgId(4), &shop, at(0)).unwrap();
    let said = addresses(&flux(&mut shared, &many()));
    assert!(said.len() == 5 && said.iter().all(|said| said.0 != many()[0]), "{said:?}");
}

#[test]
fn one_word_against_an_address_ends_it_and_evidence_of_its_own_carries_it() {
    let mut denied = world(4);
    flux(&mut denied, &many());
    let first = IndicatorValue::Addr(many()[0]);
    denied.hear(OrgId(4), &denies(&first, at(9)), at(9)).unwrap();
    let id = denied.case(&first).unwrap().id;
    assert_eq!(withdrawn(&denied.decide(at(9))), [id]);
    let again =
        Report { finding: Finding::Sighting, ..leads(&name("c2.example"), &many(), at(10)) };
    denied.hear(OrgId(2), &again, at(10)).unwrap();
    assert!(addresses(&denied.decide(at(10))).iter().all(|said| said.0 != many()[0]));
    let mut found = world(4);
    flux(&mut found, &many());
    for id in 3..=4 {
        found.hear(OrgId(id), &says(&first, 6.8, at(9)), at(9)).unwrap();
    }
    let said = found.decide(at(9));
    let [Decision::Publish { ground: Ground::Quorum, canary: 0, .. }] = said.as_slice() else {
        panic!("{said:?}")
    };
}

fn peers(when: Timestamp) -> Contacts {
    Contacts {
        addresses: many(),
        seen: (when, when),
        family: Some("hajime".to_owned()),
        hosts: 1,
        crowd: 1,
        harmless: false,
    }
}

#[test]
fn contacts_that_three_have_in_common_are_peers() {
    let mut world = world(4);
    for id in 1..=3 {
        assert!(addresses(&world.decide(at(id))).is_empty(), "{id}");
        let id = u32::try_from(id).unwrap();
        world.hear_contacts(OrgId(id), &peers(at(0)), at(u64::from(id))).unwrap();
    }
    let said = addresses(&world.decide(at(3)));
    assert!(said.len() == 6 && said.iter().all(|said| (said.1, said.2) == (1_000, at(3 * DAY))));
    assert!(addresses(&world.decide(at(6 * HOUR + 3))).iter().all(|said| said.1 == 0));
    assert_eq!(withdrawn(&world.decide(at(3 * DAY))).len(), 6);
    // Whoever has no weight says nothing.
    assert_eq!(world.hear_contacts(OrgId(9), &peers(at(0)), at(0)), Err(Refused::NoWeight));
}

#[test]
fn peers_of_everybody_are_nobodys() {
    for kind in 0..3 {
        let mut world = world(4);
        for id in 1..=3 {
            let mut said = peers(at(0));
            if kind == 2 {
                said.family = Some(format!("family {id}"));
            }
            world.hear_contacts(OrgId(id), &said, at(0)).unwrap();
        }
        let mut crowd = peers(at(0));
        match kind {
            0 => (crowd.hosts, crowd.crowd) = (40, 200),
            1 => crowd.harmless = true,
            _ => {}
        }
        world.hear_contacts(OrgId(4), &crowd, at(0)).unwrap();
        assert!(addresses(&world.decide(at(0))).is_empty(), "{kind}");
    }
    // Later, where it stands already.
    let mut world = world(4);
    for id in 1..=3 {
        world.hear_contacts(OrgId(id), &peers(at(0)), at(0)).unwrap();
    }
    assert_eq!(addresses(&world.decide(at(0))).len(), 6);
    world.hear_contacts(OrgId(4), &Contacts { harmless: true, ..peers(at(1)) }, at(1)).unwrap();
    assert_eq!(withdrawn(&world.decide(at(1))).len(), 6);
}

#[test]
fn what_tells_of_the_inside_or_stands_on_a_rail_is_no_peer() {
    let mut world = world(4);
    let rails =
        ["10.0.0.5", "8.8.8.8", "104.16.1.1", "192.0.2.3"].map(|text| text.parse().unwrap());
    let said = Contacts { addresses: rails.to_vec(), ..peers(at(0)) };
    assert_eq!(world.hear_contacts(OrgId(1), &said, at(0)), Err(Refused::NeverABlock));
    assert!(world.cases().is_empty());
}
