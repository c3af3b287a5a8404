//! Tests of the detector of exfiltration.

use ostium_event::Service;
use ostium_evidence::Group;

use crate::testing::{DAY, Findings, HOUR, Outcome, Scene, Talk, address};

const NAME: &str = "exfiltration";
const MB: u64 = 1_000_000;

fn upload(sent: u64, received: u64) -> Talk {
    Talk::tcp(address("203.0.113.66"), 1337)
        .service(Service::Unknown)
        .bytes(sent, received)
        .lasting(600.0)
}

fn with(talk: Talk, name: Option<&str>) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    if let Some(name) = name {
        scene.resolves(HOUR - 1.0, name, address("203.0.113.66"));
    }
    scene.talk(HOUR, talk);
    scene.findings()
}

#[test]
fn the_more_that_leaves_the_more_is_heard() {
    let nats = |sent| with(upload(sent, MB / 10), None).nats(NAME);
    assert!(nats(900_000) == 0.0);
    assert!(0.0 < nats(2 * MB) && nats(2 * MB) < nats(20 * MB) && nats(20 * MB) < nats(200 * MB));
    let found = with(upload(20 * MB, MB), Some("drop-here.duckdns.org"));
    assert_eq!(found.group(NAME), Some(Group::Behaviour));
    assert!(found.number(NAME, "producer_consumer_ratio") > 0.9);
    assert!(!found.certain(NAME) && found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn what_people_do_is_not_heard() {
    let cases = [
        ("a download", with(upload(5 * MB, 500 * MB), None)),
        ("a talk both ways", with(upload(50 * MB, 40 * MB), None)),
        ("the only backup of its maker", with(upload(500 * MB, MB), Some("vault.safe.example"))),
        ("a popular place", with(upload(500 * MB, MB), Some("upload.youtube.com"))),
        ("their own server", with(upload(500 * MB, MB).service(Service::Ssh), None)),
        ("a call", with(upload(500 * MB, MB).service(Service::Media), None)),
        ("nobody answered", with(upload(5 * MB, 0), None)),
    ];
    for (what, found) in cases {
        assert!(!found.fires(NAME), "{what}: {found:?}");
    }
}

#[test]
fn what_is_fetched_from_outside_is_not_heard() {
    assert!(!with(upload(50 * MB, MB).own_port(443).inbound(), None).fires(NAME));
}
