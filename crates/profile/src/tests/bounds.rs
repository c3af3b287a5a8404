//! Limits hold, whatever is heard.

use super::*;
use crate::host::HostId;
use crate::profile::Profile;
use crate::{PerHost, table::Keyed, table::Table};
use ostium_event::{
    Anomaly, Banner, Body, Certificate, Command, Fingerprint, HttpReply, Irc, Message, TlsServer,
    Tool, ToolKind,
};
use proptest::prelude::*;

/// What conversations take, counted anew.
fn taken(profile: &Profile) -> usize {
    let each = size_of::<Option<Conversation>>() + 16;
    profile.conversations().map(|c| each + c.heap_bytes()).sum()
}

const fn id(place: u32) -> HostId {
    HostId { place, life: 1 }
}

/// One conversation with all that it can earn.
const MOST_OF_ONE: usize = 8192;

#[test]
fn hosts_are_bounded_and_the_busy_stay() {
    let mut stage = Stage::within(Limits { hosts: 50, ..ROOMY });
    for n in 0..20_000u32 {
        stage.now = stage.now.plus(Span::from_millis(10));
        let flow = stage.flow(Addr::v4((0x0a01_0000 + n).to_be_bytes()), PEER, 80);
        stage.open(flow);
        if n % 10 == 0 {
            let flow = stage.flow(HOST, PEER, 443);
            stage.open(flow);
        }
        assert!(stage.profile.hosts().count() <= 50);
    }
    assert!(stage.profile.hosts().any(|(_, h)| h.addr == HOST && h.opened == 2000));
    let (hosts, _) = stage.profile.evicted();
    assert_eq!(hosts, 20_001 - 50);
    assert_eq!(stage.profile.take_forgotten().len() as u64, hosts);
    assert!(stage.profile.take_forgotten().is_empty());
    // What was forgotten has left nothing behind.
    let known: Vec<HostId> = stage.profile.hosts().map(|(id, _)| id).collect();
    assert!(stage.profile.conversations().all(|c| known.contains(&c.key.host)));
}

#[test]
fn conversations_are_bounded_and_the_regular_stay() {
    let limits = Limits { conversation_bytes: 200_000, ..ROOMY };
    let mut stage = Stage::within(limits);
    for n in 0..40_000u32 {
        stage.now = stage.now.plus(Span::from_millis(100));
        let peer = Addr::v4((0x1700_0000 + n).to_be_bytes());
        let flow = stage.flow(Addr::v4([10, 0, 0, n as u8]), peer, 80);
        stage.open(flow);
        if n % 600 == 0 {
            let flow = stage.flow(HOST, PEER, 443);
            stage.open(flow);
        }
        assert!(taken(&stage.profile) <= 200_000 + MOST_OF_ONE, "{}", taken(&stage.profile));
    }
    let beacon = stage.all(View::Address).into_iter().find(|c| c.addr == PEER).unwrap();
    assert_eq!(beacon.starts, 67);
    assert!(stage.profile.evicted().1 > 30_000);
}

#[test]
fn conversations_that_grow_are_bounded_too() {
    let limits = Limits { conversation_bytes: 200_000, ..ROOMY };
    let mut stage = Stage::within(limits);
    // As many small ones as fit, which then all earn their details.
    for round in 0..8 {
        for n in 0..200u8 {
            stage.now = stage.now.plus(Span::from_millis(100));
            let peer = Addr::v4([23, 0, 0, n]);
            let flow = stage.flow(HOST, peer, 80);
            stage.open(flow);
            let message = Message {
                from_inside: round % 2 == 0,
                bytes: 1,
                quiet: Span::from_secs(9),
                flow_first: stage.now,
            };
            if round > 0 {
                stage.hear(flow, OpenedBy::Inside, What::Message(message));
            }
            let taken = taken(&stage.profile);
            assert!(taken <= 200_000 + MOST_OF_ONE, "round {round}: {taken}");
        }
        if round == 0 {
            assert_eq!(stage.all(View::Address).len(), 200, "all fit");
        }
    }
    assert!(stage.profile.evicted().1 > 0);
}

#[test]
fn names_are_bounded() {
    let mut stage = Stage::within(Limits { names: 100, ..ROOMY });
    for n in 0..5000u32 {
        let addr = Addr::v4((0x1700_0000 + n).to_be_bytes());
        stage.resolve(HOST, &format!("n{n}.rare-thing.example"), addr);
        assert!(stage.profile.names.len() <= 100 && stage.profile.resolved.len() <= 100);
    }
}

#[test]
fn texts_are_cut() {
    let mut stage = Stage::new();
    let long = "é".repeat(100_000);
    let flow = stage.flow(HOST, PEER, 80);
    let request = HttpRequest {
        method: "GET",
        uri: &long,
        user_agent: Some(&long),
        ..HttpRequest::default()
    };
    stage.hear(flow, OpenedBy::Inside, What::Http(request));
    let http = stage.one(View::Address).http.as_ref().unwrap();
    let (path, agent) = (http.path.as_ref().unwrap(), http.agent.as_ref().unwrap());
    assert!(path.len() <= 200 && agent.len() <= 200 && long.starts_with(&**path));
}

#[derive(Debug)]
struct Item(u32, u64);

impl Keyed for Item {
    type Key = u32;
    fn key(&self) -> &u32 {
        &self.0
    }
}

proptest! {
    #[test]
    fn a_table_is_a_map_with_stable_places(
        steps in prop::collection::vec((0u32..40, any::<bool>()), 0..300),
    ) {
        let mut table: Table<Item> = Table::new(20);
        let mut truth = std::collections::BTreeMap::new();
        for (n, (key, remove)) in steps.into_iter().enumerate() {
            match (table.find(&key), remove) {
                (Some(id), true) => {
                    prop_assert_eq!(table.remove(id).unwrap().1, truth.remove(&key).unwrap());
                }
                (None, false) => {
                    if table.is_full() {
                        let id = table.least(|item| item.1).unwrap();
                        let gone = table.remove(id).unwrap();
                        prop_assert_eq!(truth.remove(&gone.0), Some(gone.1));
                    }
                    let id = table.insert(Item(key, n as u64));
                    prop_assert_eq!(table.get(id).unwrap().0, key);
                    truth.insert(key, n as u64);
                }
                (found, _) => prop_assert_eq!(found.is_some(), truth.contains_key(&key)),
            }
            prop_assert_eq!(table.len(), truth.len());
            prop_assert!(table.len() <= 20);
        }
        let mut all: Vec<(u32, u64)> = table.iter().map(|(_, item)| (item.0, item.1)).collect();
        all.sort_unstable();
        prop_assert_eq!(all, truth.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn state_of_hosts_is_bounded_and_refusals_counted() {
    let mut states: PerHost<u64> = PerHost::new(20);
    for n in 0..100 {
        if let Some(state) = states.entry(id(n)) {
            *state += 1;
        }
    }
    assert_eq!(states.refused(), 80);
    assert_eq!((states.get(id(19)), states.get(id(20))), (Some(&1), None));
    states.forget(id(3));
    assert!(states.entry(id(77)).is_some(), "there is room again");
    assert_eq!(states.entry(id(19)).copied(), Some(1));
    assert!(states.get_mut(id(3)).is_none());
}

/// What can be heard, with texts as hostile as they come.
fn what<'a>(
    kind: u8,
    text: &'a str,
    other: &'a str,
    n: u64,
    answers: &'a [Answer<'a>],
) -> What<'a> {
    let by = |m: u64| n.is_multiple_of(m);
    let maybe = by(2).then_some(text);
    match kind {
        0 => What::FlowOpened { start: by(2) },
        1 => What::FlowClosed(FlowRecord {
            first: Timestamp::from_nanos(n),
            last: Timestamp::from_nanos(n.rotate_left(9)),
            out: Volume { packets: n, bytes: n.rotate_left(30) },
            back: Volume { packets: n >> 50, bytes: n },
            state: [FlowState::Established, FlowState::Unanswered, FlowState::Refused]
                [n as usize % 3],
            service: [Service::Silent, Service::Other, Service::Tls][n as usize % 3],
            start_seen: by(2),
        }),
        2 => What::Message(Message {
            from_inside: by(2),
            bytes: n as u32,
            quiet: Span::from_nanos(n),
            flow_first: Timestamp::from_nanos(n),
        }),
        3 => What::Dns(Dns {
            stage: [DnsStage::Query, DnsStage::Reply, DnsStage::Both][n as usize % 3],
            id: n as u16,
            name: text,
            record_type: RecordType(n as u16),
            rcode: by(2).then_some(n as u8),
            answers,
            reply_bytes: n as u32,
        }),
        4 => What::Tls(TlsClient { alpn: Some(other), quic: by(3), ..hello(maybe) }),
        5 => What::TlsServer(TlsServer {
            server_name: maybe,
            version: TlsVersion(n as u16),
            cipher: n as u16,
            fingerprint: Fingerprint(n),
            certificate: Some(Certificate {
                subject: text,
                issuer: other,
                self_signed: by(2),
                valid_days: n as u32,
                age_days: Some(n as i32),
                has_san: Some(by(3)),
                fingerprint: Fingerprint(n),
            }),
        }),
        6 => What::Http(HttpRequest {
            method: other,
            host: maybe,
            port: by(3).then_some(n as u16),
            uri: text,
            user_agent: Some(other),
            body_bytes: n,
            via_proxy: by(5),
            ..HttpRequest::default()
        }),
        7 => What::HttpReply(HttpReply {
            status: n as u16,
            content_type: maybe,
            server: Some(other),
            body_bytes: n,
            body: [Body::WindowsProgram, Body::Markup][n as usize % 2],
        }),
        8 => What::Banner(Banner { service: Service::Ssh, from_inside: by(2), text }),
        9 => What::Command(Command { service: Service::Smtp, verb: "DATA", argument: text }),
        10 => What::Irc(Irc { verb: "JOIN", channel: text, sign: None }),
        11 => What::Tool(Tool { family: "x", kind: ToolKind::Bot, exact: by(2) }),
        _ => What::Anomaly(Anomaly::ALL[n as usize % Anomaly::ALL.len()]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn arbitrary_events_do_no_harm(
        events in prop::collection::vec(
            (0u8..12, "\\PC{0,30}|[a-c.]{0,12}", "[a-z.]{0,9}", any::<u64>(), any::<[u8; 6]>()), 0..200,
        ),
    ) {
        let limits = Limits { hosts: 16, conversation_bytes: 60_000, names: 16 };
        let mut stage = Stage::within(limits);
        for (kind, text, other, n, ends) in events {
            let addr = |a: u8, b: u8| Addr::v4([[10, 9, 127, 224][usize::from(a % 4)], 0, 0, b % 40]);
            let flow = FlowKey {
                inside: addr(ends[0], ends[1]),
                outside: addr(ends[2], ends[3]),
                inside_port: u16::from(ends[4]),
                outside_port: [80, 443, 53, 0][usize::from(ends[5] % 4)],
                proto: [Proto::TCP, Proto::UDP, Proto::ICMP][usize::from(ends[5] % 3)],
            };
            stage.now = if n % 7 == 0 {
                Timestamp::from_nanos(n)
            } else {
                stage.now.plus(Span::from_nanos(n >> 28))
            };
            let by = [OpenedBy::Inside, OpenedBy::Outside, OpenedBy::Unknown][usize::from(ends[4] % 3)];
            let answers = [Answer { ttl: 1, data: AnswerData::Addr(addr(ends[3], ends[2])) }];
            stage.hear(flow, by, what(kind, &text, &other, n, &answers));
            prop_assert!(stage.profile.hosts().count() <= 16);
            prop_assert!(taken(&stage.profile) <= 60_000 + MOST_OF_ONE);
        }
        for c in stage.profile.conversations() {
            c.peer().to_string();
            c.id();
        }
        stage.profile.prevalence();
        stage.profile.served();
    }
}
