//! Tests of the beacon detector: bots that sleep, and what keeps time without being one.

use ostium_event::{Addr, Service};
use ostium_evidence::Group;

use crate::testing::{Chance, DAY, Findings, HOUR, MINUTE, Outcome, Scene, Sleep, Talk, address};

const NAME: &str = "beacon";

fn c2() -> Addr {
    address("203.0.113.66")
}

/// An ordinary day in which something is called at the given times.
fn day_with(times: &[f64], call: impl Fn(usize) -> Talk) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    for (turn, at) in times.iter().enumerate() {
        scene.talk(*at, call(turn));
    }
    scene.findings()
}

/// A name is called at the given times by the host's browser.
fn page(times: &[f64], name: &str) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    scene.resolves(times[0], name, c2());
    for at in times {
        scene.talk(*at + 1.0, Talk::tcp(c2(), 443).browser(name));
    }
    scene.findings()
}

fn times(sleep: Sleep, until: f64, seed: u64) -> Vec<f64> {
    sleep.times(600.0, until, &mut Chance::new(seed))
}

#[test]
fn a_bot_is_heard_whatever_its_jitter() {
    for secs in [10.0, 60.0, 300.0] {
        for jitter in [0.0, 0.1, 0.25, 0.37, 0.5, 0.7, 0.9] {
            for seed in 0..4 {
                let times = times(Sleep::Shortened(secs, jitter), DAY, seed);
                let found = day_with(&times, |_| Talk::tcp(c2(), 4444));
                let least = if jitter <= 0.5 { 3.0 } else { 1.5 };
                let nats = found.nats(NAME);
                assert!(nats >= least, "{secs} s, jitter {jitter}, seed {seed}: {nats}");
                assert_eq!(found.group(NAME), Some(Group::Timing));
            }
        }
    }
}

#[test]
fn symmetric_jitter_is_heard_too() {
    for (secs, jitter) in [(60.0, 0.2), (60.0, 0.5), (300.0, 0.5), (60.0, 0.9), (300.0, 0.7)] {
        for seed in 0..4 {
            let times = times(Sleep::Around(secs, jitter), DAY, seed);
            let found = day_with(&times, |_| Talk::tcp(c2(), 4444));
            assert!(found.nats(NAME) >= 1.5, "{secs} s, jitter {jitter}: {found:?}");
        }
    }
}

#[test]
fn long_sleeps_are_heard() {
    for jitter in [0.0, 0.2, 0.44] {
        let times = times(Sleep::Shortened(HOUR, jitter), DAY, 3);
        let found = day_with(&times, |_| Talk::tcp(c2(), 443).strange_tls(None));
        assert!(found.nats(NAME) >= 2.0, "jitter {jitter}: {found:?}");
    }
}

/// A week or less in which a name of nobody else is called at those times.
fn days_with(days: f64, times: &[f64]) -> Findings {
    let mut scene = Scene::ordinary(days * DAY);
    for at in times {
        scene.talk(*at, Talk::tcp(c2(), 443).strange_tls(Some("quiet-river.example")));
    }
    scene.findings()
}

#[test]
fn a_sleep_of_hours_and_wide_jitter_is_heard_after_days() {
    for (sleep, days) in [
        (Sleep::Shortened(2.0 * HOUR, 0.9), 3.0),
        (Sleep::Around(2.0 * HOUR, 0.7), 3.0),
        (Sleep::Around(2.0 * HOUR, 0.9), 7.0),
        (Sleep::Shortened(8.0 * HOUR, 0.5), 7.0),
    ] {
        for seed in 0..4 {
            let found = days_with(days, &times(sleep, days * DAY, seed));
            assert!(found.nats(NAME) >= 3.0, "{days} days, seed {seed}: {found:?}");
            assert!(found.number(NAME, "variation") < 0.5);
        }
    }
}

#[test]
fn lost_polls_and_a_short_outage_do_not_hide_it() {
    for seed in 0..4 {
        let mut chance = Chance::new(seed);
        let kept: Vec<f64> = times(Sleep::Shortened(600.0, 0.9), 3.0 * DAY, seed)
            .into_iter()
            .filter(|at| !chance.happens(0.1) && !(30.0 * HOUR..32.0 * HOUR).contains(at))
            .collect();
        let found = days_with(3.0, &kept);
        assert!(found.nats(NAME) >= 3.0, "seed {seed}: {found:?}");
    }
}

#[test]
fn chance_by_day_and_night_is_not_heard() {
    for mean in [60.0, 600.0, 2.0 * HOUR] {
        let heard = (0..40).filter(|seed| {
            days_with(3.0, &times(Sleep::Random(mean), 3.0 * DAY, *seed)).fires(NAME)
        });
        // One in forty by chance.
        assert!(heard.count() <= 3, "{mean} s");
    }
}

#[test]
fn jitter_while_somebody_is_there_is_no_sleep_by_day_and_night() {
    // A server that fails is tried again with full jitter, nine hours a day.
    for seed in 0..8 {
        let mut chance = Chance::new(seed);
        let mut tries = Vec::new();
        for day in 0..3 {
            let morning = f64::from(day) * DAY + 9.0 * HOUR;
            let mut at = morning;
            while at < morning + 9.0 * HOUR {
                tries.push(at);
                at += chance.between(0.0, 1500.0);
            }
        }
        let found = days_with(3.0, &tries);
        assert!(found.nats(NAME) < 3.0, "seed {seed}: {found:?}");
    }
}

#[test]
fn what_somebody_does_once_a_day_is_no_sleep() {
    // Every morning, give or take an hour, for two weeks without a weekend.
    let mut chance = Chance::new(3);
    let mornings: Vec<f64> =
        (0..12).map(|day| f64::from(day) * DAY + HOUR * chance.between(8.0, 10.0)).collect();
    let known = days_with(12.0, &mornings).nats(NAME);
    // As a slow clock, and no more for the nights in between.
    assert!(known <= 4.0, "{known}");
}

#[test]
fn the_period_is_told() {
    let found = day_with(&times(Sleep::Shortened(60.0, 0.0), DAY, 1), |_| Talk::tcp(c2(), 4444));
    let median = found.number(NAME, "median_seconds");
    assert!((54.0..66.0).contains(&median), "{median}");
    assert!(found.words(NAME).contains("203.0.113.66:4444"), "{}", found.words(NAME));
    assert!(found.words(NAME).contains("like a clock"), "{}", found.words(NAME));
}

#[test]
fn doubled_requests_do_not_hide_it() {
    let mut chance = Chance::new(5);
    let mut doubled = Vec::new();
    for at in times(Sleep::Shortened(120.0, 0.2), DAY, 5) {
        doubled.extend([at, at + chance.between(0.01, 0.4)]);
        if chance.happens(0.3) {
            doubled.push(at + chance.between(0.5, 2.0));
        }
    }
    let found = day_with(&doubled, |_| Talk::tcp(c2(), 443).strange_tls(None));
    assert!(found.nats(NAME) >= 2.5, "{found:?}");
}

#[test]
fn rotating_addresses_do_not_hide_it() {
    let times = times(Sleep::Shortened(60.0, 0.2), 8.0 * HOUR, 6);
    // In turn, at random, and moving on after a while.
    let mut chance = Chance::new(6);
    let random: Vec<u8> = times.iter().map(|_| chance.below(12) as u8).collect();
    let moves: [&dyn Fn(usize) -> u8; 3] =
        [&|turn| (turn % 12) as u8, &|turn| random[turn], &|turn| (turn / 60) as u8];
    for (way, place) in moves.into_iter().enumerate() {
        let found = day_with(&times, |turn| Talk::tcp(Addr::v4([203, 0, place(turn), 9]), 4444));
        assert!(found.nats(NAME) >= 2.0, "way {way}: {found:?}");
    }
}

#[test]
fn a_new_address_for_every_call_does_not_hide_it() {
    let times = times(Sleep::Shortened(60.0, 0.2), 2.0 * HOUR, 6);
    let found = day_with(&times, |turn| {
        Talk::tcp(Addr::v4([203, 0, turn as u8, 9]), 443).strange_tls(None)
    });
    assert!(found.nats(NAME) >= 2.0, "{found:?}");
}

#[test]
#[ignore = "weakness: a bot that calls thirty bare addresses on a port of its own is taken for a \
            peer-to-peer program"]
fn a_new_address_for_every_call_on_any_port_does_not_hide_it() {
    let times = times(Sleep::Shortened(60.0, 0.2), 2.0 * HOUR, 6);
    let found = day_with(&times, |turn| Talk::tcp(Addr::v4([203, 0, turn as u8, 9]), 4444));
    assert!(found.nats(NAME) >= 2.0, "{found:?}");
}

#[test]
fn rotating_labels_of_one_domain_do_not_hide_it() {
    let times = times(Sleep::Shortened(60.0, 0.3), 6.0 * HOUR, 7);
    let found = day_with(&times, |turn| {
        let name = format!("n{}.quiet-river.example", turn % 40);
        Talk::tcp(Addr::v4([203, 0, 113, (turn % 40) as u8]), 443).strange_tls(Some(&name))
    });
    assert!(found.nats(NAME) >= 2.5, "{found:?}");
    assert!(found.words(NAME).contains("quiet-river.example"), "{}", found.words(NAME));
}

#[test]
fn rotating_domains_of_one_client_are_heard_a_little() {
    let times = times(Sleep::Shortened(60.0, 0.3), 6.0 * HOUR, 8);
    let found = day_with(&times, |turn| {
        let name = format!("quiet-river{}.example", turn % 40);
        Talk::tcp(Addr::v4([203, 0, 113, (turn % 40) as u8]), 443).strange_tls(Some(&name))
    });
    assert!(found.nats(NAME) >= 1.0, "{found:?}");
}

#[test]
fn pauses_and_lost_calls_do_not_hide_it() {
    let mut chance = Chance::new(9);
    // A machine that is off at night, twice, and loses one call in ten.
    let times: Vec<f64> = times(Sleep::Shortened(90.0, 0.25), 3.0 * DAY, 9)
        .into_iter()
        .filter(|at| at % DAY < 9.0 * HOUR && !chance.happens(0.1))
        .collect();
    let mut scene = Scene::ordinary(3.0 * DAY);
    for at in times {
        scene.talk(at, Talk::tcp(c2(), 4444));
    }
    let found = scene.findings();
    assert!(found.nats(NAME) >= 2.5, "{found:?}");
    assert!(found.number(NAME, "pauses") >= 1.0);
}

#[test]
fn another_sleep_later_does_not_hide_it() {
    let mut times = times(Sleep::Shortened(30.0, 0.2), 2.0 * HOUR, 10);
    times.extend(Sleep::Shortened(200.0, 0.2).times(2.1 * HOUR, DAY, &mut Chance::new(11)));
    let found = day_with(&times, |_| Talk::tcp(c2(), 4444));
    assert!(found.nats(NAME) >= 2.0, "{found:?}");
}

#[test]
fn many_sleeps_in_turn_do_not_hide_it() {
    // The whole is spread wide; its parts are regular.
    let mut chance = Chance::new(14);
    let mut all = Vec::new();
    let mut at = 600.0;
    for turn in 0..40 {
        let secs = [20.0, 60.0, 180.0, 540.0][turn % 4];
        let part = Sleep::Shortened(secs, 0.1).times(at, at + 20.0 * secs, &mut chance);
        at = part[part.len() - 1] + secs;
        all.extend(part);
    }
    let found = day_with(&all, |_| Talk::tcp(c2(), 4444));
    assert!(found.nats(NAME) >= 2.0, "{found:?}");
}

#[test]
fn pings_inside_one_connection_are_heard() {
    for jitter in [0.0, 0.3, 0.5] {
        let mut talk = Talk::tcp(c2(), 4444).lasting(7.0 * HOUR);
        for at in times(Sleep::Shortened(40.0, jitter), 6.5 * HOUR, 12) {
            talk = talk.message(at, true, 48).message(at + 0.1, false, 32);
        }
        let mut scene = Scene::ordinary(DAY);
        scene.talk(300.0, talk);
        let found = scene.findings();
        assert!(found.nats(NAME) >= 2.0, "jitter {jitter}: {found:?}");
        assert_eq!(found.number(NAME, "inside_connection"), 1.0);
    }
}

#[test]
fn timing_alone_never_convicts() {
    let times = times(Sleep::Shortened(60.0, 0.0), DAY, 13);
    let found = day_with(&times, |_| Talk::tcp(c2(), 443).browser("quiet-river.example"));
    assert!(found.fires(NAME) && !found.certain(NAME));
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn few_calls_say_nothing() {
    let times: Vec<f64> = (0..7).map(|n| 600.0 + 60.0 * f64::from(n)).collect();
    let found = day_with(&times, |_| Talk::tcp(c2(), 4444));
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn people_are_no_clocks() {
    for seed in 0..12 {
        let found = page(&times(Sleep::Random(120.0), 8.0 * HOUR, seed), "quiet-river.example");
        assert!(found.nats(NAME) < 1.6, "seed {seed}: {found:?}");
        // Bursts of a page and its pictures, then reading.
        let mut chance = Chance::new(seed);
        let mut bursts = Vec::new();
        let mut at = 60.0;
        while at < 8.0 * HOUR {
            for _ in 0..=chance.below(8) {
                bursts.push(at);
                at += chance.between(0.1, 6.0);
            }
            at += 40.0 * (1.5 * Sleep::Random(1.0).draw(&mut chance)).exp();
        }
        let found = page(&bursts, "quiet-river.example");
        assert!(found.nats(NAME) < 1.6, "bursts, seed {seed}: {found:?}");
    }
}

#[test]
fn timers_of_the_system_are_not_heard() {
    for name in [
        "ocsp.digicert.com",
        "settings-win.data.microsoft.com",
        "v10.events.data.microsoft.com",
        "client.wns.windows.com",
        "mtalk.google.com",
        "gateway.push.apple.com",
        "clients4.google.com",
        "detectportal.firefox.com",
        "archive.ubuntu.com",
        "time.windows.com",
    ] {
        let found = page(&times(Sleep::Shortened(300.0, 0.0), DAY, 1), name);
        assert!(!found.fires(NAME), "{name}: {found:?}");
        assert_eq!(found.outcome(), Outcome::Clean, "{name}: {found:?}");
    }
}

#[test]
fn time_itself_is_not_heard() {
    let ntp = |_| Talk::udp(c2(), 123).service(Service::Ntp).bytes(48, 48);
    let found = day_with(&times(Sleep::Shortened(64.0, 0.0), DAY, 1), ntp);
    assert!(!found.fires(NAME), "{found:?}");
    let dns = |_| Talk::udp(c2(), 53).service(Service::Dns).bytes(40, 90);
    let found = day_with(&times(Sleep::Shortened(64.0, 0.0), DAY, 1), dns);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn popular_places_are_barely_heard() {
    for name in ["www.wikipedia.org", "github.com", "web.whatsapp.com", "www.nytimes.com"] {
        let found = page(&times(Sleep::Shortened(30.0, 0.0), DAY, 1), name);
        assert!(found.nats(NAME) < 1.0, "{name}: {found:?}");
        assert_eq!(found.outcome(), Outcome::Clean, "{name}: {found:?}");
    }
}

#[test]
fn web_sockets_of_popular_places_are_barely_heard() {
    let name = "web.whatsapp.com";
    let mut talk = Talk::tcp(c2(), 443).browser(name).lasting(6.0 * HOUR);
    for n in 1..700 {
        talk = talk.message(f64::from(n) * 30.0, true, 60);
    }
    let mut scene = Scene::ordinary(DAY);
    scene.resolves(99.0, name, c2());
    scene.talk(100.0, talk);
    let found = scene.findings();
    assert!(found.nats(NAME) < 1.0, "{found:?}");
    assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
}

#[test]
fn what_a_browser_polls_is_no_more_than_suspect() {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..12u8 {
        let name = format!("www.place-number-{n}.example");
        scene.visits(200.0 * f64::from(n), &name, Addr::v4([198, 51, 100, n]));
    }
    for at in times(Sleep::Shortened(60.0, 0.0), DAY, 1) {
        scene.talk(at, Talk::tcp(c2(), 443).browser("ticker.quiet-river.example"));
    }
    let found = scene.findings();
    assert!((0.5..=3.0).contains(&found.nats(NAME)), "{found:?}");
}

#[test]
fn what_all_call_is_barely_heard() {
    let mut scene = Scene::ordinary(DAY);
    for host in 1..9 {
        scene.by(host);
        for at in times(Sleep::Shortened(60.0, 0.0), 6.0 * HOUR, u64::from(host)) {
            scene.talk(at, Talk::tcp(c2(), 443).strange_tls(Some("agent.our-vendor.example")));
        }
    }
    let found = scene.findings();
    assert!(found.nats(NAME) <= 1.0, "{found:?}");
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn who_is_called_does_not_call() {
    let times = times(Sleep::Shortened(60.0, 0.0), DAY, 1);
    let found = day_with(&times, |_| Talk::tcp(c2(), 40_000).inbound().own_port(443));
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn pieces_of_a_long_connection_are_no_calls() {
    // Recorders cut it by time-outs: one pair of ports, and no start after the first.
    let times = times(Sleep::Shortened(300.0, 0.0), DAY, 1);
    let found =
        day_with(&times, |_| Talk::tcp(c2(), 443).own_port(50_000).joined_late().lasting(200.0));
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn media_and_peer_to_peer_are_not_heard() {
    for service in [Service::Media, Service::BitTorrent] {
        let times = times(Sleep::Shortened(15.0, 0.0), 2.0 * HOUR, 1);
        let found = day_with(&times, |_| Talk::udp(c2(), 51_000).service(service));
        assert!(!found.fires(NAME), "{service:?}: {found:?}");
    }
}

#[test]
fn a_minute_of_polling_is_weighed_less_than_a_day() {
    let short = times(Sleep::Shortened(5.0, 0.0), 600.0 + 2.0 * MINUTE, 1);
    let short = day_with(&short, |_| Talk::tcp(c2(), 4444));
    let long = times(Sleep::Shortened(5.0, 0.0), DAY, 1);
    let long = day_with(&long, |_| Talk::tcp(c2(), 4444));
    assert!(short.nats(NAME) < long.nats(NAME), "{short:?}{long:?}");
}
