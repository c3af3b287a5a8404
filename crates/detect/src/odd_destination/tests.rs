//! Tests of what is odd about a destination.

use ostium_event::{Addr, Anomaly, Body, Service};
use ostium_evidence::Group;

use crate::Blind;
use crate::testing::{DAY, Findings, HOUR, Outcome, Request, Scene, Talk, address};

const ODDITIES: &[&str] = &[
    "self-signed-certificate",
    "private-certificate",
    "tls-without-name",
    "http-to-bare-address",
    "unknown-protocol",
    "never-resolved",
    "port-mismatch",
    "tls-on-odd-port",
    "http-on-odd-port",
    "dynamic-dns",
    "rare-name",
    "machine-made-name",
];

fn c2() -> Addr {
    address("203.0.113.66")
}

fn with(talk: Talk) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    scene.talk(HOUR, talk);
    scene.findings()
}

fn heard(found: &Findings) -> Vec<&'static str> {
    ODDITIES.iter().copied().filter(|name| found.fires(name)).collect()
}

fn bot_request(host: Option<&str>) -> Request {
    Request::bot(host, "/gate")
}

#[test]
fn each_oddity_is_heard_by_its_name() {
    let name = Some("quiet-river.example");
    let request = |host| Talk::tcp(c2(), 80).http(bot_request(host), 200, Body::Text);
    let mut odd_http = request(name);
    odd_http.key.outside_port = 7070;
    let cases = [
        (
            "self-signed-certificate",
            Talk::tcp(c2(), 443).strange_tls(name).certificate("localhost", true, 365),
        ),
        (
            "private-certificate",
            Talk::tcp(c2(), 443).strange_tls(name).certificate("server", false, 3650),
        ),
        ("tls-without-name", Talk::tcp(c2(), 443).strange_tls(None)),
        ("http-to-bare-address", request(None)),
        ("http-to-bare-address", request(Some("203.0.113.66"))),
        ("unknown-protocol", Talk::tcp(c2(), 4444)),
        ("never-resolved", Talk::tcp(c2(), 4444)),
        ("port-mismatch", Talk::tcp(c2(), 443).anomaly(Anomaly::PortMismatch)),
        ("port-mismatch", Talk::tcp(c2(), 443).anomaly(Anomaly::PortUnknownContent)),
        ("tls-on-odd-port", Talk::tcp(c2(), 4444).strange_tls(name)),
        ("http-on-odd-port", odd_http),
        ("dynamic-dns", Talk::tcp(c2(), 443).browser("quietriver.duckdns.org")),
        ("machine-made-name", Talk::tcp(c2(), 443).browser("xkqjzvwpfhtgbnd.com")),
    ];
    for (oddity, talk) in cases {
        let found = with(talk);
        assert_eq!(found.group(oddity), Some(Group::Destination), "{oddity}: {found:?}");
        assert!(!found.certain(oddity));
        assert!(found.outcome() < Outcome::Infected, "{oddity}: {found:?}");
    }
}

/// Volumes are told when a flow closes; a server's hello shows earlier that it answers.
#[test]
fn tls_that_is_still_open_is_heard_once_its_server_spoke() {
    let open = || Talk::tcp(c2(), 443).strange_tls(None).bytes(0, 0);
    assert!(!with(open()).fires("tls-without-name"));
    assert!(with(open().certificate("localhost", true, 365)).fires("tls-without-name"));
}

#[test]
fn ordinary_places_are_not_odd() {
    let request = Request::browser("www.quiet-river.example", "/");
    for talk in [
        Talk::tcp(c2(), 443).browser("www.quiet-river.example").certificate(
            "www.quiet-river.example",
            false,
            90,
        ),
        Talk::tcp(c2(), 8443).browser("www.quiet-river.example"),
        Talk::udp(c2(), 443).browser("www.quiet-river.example"),
        Talk::tcp(c2(), 80).http(request.clone(), 200, Body::Markup),
        Talk::tcp(c2(), 8080).http(request, 200, Body::Markup),
    ] {
        let found = with(talk.clone());
        assert!(heard(&found).is_empty(), "{talk:?}: {found:?}");
        assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
    }
}

#[test]
fn a_site_by_http_and_by_https_is_on_no_odd_port() {
    let name = "www.quiet-river.example";
    let page = || Talk::tcp(c2(), 80).http(Request::browser(name, "/"), 200, Body::Markup);
    let alone = |port| Talk::tcp(c2(), port).browser(name);
    for (first, then) in [(page(), alone(443)), (alone(443), page()), (page(), alone(8443))] {
        let mut scene = Scene::ordinary(DAY);
        scene.talk(HOUR, first);
        scene.talk(HOUR + 1.0, then);
        let found = scene.findings();
        assert!(heard(&found).is_empty(), "{found:?}");
    }
    // Each is judged by its own port, whatever else is called there.
    let mut odd = Talk::tcp(c2(), 7070).http(Request::browser(name, "/"), 200, Body::Markup);
    let mut scene = Scene::ordinary(DAY);
    scene.talk(HOUR, odd.clone());
    scene.talk(HOUR + 1.0, alone(443));
    let found = scene.findings();
    assert_eq!(heard(&found), ["http-on-odd-port"], "{found:?}");
    assert!(found.words("http-on-odd-port").contains(":7070: HTTP on port 7070"), "{found:?}");
    odd = Talk::tcp(c2(), 7071).browser(name);
    let mut scene = Scene::ordinary(DAY);
    scene.talk(HOUR, odd);
    scene.talk(HOUR + 1.0, page());
    let found = scene.findings();
    assert_eq!(heard(&found), ["tls-on-odd-port"], "{found:?}");
}

#[test]
fn known_places_are_excused() {
    for name in ["github.com", "www.wikipedia.org", "gateway.push.apple.com", "ocsp.digicert.com"] {
        let talk = Talk::tcp(c2(), 5555).strange_tls(Some(name)).certificate("box", true, 9000);
        let found = with(talk.anomaly(Anomaly::PortMismatch));
        assert!(heard(&found).is_empty(), "{name}: {found:?}");
    }
    let found = with(Talk::tcp(address("8.8.8.8"), 853).strange_tls(None));
    assert!(heard(&found).is_empty(), "{found:?}");
}

#[test]
fn what_is_common_here_is_excused() {
    let talk = || {
        Talk::tcp(c2(), 7443)
            .strange_tls(Some("camera.our-company.example"))
            .certificate("camera", true, 9000)
    };
    let mut scene = Scene::ordinary(DAY);
    for host in [1, 2, 3, 7] {
        scene.by(host).talk(HOUR, talk());
    }
    let found = scene.findings();
    assert!(heard(&found).is_empty(), "{found:?}");
    assert!(!heard(&with(talk())).is_empty(), "alone it is odd");
}

#[test]
fn a_missing_name_says_nothing_until_the_dns_was_seen_for_an_hour() {
    let talk = || Talk::tcp(c2(), 4444);
    let mut scene = Scene::ordinary(1_000.0);
    scene.talk(900.0, talk());
    assert!(!scene.findings().fires("never-resolved"), "minutes");
    let mut scene = Scene::ordinary(DAY);
    scene.talk(HOUR, talk());
    assert!(scene.findings().fires("never-resolved"), "a day");
    scene.blind(Blind { dns: true, ..Blind::default() });
    assert!(!scene.findings().fires("never-resolved"), "blind");
    let mut scene = Scene::ordinary(DAY);
    scene.by(8).talk(HOUR, talk());
    assert!(!scene.play().findings(8).fires("never-resolved"), "another's resolver is unseen");
}

#[test]
fn a_name_that_led_here_makes_it_resolved() {
    let mut scene = Scene::ordinary(DAY);
    scene.resolves(HOUR - 9.0, "quiet-river.example", c2());
    scene.talk(HOUR, Talk::tcp(c2(), 4444));
    let found = scene.findings();
    assert!(!found.fires("never-resolved") && !found.fires("unknown-protocol"), "{found:?}");
}

#[test]
fn peers_of_a_peer_to_peer_program_are_not_odd() {
    let mut scene = Scene::ordinary(DAY);
    for n in 0..80u8 {
        let port = 20_000 + 37 * u16::from(n);
        scene.talk(60.0 * f64::from(n), Talk::tcp(Addr::v4([198, 51, 100, n]), port));
    }
    let found = scene.findings();
    assert!(!found.fires("never-resolved") && !found.fires("unknown-protocol"), "{found:?}");
    assert_eq!(found.outcome(), Outcome::Clean, "{found:?}");
}

#[test]
fn what_was_not_answered_or_came_in_is_not_odd() {
    for talk in [
        Talk::tcp(c2(), 4444).unanswered(),
        Talk::tcp(c2(), 4444).bytes(400, 0),
        Talk::tcp(c2(), 4444).inbound(),
        Talk::tcp(c2(), 40_000).own_port(443).inbound().anomaly(Anomaly::PortMismatch),
        Talk::tcp(c2(), 40_000).own_port(443).inbound().strange_tls(None),
    ] {
        let found = with(talk.clone());
        assert!(heard(&found).is_empty(), "{talk:?}: {found:?}");
    }
}

#[test]
fn services_without_a_name_that_are_known_are_less_odd() {
    for (port, service) in [(22, Service::Ssh), (1194, Service::Unknown), (25565, Service::Unknown)]
    {
        let found = with(Talk::tcp(c2(), port).service(service));
        assert!(!found.fires("unknown-protocol"), "{port}: {found:?}");
    }
}

#[test]
fn a_rare_name_counts_in_networks_large_enough() {
    for (hosts, rare) in [(5u8, false), (30, true)] {
        let mut scene = Scene::new();
        for host in 1..=hosts.max(7) {
            scene.by(host).lives(HOUR, u64::from(host));
        }
        scene.by(7).visits(900.0, "www.quiet-river.example", c2());
        let found = scene.findings();
        assert_eq!(found.fires("rare-name"), rare, "{hosts}: {found:?}");
        assert!(found.nats("rare-name") <= 2.0, "{found:?}");
    }
}

#[test]
fn a_dead_address_that_is_called_again_and_again_was_never_resolved() {
    let calls = |count: u32| {
        let mut scene = Scene::ordinary(DAY);
        for n in 0..count {
            scene.talk(HOUR + 300.0 * f64::from(n), Talk::tcp(c2(), 4444).unanswered());
        }
        scene.findings()
    };
    assert!(calls(40).fires("never-resolved"));
    assert!(!calls(3).fires("never-resolved"));
    assert!(!calls(40).fires("unknown-protocol"));
}
