//! Tests of the pattern detector.

use std::sync::Arc;

use ostium_event::Body;
use ostium_evidence::Group;
use ostium_intel::{Lore, Pattern, Shape, Told};

use crate::testing::{DAY, Findings, HOUR, Outcome, Request, Scene, Talk, address};

const NAME: &str = "pattern";

/// One pattern, as a hub tells it.
struct One(Pattern, bool);

impl Lore for One {
    fn pattern(&self, shape: &Shape) -> Option<Told> {
        self.0.matches(shape).then(|| Told {
            id: 7,
            family: Some("Example RAT".into()),
            confidence: 80,
            organisations: 3,
            for_show: self.1,
        })
    }

    fn generator(&self, _: u64) -> Option<Told> {
        None
    }

    fn knows(&self) -> (bool, bool) {
        (true, false)
    }
}

/// Five calls of a program whose like is known, to a server that nobody knows.
fn calls(to: &str, path: &str) -> Scene {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..5 {
        let request = Request::bot(Some(to), &format!("{path}?id={n}"));
        let talk = Talk::tcp(address("203.0.113.66"), 80).http(request, 200, Body::Binary);
        scene.talk(HOUR + 700.0 * f64::from(n * n), talk);
    }
    scene
}

fn found(scene: &Scene, for_show: bool) -> Findings {
    let pattern = Pattern { uri: "/w4.php?w2=".to_owned(), ..Pattern::default() };
    scene.play().heeding(Arc::new(One(pattern, for_show))).findings(7)
}

#[test]
fn what_goes_as_a_known_family_speaks_and_does_not_convict() {
    let found = found(&calls("new-river.example", "/gate.php"), false);
    assert!((found.nats(NAME) - 4.0).abs() < 1e-9 && !found.certain(NAME), "{found:?}");
    assert_eq!((found.group(NAME), found.number(NAME, "pattern")), (Some(Group::Reputation), 7.0));
    assert!(found.of(NAME).all(|e| e.family.as_deref() == Some("Example RAT")));
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn what_is_tried_weighs_next_to_nothing() {
    let found = found(&calls("new-river.example", "/gate.php"), true);
    assert!(found.fires(NAME) && found.nats(NAME) < 0.1, "{found:?}");
    assert!(found.words(NAME).contains("for show"));
}

#[test]
fn another_path_and_a_popular_name_are_left_alone() {
    for (to, path) in [("new-river.example", "/gates.php"), ("www.wikipedia.org", "/gate.php")] {
        let found = found(&calls(to, path), false);
        assert!(!found.fires(NAME), "{to}{path}: {found:?}");
    }
    let silent = calls("new-river.example", "/gate.php").findings();
    assert!(!silent.fires(NAME), "nobody told anything");
}
