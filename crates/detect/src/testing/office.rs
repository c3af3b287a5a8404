//! An office in which every detector listens: nobody is infected until somebody is.

use ostium_event::{Addr, RecordType, Service};

use super::{Chance, DAY, HOUR, Outcome, Reply, Scene, Sleep, Talk, address, hex, human_names};

/// Names that systems call on timers, with seconds between calls.
const TIMERS: &[(&str, f64)] = &[
    ("settings-win.data.microsoft.com", 900.0),
    ("client.wns.windows.com", 302.0),
    ("ocsp.digicert.com", 1_680.0),
    ("clients4.google.com", 600.0),
    ("gateway.push.apple.com", 1_200.0),
    ("detectportal.firefox.com", 300.0),
];

/// A day of so many hosts: they browse, call on timers, mistype, check their mail and talk.
fn office(hosts: u8) -> Scene {
    let mut scene = Scene::new();
    for host in 1..=hosts {
        let mut chance = Chance::new(u64::from(host));
        scene.by(host).lives(DAY, u64::from(host));
        timers(&mut scene, &mut chance);
        noise(&mut scene, &mut chance);
        own_places(&mut scene, &mut chance, host);
    }
    scene
}

fn timers(scene: &mut Scene, chance: &mut Chance) {
    for (place, (name, every)) in TIMERS.iter().enumerate() {
        let addr = Addr::v4([198, 51, 100, place as u8]);
        for at in Sleep::Around(*every, 0.01).times(chance.between(0.0, 300.0), DAY, chance) {
            scene.visits(at, name, addr);
        }
    }
    for at in Sleep::Around(1_024.0, 0.0).times(9.0, DAY, chance) {
        let ntp = Talk::udp(address("198.51.100.123"), 123).service(Service::Ntp);
        scene.talk(at, ntp.bytes(48, 48));
    }
}

fn noise(scene: &mut Scene, chance: &mut Chance) {
    for name in human_names(12, chance) {
        scene.nxdomain(chance.between(0.0, DAY), &name);
    }
    // Probes of a browser, search suffixes, and an antivirus that asks for hashes.
    for _ in 0..30 {
        let probe = chance.text(b"abcdefghijklmnopqrstuvwxyz", 10);
        scene.nxdomain(chance.between(0.0, DAY), &probe);
        scene.nxdomain(chance.between(0.0, DAY), &format!("{probe}.our-company.com"));
        let hash = format!("{}.avts.mcafee.com", hex(chance, 26));
        scene.asks(chance.between(0.0, DAY), &hash, RecordType::A, Reply::error(3));
    }
    // IPv6 that never works, and a call.
    for n in 0..60u128 {
        let addr = Addr::from_bits(address("2001:db8::").bits() + n);
        scene.talk(chance.between(0.0, DAY), Talk::tcp(addr, 443).unanswered());
    }
    let call = Talk::udp(address("198.51.100.77"), 50_000).service(Service::Media);
    scene.talk(HOUR, call.bytes(40_000_000, 60_000).packets(90_000, 300).lasting(1_800.0));
}

/// A few places that only this host goes to, at random times.
fn own_places(scene: &mut Scene, chance: &mut Chance, host: u8) {
    for n in 0..8u8 {
        let name = format!("www.hobby-{host}-{n}.org");
        for at in Sleep::Random(2.0 * HOUR).times(chance.between(0.0, HOUR), DAY, chance) {
            scene.visits(at, &name, Addr::v4([203, 0, host, n]));
        }
    }
}

#[test]
fn nobody_is_infected() {
    for hosts in [1, 4, 20] {
        let world = office(hosts).play();
        for host in 1..=hosts {
            let found = world.findings(host);
            assert_eq!(found.outcome(), Outcome::Clean, "host {host} of {hosts}: {found:?}");
        }
    }
}

#[test]
fn somebody_is_infected() {
    let mut scene = office(20);
    let call = |at: f64, scene: &mut Scene| {
        let talk = Talk::tcp(address("203.0.113.66"), 443).strange_tls(None);
        scene.talk(at, talk.certificate("localhost", true, 365));
    };
    for at in Sleep::Shortened(120.0, 0.3).times(600.0, DAY, &mut Chance::new(1)) {
        call(at, scene.by(7));
    }
    let world = scene.play();
    for host in 1..=20 {
        let found = world.findings(host);
        let expected = if host == 7 { Outcome::Infected } else { Outcome::Clean };
        assert_eq!(found.outcome(), expected, "host {host}: {found:?}");
    }
}
