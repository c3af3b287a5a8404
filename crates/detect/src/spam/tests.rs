//! Tests of the spam detector.

use std::collections::BTreeSet;

use ostium_event::{Addr, RecordType};
use ostium_evidence::Group;
use proptest::prelude::*;

use super::COUNTED;
use crate::testing::{Chance, DAY, Outcome, Reply, Scene, Talk};

const NAME: &str = "spam";

fn delivers(servers: u8, talk: impl Fn(Addr) -> Talk) -> Scene {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(u64::from(servers));
    for n in 0..servers {
        scene.talk(chance.between(900.0, DAY), talk(Addr::v4([203, 0, n, 25])));
    }
    scene
}

fn mail(addr: Addr) -> Talk {
    Talk::tcp(addr, 25).command(0.1, ostium_event::Service::Smtp, "MAIL")
}

#[test]
fn many_servers_are_heard_more_and_more() {
    let nats: Vec<f64> = [3, 7, 15, 40].map(|n| delivers(n, mail).findings().nats(NAME)).to_vec();
    assert_eq!(nats[0], 0.0, "a few are a program that reports by mail");
    assert!(nats.windows(2).all(|w| w[0] < w[1]), "{nats:?}");
    let found = delivers(40, mail).findings();
    assert_eq!(found.group(NAME), Some(Group::Behaviour));
    assert!(!found.certain(NAME));
}

#[test]
fn who_only_knocks_delivers_nothing() {
    let found = delivers(60, |addr| Talk::tcp(addr, 25).unanswered()).findings();
    assert!(!found.fires(NAME) && found.certain("scan"), "{found:?}");
    let found = delivers(60, |addr| Talk::tcp(addr, 25).bytes(30, 0)).findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn questions_for_mail_servers_are_another_fact() {
    let mut scene = delivers(30, mail);
    for n in 0..30 {
        let reply = Reply::record(RecordType::MX, 20);
        scene.asks(800.0 + f64::from(n), &format!("mail-of-{n}.example"), RecordType::MX, reply);
    }
    let found = scene.findings();
    assert_eq!(found.group("mail-questions"), Some(Group::Naming));
    assert_eq!(found.outcome(), Outcome::Infected, "{found:?}");
}

#[test]
fn one_fact_alone_does_not_convict() {
    let found = delivers(60, mail).findings();
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
    let mut scene = Scene::ordinary(DAY);
    for n in 0..60 {
        let reply = Reply::record(RecordType::MX, 20);
        scene.asks(800.0 + f64::from(n), &format!("mail-of-{n}.example"), RecordType::MX, reply);
    }
    let found = scene.findings();
    assert!(found.fires("mail-questions") && found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn one_server_and_one_domain_again_and_again_are_not_heard() {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..200 {
        let at = 300.0 * f64::from(n);
        scene.asks(at, "our-company.example", RecordType::MX, Reply::record(RecordType::MX, 20));
        scene.talk(at + 1.0, mail(Addr::v4([203, 0, 113, 25])));
    }
    let found = scene.findings();
    assert!(!found.fires(NAME) && !found.fires("mail-questions"), "{found:?}");
}

#[test]
fn submission_delivery_inside_and_delivery_to_here_are_not_heard() {
    let talks: [fn(Addr) -> Talk; 4] = [
        |addr| Talk::tcp(addr, 587),
        |addr| Talk::tcp(addr, 465),
        |addr| mail(addr).internal(),
        |addr| Talk::tcp(addr, 25).inbound(),
    ];
    for (way, talk) in talks.into_iter().enumerate() {
        let found = delivers(40, talk).findings();
        assert!(!found.fires(NAME), "way {way}: {found:?}");
    }
}

proptest! {
    #[test]
    fn counts_the_distinct_servers_and_domains(
        deliveries in prop::collection::vec((0u8..100, 0u64..3, 0u64..3), 0..120),
        questions in prop::collection::vec((0u8..90, "[a-z]{0,2}"), 0..120),
    ) {
        let mut scene = Scene::new();
        scene.talk(0.0, Talk::tcp(Addr::v4([203, 0, 113, 1]), 443));
        let mut servers = BTreeSet::new();
        let mut connections = 0;
        for (turn, (server, out, back)) in deliveries.into_iter().enumerate() {
            let talk = Talk::tcp(Addr::v4([203, 0, 113, server]), 25).bytes(out, back);
            scene.talk(60.0 * turn as f64, talk);
            if out > 0 && back > 0 {
                servers.insert(server);
                connections += 1;
            }
        }
        let mut domains = BTreeSet::new();
        for (turn, (domain, sub)) in questions.into_iter().enumerate() {
            let name = match sub.as_str() {
                "" => format!("quiet-river{domain}.example"),
                sub => format!("{sub}.quiet-river{domain}.example"),
            };
            let reply = Reply::record(RecordType::MX, 30);
            scene.asks(7.0 + 60.0 * turn as f64, &name, RecordType::MX, reply);
            domains.insert(domain);
        }
        let found = scene.findings();
        let servers = servers.len().min(COUNTED);
        prop_assert_eq!(found.fires(NAME), servers >= 5);
        if servers >= 5 {
            prop_assert_eq!(found.number(NAME, "servers"), servers as f64);
            prop_assert_eq!(found.number(NAME, "connections"), f64::from(connections));
        }
        let domains = domains.len().min(COUNTED);
        prop_assert_eq!(found.fires("mail-questions"), domains >= 5);
        if domains >= 5 {
            prop_assert_eq!(found.number("mail-questions", "domains"), domains as f64);
        }
    }
}
