//! Whatever the events, and in whatever order: no detector panics, weighs below nothing or beyond
//! number, or says two things of one input.

use ostium_event::{
    Anomaly, Body, BotSign, DnsStage, FlowKey, FlowRecord, FlowState, Ja4, Message, OpenedBy,
    Order, Proto, RecordType, Scope, Service, Span, Timestamp, Volume,
};
use ostium_intel::IndicatorValue;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::scene::{Act, World};
use super::{Chance, Findings, Reply, Request, Said, Scene, address, base32, hex};

const HOSTS: u8 = 4;
const NAMES: &[&str] = &[
    "www.wikipedia.org",
    "quiet.example",
    "bad.example",
    "a0b1c2d3e4f5061728394a5b6c7d8e9f.tunnel.example",
    "0f1e2d3c4b5a69788796a5b4c3d2e1f0.tunnel.example",
    "xkqjzvwpfhtg.com",
    "api.telegram.org",
    "checkip.amazonaws.com",
    "strange-place.org",
    "bot.duckdns.org",
    "4.3.2.1.list.example",
    "printer",
    "",
    "..",
    "?.?",
];
const PEERS: &[&str] = &[
    "203.0.113.5",
    "203.0.113.6",
    "198.51.100.9",
    "8.8.8.8",
    "104.16.1.1",
    "2001:db8::5",
    "224.0.0.251",
    "10.0.0.2",
];
const SIGNS: &[BotSign] = &[
    BotSign::Nickname,
    BotSign::Topic(Order::Scan),
    BotSign::Order(Order::Flood),
    BotSign::Order(Order::Control),
    BotSign::Report,
];
const PORTS: &[u16] = &[0, 22, 25, 53, 80, 123, 443, 587, 4444, 6667, 51_413];

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        4 => (0u64..100_000).prop_map(|s| Timestamp::from_secs(1_700_000_000 + s)),
        2 => any::<u64>().prop_map(Timestamp::from_nanos),
        1 => Just(Timestamp::ZERO),
        1 => Just(Timestamp::MAX),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(NAMES).prop_map(str::to_owned),
        1 => "[!-~]{0,70}",
        1 => "[a-f0-9]{20,40}\\.tunnel\\.example",
    ]
}

fn service() -> impl Strategy<Value = Service> {
    prop::sample::select(vec![
        Service::Silent,
        Service::Unknown,
        Service::Tls,
        Service::Smtp,
        Service::Ftp,
        Service::Ntp,
        Service::Media,
        Service::BitTorrent,
        Service::Quic,
    ])
}

fn volume() -> impl Strategy<Value = Volume> {
    prop_oneof![Just((0, 0)), (0u64..5_000, 0u64..5_000_000), any::<(u64, u64)>()]
        .prop_map(|(packets, bytes)| Volume { packets, bytes })
}

fn record() -> impl Strategy<Value = Said> {
    let state = prop::sample::select(vec![
        FlowState::Established,
        FlowState::Unanswered,
        FlowState::Refused,
        FlowState::Partial,
    ]);
    let ends = any::<(bool, bool)>();
    (moment(), moment(), volume(), volume(), state, service(), ends).prop_map(
        |(first, last, out, back, state, service, (start_seen, is_over))| {
            let record = FlowRecord { first, last, out, back, state, service, start_seen };
            if is_over { Said::Closed(record) } else { Said::GoesOn(record) }
        },
    )
}

fn reply() -> impl Strategy<Value = Reply> {
    let rcode = prop::option::of(prop::sample::select(vec![0u8, 2, 3]));
    let addrs = prop::collection::vec(prop::sample::select(PEERS), 0..3);
    let others = prop::collection::vec((any::<u16>().prop_map(RecordType), any::<u32>()), 0..3);
    (rcode, addrs, others).prop_map(|(rcode, addrs, others)| Reply {
        rcode,
        addrs: addrs.into_iter().map(address).collect(),
        others,
    })
}

fn dns() -> impl Strategy<Value = Said> {
    let stage = prop::sample::select(vec![DnsStage::Query, DnsStage::Reply, DnsStage::Both]);
    let kind = prop::sample::select(vec![1u16, 15, 16, 28, 12, 65_399]).prop_map(RecordType);
    (stage, name(), kind, reply()).prop_map(|(s, n, k, r)| Said::Dns(s, n, k, r))
}

fn hello() -> impl Strategy<Value = Said> {
    let ja4 = prop::option::of("t12d[0-9]{4}00_[0-9a-f]{12}_[0-9a-f]{12}");
    (prop::option::of(name()), ja4, any::<bool>()).prop_map(|(server_name, ja4, quic)| {
        Said::Hello { server_name, alpn: None, ja4: ja4.and_then(|text| Ja4::parse(&text)), quic }
    })
}

fn request() -> impl Strategy<Value = Said> {
    (prop::option::of(name()), "[ -~]{0,40}", any::<bool>(), any::<u64>()).prop_map(
        |(host, uri, via_proxy, body)| {
            Said::Http(Request { via_proxy, body, ..Request::bot(host.as_deref(), &uri) })
        },
    )
}

fn said() -> impl Strategy<Value = Said> {
    let verb = prop::sample::select(vec!["EHLO", "STOR", "MAIL", "JOIN", "PONG", "DATA", ""]);
    let anomaly = prop::sample::select(Anomaly::ALL);
    prop_oneof![
        any::<bool>().prop_map(Said::Opened),
        record(),
        (any::<bool>(), any::<u32>(), moment()).prop_map(|(from_inside, bytes, flow_first)| {
            Said::Message(Message { from_inside, bytes, quiet: Span::from_secs(1), flow_first })
        }),
        dns(),
        hello(),
        (name(), any::<bool>(), any::<u32>()).prop_map(|(subject, self_signed, valid_days)| {
            Said::Certificate { subject, self_signed, valid_days }
        }),
        request(),
        any::<u16>().prop_map(|status| Said::HttpReply(status, Body::WindowsProgram)),
        (service(), verb.clone(), name()).prop_map(|(s, verb, argument)| Said::Command(
            s,
            verb.to_owned(),
            argument
        )),
        (verb, name(), prop::option::of(prop::sample::select(SIGNS)))
            .prop_map(|(verb, channel, sign)| Said::Irc(verb.to_owned(), channel, sign)),
        anomaly.prop_map(Said::Anomaly),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let ends = (
        0..HOSTS,
        prop::sample::select(PEERS),
        prop::sample::select(PORTS),
        prop::sample::select(vec![1u8, 6, 17, 58]),
        any::<u16>(),
    );
    let opened_by =
        prop::sample::select(vec![OpenedBy::Inside, OpenedBy::Outside, OpenedBy::Unknown]);
    let scope = prop_oneof![
        6 => Just(Scope::Egress),
        1 => Just(Scope::Internal),
        1 => Just(Scope::Transit),
    ];
    (moment(), ends, opened_by, scope, said()).prop_map(
        |(at, (host, peer, port, proto, inside_port), opened_by, scope, said)| Act {
            at,
            flow: FlowKey {
                inside: Scene::inside(host),
                outside: address(peer),
                inside_port,
                outside_port: port,
                proto: Proto(proto),
            },
            opened_by,
            scope,
            said,
        },
    )
}

/// The same to another address, or of another name.
fn roam(act: &mut Act, turn: u64, chance: &mut Chance) {
    let bits = act.flow.outside.bits() + u128::from(turn);
    act.flow.outside = ostium_event::Addr::from_bits(bits);
    if let Said::Dns(_, name, ..) = &mut act.said {
        *name = match name.split_once('.') {
            Some((_, rest)) if rest.ends_with("tunnel.example") => {
                format!("{}.{rest}", hex(chance, 32))
            }
            Some((_, top)) => format!("{}.{top}", base32(chance, 16)),
            None => base32(chance, 12),
        };
    }
}

/// A scene of any acts; each may repeat many times, so that thresholds are reached.
fn scene() -> impl Strategy<Value = Scene> {
    let acts = prop::collection::vec((act(), 1u64..40, 0u64..400, any::<bool>()), 1..40);
    (acts, any::<bool>()).prop_map(|(acts, cramped)| {
        let mut scene = Scene::new();
        if cramped {
            scene.limits.hosts = 2;
            scene.limits.conversation_bytes = 20_000;
            scene.limits.names = 8;
        }
        scene.knows(IndicatorValue::Domain("bad.example".to_owned()), 90);
        scene.knows(IndicatorValue::Socket(address("203.0.113.5"), 443), 90);
        let mut chance = Chance::new(acts.len() as u64);
        for (act, times, step, roams) in acts {
            for turn in 0..times {
                let mut act = act.clone();
                act.at = act.at.plus(Span::from_secs(step * turn));
                act.flow.inside_port = act.flow.inside_port.wrapping_add(turn as u16);
                if roams {
                    roam(&mut act, turn, &mut chance);
                }
                scene.acts.push(act);
            }
        }
        scene
    })
}

/// What is found about every host that is still remembered, in one order.
fn all_findings(world: &World) -> Vec<(u8, Findings)> {
    let known = |host: &u8| world.profile.hosts().any(|(_, h)| h.addr == Scene::inside(*host));
    (0..HOSTS).filter(known).map(|host| (host, world.findings(host))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn evidence_is_sane_and_the_same_twice(scene in scene()) {
        let first = all_findings(&scene.play_as_written());
        for (_, findings) in &first {
            for item in &findings.0 {
                prop_assert!(item.log_odds.is_finite() && item.log_odds >= 0.0, "{item:?}");
                prop_assert!(item.numbers.iter().all(|n| n.1.is_finite()), "{item:?}");
                prop_assert!(!item.summary.is_empty() && !item.technique.is_empty());
                prop_assert!(item.first <= item.last, "{item:?}");
            }
        }
        prop_assert_eq!(first, all_findings(&scene.play_as_written()));
    }

    /// With little memory it may be another host that has to go.
    #[test]
    fn a_restart_in_the_middle_changes_nothing(scene in scene(), part in 0.0f64..1.0) {
        let after = (scene.acts.len() as f64 * part) as usize;
        let with = all_findings(&scene.play_as_written_with_restart(after));
        if scene.limits.hosts > 2 {
            prop_assert_eq!(with, all_findings(&scene.play_as_written()));
        }
    }
}

/// A property of silence proves little: these scenes do make detectors speak.
#[test]
fn the_scenes_reach_the_detectors() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut heard = std::collections::BTreeSet::new();
    for _ in 0..1_500 {
        let scene = scene().new_tree(&mut runner).unwrap().current();
        for (_, findings) in all_findings(&scene.play_as_written()) {
            heard.extend(findings.0.iter().map(|e| e.detector));
        }
    }
    for detector in [
        "beacon",
        "dga",
        "dns-tunnel",
        "failing-contact",
        "flood",
        "indicator",
        "irc",
        "long-connection",
        "never-resolved",
        "odd-http",
        "rare-client",
        "scan",
        "self-signed-certificate",
        "spam",
    ] {
        assert!(heard.contains(detector), "{detector} was never heard, only {heard:?}");
    }
}
