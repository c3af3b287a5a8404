//! Tests of the detector of peer-to-peer overlays.

use ostium_event::{Addr, Service};
use ostium_evidence::Group;

use crate::testing::{DAY, Findings, HOUR, Outcome, Scene, Talk, address};

const NAME: &str = "overlay";

/// An address of some network far from the others.
fn peer(n: u32) -> Addr {
    address(&format!("{}.{}.7.9", 60 + n % 90, 10 + n * 3 % 200))
}

/// `peers` contacts, each called every hour through the day; every third is gone.
fn gossip(peers: u32, shape: impl Fn(u32, Talk) -> Talk) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..peers {
        for hour in 1..22 {
            let at = f64::from(hour) * HOUR + f64::from(n) * 37.0;
            let talk = Talk::udp(peer(n), 9000 + n as u16).service(Service::Unknown);
            let talk = if n.is_multiple_of(3) { talk.unanswered() } else { talk.bytes(40, 60) };
            scene.talk(at, shape(n, talk));
        }
    }
    scene.findings()
}

#[test]
fn a_list_of_peers_is_heard() {
    let found = gossip(60, |_, talk| talk);
    assert!(found.nats(NAME) >= 4.0, "{found:?}");
    assert_eq!(found.group(NAME), Some(Group::Peers));
    assert!(!found.certain(NAME) && found.outcome() < Outcome::Infected, "{found:?}");
    assert_eq!(found.number(NAME, "contacts"), 60.0);
}

#[test]
fn what_looks_like_it_is_not_heard() {
    let cases = [
        ("few", gossip(15, |_, talk| talk)),
        ("all answer", gossip(60, |_, talk| talk.service(Service::Unknown).bytes(40, 60))),
        ("files", gossip(60, |n, talk| if n % 3 > 0 { talk.bytes(900, 90_000) } else { talk })),
        ("torrent", gossip(60, |_, talk| talk.service(Service::BitTorrent))),
        ("calls", gossip(60, |_, talk| talk.service(Service::Media))),
        ("from outside", gossip(60, |_, talk| talk.inbound())),
    ];
    for (what, found) in cases {
        assert!(!found.fires(NAME), "{what}: {found:?}");
    }
}

#[test]
fn strangers_that_are_met_once_are_no_list() {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..600 {
        let talk = Talk::udp(peer(n), 9000).service(Service::Unknown);
        let talk = if n.is_multiple_of(3) { talk.unanswered() } else { talk.bytes(40, 60) };
        scene.talk(HOUR + 60.0 * f64::from(n), talk);
    }
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
}
