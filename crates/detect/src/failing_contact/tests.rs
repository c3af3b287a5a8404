//! Tests of the failing-contact detector: a dead C2, and doors that are shut to honest callers.

use ostium_evidence::Group;

use crate::Blind;
use crate::testing::{Chance, DAY, HOUR, Outcome, Scene, Sleep, Talk, address};

const NAME: &str = "failing-contact";

fn dead() -> Talk {
    Talk::tcp(address("203.0.113.66"), 8081).unanswered()
}

/// Calls every two minutes for six hours.
fn calling(call: impl Fn(usize) -> Talk) -> Scene {
    let mut scene = Scene::ordinary(DAY);
    let times = Sleep::Shortened(120.0, 0.2).times(300.0, 6.0 * HOUR, &mut Chance::new(1));
    for (turn, at) in times.into_iter().enumerate() {
        scene.talk(at, call(turn));
    }
    scene
}

#[test]
fn a_dead_c2_is_heard() {
    for (how, call) in [("unanswered", dead()), ("refused", dead().refused())] {
        let found = calling(|_| call.clone()).findings();
        assert!(found.nats(NAME) >= 3.0, "{how}: {found:?}");
        assert_eq!(found.group(NAME), Some(Group::Timing));
        assert!(!found.certain(NAME));
        assert!(found.words(NAME).contains("100 %"), "{}", found.words(NAME));
    }
}

#[test]
fn three_of_four_in_vain_are_heard_less() {
    let all = calling(|_| dead()).findings().nats(NAME);
    let most = calling(|turn| match turn % 4 {
        0 => Talk::tcp(address("203.0.113.66"), 8081),
        _ => dead(),
    });
    let most = most.findings().nats(NAME);
    assert!(most >= 1.0 && most < all, "{most} {all}");
    let few = calling(|turn| match turn % 3 {
        0 => dead(),
        _ => Talk::tcp(address("203.0.113.66"), 8081),
    });
    assert!(!few.findings().fires(NAME));
}

#[test]
fn a_dead_c2_with_a_name_is_heard() {
    let mut scene = calling(|_| dead());
    scene.resolves(1.0, "c2.quiet-river.example", address("203.0.113.66"));
    let found = scene.findings();
    assert!(found.nats(NAME) >= 3.0, "{found:?}");
    assert!(found.words(NAME).contains("quiet-river.example"), "{}", found.words(NAME));
}

#[test]
fn without_replies_it_is_mute() {
    let mut scene = calling(|_| dead());
    scene.blind(Blind { replies: true, ..Blind::default() });
    assert!(!scene.findings().fires(NAME));
    // And it notices by itself.
    let mut scene = Scene::new();
    for n in 0..60 {
        scene.talk(f64::from(n) * 120.0, dead());
    }
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn a_minute_of_trying_is_no_habit() {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..20 {
        scene.talk(300.0 + 3.0 * f64::from(n), dead());
    }
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn known_places_that_are_down_are_not_heard() {
    for name in ["client.wns.windows.com", "ocsp.digicert.com", "archive.ubuntu.com"] {
        let mut scene = calling(|_| dead());
        scene.resolves(1.0, name, address("203.0.113.66"));
        let found = scene.findings();
        assert!(!found.fires(NAME), "{name}: {found:?}");
    }
    let mut scene = calling(|_| dead());
    scene.resolves(1.0, "www.wikipedia.org", address("203.0.113.66"));
    assert!(scene.findings().nats(NAME) < 1.0);
}

#[test]
fn time_and_dns_that_do_not_answer_are_not_heard() {
    for port in [53, 123] {
        let found = calling(|_| Talk::tcp(address("203.0.113.66"), port).unanswered()).findings();
        assert!(!found.fires(NAME), "{port}: {found:?}");
        let found = calling(|_| Talk::udp(address("203.0.113.66"), port).unanswered()).findings();
        assert!(!found.fires(NAME), "{port}: {found:?}");
    }
}

#[test]
fn ipv6_that_never_works_is_not_heard() {
    let found = calling(|_| Talk::tcp(address("2001:db8::5"), 443).unanswered()).findings();
    assert!(!found.fires(NAME), "{found:?}");
    // Where IPv6 works, a door that stays shut is one.
    let mut scene = calling(|_| Talk::tcp(address("2001:db8::5"), 443).unanswered());
    scene.talk(50.0, Talk::tcp(address("2001:db8::9"), 443).browser("www.wikipedia.org"));
    assert!(scene.findings().fires(NAME));
}

#[test]
fn peers_that_are_gone_are_not_heard() {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(4);
    for n in 0..60u8 {
        let port = 10_000 + chance.below(40_000) as u16;
        for _ in 0..12 {
            let talk = Talk::tcp(ostium_event::Addr::v4([198, 51, 100, n]), port);
            let talk = if n % 3 == 0 { talk } else { talk.unanswered() };
            scene.talk(chance.between(0.0, DAY), talk);
        }
    }
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn who_knocks_here_is_not_held_against_the_host() {
    let found = calling(|_| dead().inbound()).findings();
    assert!(!found.fires(NAME), "{found:?}");
}
