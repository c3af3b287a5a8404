//! Names that nobody registered, asked for at several organisations.

use super::super::name_print as print_of;
use super::*;
use crate::{Made, Value};

fn made(names: std::ops::Range<u32>, when: Timestamp) -> Made {
    Made {
        prints: names.map(|n| print_of(&format!("qx{n}zv.example"))).collect(),
        form: "a12-16 .example".to_owned(),
        family: Some("conficker".to_owned()),
        seen: (when, when),
    }
}

fn generators(decisions: &[Decision]) -> Vec<(u64, usize, Option<String>)> {
    let of = |decision: &Decision| match decision {
        Decision::Publish { id, value: Value::Generator { prints, .. }, family, .. } => {
            Some((*id, prints.len(), family.clone()))
        }
        _ => None,
    };
    decisions.iter().filter_map(of).collect()
}

#[test]
fn prints_are_those_of_the_protocol() {
    // Of `printf c2.example | sha256sum` the first 16 digits.
    assert_eq!(print_of("c2.example"), PRINT);
}

const PRINT: u64 = 0x62eb_c8de_9218_900a;

#[test]
fn the_same_names_at_two_organisations_are_one_generator() {
    let mut world = world(4);
    world.hear_made(OrgId(1), &made(0..40, at(0)), at(0)).unwrap();
    assert!(world.decide(at(0)).is_empty());
    // Two names in common may be chance; another family's names are another generator.
    world.hear_made(OrgId(2), &made(38..60, at(1)), at(1)).unwrap();
    world.hear_made(OrgId(3), &made(100..140, at(1)), at(1)).unwrap();
    assert!(world.decide(at(1)).is_empty());
    assert_eq!(world.makers().len(), 3);
    world.hear_made(OrgId(4), &made(20..30, at(2)), at(2)).unwrap();
    let said = generators(&world.decide(at(2)));
    let [(id, 10, family)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(family.as_deref(), Some("conficker"));
    // No name is published, and nothing is a case.
    assert!(world.cases().is_empty());
    assert_eq!(withdrawn(&world.decide(at(15 * DAY))), [*id]);
    world.decide(at(30 * DAY));
    assert!(world.makers().is_empty());
}

#[test]
fn one_alone_neighbours_and_newcomers_are_no_generator() {
    let mut world = world(2);
    let mut same = world.organisations()[&OrgId(2)].clone();
    same.network = world.organisations()[&OrgId(1)].network;
    world.join(same);
    for id in 1..=2 {
        world.hear_made(OrgId(id), &made(0..40, at(0)), at(0)).unwrap();
    }
    assert_eq!(world.hear_made(OrgId(3), &made(0..40, at(0)), at(0)), Err(Refused::NoWeight));
    assert!(world.decide(at(0)).is_empty());
}

#[test]
fn who_asked_for_it_in_vain_is_a_witness_when_it_is_found() {
    let mut world = world(4);
    for id in 2..=3 {
        world.hear_made(OrgId(id), &made(0..40, at(0)), at(0)).unwrap();
    }
    world.decide(at(0));
    let met = name("qx7zv.example");
    world.hear(OrgId(1), &says(&met, 6.8, at(DAY)), at(DAY)).unwrap();
    let said = world.decide(at(DAY));
    assert!(published(&said).contains(&world.case(&met).unwrap().id), "{said:?}");
    // Two weeks later nobody remembers.
    let mut late = super::world(4);
    late.hear_made(OrgId(2), &made(0..40, at(0)), at(0)).unwrap();
    late.hear(OrgId(1), &says(&met, 6.8, at(15 * DAY)), at(15 * DAY)).unwrap();
    assert!(published(&late.decide(at(15 * DAY))).is_empty());
}

#[test]
fn a_generator_is_no_witness_for_names_that_were_not_asked_for() {
    let mut world = world(4);
    for id in 1..=3 {
        world.hear_made(OrgId(id), &made(0..40, at(0)), at(0)).unwrap();
    }
    world.decide(at(0));
    // A liar claims that a shop is of the generator, loudly.
    let shop = name("shop.example");
    world.hear(OrgId(4), &says(&shop, 900.0, at(1)), at(1)).unwrap();
    let lie = Made { prints: vec![print_of("shop.example")], ..made(0..5, at(1)) };
    let all =
        Made { prints: [lie.prints, made(0..40, at(1)).prints].concat(), ..made(0..1, at(1)) };
    world.hear_made(OrgId(4), &all, at(1)).unwrap();
    assert!(published(&world.decide(at(1))).is_empty());
    // Nor does a witness count beside one that only suspects.
    let met = name("qx7zv.example");
    world.hear(OrgId(4), &says(&met, 5.9, at(2)), at(2)).unwrap();
    assert!(published(&world.decide(at(2))).is_empty());
}

#[test]
fn an_analyst_takes_the_word_of_one_and_forbids() {
    let mut world = world(4);
    world.hear_made(OrgId(1), &made(0..40, at(0)), at(0)).unwrap();
    assert!(world.decide(at(0)).is_empty());
    let id = *world.makers().keys().next().unwrap();
    world.order_entry(id, &Order::Confirm, "ada: I have the program", at(1)).unwrap();
    assert_eq!(generators(&world.decide(at(1))), [(id, 40, Some("conficker".to_owned()))]);
    world.order_entry(id, &Order::Withdraw, "ada: it was another", at(2)).unwrap();
    assert_eq!(withdrawn(&world.decide(at(2))), [id]);
    world.hear_made(OrgId(2), &made(0..40, at(3)), at(3)).unwrap();
    assert!(generators(&world.decide(at(DAY))).is_empty());
}
