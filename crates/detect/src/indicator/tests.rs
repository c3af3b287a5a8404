//! Tests of the indicator detector.

use ostium_event::{Addr, Body, Ja4, Span, Timestamp};
use ostium_evidence::Group;
use ostium_intel::{Indicator, IndicatorValue};

use crate::testing::{DAY, HOUR, Outcome, Request, Scene, Talk, address};

const NAME: &str = "indicator";
const BAD: &str = "bad-river.example";
const JA4: &str = "t12d080700_0a1b2c3d4e5f_5f4e3d2c1b0a";

fn c2() -> Addr {
    address("203.0.113.66")
}

fn domain() -> IndicatorValue {
    IndicatorValue::Domain(BAD.to_owned())
}

/// An ordinary day, in which host 7 knows nothing of what the feed says.
fn day(known: IndicatorValue, confidence: u8) -> Scene {
    let mut scene = Scene::ordinary(DAY);
    scene.knows(known, confidence);
    scene
}

#[test]
fn a_known_name_with_data_both_ways_convicts() {
    for name in [BAD.to_owned(), format!("www.{BAD}"), format!("a.b.{BAD}")] {
        let mut scene = day(domain(), 90);
        scene.visits(HOUR, &name, c2());
        let found = scene.findings();
        assert!(found.certain(NAME), "{name}: {found:?}");
        assert_eq!(found.group(NAME), Some(Group::Reputation));
        assert!(found.of(NAME).any(|e| e.family.as_deref() == Some("some-family")));
    }
}

#[test]
fn a_known_address_and_port_with_data_both_ways_convicts() {
    let mut scene = day(IndicatorValue::Socket(c2(), 4444), 90);
    scene.talk(HOUR, Talk::tcp(c2(), 4444));
    assert!(scene.findings().certain(NAME));
    let mut scene = day(IndicatorValue::Socket(c2(), 4444), 90);
    scene.talk(HOUR, Talk::tcp(c2(), 4445));
    assert!(!scene.findings().fires(NAME), "another port is another service");
}

#[test]
fn without_data_both_ways_it_does_not_convict() {
    for talk in [
        Talk::tcp(c2(), 443).unanswered(),
        Talk::tcp(c2(), 443).refused(),
        Talk::tcp(c2(), 443).bytes(300, 0),
    ] {
        let mut scene = day(domain(), 90);
        scene.resolves(HOUR - 1.0, BAD, c2());
        scene.talk(HOUR, talk);
        let found = scene.findings();
        assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
        assert!(found.outcome() < Outcome::Infected, "{found:?}");
    }
}

#[test]
fn a_question_for_a_known_name_speaks_but_does_not_convict() {
    let mut scene = day(domain(), 90);
    scene.nxdomain(HOUR, &format!("x.{BAD}"));
    let found = scene.findings();
    assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
    assert!(found.outcome() < Outcome::Infected, "{found:?}");
}

#[test]
fn the_question_and_the_calls_are_one_conversation() {
    let mut scene = day(domain(), 40);
    let name = format!("x.{BAD}");
    scene.resolves(HOUR - 1.0, &name, c2());
    for n in 0..60 {
        let talk = Talk::tcp(c2(), 443).strange_tls(Some(&name));
        scene.talk(HOUR + 60.0 * f64::from(n), talk.bytes(100, 0));
    }
    let found = scene.findings();
    let question = found.of(NAME).find(|e| e.summary.contains("asked the DNS")).unwrap();
    let calls = found.of("beacon").next().unwrap();
    assert_eq!(question.about.conversation(), calls.about.conversation(), "{found:?}");
}

#[test]
fn an_address_alone_and_a_fingerprint_do_not_convict() {
    let mut scene = day(IndicatorValue::Addr(c2()), 100);
    scene.talk(HOUR, Talk::tcp(c2(), 4444));
    let found = scene.findings();
    assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
    let mut scene = day(IndicatorValue::Ja4(Ja4::parse(JA4).unwrap()), 100);
    scene.talk(HOUR, Talk::tcp(c2(), 443).tls(Some("quiet-river.example"), JA4, None));
    let found = scene.findings();
    assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
}

#[test]
fn a_popular_name_on_a_known_address_is_not_heard() {
    let mut scene = day(IndicatorValue::Addr(c2()), 100);
    scene.visits(HOUR, "www.wikipedia.org", c2());
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn a_known_url_is_heard_and_others_of_its_host_are_not() {
    let url = || IndicatorValue::Url("files.quiet-river.example/a/b.exe".to_owned());
    let fetches = |uri: &str| {
        let mut scene = day(url(), 90);
        let request = Request::browser("files.quiet-river.example", uri);
        scene.talk(HOUR, Talk::tcp(c2(), 80).http(request, 200, Body::Binary));
        scene.findings()
    };
    assert!(fetches("/a/b.exe").fires(NAME));
    assert!(!fetches("/a/c.exe").fires(NAME));
}

#[test]
fn little_confidence_says_little() {
    let nats = |confidence| {
        let mut scene = day(domain(), confidence);
        scene.visits(HOUR, BAD, c2());
        let found = scene.findings();
        (found.nats(NAME), found.certain(NAME))
    };
    assert!(nats(20).0 < nats(90).0);
    assert!(!nats(20).1 && nats(90).1);
}

#[test]
fn who_is_called_from_a_known_address_is_not_infected() {
    let mut scene = day(IndicatorValue::Addr(c2()), 100);
    scene.knows(IndicatorValue::Socket(c2(), 40_000), 100);
    for n in 0..50 {
        let talk = Talk::tcp(c2(), 40_000).own_port(443).inbound();
        scene.talk(HOUR + 10.0 * f64::from(n), talk);
    }
    let found = scene.findings();
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn what_is_unknown_is_not_heard() {
    let mut scene = day(domain(), 90);
    scene.visits(HOUR, "good-river.example", c2());
    scene.visits(HOUR, "xbad-river.example", c2());
    assert!(!scene.findings().fires(NAME));
    let mut scene = Scene::ordinary(DAY);
    scene.visits(HOUR, BAD, c2());
    assert!(!scene.findings().fires(NAME), "nothing is known");
}

#[test]
fn what_expired_before_is_not_heard() {
    let begin = Timestamp::from_secs(1_700_006_400);
    for (expires, heard) in [(-DAY, false), (10.0 * DAY, true)] {
        let mut scene = Scene::ordinary(DAY);
        let at = match expires < 0.0 {
            true => begin.minus(Span::from_secs_f64(-expires)),
            false => begin.plus(Span::from_secs_f64(expires)),
        };
        scene.knows_of(Indicator { expires: Some(at), ..Indicator::new(domain(), 90, "feed") });
        scene.visits(HOUR, BAD, c2());
        let found = scene.findings();
        assert_eq!(found.fires(NAME), heard, "{expires}: {found:?}");
    }
}

#[test]
#[ignore = "weakness: only the first 256 names and URLs of a host are kept to be matched"]
fn a_known_url_after_a_long_day_is_heard() {
    let mut scene = day(IndicatorValue::Url("files.quiet-river.example/a/b.exe".to_owned()), 90);
    for n in 0..400 {
        let request = Request::browser("www.bbc.co.uk", &format!("/story/{n}"));
        scene.talk(
            f64::from(n),
            Talk::tcp(address("192.0.2.12"), 80).http(request, 200, Body::Markup),
        );
    }
    let request = Request::browser("files.quiet-river.example", "/a/b.exe");
    scene.talk(HOUR, Talk::tcp(c2(), 80).http(request, 200, Body::Binary));
    assert!(scene.findings().fires(NAME));
}
