//! Tests of the theft detector: stealers that report the victim's address with the loot.

use ostium_event::{Body, Service};
use ostium_evidence::Group;
use proptest::prelude::*;

use crate::testing::{DAY, Findings, HOUR, MINUTE, Outcome, Request, Scene, Talk, address};

const NAME: &str = "theft";
const LOOKUPS: &[&str] = &["api.ipify.org", "checkip.amazonaws.com", "ip-api.com"];

/// The look-up by a program: a name, then TLS or HTTP.
fn looks_up(scene: &mut Scene, at: f64, name: &str) {
    let addr = address("198.51.100.44");
    scene.resolves(at, name, addr);
    scene.talk(at + 0.1, Talk::tcp(addr, 443).strange_tls(Some(name)));
}

fn server() -> ostium_event::Addr {
    address("203.0.113.25")
}

fn mail(port: u16) -> Talk {
    Talk::tcp(server(), port)
        .command(0.1, Service::Smtp, "EHLO")
        .command(0.2, Service::Smtp, "AUTH")
        .command(0.3, Service::Smtp, "MAIL")
}

fn ftp() -> Talk {
    Talk::tcp(server(), 21).command(0.1, Service::Ftp, "USER").command(0.2, Service::Ftp, "STOR")
}

fn bot_api() -> Talk {
    Talk::tcp(server(), 443).strange_tls(Some("api.telegram.org"))
}

/// A look-up, and this so much later.
fn after(secs: f64, talk: Talk) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    looks_up(&mut scene, HOUR, LOOKUPS[0]);
    scene.talk(HOUR + secs, talk);
    scene.findings()
}

#[test]
fn every_way_out_is_heard() {
    for (way, talk) in
        [("mail", mail(587)), ("old mail", mail(25)), ("ftp", ftp()), ("bot", bot_api())]
    {
        for secs in [5.0, 600.0] {
            let found = after(secs, talk.clone());
            assert!(found.nats(NAME) >= 3.0, "{way}: {found:?}");
            assert_eq!(found.group(NAME), Some(Group::Behaviour));
            assert!(!found.certain(NAME));
        }
    }
}

#[test]
fn every_look_up_service_counts() {
    for name in LOOKUPS {
        let mut scene = Scene::ordinary(DAY);
        looks_up(&mut scene, HOUR, name);
        scene.talk(HOUR + 9.0, ftp());
        let found = scene.findings();
        assert!(found.words(NAME).contains(name), "{name}: {found:?}");
    }
}

#[test]
fn a_look_up_over_http_alone_counts() {
    let mut scene = Scene::ordinary(DAY);
    let request = Request { agent: None, ..Request::browser("ip-api.com", "/json") };
    scene.talk(HOUR, Talk::tcp(address("198.51.100.44"), 80).http(request, 200, Body::Json));
    scene.talk(HOUR + 20.0, mail(587));
    assert!(scene.findings().fires(NAME));
}

#[test]
fn submission_in_flow_records_counts() {
    let found = after(9.0, Talk::tcp(server(), 587).service(Service::Unknown));
    assert!(found.fires(NAME), "{found:?}");
}

#[test]
fn within_a_minute_weighs_more() {
    assert!(after(10.0, mail(587)).nats(NAME) > after(900.0, mail(587)).nats(NAME));
}

#[test]
fn alone_neither_is_heard() {
    let mut scene = Scene::ordinary(DAY);
    scene.talk(HOUR, mail(587));
    scene.talk(HOUR, ftp());
    scene.talk(HOUR, bot_api());
    assert!(!scene.findings().fires(NAME));
    let mut scene = Scene::ordinary(DAY);
    looks_up(&mut scene, HOUR, LOOKUPS[0]);
    let found = scene.findings();
    assert!(!found.fires(NAME) && found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn a_look_up_afterwards_or_long_before_is_not_heard() {
    assert!(!after(-60.0, mail(587)).fires(NAME));
    assert!(!after(40.0 * MINUTE, mail(587)).fires(NAME));
}

#[test]
fn a_person_who_had_mail_before_is_not_heard() {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..40 {
        scene.talk(600.0 + 1200.0 * f64::from(n), mail(587));
    }
    looks_up(&mut scene, 5.0 * HOUR, LOOKUPS[0]);
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn a_client_of_dynamic_dns_is_not_heard() {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..280 {
        looks_up(&mut scene, 300.0 * f64::from(n), LOOKUPS[1]);
    }
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
    // And its owner's first mail of the day weighs less than a stealer's.
    scene.talk(9.0 * HOUR + 100.0, mail(587));
    let found = scene.findings();
    assert!(found.nats(NAME) < after(100.0, mail(587)).nats(NAME), "{found:?}");
}

#[test]
fn mail_that_comes_in_and_stays_in_is_not_heard() {
    assert!(!after(10.0, mail(25).inbound()).fires(NAME));
    assert!(!after(10.0, mail(25).internal()).fires(NAME));
}

#[test]
fn a_browser_that_looks_up_is_no_program() {
    let mut scene = Scene::ordinary(DAY);
    scene.visits(HOUR, "api.ipify.org", address("198.51.100.44"));
    assert!(!scene.findings().fires("address-lookup"));
    let mut scene = Scene::ordinary(DAY);
    looks_up(&mut scene, HOUR, "api.ipify.org");
    let found = scene.findings();
    assert_eq!(found.group("address-lookup"), Some(Group::Client), "{found:?}");
    assert!(found.nats("address-lookup") < 3.0);
}

#[test]
fn a_thief_in_a_hurry_is_convicted_and_a_slow_one_suspected() {
    assert_eq!(after(10.0, mail(587)).outcome(), Outcome::Infected);
    assert_eq!(after(900.0, mail(587)).outcome(), Outcome::Suspect);
    // A browser that asked is a person who was curious.
    let mut scene = Scene::ordinary(DAY);
    scene.visits(HOUR, LOOKUPS[0], address("198.51.100.44"));
    scene.talk(HOUR + 10.0, mail(587));
    assert_eq!(scene.findings().outcome(), Outcome::Suspect);
}

proptest! {
    #[test]
    fn the_first_upload_is_held_against_every_look_up_before_it(
        lookups in prop::collection::vec(0u32..20_000, 0..12),
        uploads in prop::collection::vec(0u32..20_000, 0..4),
    ) {
        let mut scene = Scene::new();
        scene.talk(0.0, Talk::tcp(server(), 443));
        for at in &lookups {
            scene.resolves(f64::from(*at), LOOKUPS[0], address("198.51.100.44"));
        }
        for at in &uploads {
            scene.talk(f64::from(*at) + 0.5, Talk::tcp(server(), 587));
        }
        let first = uploads.iter().min();
        let before = |up: &u32| lookups.iter().filter(|at| *at <= up).max().map(|at| up - at);
        let between = first.and_then(before).filter(|secs| *secs < 1800);
        let found = scene.findings();
        prop_assert_eq!(found.fires(NAME), between.is_some(), "{:?}", found);
        if let Some(between) = between {
            prop_assert_eq!(found.number(NAME, "seconds_between"), f64::from(between) + 0.5);
            prop_assert_eq!(found.number(NAME, "lookups"), lookups.len() as f64);
            prop_assert_eq!(found.number(NAME, "uploads"), uploads.len() as f64);
        }
    }
}
