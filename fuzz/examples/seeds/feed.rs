//! Seeds of the targets of the signed feed.

use ostium_feed::wire::{HeartbeatBody, Op, op};
use ostium_feed::{Value, Basis, Entry, Position, State};
use ostium_intel::IndicatorValue;
use prost::Message;

use crate::{Outcome, Seeds};

/// Bodies that a follower takes, an entry of each kind, and changes of a set.
pub fn write() -> Outcome {
    let addr = ostium_event::Addr::v4([203, 0, 113, 7]);
    let values = [
        IndicatorValue::Domain("c2.example".to_owned()),
        IndicatorValue::Addr(addr),
        IndicatorValue::Network("203.0.113.0/24".parse()?),
        IndicatorValue::Socket(addr, 443),
        IndicatorValue::Url("c3.example/a?b=1".to_owned()),
    ];
    let (mut frames, mut all) = (Vec::new(), Vec::new());
    let mut push = |kind: u8, body: &[u8]| -> Outcome {
        frames.push(kind);
        frames.extend(u16::try_from(body.len())?.to_be_bytes());
        frames.extend(body);
        Ok(())
    };
    push(0, &ostium_fuzz::feed::certificate().encode_to_vec())?;
    let at = Position { feed: [7; 16], epoch: 1, ..Position::default() };
    let gone = Op { what: Some(op::What::Remove(9)) };
    let empty = ostium_fuzz::feed::delta(&at, vec![gone], State::default());
    push(3, &empty.encode_to_vec())?;
    let beat = HeartbeatBody {
        version: 1,
        feed: empty.feed.clone(),
        epoch: 1,
        seq: 1,
        ..HeartbeatBody::default()
    };
    push(4, &beat.encode_to_vec())?;
    let shape = ostium_intel::Pattern {
        server: "0a1b2c3d4e5f".to_owned(),
        uri: "/word/gate.php?id=number".to_owned(),
        port: Some(443),
        transport: Some(ostium_intel::Transport::Tcp),
        period: Some(ostium_intel::Rungs { low: 60, high: 62 }),
        ..ostium_intel::Pattern::default()
    };
    let throttle = ostium_intel::Throttle {
        addr: ostium_event::Addr::v4([203, 0, 113, 9]),
        port: 80,
        transport: ostium_intel::Transport::Udp,
        packets_per_second: 200,
    };
    let made = ostium_feed::Generator { prints: vec![1, 2, 3], form: "a12-16 .biz".to_owned() };
    let apart = [Value::Pattern(Box::new(shape)), Value::Throttle(throttle), Value::Generator(made)];
    for (id, value) in (0u64..).zip(values.into_iter().map(Value::from).chain(apart)) {
        let entry = Entry {
            id,
            value,
            confidence: 80,
            family: "mirai".to_owned(),
            expires: u32::MAX,
            basis: Basis::Quorum,
            organisations: 2,
            canary: 10,
        };
        Seeds::put("feed_entry", &format!("kind{id}"), &entry.encode())?;
        push(7, &entry.encode())?;
        all.push(entry.encode());
    }
    push(0x85, &ostium_feed::wire::SnapshotPart { entries: all }.encode_to_vec())?;
    Seeds::put("feed_frame", "several", &frames)?;
    let changes: Vec<u8> = (0..40u8).flat_map(|n| [n, n / 2, n, n.wrapping_mul(37)]).collect();
    Seeds::put("feed_table", "changes", &changes)
}
