//! A flow told at once says what its opening and its close say.

use super::*;
use proptest::prelude::*;

/// What is remembered, and what had to go.
fn told(stage: &Stage) -> (Vec<String>, Vec<String>, (u64, u64)) {
    let all = stage.profile.conversations();
    let mut conversations: Vec<String> = all.map(|c| format!("{c:?}")).collect();
    conversations.sort_unstable();
    let hosts = stage.profile.hosts().map(|host| format!("{host:?}")).collect();
    (conversations, hosts, stage.profile.evicted())
}

/// A flow of a log.
#[derive(Clone, Copy, Debug)]
struct Row {
    host: u8,
    peer: (u8, u8),
    port: u16,
    inside_port: u16,
    proto: Proto,
    waited: u64,
    lasted: u64,
    back: u64,
    start_seen: bool,
    /// The host first asks for a name, and is given the peer's address.
    named: bool,
}

fn row() -> impl Strategy<Value = Row> {
    let ends = (0u8..40, (0u8..3, prop_oneof![0u8..4, 0u8..255]), 440u16..444, 20_000u16..20_003);
    let proto = prop_oneof![6 => Just(Proto::TCP), 1 => Just(Proto::UDP), 1 => Just(Proto::ICMP)];
    let times = (0u64..400, prop_oneof![0u64..3, 0u64..4000]);
    (ends, proto, times, 0u64..3, prop::bool::weighted(0.9), prop::bool::weighted(0.01)).prop_map(
        |((host, peer, port, inside_port), proto, (waited, lasted), back, start_seen, named)| Row {
            host,
            peer,
            port,
            inside_port,
            proto,
            waited,
            lasted,
            back,
            start_seen,
            named,
        },
    )
}

/// Plays the rows, each told at once where that can be; also how many were.
fn play(rows: &[Row], limits: Limits, whole: bool) -> (Stage, usize) {
    let mut stage = Stage::within(limits);
    let mut at_once = 0;
    for row in rows {
        stage.wait(row.waited);
        let (inside, (net, peer)) = (Addr::v4([10, 0, 0, row.host]), row.peer);
        let outside = Addr::v4([203, 0, net, peer]);
        if row.named {
            stage.resolve(inside, "example.net", outside);
        }
        let mut flow = stage.flow(inside, outside, row.port);
        (flow.inside_port, flow.proto) = (row.inside_port, row.proto);
        let first = stage.now;
        let mut record = stage.record();
        (record.first, record.last) = (first, first.plus(Span::from_secs(row.lasted)));
        record.back = Volume { packets: row.back, bytes: 100 * row.back };
        record.start_seen = row.start_seen;
        if whole && stage.profile.whole(&flow, &record).is_some() {
            at_once += 1;
            continue;
        }
        stage.hear(flow, OpenedBy::Inside, What::FlowOpened { start: row.start_seen });
        stage.now = record.last;
        stage.hear(flow, OpenedBy::Inside, What::FlowClosed(record));
        stage.now = first;
    }
    (stage, at_once)
}

proptest! {
    #[test]
    fn at_once_is_as_in_two(rows in prop::collection::vec(row(), 0..300), few: bool) {
        let limits = match few {
            true => Limits { hosts: 16, conversation_bytes: 8192, names: 16 },
            false => ROOMY,
        };
        let (events, _) = play(&rows, limits, false);
        let (at_once, count) = play(&rows, limits, true);
        prop_assert_eq!(told(&at_once), told(&events));
        let before = rows.iter().position(|row| row.named).unwrap_or(rows.len());
        prop_assert!(count >= before, "all until a name was met: {} of {}", count, before);
    }
}
