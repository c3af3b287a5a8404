//! Tests of the long-connection detector.

use ostium_evidence::Group;

use crate::testing::{Findings, HOUR, Outcome, Scene, Talk, address};

const NAME: &str = "long-connection";

fn holds(talk: Talk) -> Findings {
    let mut scene = Scene::ordinary(2.0 * HOUR);
    scene.talk(60.0, talk);
    scene.findings()
}

fn to_stranger(hours: f64) -> Talk {
    Talk::tcp(address("203.0.113.66"), 4444).lasting(hours * HOUR).bytes(50_000, 80_000)
}

#[test]
fn hours_weigh_more_and_more() {
    let nats: Vec<f64> =
        [0.9, 1.1, 4.1, 8.1, 12.1].map(|hours| holds(to_stranger(hours)).nats(NAME)).to_vec();
    assert_eq!(nats[0], 0.0);
    assert!(nats.windows(2).all(|w| w[0] < w[1]), "{nats:?}");
    let found = holds(to_stranger(13.0));
    assert_eq!(found.group(NAME), Some(Group::Timing));
    assert!(!found.certain(NAME) && found.outcome() < Outcome::Infected, "{found:?}");
    assert!(found.words(NAME).contains("13.0 h"), "{}", found.words(NAME));
}

#[test]
fn what_was_joined_late_counts_too() {
    assert!(holds(to_stranger(9.0).joined_late()).fires(NAME));
}

#[test]
fn much_data_weighs_less() {
    let idle = holds(to_stranger(5.0)).nats(NAME);
    let busy = holds(to_stranger(5.0).bytes(5_000_000, 900_000_000)).nats(NAME);
    assert!(busy < idle, "{busy} {idle}");
}

#[test]
fn volumes_beyond_measure_do_no_harm() {
    assert!(holds(to_stranger(5.0).bytes(u64::MAX, u64::MAX)).nats(NAME).is_finite());
}

#[test]
fn push_and_popular_places_are_not_heard() {
    for name in ["client.wns.windows.com", "mtalk.google.com", "gateway.push.apple.com"] {
        let found = holds(to_stranger(20.0).browser(name));
        assert!(!found.fires(NAME), "{name}: {found:?}");
    }
    let found = holds(to_stranger(20.0).browser("web.whatsapp.com"));
    assert!(found.nats(NAME) < 1.0, "{found:?}");
}

#[test]
fn one_way_and_inbound_are_not_heard() {
    for talk in [
        to_stranger(20.0).bytes(0, 0),
        to_stranger(20.0).bytes(10_000, 0),
        to_stranger(20.0).bytes(0, 10_000),
        to_stranger(20.0).inbound(),
    ] {
        let found = holds(talk.clone());
        assert!(!found.fires(NAME), "{talk:?}: {found:?}");
    }
}
