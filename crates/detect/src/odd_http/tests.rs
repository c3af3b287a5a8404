//! Tests of odd HTTP.

use ostium_event::{Addr, Body};
use ostium_evidence::Group;

use crate::testing::{Chance, DAY, Findings, Outcome, Request, Scene, Talk, address};

const NAME: &str = "odd-http";

fn c2() -> Addr {
    address("203.0.113.66")
}

/// So many requests over an ordinary day, each in a connection of its own.
fn requests(count: usize, of: impl Fn(usize) -> Request, status: u16, body: Body) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(count as u64);
    for turn in 0..count {
        // At no time in particular: this is about what is said.
        let at = chance.between(600.0, DAY);
        scene.talk(at, Talk::tcp(c2(), 80).http(of(turn), status, body));
    }
    scene.findings()
}

fn bot(host: Option<&str>) -> Request {
    Request::bot(host, "/gate.php?id=12")
}

#[test]
fn a_simple_bot_is_heard() {
    for host in [None, Some("203.0.113.66"), Some("quiet-river.example")] {
        let found = requests(20, |_| bot(host), 200, Body::Text);
        assert!(found.nats(NAME) >= 2.5, "{host:?}: {found:?}");
        assert_eq!(found.group(NAME), Some(Group::Client));
        assert!(!found.certain(NAME));
        assert!(found.words(NAME).contains("no User-Agent"), "{}", found.words(NAME));
    }
}

#[test]
fn one_group_of_signs_does_not_convict() {
    let found = requests(20, |_| bot(Some("quiet-river.example")), 404, Body::Text);
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn agents_that_change_are_heard() {
    let found = requests(
        30,
        |turn| Request {
            agent: Some(format!("Mozilla/5.0 (number {turn})")),
            ..Request::browser("quiet-river.example", &format!("/page/{turn}"))
        },
        200,
        Body::Markup,
    );
    assert!(found.words(NAME).contains("keeps changing"), "{found:?}");
}

#[test]
fn a_false_browser_is_heard() {
    let found = requests(
        30,
        |_| Request {
            language: false,
            referer: false,
            ..Request::browser("quiet-river.example", "/status")
        },
        200,
        Body::Markup,
    );
    assert!(found.words(NAME).contains("accepts no language"), "{found:?}");
}

#[test]
fn a_program_from_a_bare_address_is_heard() {
    let request = || Request { agent: Some("curl/8.0".to_owned()), ..Request::browser("", "/a") };
    for (host, body, heard) in [
        (None, Body::ElfProgram, true),
        (None, Body::WindowsProgram, true),
        (Some("quietriver.duckdns.org"), Body::WindowsProgram, true),
        (None, Body::Image, false),
        (Some("downloads.quiet-river.example"), Body::WindowsProgram, false),
    ] {
        let request = || Request { host: host.map(str::to_owned), ..request() };
        let found = requests(1, |_| request(), 200, body);
        assert_eq!(found.fires(NAME), heard, "{host:?} {body:?}: {found:?}");
    }
}

#[test]
fn people_who_browse_are_not_heard() {
    let pages = ["/", "/news/2024/a-story", "/img/logo.png", "/search?q=coffee", "/about"];
    let found = requests(
        40,
        |turn| Request::browser("www.quiet-river.example", pages[turn % pages.len()]),
        200,
        Body::Markup,
    );
    assert!(!found.fires(NAME), "{found:?}");
    assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
}

#[test]
fn known_places_are_excused() {
    for name in ["ocsp.digicert.com", "www.msftconnecttest.com", "www.wikipedia.org"] {
        let found = requests(30, |_| bot(Some(name)), 200, Body::Binary);
        assert!(!found.fires(NAME), "{name}: {found:?}");
    }
}

#[test]
fn one_honest_program_is_barely_heard() {
    let program = || Request {
        agent: Some("weather-widget/2.1".to_owned()),
        method: "GET",
        headers: 5,
        referer: false,
        language: false,
        ..Request::browser("api.quiet-river.example", "/v1/forecast?town=12")
    };
    let found = requests(60, |_| program(), 200, Body::Json);
    assert!(found.nats(NAME) <= 1.0, "{found:?}");
    assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
}

#[test]
fn requests_to_a_server_here_are_not_the_hosts() {
    let mut scene = Scene::ordinary(DAY);
    for turn in 0..60 {
        let talk = Talk::tcp(c2(), 40_000).own_port(80).inbound();
        scene.talk(600.0 + 60.0 * f64::from(turn), talk.http(bot(None), 404, Body::Text));
    }
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
}
