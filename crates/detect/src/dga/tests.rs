//! Tests of the DGA detector: shapes of generated names, and names that people and programs ask for
//! in vain.

use ostium_event::{Addr, Body, DnsStage, RecordType};
use ostium_evidence::Group;

use crate::testing::{
    Chance, DAY, Family, Findings, HOUR, MINUTE, Outcome, Reply, Request, Scene, Talk, human_names,
};

const NAME: &str = "dga";
const RENDEZVOUS: &str = "dga-rendezvous";

const fn server(last: u8) -> Addr {
    Addr::v4([203, 0, 113, last])
}

/// Names asked for in vain, evenly over some time of an ordinary day.
fn in_vain(names: &[String], over: f64) -> Scene {
    let mut scene = Scene::ordinary(DAY);
    let step = over / names.len().max(1) as f64;
    for (turn, name) in names.iter().enumerate() {
        scene.nxdomain(600.0 + step * turn as f64, name);
    }
    scene
}

fn asked(names: &[String], over: f64) -> Findings {
    in_vain(names, over).findings()
}

#[test]
fn names_drawn_evenly_convict() {
    for family in Family::RANDOM {
        for seed in 0..5 {
            let names = family.names(60, &mut Chance::new(seed));
            let found = asked(&names, 10.0 * MINUTE);
            assert!(found.certain(NAME), "{family:?}, seed {seed}: {found:?}");
            assert_eq!(found.group(NAME), Some(Group::Naming));
            assert!(found.number(NAME, "distinct_names") >= 8.0);
        }
    }
}

#[test]
fn a_slow_generator_is_heard() {
    for over in [HOUR, 6.0 * HOUR, 20.0 * HOUR] {
        let found = asked(&Family::Letters.names(40, &mut Chance::new(1)), over);
        assert!(found.certain(NAME), "over {over} s: {found:?}");
    }
}

#[test]
fn a_generator_among_typos_is_heard() {
    let mut names = human_names(15, &mut Chance::new(2));
    names.extend(Family::Letters.names(40, &mut Chance::new(2)));
    names.extend(human_names(30, &mut Chance::new(3)));
    let found = asked(&names, HOUR);
    assert!(found.certain(NAME), "{found:?}");
}

#[test]
fn the_name_that_answers_is_named() {
    let mut names = Family::Letters.names(41, &mut Chance::new(4));
    let c2 = names.pop().unwrap();
    let mut scene = in_vain(&names, 20.0 * MINUTE);
    scene.resolves(600.0 + 21.0 * MINUTE, &c2, crate::testing::address("203.0.113.66"));
    let found = scene.findings();
    assert!(found.words(NAME).contains(&format!("then {c2} answered")), "{found:?}");
}

/// Some names in vain, then one more of the same generator, and other visits.
fn then_calls(calls: &[(&str, Talk)]) -> Findings {
    let mut scene = in_vain(&Family::Letters.names(40, &mut Chance::new(4)), 20.0 * MINUTE);
    for (turn, (name, talk)) in calls.iter().enumerate() {
        let at = 600.0 + 20.5 * MINUTE + 5.0 * turn as f64;
        scene.resolves(at, name, talk.key.outside);
        scene.talk(at + 0.1, talk.clone());
    }
    scene.findings()
}

fn rendezvous(found: &Findings) -> Vec<String> {
    let mut names: Vec<String> = found
        .of(RENDEZVOUS)
        .map(|e| e.about.peer().and_then(|peer| peer.name.as_deref()).unwrap().to_owned())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn whom_it_called_at_last_is_the_rendezvous() {
    let names = Family::Letters.names(42, &mut Chance::new(4));
    let (c2, spare) = (&*names[40], &*names[41]);
    let post =
        |name| Talk::tcp(server(66), 80).http(Request::bot(Some(name), "/u/"), 200, Body::Text);
    let plain = Talk::tcp(server(67), 4444);
    let found = then_calls(&[
        ("www.wikipedia.org", Talk::tcp(server(1), 443).browser("www.wikipedia.org")),
        (
            "www.river-bridge-house.com",
            Talk::tcp(server(2), 443).browser("www.river-bridge-house.com"),
        ),
        (c2, post(c2)),
        (spare, plain),
        ("tea-and-letters.org", Talk::tcp(server(3), 443).browser("tea-and-letters.org")),
    ]);
    let mut both = [c2, spare];
    both.sort_unstable();
    assert_eq!(rendezvous(&found), both, "{found:?}");
    assert_eq!(found.group(RENDEZVOUS), Some(Group::Naming));
    assert!(found.of(RENDEZVOUS).all(|e| e.about.conversation().is_some()), "{found:?}");
    // It rests on the test, and adds nothing to what that says.
    assert!(found.certain(RENDEZVOUS) && found.certain(NAME));
}

/// A consonant and a vowel, three times, and a consonant, as simda joins them.
fn syllables(count: usize, chance: &mut Chance) -> Vec<String> {
    let name = |chance: &mut Chance| -> String {
        let part = |place| match place % 2 {
            0 => chance.text(b"bcdfgjklmnpqrstvwxz", 1),
            _ => chance.text(b"aeiouy", 1),
        };
        (0..7).map(part).collect()
    };
    (0..count).map(|_| format!("{}.com", name(chance))).collect()
}

#[test]
fn whom_a_generator_of_syllables_called_is_the_rendezvous() {
    let (mut found_of, mut by_itself) = (0, 0);
    for seed in 0..10 {
        let mut names = syllables(41, &mut Chance::new(seed));
        let c2 = names.pop().unwrap();
        let mut scene = in_vain(&names, 20.0 * MINUTE);
        // Of another shape, and words of the same shape.
        let others = ["river-bridge.com", "getaway.com", "tealeaf.com", "mobilis.com"];
        for (turn, name) in [&others[..], &[&c2]].concat().iter().enumerate() {
            let at = 600.0 + 20.5 * MINUTE + 5.0 * turn as f64;
            scene.resolves(at, name, server(turn as u8));
            scene.talk(at + 0.1, Talk::tcp(server(turn as u8), 443).browser(name));
        }
        let found = scene.findings();
        assert!(found.fires(NAME), "{seed}: {found:?}");
        let met = rendezvous(&found);
        assert!(met.iter().all(|name| *name == c2), "{seed}: {met:?}");
        found_of += usize::from(!met.is_empty());
        by_itself += usize::from(ostium_names::dga_llr(&c2) >= 2.5);
    }
    assert!(found_of >= 4 && found_of > by_itself, "{found_of}, {by_itself} without a shape");
}

#[test]
fn a_name_that_was_not_called_or_did_not_answer_is_no_rendezvous() {
    let c2 = Family::Letters.names(41, &mut Chance::new(4)).pop().unwrap();
    let found = then_calls(&[(&c2, Talk::tcp(server(66), 80).unanswered())]);
    assert!(found.certain(NAME) && !found.fires(RENDEZVOUS), "{found:?}");
    let mut scene = in_vain(&Family::Letters.names(40, &mut Chance::new(4)), 20.0 * MINUTE);
    scene.resolves(600.0 + 21.0 * MINUTE, &c2, server(66));
    assert!(!scene.findings().fires(RENDEZVOUS));
}

#[test]
fn without_a_generator_no_name_is_a_rendezvous() {
    let c2 = Family::Letters.names(41, &mut Chance::new(4)).pop().unwrap();
    let call = || Talk::tcp(server(66), 443).browser(&c2);
    for in_vain_before in [0, 1, 2] {
        let names = Family::Letters.names(in_vain_before, &mut Chance::new(4));
        let mut scene = in_vain(&names, MINUTE);
        scene.resolves(600.0 + 2.0 * MINUTE, &c2, server(66));
        scene.talk(600.1 + 2.0 * MINUTE, call());
        let found = scene.findings();
        assert!(!found.fires(RENDEZVOUS), "{in_vain_before}: {found:?}");
    }
    // A test that is convincing but not certain tells of it, and is not certain of it.
    let mut scene = in_vain(&Family::Letters.names(6, &mut Chance::new(4)), MINUTE);
    scene.resolves(600.0 + 2.0 * MINUTE, &c2, server(66));
    scene.talk(600.1 + 2.0 * MINUTE, call());
    let found = scene.findings();
    assert!(found.fires(RENDEZVOUS) && !found.certain(RENDEZVOUS), "{found:?}");
    // Hours after the names in vain it has nothing to do with them.
    let mut scene = in_vain(&Family::Letters.names(40, &mut Chance::new(4)), 20.0 * MINUTE);
    scene.resolves(5.0 * HOUR, &c2, server(66));
    scene.talk(5.0 * HOUR + 0.1, call());
    let found = scene.findings();
    assert!(found.certain(NAME) && !found.fires(RENDEZVOUS), "{found:?}");
}

#[test]
fn a_name_of_another_kind_is_no_rendezvous() {
    // Looks made by a machine, but has digits, which none of the generator's has.
    let other = "x7k2q9z4w1v8.com";
    assert!(ostium_names::dga_llr(other) >= 2.5);
    let found = then_calls(&[(other, Talk::tcp(server(66), 443).browser(other))]);
    assert!(found.certain(NAME) && !found.fires(RENDEZVOUS), "{found:?}");
}

#[test]
fn with_www_and_in_log_rows_it_counts_too() {
    let mut scene = Scene::ordinary(DAY);
    for (turn, name) in Family::Letters.names(40, &mut Chance::new(5)).iter().enumerate() {
        let name = if turn % 2 == 0 { format!("www.{name}") } else { name.clone() };
        scene.asks_once(600.0 + turn as f64, DnsStage::Both, &name, Reply::error(3));
    }
    assert!(scene.findings().certain(NAME));
}

#[test]
fn few_names_do_not_convict() {
    let names = Family::Letters.names(5, &mut Chance::new(6));
    let found = asked(&names, MINUTE);
    assert!(!found.certain(NAME), "{found:?}");
    let found = asked(&names[..3], MINUTE);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn each_name_counts_once() {
    let mut scene = Scene::ordinary(DAY);
    let names = Family::Letters.names(3, &mut Chance::new(7));
    for turn in 0..600u32 {
        scene.nxdomain(600.0 + 10.0 * f64::from(turn), &names[turn as usize % 3]);
    }
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn typos_are_not_heard() {
    for seed in 0..8 {
        let found = asked(&human_names(60, &mut Chance::new(seed)), 8.0 * HOUR);
        assert!(!found.certain(NAME) && found.nats(NAME) < 4.0, "seed {seed}: {found:?}");
        assert!(found.outcome() < Outcome::Infected, "{found:?}");
    }
}

#[test]
fn search_suffixes_and_probes_of_browsers_are_not_heard() {
    let mut chance = Chance::new(8);
    let mut names = Vec::new();
    for _ in 0..60 {
        let probe = chance.text(b"abcdefghijklmnopqrstuvwxyz", 11);
        names.extend([format!("{probe}.office.our-company.com"), format!("{probe}.lan")]);
        names.push(probe);
    }
    names.extend((0..40).map(|n| format!("www.place{n}.com.office.our-company.com")));
    names.extend((0..40).map(|n| format!("printer{n}.our-company.local")));
    let found = asked(&names, HOUR);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn block_lists_and_look_ups_of_hashes_are_not_heard() {
    let mut chance = Chance::new(9);
    let mut names = Vec::new();
    for _ in 0..80 {
        let [a, b, c, d] = [0; 4].map(|_| chance.below(256));
        names.push(format!("{a}.{b}.{c}.{d}.zen.spamhaus.org"));
        names.push(format!("{a}.{b}.{c}.{d}.list.our-checks.example"));
        names.push(format!("{}.avts.mcafee.com", chance.text(b"abcdefghijklmnop234567", 26)));
    }
    let found = asked(&names, HOUR);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn a_resolver_that_denies_everything_is_not_heard() {
    let popular = [
        "wikipedia.org",
        "github.com",
        "nytimes.com",
        "bbc.co.uk",
        "reddit.com",
        "amazon.com",
        "python.org",
        "stackoverflow.com",
        "mozilla.org",
        "apple.com",
        "microsoft.com",
        "netflix.com",
        "gstatic.com",
        "fbcdn.net",
        "ytimg.com",
        "twimg.com",
        "doubleclick.net",
        "akamaiedge.net",
        "msftncsi.com",
        "gvt1.com",
    ];
    let names: Vec<String> = popular.map(str::to_owned).to_vec();
    let found = asked(&names, MINUTE);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn other_failures_and_questions_do_not_count() {
    let names = Family::Letters.names(60, &mut Chance::new(10));
    for rcode in [2, 5] {
        let mut scene = Scene::ordinary(DAY);
        for (turn, name) in names.iter().enumerate() {
            scene.asks(600.0 + turn as f64, name, RecordType::A, Reply::error(rcode));
        }
        assert!(!scene.findings().fires(NAME), "rcode {rcode}");
    }
    let mut scene = Scene::ordinary(DAY);
    for (turn, name) in names.iter().enumerate() {
        scene.asks(600.0 + turn as f64, name, RecordType::TXT, Reply::error(3));
        scene.asks(600.0 + turn as f64, name, RecordType::A, Reply::default());
    }
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn names_that_exist_are_not_counted() {
    let mut scene = Scene::ordinary(DAY);
    for (turn, name) in Family::Letters.names(60, &mut Chance::new(11)).iter().enumerate() {
        scene.resolves(600.0 + turn as f64, name, crate::testing::address("203.0.113.66"));
    }
    assert!(!scene.findings().fires(NAME));
}

#[test]
fn errors_below_a_domain_do_not_say_that_it_is_free() {
    let names = Family::Letters.names(60, &mut Chance::new(14));
    let names: Vec<String> = names.iter().map(|name| format!("files.{name}")).collect();
    let found = asked(&names, HOUR);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn labels_handed_out_by_hosting_are_not_heard() {
    let mut chance = Chance::new(12);
    let names: Vec<String> = (0..60)
        .map(|_| format!("{}.cloudfront.net", chance.text(b"abcdefghij0123456789", 14)))
        .collect();
    let found = asked(&names, HOUR);
    assert!(!found.fires(NAME), "{found:?}");
}

#[test]
fn word_lists_are_heard_by_their_number() {
    // Words of a dictionary look like names of people to a character model.
    let found = asked(&Family::Words.names(80, &mut Chance::new(13)), HOUR);
    assert!(found.fires(NAME) || found.nats("dead-names") >= 4.0, "{found:?}");
}

#[test]
fn scores_of_dead_names_are_heard_however_human_they_look() {
    let few = asked(&human_names(15, &mut Chance::new(5)), HOUR);
    assert!(!few.fires("dead-names"), "{few:?}");
    let many = asked(&human_names(90, &mut Chance::new(5)), HOUR);
    assert!(many.nats("dead-names") >= 3.0 || many.nats(NAME) >= 3.0, "{many:?}");
    assert!(!many.certain("dead-names") && many.outcome() < Outcome::Infected, "{many:?}");
}

#[test]
fn a_resolver_that_filters_makes_no_dead_names() {
    let denied = [
        "doubleclick.net",
        "google-analytics.com",
        "googletagmanager.com",
        "facebook.com",
        "facebook.net",
        "scorecardresearch.com",
        "adnxs.com",
        "criteo.com",
        "taboola.com",
        "outbrain.com",
        "pubmatic.com",
        "rubiconproject.com",
        "openx.net",
        "casalemedia.com",
        "demdex.net",
        "quantserve.com",
        "hotjar.com",
        "newrelic.com",
        "amplitude.com",
        "mixpanel.com",
        "appsflyer.com",
        "adjust.com",
        "branch.io",
        "crashlytics.com",
        "tiktok.com",
        "snapchat.com",
        "twitter.com",
        "linkedin.com",
        "bing.com",
        "yahoo.com",
        "amazon-adsystem.com",
        "moatads.com",
        "adsrvr.org",
        "bluekai.com",
        "rlcdn.com",
    ];
    let names: Vec<String> = denied.iter().map(|name| (*name).to_owned()).collect();
    let found = asked(&names, HOUR);
    assert!(!found.fires("dead-names"), "{found:?}");
}
