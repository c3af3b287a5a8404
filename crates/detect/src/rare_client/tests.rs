//! Tests of the rare-client detector.

use ostium_event::Addr;
use ostium_evidence::Group;

use crate::testing::{HOUR, Outcome, Scene, Talk, address};

const NAME: &str = "rare-client";
/// A client that offers an application protocol, as honest programs and many bots do.
const OTHER: &str = "t13d1010h1_00112233aabb_44556677ccdd";

/// A network of so many hosts that browse; host 7 also makes the given call.
fn network(hosts: u8, call: Talk) -> Scene {
    let mut scene = Scene::new();
    for host in 1..=hosts.max(7) {
        if host <= hosts || host == 7 {
            scene.by(host);
            scene.lives(HOUR, u64::from(host));
        }
    }
    scene.by(7).talk(1800.0, call);
    scene
}

fn c2() -> Addr {
    address("203.0.113.66")
}

#[test]
fn a_client_of_one_host_among_many_is_heard() {
    let call = Talk::tcp(c2(), 443).tls(None, OTHER, Some("h2"));
    let found = network(40, call).findings();
    assert!(found.nats(NAME) >= 2.0, "{found:?}");
    assert_eq!(found.group(NAME), Some(Group::Client));
    assert!(!found.certain(NAME) && found.outcome() < Outcome::Infected, "{found:?}");
    assert!(found.words(NAME).contains("1 of 40 hosts"), "{}", found.words(NAME));
}

#[test]
fn rarity_is_mute_in_small_networks() {
    let call = Talk::tcp(c2(), 443).tls(Some("quiet-river.example"), OTHER, Some("h2"));
    let found = network(7, call).findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn a_client_without_a_protocol_is_heard_a_little_everywhere() {
    for hosts in [1, 7, 40] {
        let found = network(hosts, Talk::tcp(c2(), 443).strange_tls(None)).findings();
        assert!(found.nats(NAME) >= 1.0, "{hosts} hosts: {found:?}");
        assert!(found.outcome() < Outcome::Infected, "{found:?}");
    }
}

#[test]
fn a_client_of_a_retired_version_is_told_where_it_means_something() {
    const RETIRED: &str = "t10i070600_c50f5591e341_c39ab67fec8e";
    let to = |name: Option<&str>, ja4: &str| {
        network(7, Talk::tcp(c2(), 443).tls(name, ja4, None)).findings()
    };
    let found = to(None, RETIRED);
    assert!(found.fires("retired-tls") && found.outcome() < Outcome::Suspect, "{found:?}");
    assert_eq!(found.group("retired-tls"), Some(Group::Client));
    assert!(!to(None, OTHER).fires("retired-tls"));
    assert!(!to(Some("www.wikipedia.org"), RETIRED).fires("retired-tls"));
}

#[test]
fn the_more_share_it_the_less_it_says() {
    let call = || Talk::tcp(c2(), 443).tls(Some("quiet-river.example"), OTHER, Some("h2"));
    let mut last = f64::MAX;
    for sharing in [1, 2] {
        let mut scene = network(40, call());
        for host in 8..8 + sharing - 1 {
            scene.by(host).talk(60.0, call());
        }
        let nats = scene.findings().nats(NAME);
        assert!(nats < last, "{sharing}: {nats}");
        last = nats;
    }
    // What many share is no stranger, and neither is where they go.
    let mut scene = network(40, call());
    for host in 8..28 {
        scene.by(host).talk(60.0, call());
    }
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn the_only_program_of_its_maker_is_no_bot() {
    // A clock, a name that nobody else asks for, a client that nobody else has.
    let mut scene = network(40, Talk::tcp(c2(), 443).strange_tls(Some("quiet-river.example")));
    for n in 0..60 {
        let call = Talk::tcp(c2(), 443).strange_tls(Some("quiet-river.example"));
        scene.talk(60.0 * f64::from(n), call);
    }
    let found = scene.findings();
    assert!(found.fires(NAME) && found.fires("beacon") && found.fires("rare-name"), "{found:?}");
    assert_eq!(found.outcome(), Outcome::Suspect, "{found:?}");
}

#[test]
fn browsers_are_not_heard() {
    let found = network(40, Talk::tcp(c2(), 443).browser("quiet-river.example")).findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn the_only_browser_of_its_kind_is_not_heard() {
    // Used for everything, so nobody's in particular.
    let mut scene = network(40, Talk::tcp(c2(), 443).tls(Some("a.example"), OTHER, Some("h2")));
    for n in 0..10u8 {
        let name = format!("www.some-place-{n}.example");
        let talk = Talk::tcp(Addr::v4([198, 51, 100, n]), 443).tls(Some(&name), OTHER, Some("h2"));
        scene.talk(f64::from(n) * 100.0, talk);
    }
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn popular_and_infrastructure_names_are_excused() {
    for name in ["github.com", "ocsp.digicert.com", "client.wns.windows.com"] {
        let found = network(40, Talk::tcp(c2(), 443).strange_tls(Some(name))).findings();
        assert!(!found.fires(NAME), "{name}: {found:?}");
    }
}
