//! Tests of the flood detector.

use ostium_event::{Addr, FlowState, Service, Span};
use ostium_evidence::Group;
use proptest::prelude::*;

use super::{RATE, REMEMBERED_SECONDS, Seconds};
use crate::Blind;
use crate::testing::{Chance, Findings, HOUR, Outcome, Said, Scene, Talk, address};

const NAME: &str = "flood";

fn victim() -> Addr {
    address("203.0.113.80")
}

/// Connections to the victim, evenly so many a second, for some seconds.
fn opens(rate: u32, secs: u32, talk: impl Fn(u32) -> Talk) -> Scene {
    let mut scene = Scene::ordinary(HOUR);
    for turn in 0..rate * secs {
        scene.talk(900.0 + f64::from(turn) / f64::from(rate), talk(turn));
    }
    scene
}

fn streams(talk: Talk) -> Findings {
    let mut scene = Scene::ordinary(HOUR);
    scene.talk(900.0, talk);
    scene.findings()
}

/// One flow of so many packets a second, none of which is answered.
fn stream(rate: u64, secs: u64) -> Talk {
    Talk::udp(victim(), 8080)
        .unanswered()
        .service(Service::Unknown)
        .bytes(rate * secs * 512, 0)
        .packets(rate * secs, 0)
        .lasting(secs as f64)
}

#[test]
fn connections_without_an_answer_convict() {
    for talk in [Talk::tcp(victim(), 80).unanswered(), Talk::tcp(victim(), 80).refused()] {
        let found = opens(200, 10, |_| talk.clone()).findings();
        assert!(found.certain(NAME), "{found:?}");
        assert_eq!(found.group(NAME), Some(Group::Behaviour));
        assert!(found.words(NAME).contains("203.0.113.80"), "{}", found.words(NAME));
    }
}

#[test]
fn ports_of_the_victim_may_change() {
    let found = opens(150, 10, |turn| Talk::udp(victim(), 1 + (turn % 60_000) as u16).unanswered());
    assert!(found.findings().certain(NAME));
}

/// A flow that goes on for so many seconds, told of as it stands every second, and its end; what is
/// answered comes at last.
fn goes_on(rate: u64, secs: u64, answered: u64, is_over: bool) -> Scene {
    let mut scene = Scene::ordinary(HOUR);
    let mut talk = stream(rate, secs).packets(rate * secs, answered).own_port(40_123);
    if answered > 0 {
        talk.record.state = FlowState::Established;
    }
    for second in 1..secs {
        let mut record = stream(rate, second).record;
        let begun = Scene::moment(900.0);
        (record.first, record.last) = (begun, begun.plus(Span::from_secs(second)));
        talk = talk.says(second as f64, Said::GoesOn(record));
    }
    scene.talk(900.0, talk);
    if !is_over {
        // The last that was written down is the end.
        scene.acts.pop();
    }
    scene
}

#[test]
fn a_stream_that_goes_on_convicts_after_five_seconds() {
    for (secs, told) in [(4, false), (7, true), (600, true)] {
        let found = goes_on(400, secs, 0, false).findings();
        assert_eq!(found.certain(NAME), told, "{secs}: {found:?}");
    }
    assert!(!goes_on(60, 600, 0, false).findings().fires(NAME));
}

#[test]
fn its_end_tells_no_more_and_no_less() {
    let (whole, end) = (goes_on(400, 60, 0, true).findings(), streams(stream(400, 60)));
    assert_eq!(whole.words(NAME), end.words(NAME));
    let item = |found: &Findings| found.of(NAME).map(|e| e.numbers.clone()).collect::<Vec<_>>();
    assert_eq!(item(&whole), item(&end));
}

#[test]
fn an_answer_that_comes_late_takes_it_back() {
    assert!(!goes_on(400, 60, 9_000, true).findings().fires(NAME));
}

#[test]
fn a_stream_without_an_answer_convicts() {
    let found = streams(stream(5_000, 20));
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn a_flood_among_others_is_heard() {
    let mut scene = opens(150, 10, |_| Talk::tcp(victim(), 80).unanswered());
    let mut chance = Chance::new(1);
    for turn in 0..400u32 {
        let addr = Addr::v4([198, 18, chance.below(256) as u8, chance.below(256) as u8]);
        scene.talk(895.0 + f64::from(turn) * 0.05, Talk::tcp(addr, 443).unanswered());
    }
    assert!(scene.findings().certain(NAME));
}

#[test]
fn too_short_or_too_slow_is_not_heard() {
    let talk = || Talk::tcp(victim(), 80).unanswered();
    for (rate, secs) in [(300, 3), (50, 60)] {
        let found = opens(rate, secs, |_| talk()).findings();
        assert!(!found.fires(NAME), "{rate} a second for {secs} s: {found:?}");
    }
    for (rate, secs) in [(5_000, 3), (50, 600)] {
        let found = streams(stream(rate, secs));
        assert!(!found.fires(NAME), "{rate} a second for {secs} s: {found:?}");
    }
}

#[test]
fn what_is_answered_is_no_flood() {
    let found = opens(200, 10, |_| Talk::tcp(victim(), 80)).findings();
    assert!(!found.fires(NAME), "{found:?}");
    // A server that cannot keep up, though it answers most.
    let busy = |turn: u32| match turn % 3 {
        0 => Talk::tcp(victim(), 80).unanswered(),
        _ => Talk::tcp(victim(), 80),
    };
    let found = opens(400, 10, busy).findings();
    assert!(!found.fires(NAME), "{found:?}");
    let found = streams(stream(5_000, 20).packets(100_000, 40));
    assert!(!found.certain(NAME), "{found:?}");
}

#[test]
fn media_is_no_flood() {
    for service in [Service::Media, Service::Quic] {
        let found = streams(stream(900, 600).service(service));
        assert!(!found.fires(NAME), "{service:?}: {found:?}");
        assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
    }
}

#[test]
fn a_half_of_a_connection_is_no_flood() {
    // The other half took another way, or the capture came late: nothing is known of answers.
    let upload = Talk::tcp(victim(), 443).bytes(900_000_000, 0).packets(700_000, 0);
    let found = streams(upload.lasting(300.0).joined_late());
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn collectors_are_sent_to_and_do_not_answer() {
    for port in [162, 514, 2055, 4739, 6343, 9995] {
        let mut talk = stream(400, 600);
        talk.key.outside_port = port;
        let found = streams(talk);
        assert!(!found.fires(NAME), "{port}: {found:?}");
    }
}

#[test]
fn without_replies_it_is_mute() {
    let mut scene = opens(200, 10, |_| Talk::tcp(victim(), 80).unanswered());
    scene.blind(Blind { replies: true, ..Blind::default() });
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn who_is_flooded_does_not_flood() {
    let found = opens(200, 10, |_| Talk::tcp(victim(), 40_000).unanswered().inbound()).findings();
    assert!(!found.fires(NAME), "{found:?}");
    let found = streams(stream(5_000, 20).inbound());
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn groups_and_neighbours_are_no_victims() {
    let found = streams(Talk { key: Talk::udp(address("239.1.2.3"), 5004).key, ..stream(900, 60) });
    assert!(!found.fires(NAME), "{found:?}");
    let found = streams(stream(900, 60).internal());
    assert!(!found.fires(NAME), "{found:?}");
}

proptest! {
    // Ends come in another order than starts: those that are refused at once, others when their
    // patience is over.
    #[test]
    fn full_seconds_are_those_of_all_connections_together(
        loads in prop::collection::vec((0u32..180, 0u64..60, 0u64..60), 1..150),
    ) {
        let mut ends: Vec<(u64, u64)> = Vec::new();
        for (second, (count, one, other)) in (1_000u64..).zip(&loads) {
            let patience = |n: u32| if n.is_multiple_of(2) { one } else { other };
            ends.extend((0..*count).map(|n| (second + patience(n), second)));
        }
        ends.sort_unstable();
        let mut seconds = Seconds::default();
        ends.iter().for_each(|(_, second)| seconds.count(*second));
        let full = loads.iter().filter(|load| load.0 >= RATE).count();
        prop_assert_eq!(seconds.full as usize, full);
        prop_assert!(seconds.counts.len() <= REMEMBERED_SECONDS);
    }
}
