//! Tests of the DNS tunnel detector: data in labels, and labels that only look like data.

use ostium_event::{Addr, DnsStage, RecordType};
use ostium_evidence::Group;

use crate::testing::{
    Chance, DAY, Findings, HOUR, MINUTE, Outcome, Reply, Scene, address, base32, hex,
};

const NAME: &str = "dns-tunnel";

/// Labels asked for under a domain, evenly over some time of an ordinary day.
fn carries(
    count: usize,
    over: f64,
    kind: RecordType,
    mut name: impl FnMut(&mut Chance, usize) -> String,
) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(count as u64);
    for turn in 0..count {
        let at = 600.0 + over * turn as f64 / count as f64;
        scene.asks(at, &name(&mut chance, turn), kind, data(kind));
    }
    scene.findings()
}

fn data(kind: RecordType) -> Reply {
    match kind {
        RecordType::A => Reply::addr(address("203.0.113.9")),
        kind => Reply::record(kind, 180),
    }
}

#[test]
fn every_encoding_and_type_convicts() {
    let kinds =
        [RecordType::A, RecordType::TXT, RecordType::NULL, RecordType::CNAME, RecordType::MX];
    for kind in kinds {
        for length in [12, 24, 52, 60] {
            let name = |c: &mut Chance, _| format!("{}.t.quiet-river.example", hex(c, length));
            let found = carries(200, HOUR, kind, name);
            assert!(found.certain(NAME), "hex {length} {kind:?}: {found:?}");
            let name = |c: &mut Chance, _| format!("{}.quiet-river.example", base32(c, length));
            let found = carries(200, HOUR, kind, name);
            assert!(found.certain(NAME), "base32 {length} {kind:?}: {found:?}");
            assert_eq!(found.group(NAME), Some(Group::Naming));
        }
    }
}

/// A channel of 40 labels, and then short ones that are refused, for some time.
fn refused(short: usize, over: f64) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(3);
    for turn in 0..40 {
        let name = format!("{}.t.quiet-river.example", hex(&mut chance, 40));
        scene.asks(600.0 + f64::from(turn), &name, RecordType::NULL, data(RecordType::NULL));
    }
    for turn in 0..short {
        let name = format!("y{}.t.quiet-river.example", chance.text(b"abcdefgh", 3));
        let at = 660.0 + over * turn as f64 / short as f64;
        scene.asks(at, &name, RecordType::A, Reply::error(3));
    }
    scene.findings()
}

#[test]
fn a_channel_that_was_refused_is_not_forgotten_for_its_short_names() {
    let before = refused(0, 0.0);
    assert!(before.certain(NAME), "{before:?}");
    for short in [40, 400] {
        let found = refused(short, 10.0 * MINUTE);
        assert!(found.certain(NAME), "{short}: {found:?}");
        assert!(found.nats(NAME) > 0.9 * before.nats(NAME), "{short}: {found:?}");
    }
}

#[test]
fn what_was_a_channel_fades_while_it_is_none() {
    let hours = |hours| refused(2_000, hours * HOUR).nats(NAME);
    assert!(hours(6.0) < 0.6 * hours(0.1) && hours(18.0) < 0.2 * hours(0.1), "{}", hours(6.0));
    assert!(!refused(2_000, 30.0 * HOUR).certain(NAME));
}

#[test]
fn several_labels_and_a_counter_convict() {
    let found = carries(120, HOUR, RecordType::TXT, |c, turn| {
        format!("{}.{}.{turn}.k7.quiet-river.example", base32(c, 60), base32(c, 60))
    });
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn letters_alone_carry_too() {
    for length in [16, 20] {
        let found = carries(200, HOUR, RecordType::TXT, |c, _| {
            format!("{}.quiet-river.example", c.text(b"abcdefghijklmnop", length))
        });
        assert!(found.certain(NAME), "{length}: {found:?}");
    }
}

#[test]
fn a_slow_channel_is_heard() {
    let found = carries(90, 20.0 * HOUR, RecordType::TXT, |c, _| {
        format!("{}.quiet-river.example", hex(c, 32))
    });
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn a_channel_over_many_domains_is_heard() {
    // Eight labels under each of twelve domains: none of them alone is enough.
    for kind in [RecordType::A, RecordType::TXT] {
        let found = carries(96, 3.0 * HOUR, kind, |c, turn| {
            format!("{}.quiet-river{}.example", hex(c, 32), turn % 12)
        });
        assert!(found.certain(NAME), "{kind:?}: {found:?}");
        assert!(found.number(NAME, "domains") >= 12.0, "{found:?}");
    }
}

#[test]
fn questions_sent_again_do_not_hide_it() {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(1);
    for turn in 0..120 {
        let name = format!("{}.quiet-river.example", hex(&mut chance, 40));
        let at = 600.0 + 10.0 * f64::from(turn);
        // The first question is lost, or sent to two resolvers.
        scene.asks(at, &name, RecordType::TXT, Reply::default());
        scene.asks(at + 1.0, &name, RecordType::TXT, data(RecordType::TXT));
    }
    let found = scene.findings();
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn both_families_of_addresses_are_one_question() {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(2);
    for turn in 0..60 {
        let name = format!("{}.quiet-river.example", hex(&mut chance, 40));
        for kind in [RecordType::A, RecordType::AAAA] {
            scene.asks(600.0 + 10.0 * f64::from(turn), &name, kind, Reply::addr(address("::5")));
        }
    }
    let found = scene.findings();
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn log_rows_tell_as_much_as_packets() {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(3);
    for turn in 0..60 {
        let name = format!("{}.quiet-river.example", hex(&mut chance, 40));
        scene.asks_once(600.0 + f64::from(turn), DnsStage::Both, &name, data(RecordType::A));
    }
    assert!(scene.findings().certain(NAME));
}

#[test]
fn few_labels_do_not_convict() {
    let found =
        carries(20, HOUR, RecordType::TXT, |c, _| format!("{}.quiet-river.example", hex(c, 40)));
    assert!(found.fires(NAME) && !found.certain(NAME), "{found:?}");
    let found =
        carries(12, HOUR, RecordType::TXT, |c, _| format!("{}.quiet-river.example", hex(c, 40)));
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn what_is_found_does_not_depend_on_the_run() {
    // Channels of equal size that begin at one time.
    let mut scene = Scene::ordinary(HOUR);
    let mut chance = Chance::new(4);
    for turn in 0..40 {
        for domain in 0..6 {
            let label = hex(&mut chance, 32);
            scene.nxdomain(60.0 + f64::from(turn), &format!("{label}.quiet-river{domain}.example"));
        }
    }
    let first = scene.findings();
    for _ in 0..20 {
        assert_eq!(first, scene.findings());
    }
}

#[test]
fn words_are_names() {
    let words = ["garden", "music", "travel", "coffee", "bridge", "letter", "window", "market"];
    let found = carries(56, 4.0 * HOUR, RecordType::A, |_, turn| {
        format!("{}-{}.quiet-river.example", words[turn % 8], words[(turn / 8 + 1) % 8])
    });
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn the_same_names_again_and_again_are_no_channel() {
    for kind in [RecordType::TXT, RecordType::A] {
        // As many as are remembered, and more.
        for labels in [40, 400] {
            let found = carries(1_200, DAY - HOUR, kind, |_, turn| {
                let label = hex(&mut Chance::new(turn as u64 % labels), 32);
                format!("{label}.quiet-river.example")
            });
            assert!(!found.fires(NAME), "{labels} {kind:?}: {found:?}");
        }
    }
}

#[test]
fn look_ups_under_known_domains_are_no_channel() {
    for domain in ["avqs.mcafee.com", "sophosxl.net", "e5.sk", "googlevideo.com", "akamaiedge.net"]
    {
        for kind in [RecordType::A, RecordType::TXT] {
            let name = |c: &mut Chance, _| format!("{}.{domain}", base32(c, 40));
            let found = carries(150, HOUR, kind, name);
            assert!(!found.fires(NAME), "{domain}: {found:?}");
        }
    }
}

#[test]
fn block_lists_are_no_channel() {
    let found = carries(200, HOUR, RecordType::A, |c, _| {
        let [a, b, c, d] = [0; 4].map(|_| c.below(256));
        format!("{a}.{b}.{c}.{d}.list.our-checks.example")
    });
    assert!(!found.fires(NAME), "{found:?}");
    let found = carries(200, HOUR, RecordType::TXT, |c, _| {
        let nibbles: Vec<String> = (0..32).map(|_| hex(c, 1)).collect();
        format!("{}.list.our-checks.example", nibbles.join("."))
    });
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn probes_of_browsers_under_a_search_list_are_no_channel() {
    for seed in 0..5 {
        let mut scene = Scene::ordinary(DAY);
        let mut chance = Chance::new(seed);
        for _ in 0..150 {
            let length = 7 + chance.below(9) as usize;
            let probe = chance.text(b"abcdefghijklmnopqrstuvwxyz", length);
            let at = chance.between(0.0, DAY);
            scene.nxdomain(at, &probe);
            scene.nxdomain(at + 0.1, &format!("{probe}.our-company.example"));
            scene.nxdomain(at + 0.2, &format!("{probe}.office.our-company.example"));
        }
        let found = scene.findings();
        assert!(!found.fires(NAME), "seed {seed}: {found:?}");
    }
}

#[test]
fn names_of_hosts_and_reverse_names_are_no_channel() {
    let found = carries(100, HOUR, RecordType::PTR, |c, _| {
        format!("{}.{}.0.10.in-addr.arpa", c.below(256), c.below(256))
    });
    assert!(!found.fires(NAME), "{found:?}");
    let found = carries(100, HOUR, RecordType::A, |c, _| format!("{}.local", hex(c, 32)));
    assert!(!found.fires(NAME), "{found:?}");
}

/// Labels made by a machine under some domains; the host talks to what they lead to.
fn delivered(domains: usize) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    let mut chance = Chance::new(5);
    for turn in 0..60 {
        let name = format!("{}.quick-files{}.example", hex(&mut chance, 16), turn % domains);
        let at = 600.0 + 30.0 * turn as f64;
        scene.visits(at, &name, Addr::v4([203, 0, 113, (turn % 9) as u8]));
    }
    scene.findings()
}

#[test]
fn labels_that_are_talked_to_are_no_channel() {
    for domains in [1, 2, 6] {
        let found = delivered(domains);
        assert!(!found.fires(NAME), "{domains} domains: {found:?}");
        assert!(found.outcome() < Outcome::Infected, "{found:?}");
    }
}

#[test]
fn hosts_under_dynamic_names_are_no_channel() {
    let found = carries(60, HOUR, RecordType::A, |c, _| format!("{}.duckdns.org", hex(c, 12)));
    assert!(!found.certain(NAME), "{found:?}");
}

#[test]
fn a_channel_under_a_dynamic_name_convicts() {
    let found = carries(60, 10.0 * MINUTE, RecordType::TXT, |c, _| {
        format!("{}.quietriver.duckdns.org", hex(c, 40))
    });
    assert!(found.certain(NAME), "{found:?}");
}

/// So many hosts that ask the same zone about files all day, each about others.
fn asked_by(hosts: u8, kind: RecordType) -> Findings {
    let mut scene = Scene::ordinary(DAY);
    for host in (1..=hosts).rev().map(|n| n + 6) {
        let mut chance = Chance::new(u64::from(host));
        for turn in 0..120 {
            let label = hex(&mut chance, 32);
            let name = format!("{label}.files.shield-maker.example");
            scene.by(host).asks(600.0 + 300.0 * f64::from(turn), &name, kind, data(kind));
        }
    }
    scene.findings()
}

#[test]
fn what_several_hosts_ask_is_their_security_program() {
    assert!(asked_by(1, RecordType::A).certain(NAME));
    for (hosts, most) in [(2, 2.0), (3, 1.0), (9, 1.0)] {
        let found = asked_by(hosts, RecordType::A);
        assert!(!found.certain(NAME) && found.nats(NAME) <= most, "{hosts}: {found:?}");
        assert!(found.outcome() < Outcome::Suspect, "{hosts}: {found:?}");
    }
}

#[test]
fn replies_with_data_stay_suspicious_among_several_hosts() {
    let found = asked_by(4, RecordType::TXT);
    assert!(!found.certain(NAME) && found.nats(NAME) >= 2.0, "{found:?}");
}
