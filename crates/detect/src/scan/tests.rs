//! Tests of the scan detector: many doors tried, and many doors that honest programs find shut.

use ostium_event::{Addr, Anomaly};
use ostium_evidence::Group;

use crate::Blind;
use crate::testing::{Chance, DAY, Findings, HOUR, Outcome, Scene, Talk, address};

const NAME: &str = "scan";

/// An address that nobody in these tests has a name for.
fn anywhere(chance: &mut Chance) -> Addr {
    Addr::v4([198, 18 + chance.below(2) as u8, chance.below(256) as u8, chance.below(256) as u8])
}

/// Doors tried every few seconds of an ordinary day.
fn tries(count: usize, mut door: impl FnMut(&mut Chance, usize) -> Talk) -> Scene {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(count as u64);
    for turn in 0..count {
        let talk = door(&mut chance, turn);
        scene.talk(600.0 + 3.0 * turn as f64, talk);
    }
    scene
}

fn found(count: usize, door: impl FnMut(&mut Chance, usize) -> Talk) -> Findings {
    tries(count, door).findings()
}

#[test]
fn a_scan_among_contacts_of_many_ports_convicts() {
    // Eight ports are tried first, three times each; then two contacts of five have ports of their
    // own.
    let found = found(300, |c, turn| match (turn, turn % 5) {
        (0..24, _) => Talk::tcp(anywhere(c), 20_000 + turn as u16 / 3).unanswered(),
        (_, 1 | 3) => Talk::tcp(anywhere(c), 30_000 + turn as u16).unanswered(),
        _ => Talk::tcp(anywhere(c), 23).unanswered(),
    });
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn all_ports_of_one_address_are_counted() {
    let found = found(900, |_, turn| {
        // Ports whose low bits are few.
        Talk::tcp(address("203.0.113.5"), 64 * (1 + turn as u16)).refused()
    });
    assert!(found.certain(NAME), "{found:?}");
    assert!(found.number(NAME, "tried") > 850.0, "{found:?}");
}

#[test]
fn many_addresses_on_one_port_convict() {
    for port in [22, 23, 445, 3389, 5555] {
        let found = found(100, |c, _| Talk::tcp(anywhere(c), port).unanswered());
        assert!(found.certain(NAME), "{port}: {found:?}");
        assert_eq!(found.group(NAME), Some(Group::Behaviour));
    }
}

#[test]
fn two_ports_in_turn_convict() {
    let found = found(120, |c, turn| {
        let port = if turn % 10 == 0 { 2323 } else { 23 };
        Talk::tcp(anywhere(c), port).unanswered()
    });
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn another_inside_network_that_nobody_named_is_nothing_that_leaves() {
    let found = found(300, |c, _| {
        let host = Addr::v4([192, 168, c.below(256) as u8, c.below(256) as u8]);
        Talk::tcp(host, 445).unanswered()
    });
    assert!(!found.certain(NAME) && found.nats(NAME) == 0.0, "{found:?}");
}

#[test]
fn refusals_count_as_much() {
    let found = found(60, |c, _| Talk::tcp(anywhere(c), 445).refused());
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn many_ports_of_one_address_convict() {
    let victim = address("203.0.113.9");
    let found = found(80, |_, turn| Talk::tcp(victim, 1000 + turn as u16 * 7).refused());
    assert!(found.certain(NAME), "{found:?}");
    // A name does not make it another thing.
    let mut scene = tries(80, |_, turn| Talk::tcp(victim, 1000 + turn as u16 * 7).refused());
    scene.resolves(1.0, "www.some-victim.example", victim);
    assert!(scene.findings().certain(NAME));
}

#[test]
fn some_open_doors_do_not_hide_it() {
    let found = found(200, |c, turn| {
        let talk = Talk::tcp(anywhere(c), 23);
        if turn % 10 == 0 { talk } else { talk.unanswered() }
    });
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn half_open_doors_do_not_convict() {
    let found = found(200, |c, turn| {
        let talk = Talk::tcp(anywhere(c), 23);
        if turn % 3 == 0 { talk } else { talk.unanswered() }
    });
    assert!(!found.certain(NAME), "{found:?}");
}

#[test]
fn a_slow_scan_is_heard() {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(3);
    for turn in 0..100 {
        let door = Talk::tcp(anywhere(&mut chance), 445).unanswered();
        scene.talk(f64::from(turn) * 800.0, door);
    }
    assert!(scene.findings().certain(NAME));
}

#[test]
fn a_scan_among_dead_peers_is_heard() {
    let found = found(400, |c, turn| {
        let port = if turn % 2 == 0 { 23 } else { 10_000 + c.below(40_000) as u16 };
        Talk::tcp(anywhere(c), port).unanswered()
    });
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn few_doors_say_little() {
    let found = found(12, |c, _| Talk::tcp(anywhere(c), 445).unanswered());
    assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
    assert!(found.nats(NAME) < 6.8 && found.outcome() < Outcome::Infected, "{found:?}");
    let found = tries(5, |c, _| Talk::tcp(anywhere(c), 445).unanswered()).findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn one_door_again_and_again_is_one() {
    let found = found(300, |_, _| Talk::tcp(address("203.0.113.9"), 445).unanswered());
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn without_replies_it_is_mute() {
    let mut scene = tries(100, |c, _| Talk::tcp(anywhere(c), 23).unanswered());
    scene.blind(Blind { replies: true, ..Blind::default() });
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn who_is_scanned_does_not_scan() {
    // What answers a scanner from outside, and what turns it away.
    let found = found(300, |c, turn| {
        let talk = Talk::tcp(anywhere(c), 40_000).own_port(1 + turn as u16).inbound();
        if turn % 2 == 0 { talk.refused() } else { talk.unanswered() }
    });
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn what_was_joined_late_is_no_try() {
    let found = found(200, |c, _| Talk::tcp(anywhere(c), 443).joined_late());
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn a_clean_day_is_not_heard() {
    let found = found(10, |c, _| Talk::tcp(anywhere(c), 443));
    assert!(!found.fires(NAME), "{found:?}");
    assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
}

#[test]
fn places_with_names_that_are_down_are_not_heard() {
    let mut scene = Scene::ordinary(DAY);
    for turn in 0..80u8 {
        let addr = Addr::v4([203, 0, 113, turn]);
        let at = 100.0 * f64::from(turn);
        scene.resolves(at, &format!("www.old-page-{turn}.example"), addr);
        scene.talk(at + 0.1, Talk::tcp(addr, 443).unanswered());
    }
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn dead_peers_on_ports_of_their_own_are_barely_heard() {
    for share in [0.6, 0.8, 0.95] {
        let found = found(400, |c, _| {
            let talk = Talk::tcp(anywhere(c), 10_000 + c.below(50_000) as u16);
            if c.happens(share) { talk.unanswered() } else { talk }
        });
        assert!(!found.certain(NAME) && found.nats(NAME) <= 1.0, "{share}: {found:?}");
        assert!(found.outcome() < Outcome::Infected, "{found:?}");
    }
}

#[test]
fn dead_peers_some_of_whom_share_a_port_do_not_convict() {
    let found = found(500, |c, _| {
        let port = if c.happens(0.15) { 1080 } else { 10_000 + c.below(50_000) as u16 };
        Talk::tcp(anywhere(c), port).unanswered()
    });
    assert!(!found.certain(NAME), "{found:?}");
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn dead_peers_of_known_programs_are_not_heard() {
    for port in [6881, 8333, 30303, 51413, 4662] {
        let found = found(200, |c, _| {
            let talk = Talk::tcp(anywhere(c), port).lasting(60.0);
            if c.happens(0.85) { talk.unanswered() } else { talk }
        });
        assert!(!found.certain(NAME), "{port}: {found:?}");
        assert!(found.outcome() < Outcome::Infected, "{port}: {found:?}");
    }
}

#[test]
fn dead_ipv6_is_not_heard() {
    let found = found(150, |c, _| {
        let bits = address("2001:db8::").bits() + u128::from(c.below(1 << 40));
        Talk::tcp(Addr::from_bits(bits), 443).unanswered()
    });
    assert!(!found.fires(NAME), "{found:?}");
    // Nor does anything else that the host does make it one.
    let found = tries(200, |c, turn| match turn % 20 {
        0 => Talk::tcp(anywhere(c), 9_999 + turn as u16),
        1 => Talk::tcp(anywhere(c), 443).unanswered(),
        _ => {
            let bits = address("2001:db8::").bits() + u128::from(c.below(1 << 40));
            Talk::tcp(Addr::from_bits(bits), 443).unanswered()
        }
    });
    assert!(!found.findings().certain(NAME), "{:?}", found.findings());
}

#[test]
fn datagrams_count_when_a_service_refuses_them() {
    let found = found(150, |c, _| Talk::udp(anywhere(c), 161).refused());
    assert!(found.certain(NAME), "{found:?}");
    for talk in [
        |c: &mut Chance| Talk::udp(anywhere(c), 161).unanswered(),
        |c: &mut Chance| Talk::udp(anywhere(c), 10_000 + c.below(50_000) as u16).refused(),
        |c: &mut Chance| Talk::udp(anywhere(c), 10_000 + c.below(50_000) as u16).unanswered(),
    ] {
        let found = tries(150, |c, _| talk(c)).findings();
        assert!(!found.fires(NAME), "{found:?}");
    }
}

fn sequences(count: usize) -> Scene {
    tries(count, |c, _| Talk::tcp(anywhere(c), 23).unanswered().anomaly(Anomaly::SequenceIsAddress))
}

#[test]
fn sequence_numbers_of_mirai_convict_by_five() {
    let found = sequences(6).findings();
    assert!(found.certain(NAME), "{found:?}");
    assert!(found.of(NAME).any(|e| e.family.as_deref() == Some("mirai")));
    let found = sequences(3).findings();
    assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
    let found = sequences(1).findings();
    assert!(!found.fires(NAME), "one is chance: {found:?}");
    // They need no replies to be seen.
    let mut scene = sequences(6);
    scene.blind(Blind { replies: true, ..Blind::default() });
    assert!(scene.findings().certain(NAME));
}

#[test]
fn sequence_numbers_of_others_do_not_count() {
    let anomaly = Anomaly::SequenceIsAddress;
    let found = found(20, |c, _| Talk::tcp(anywhere(c), 23).inbound().anomaly(anomaly));
    assert!(!found.fires(NAME), "{found:?}");
    let found =
        tries(20, |_, n| Talk::tcp(Addr::v4([10, 0, 1, n as u8]), 23).internal().anomaly(anomaly))
            .findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn what_is_inside_is_not_the_outside() {
    let mut scene = Scene::ordinary(HOUR);
    for n in 0..200u8 {
        scene.talk(f64::from(n), Talk::tcp(Addr::v4([10, 0, 1, n]), 445).internal().refused());
    }
    assert!(!scene.findings().fires(NAME));
}
