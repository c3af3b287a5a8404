//! Tests of what is sent to those who do not answer.

use ostium_event::{Addr, Proto};
use ostium_evidence::Rate;

use crate::testing::{DAY, Scene, Talk, address};

const VICTIM: &str = "203.0.113.66";

fn told(scene: &Scene) -> Vec<Rate> {
    scene.play().tells(7).rates
}

/// So many connections a second that nobody answers, for half a minute.
fn openings(each_second: u32, port: u16) -> Scene {
    let mut scene = Scene::ordinary(600.0);
    for n in 0..30 * each_second {
        let at = 1_000.0 + f64::from(n) / f64::from(each_second);
        scene.talk(at, Talk::tcp(address(VICTIM), port).unanswered());
    }
    scene
}

#[test]
fn what_is_far_below_a_flood_is_told_and_is_no_evidence() {
    let scene = openings(12, 443);
    let found = scene.findings();
    assert!(!found.fires("flood"), "{found:?}");
    let all = told(&scene);
    let [rate] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((rate.victim, rate.port, rate.proto), (address(VICTIM), 443, Proto::TCP));
    assert!((10..=13).contains(&rate.packets_per_second), "{rate:?}");
}

#[test]
fn a_stream_without_an_answer_is_told() {
    let mut scene = Scene::ordinary(600.0);
    let talk = Talk::udp(address(VICTIM), 80).unanswered().packets(400, 0).lasting(9.0);
    scene.talk(1_000.0, talk);
    let all = told(&scene);
    assert!(all.len() == 1 && all[0].packets_per_second >= 20, "{all:?}");
    assert_eq!(all[0].proto, Proto::UDP);
}

#[test]
fn who_answers_tries_again_or_collects_is_not_told_of() {
    // A program that tries again, once a second.
    assert!(told(&openings(1, 443)).is_empty());
    assert!(told(&openings(50, 514)).is_empty(), "syslog never answers");
    let mut answered = openings(12, 443);
    for n in 0..60 {
        answered.talk(1_000.0 + f64::from(n), Talk::tcp(address(VICTIM), 443));
    }
    assert!(told(&answered).is_empty());
    assert!(told(&Scene::ordinary(DAY)).is_empty(), "an ordinary day");
}

#[test]
fn many_victims_are_bounded_and_the_latest_stay() {
    let mut scene = Scene::ordinary(600.0);
    for n in 0..100u8 {
        let victim = Addr::v4([203, 0, 113, n]);
        let talk = Talk::udp(victim, 80).unanswered().packets(400, 0).lasting(9.0);
        scene.talk(1_000.0 + 10.0 * f64::from(n), talk);
    }
    let all = told(&scene);
    assert!(all.len() == 8 && all.iter().any(|r| r.victim == Addr::v4([203, 0, 113, 99])));
}
