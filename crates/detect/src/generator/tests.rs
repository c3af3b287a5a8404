//! Tests of the generator detector: names of a known generator, and names that people mistype.

use std::collections::BTreeMap;
use std::sync::Arc;

use ostium_event::Addr;
use ostium_evidence::Group;
use ostium_intel::{Lore, Shape, Told};

use super::asked::print;
use crate::testing::{Chance, DAY, Family, Findings, Outcome, Scene, human_names};

const NAME: &str = "generator";

/// Generators, as a hub tells them: prints, and the number of whose they are.
struct Known(BTreeMap<u64, u64>);

impl Lore for Known {
    fn pattern(&self, _: &Shape) -> Option<Told> {
        None
    }

    fn generator(&self, print: u64) -> Option<Told> {
        self.0.get(&print).map(|id| Told {
            id: *id,
            family: Some("Example".into()),
            confidence: 90,
            organisations: 2,
            for_show: *id == 99,
        })
    }

    fn knows(&self) -> (bool, bool) {
        (false, true)
    }
}

fn of(names: &[String], id: u64) -> Arc<Known> {
    Arc::new(Known(names.iter().map(|name| (print(name), id)).collect()))
}

/// An ordinary day in which these names are asked for in vain, hours apart.
fn asks(names: &[String]) -> Scene {
    let mut scene = Scene::ordinary(DAY);
    for (turn, name) in names.iter().enumerate() {
        scene.nxdomain(600.0 + 20_000.0 * turn as f64, name);
    }
    scene
}

fn found(names: &[String], known: &Arc<Known>) -> Findings {
    asks(names).play().heeding(Arc::clone(known) as Arc<dyn Lore>).findings(7)
}

fn made(seed: u64) -> Vec<String> {
    Family::Letters.names(40, &mut Chance::new(seed))
}

#[test]
fn names_of_a_known_generator_say_whose_they_are() {
    let (names, known) = (made(4), of(&made(4), 7));
    for (count, nats) in [(1, 1.0), (2, 3.0), (3, 5.0)] {
        let found = found(&names[..count], &known);
        assert!((found.nats(NAME) - nats).abs() < 1e-9, "{count}: {found:?}");
        assert_eq!(found.group(NAME), Some(Group::Reputation));
        assert!(!found.certain(NAME) && found.outcome() < Outcome::Infected);
        assert!(found.of(NAME).all(|e| e.family.as_deref() == Some("Example")));
    }
    // Four that alone are too few for the test of characters.
    assert!(!found(&names[..4], &known).certain("dga"));
}

#[test]
fn a_name_that_was_registered_since_is_known_too() {
    let (names, known) = (made(4), of(&made(4), 7));
    let mut scene = Scene::ordinary(DAY);
    for (turn, name) in names.iter().take(3).enumerate() {
        scene.resolves(900.0 * (turn as f64 + 1.0), name, Addr::v4([203, 0, 113, 66]));
    }
    let world = scene.play().heeding(known);
    assert!(world.findings(7).nats(NAME) > 4.0);
    assert_eq!(world.tells(7).names, None, "what exists is not told as one in vain");
}

#[test]
fn other_names_and_one_that_is_tried_say_nothing() {
    let (other, tried) = (of(&made(5), 7), of(&made(4), 99));
    assert!(!found(&made(4)[..10], &other).fires(NAME));
    let found = found(&made(4)[..10], &tried);
    assert!(found.fires(NAME) && found.nats(NAME) < 0.1, "{found:?}");
    assert!(!asks(&made(4)[..10]).findings().fires(NAME), "nobody told anything");
}

#[test]
fn what_is_told_are_prints_of_made_names_and_no_more_than_the_hub_hears() {
    let names = made(6);
    let mut all = names.clone();
    let people = human_names(60, &mut Chance::new(3));
    all.extend(people.iter().cloned());
    let mut scene = Scene::ordinary(DAY);
    for (turn, name) in all.iter().enumerate() {
        scene.nxdomain(600.0 + 10.0 * turn as f64, name);
    }
    let told = scene.play().tells(7).names.unwrap();
    assert!(told.prints.len() <= 64 && told.prints.is_sorted());
    let own: Vec<u64> = names.iter().map(|name| print(name)).collect();
    let made = own.iter().filter(|print| told.prints.contains(*print)).count();
    assert!(made >= 35, "{made}");
    let of_people = people.iter().filter(|name| told.prints.contains(&print(name))).count();
    assert!(of_people <= 15, "{of_people} of 60 look made");
    assert!(told.form.starts_with('a') && told.form.len() <= 64, "{}", told.form);
    assert_eq!(asks(&human_names(1, &mut Chance::new(8))[..0]).play().tells(7).names, None);
}

#[test]
fn a_print_is_that_of_the_protocol() {
    // `printf example.com | sha256sum`, the first sixteen digits.
    assert_eq!(print("example.com"), 0xa379_a6f6_eeaf_b9a5);
}
