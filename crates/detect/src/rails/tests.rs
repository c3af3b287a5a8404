//! Tests of the rails: whom timing may not accuse, what is excused, which views are redundant.

use std::collections::BTreeMap;

use ostium_event::Addr;
use ostium_profile::View as Kind;

use super::{is_excused, is_redundant, timing_cap};
use crate::testing::{HOUR, Scene, Talk, address};

/// Cap and excuse of what host 7 talks to, by the text of the other end, for one view.
fn rails(scene: &Scene, kind: Kind) -> BTreeMap<String, (f64, bool)> {
    scene.play().look(7, |_, view| {
        view.conversations
            .iter()
            .filter(|c| c.key.view == kind)
            .map(|c| {
                let peer = c.peer();
                let addr = || peer.addr.map_or_else(|| "*".to_owned(), |addr| addr.to_string());
                let name = peer.name.map_or_else(addr, |name| name.to_string());
                (name, (timing_cap(c, view), is_excused(c, view)))
            })
            .collect()
    })
}

fn visits(names: &[&str]) -> Scene {
    let mut scene = Scene::new();
    for (n, name) in names.iter().enumerate() {
        scene.visits(60.0 * n as f64, name, Addr::v4([203, 0, 113, n as u8]));
    }
    scene
}

#[test]
fn the_better_known_a_name_the_less_timing_may_say() {
    let names =
        ["ocsp.digicert.com", "www.wikipedia.org", "quiet-river.example", "quietriver.duckdns.org"];
    let found = rails(&visits(&names), Kind::Name);
    let [infra, popular, unknown, dynamic] = names.map(|name| found[name]);
    assert_eq!(infra, (0.0, true));
    assert!(popular.0 > 0.0 && popular.0 < 1.0 && popular.1, "{popular:?}");
    assert!(unknown.0 >= 4.0 && !unknown.1, "{unknown:?}");
    assert!(dynamic.0 >= unknown.0 && !dynamic.1, "{dynamic:?}");
}

#[test]
fn delivery_networks_and_resolvers_are_capped() {
    let found = rails(&visits(&["x.cloudfront.net", "dns.google"]), Kind::Name);
    assert!(found.values().all(|(cap, _)| *cap <= 0.7), "{found:?}");
    let mut scene = Scene::new();
    for (peer, port) in [("8.8.8.8", 443), ("104.16.1.1", 443), ("203.0.113.66", 443)] {
        scene.talk(9.0, Talk::tcp(address(peer), port));
    }
    let found = rails(&scene, Kind::Address);
    let [resolver, cdn, bare] = ["8.8.8.8", "104.16.1.1", "203.0.113.66"].map(|a| found[a]);
    assert!(resolver.0 < cdn.0 && cdn.0 < bare.0, "{found:?}");
    assert_eq!((resolver.1, cdn.1, bare.1), (true, false, false));
}

#[test]
fn what_hosts_share_is_capped_and_in_the_end_excused() {
    let name = "agent.our-vendor.example";
    let cap = |hosts: u8| {
        let mut scene = Scene::new();
        for host in 0..hosts {
            scene.by(7 + host).visits(9.0, name, address("203.0.113.66"));
        }
        rails(&scene, Kind::Name)[name]
    };
    assert!(cap(2).0 < cap(1).0 && cap(8).0 <= 1.0);
    assert!(!cap(1).1 && !cap(2).1 && cap(8).1);
}

#[test]
fn timing_may_never_say_more_than_a_group() {
    let mut scene = visits(&["quiet-river.example", "a.duckdns.org", "github.com"]);
    scene.talk(9.0, Talk::tcp(address("203.0.113.200"), 4444));
    for kind in [Kind::Address, Kind::Name, Kind::Domain, Kind::Nameless, Kind::Client] {
        for (peer, (cap, _)) in rails(&scene, kind) {
            assert!((0.0..6.8).contains(&cap), "{peer}: {cap}");
        }
    }
}

/// Which views of a host are redundant.
fn redundant(scene: &Scene) -> BTreeMap<Kind, bool> {
    scene.play().look(7, |_, view| {
        view.conversations.iter().map(|c| (c.key.view, is_redundant(c, view))).collect()
    })
}

#[test]
fn pools_of_one_address_are_redundant() {
    let mut scene = Scene::new();
    for n in 0..6 {
        scene.talk(60.0 * f64::from(n), Talk::tcp(address("203.0.113.66"), 4444).strange_tls(None));
    }
    let found = redundant(&scene);
    assert!(found[&Kind::Nameless] && found[&Kind::Client] && !found[&Kind::Address], "{found:?}");
}

#[test]
fn pools_of_several_addresses_are_not() {
    let mut scene = Scene::new();
    for n in 0..6u8 {
        let talk = Talk::tcp(Addr::v4([203, 0, 113, n]), 4444).strange_tls(None);
        scene.talk(60.0 * f64::from(n), talk);
    }
    let found = redundant(&scene);
    assert!(!found[&Kind::Nameless] && !found[&Kind::Site] && !found[&Kind::Client], "{found:?}");
}

#[test]
fn pools_of_a_peer_to_peer_program_are() {
    let mut scene = Scene::new();
    for n in 0..60u8 {
        scene.talk(HOUR + f64::from(n), Talk::tcp(Addr::v4([203, 0, n, 9]), 4444));
    }
    let found = redundant(&scene);
    assert!(found[&Kind::Nameless] && !found[&Kind::Address], "{found:?}");
}
