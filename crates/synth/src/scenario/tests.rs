//! Scenarios that ship, and scenarios that are wrong.

use super::*;
use crate::{Resolver, Sees};

const HEAD: &str = "about = 'x'\nstart = 2026-09-14T00:00:00+02:00\nhome = ['10.0.0.0/24']\n";

fn fault(rest: &str) -> String {
    let text = format!("{HEAD}{rest}");
    let world = Scenario::parse("x.toml", &text).and_then(|s| s.world(&Wishes::default()));
    world.unwrap_err().to_string()
}

fn world(rest: &str) -> World {
    let scenario = Scenario::parse("x.toml", &format!("{HEAD}{rest}")).unwrap();
    scenario.world(&Wishes::default()).unwrap()
}

#[test]
fn every_scenario_that_ships_can_be_read() {
    for shipped in shipped() {
        let scenario = Scenario::parse(shipped.name, shipped.text).unwrap();
        let world = scenario.world(&Wishes::default()).unwrap();
        assert!(!scenario.about().is_empty() && scenario.about().len() < 110, "{}", shipped.name);
        assert!(!world.truth().infected.is_empty() && world.truth().clean.len() > 10);
        let last = scenario.world(&Wishes { seed: Some(9), days: Some(0.1), scale: Some(0.5) });
        assert!(last.is_ok(), "{}", shipped.name);
    }
}

#[test]
fn kits_that_ship_can_be_read() {
    assert!(shipped::kits().len() >= 4);
    for kit in shipped::kits().keys() {
        assert!(!world(&format!("[[group]]\nname = 'a'\nhabits = ['{kit}']")).hosts.is_empty());
    }
}

#[test]
fn every_habit_has_defaults_and_is_known_by_its_name() {
    let kinds = crate::Habit::kinds();
    assert!(kinds.contains(&"dns-tunnel".to_owned()));
    for kind in kinds {
        world(&format!("[[group]]\nname = 'a'\nhabits = ['{kind}']"));
    }
}

#[test]
fn groups_and_infections_become_machines() {
    let world = world(
        "days = 2\nresolver = { at = '10.0.0.1', forwards_to = '9.9.9.9' }\n\
         tap = { sees = 'out', loss = 0.1 }\n\
         [[group]]\nname = 'a'\ncount = 4\nsystem = 'linux'\nhours = 'office'\nsleeps = true\n\
         habits = ['ntp']\n\
         [[group]]\nname = 'b'\nfirst = '10.0.0.200'\nrole = 'nat'\n\
         [[infection]]\nname = 'rat'\nin = 'a'\ncount = 2\nafter = '1h'\nhabits = ['rat', 'dga']",
    );
    assert_eq!(world.hosts.len(), 5);
    assert_eq!(world.hosts[0].addr.to_string(), "10.0.0.2", "the resolver's is taken");
    assert_eq!(world.hosts[0].label, "a-00");
    assert_eq!(world.hosts[4].label, "b");
    assert_eq!(world.hours, 48.0);
    assert_eq!((world.tap.sees, world.tap.loss), (Sees::Out, 0.1));
    assert!(matches!(world.resolver, Resolver::Forwards { .. }));
    let infected: Vec<_> = world.hosts.iter().filter(|h| h.infection.is_some()).collect();
    assert_eq!(infected.len(), 2);
    for host in infected {
        assert_eq!(host.later.len(), 2);
        assert!(host.sleeps && host.presence.as_ref().unwrap().zone == 7200);
    }
    assert_eq!(world.truth().roles.len(), 1);
    assert_eq!(world.start.secs(), 1_789_344_000 - 7200);
}

#[test]
fn wishes_change_the_world() {
    let text = format!("{HEAD}[[group]]\nname = 'a'\ncount = 10\n[[group]]\nname = 'b'");
    let scenario = Scenario::parse("x.toml", &text).unwrap();
    let wishes = Wishes { seed: Some(5), days: Some(3.0), scale: Some(2.0) };
    let world = scenario.world(&wishes).unwrap();
    assert_eq!((world.seed, world.hours, world.hosts.len()), (5, 72.0, 21));
}

#[test]
fn faults_name_their_line_and_what_to_do() {
    for (rest, words) in [
        ("dyas = 3", &["line 4", "unknown field", "days"][..]),
        (
            "[[group]]\nname = 'a'\nhabits = ['surfing']",
            &["line 6", "surfing", "browsing", "windows"],
        ),
        (
            "[[group]]\nname = 'a'\nhabits = [\n 'ntp',\n {kind = 'beacon', evry = '5m'},\n]",
            &["line 8", "habit beacon", "evry", "every"],
        ),
        ("[[group]]\nname = 'a'\nhabits = [{ every = '5m' }]", &["line 6", "kind"]),
        ("[[group]]\nname = 'a'\nhabits = [{ kind = 'ntp', every = 'soon' }]", &["line 6", "soon"]),
        ("[[group]]\nname = 'a'\nhours = 'lunch'", &["line 6", "office"]),
        ("[[group]]\nname = 'a'\ncount = 300", &["line 5", "no address is left", "widen home"]),
        ("[[group]]\nname = 'a'\n[[group]]\nname = 'a'", &["line 7", "two groups"]),
        (
            "[[group]]\nname = 'a'\n[[infection]]\nname = 'x'\nin = 'b'\nhabits = []",
            &["line 7", "no group 'b'", "groups are a"],
        ),
        ("[[group]]\nname = 'a'\n[[infection]]\nname = 'x'\nhabits = []", &["line 7", "in = "]),
        (
            "[[group]]\nname = 'a'\n[[infection]]\nname = 'x'\nin = 'a'\ncount = 2\nhabits = []",
            &["line 7", "only 1 machines"],
        ),
        ("[kits]\na = ['a']\n[[group]]\nname = 'a'\nhabits = ['a']", &["names itself"]),
        ("tap = { loss = 2 }\n[[group]]\nname = 'a'", &["loss"]),
        ("days = 0\n[[group]]\nname = 'a'", &["days lie between"]),
        ("", &["nobody lives here"]),
        (
            "resolver = { at = '8.8.8.8', forwards_to = '9.9.9.9' }\n[[group]]\nname = 'a'",
            &["inside"],
        ),
        ("[[group]", &["line 4"]),
    ] {
        let said = fault(rest);
        for word in words {
            assert!(said.contains(word), "{rest}: {said:?} lacks {word:?}");
        }
    }
}
