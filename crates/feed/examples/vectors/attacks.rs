//! What must be refused, and must leave everything as it was.

use std::error::Error;

use ostium_feed::wire::{self, Frame, frame, op};
use prost::Message;
use prost::bytes::Bytes;

use crate::book::Play;
use crate::hub::{DELTA, FRESH, HEARTBEAT, Hub, Key, name, of};

/// One second.
const S: u64 = 1_000;

pub(crate) fn plays(hub: &Hub) -> Result<Vec<Play>, Box<dyn Error>> {
    Ok(vec![
        forged(hub.clone())?,
        replay(hub.clone()),
        rollback(hub.clone()),
        gap(hub.clone()),
        fork(hub.clone()),
        held_back(hub.clone()),
        from_the_future(hub.clone()),
        other_feed(hub),
        unknown_version(hub.clone()),
        oversize(hub.clone()),
        malformed(hub),
        bad_entries(hub),
        mixed_parts(hub.clone()),
        other_state(hub.clone()),
        overtaken(hub.clone()),
    ])
}

fn begun(name: &'static str, about: &'static str, hub: &Hub) -> Play {
    let mut play = Play::new(name, about, hub);
    play.key(hub, &hub.certificate());
    play
}

fn forged(mut hub: Hub) -> Result<Play, Box<dyn Error>> {
    let about = "who may not sign is not believed, and a body of one kind is none of another";
    let mut play = begun("forged", about, &hub);
    let stranger = Hub { root: Key::new(8)?, online: Key::new(9)?, ..hub.clone() };
    play.refused(&hub, "forged", &stranger.certificate());
    play.refused(&hub, "forged", &stranger.heartbeat());
    play.refused(&hub, "forged", &stranger.snapshot(1).0);
    play.refused(&hub, "forged", &stranger.clone().publish(&[name(1, "shop.example")]));
    let body = hub.certificate_body();
    play.refused(&hub, "forged", &of(frame::Step::Certificate(hub.online.sign(1, &body))));
    let as_delta = hub.online.sign(DELTA, &hub.heartbeat_body());
    play.refused(&hub, "forged", &of(frame::Step::Heartbeat(as_delta)));
    let mut signed = hub.online.sign(HEARTBEAT, &hub.heartbeat_body());
    signed.signature = signed.signature.slice(..63);
    play.refused(&hub, "forged", &of(frame::Step::Heartbeat(signed)));
    let right = hub.publish(&[name(1, "c2.example")]);
    let mut bytes = right.encode_to_vec();
    if let Some(byte) = bytes.iter_mut().rev().nth(3) {
        *byte ^= 1;
    }
    play.noise(&hub, "forged", &bytes);
    play.took(&hub, "delta", &right);
    Ok(play)
}

fn replay(mut hub: Hub) -> Play {
    let mut play = begun("replay", "what was taken is not taken again", &hub);
    let early = hub.heartbeat();
    let one = hub.publish(&[name(1, "c2.example")]);
    play.took(&hub, "delta", &one);
    play.refused(&hub, "replay", &one);
    let first = hub.heartbeat();
    play.took(&hub, "heartbeat", &first);
    play.took(&hub, "heartbeat", &first);
    hub.now += 30 * S;
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play.refused(&hub, "replay", &first);
    play.refused(&hub, "rollback", &early);
    play
}

fn rollback(mut hub: Hub) -> Play {
    let mut play = begun("rollback", "an older place is not gone back to", &hub);
    let one = hub.publish(&[name(1, "c2.example"), name(2, "shop.example")]);
    let (beat, (head, _)) = (hub.heartbeat(), hub.snapshot(1));
    play.took(&hub, "delta", &one);
    let two = hub.publish(&[op::What::Remove(2)]);
    play.took(&hub, "delta", &two);
    play.refused(&hub, "rollback", &one);
    play.refused(&hub, "rollback", &beat);
    play.refused(&hub, "rollback", &head);
    // The key signs an epoch that is not its own.
    let ahead = Hub { epoch: 2, ..hub.clone() };
    play.refused(&hub, "rollback", &ahead.heartbeat());
    play.refused(&hub, "rollback", &ahead.snapshot(1).0);
    play
}

fn gap(mut hub: Hub) -> Play {
    let mut play = begun("gap", "what is missing is noticed, and can be given later", &hub);
    let one = hub.publish(&[name(1, "c2.example")]);
    let two = hub.publish(&[name(2, "bad.example")]);
    let three = Hub::publish(&mut hub, &[name(3, "worse.example")]);
    play.refused(&hub, "gap", &two);
    play.refused(&hub, "gap", &hub.heartbeat());
    let mut then = Hub { seq: 0, ..hub.clone() };
    then.set.clear();
    for (seq, frame) in [(1, &one), (2, &two), (3, &three)] {
        (then.seq, then.set) =
            (seq, hub.set.range(..=seq).map(|(id, e)| (*id, e.clone())).collect());
        play.took(&then, "delta", frame);
    }
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn fork(mut hub: Hub) -> Play {
    let about = "the same place in another history is refused, though the right key signs it";
    let mut play = begun("fork", about, &hub);
    let mut other = hub.clone();
    let one = hub.publish(&[name(1, "c2.example")]);
    play.took(&hub, "delta", &one);
    let theirs = other.publish(&[name(1, "shop.example")]);
    play.refused(&hub, "fork", &theirs);
    play.refused(&hub, "fork", &other.heartbeat());
    play.refused(&hub, "fork", &other.snapshot(1).0);
    let next = other.publish(&[name(2, "bank.example")]);
    play.refused(&hub, "fork", &next);
    let two = hub.publish(&[name(2, "bad.example")]);
    play.took(&hub, "delta", &two);
    play
}

fn held_back(mut hub: Hub) -> Play {
    let mut play = begun("expired", "a word that is over when it comes is not taken", &hub);
    let one = hub.publish(&[name(1, "c2.example")]);
    play.took(&hub, "delta", &one);
    let (beat, (head, _)) = (hub.heartbeat(), hub.snapshot(1));
    hub.now += FRESH + 1;
    play.refused(&hub, "expired", &beat);
    play.refused(&hub, "expired", &head);
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn from_the_future(mut hub: Hub) -> Play {
    let about = "more than five minutes ahead is refused, five minutes are not";
    let mut play = begun("from_the_future", about, &hub);
    let now = hub.now;
    hub.now += 300 * S + 1;
    let (beat, (head, _)) = (hub.heartbeat(), hub.snapshot(1));
    let mut ahead = hub.clone();
    let one = ahead.publish(&[name(1, "c2.example")]);
    let clock = Hub { now, ..hub.clone() };
    for frame in [&beat, &head, &one] {
        play.refused(&clock, "from_the_future", frame);
    }
    let clock = Hub { now: now + 1, ..ahead };
    play.took(&clock, "delta", &one);
    play
}

fn other_feed(hub: &Hub) -> Play {
    let mut play = begun("other_feed", "another feed of the same hub is not this one", hub);
    let feed = Bytes::from_static(&[8; 16]);
    let body = wire::CertificateBody { feed: feed.clone(), serial: 2, ..hub.certificate_body() };
    play.refused(hub, "other_feed", &of(frame::Step::Certificate(hub.root.sign(1, &body))));
    let body = wire::HeartbeatBody { feed: feed.clone(), ..hub.heartbeat_body() };
    play.refused(hub, "other_feed", &beat(hub, &body));
    let body = wire::DeltaBody { feed: feed.clone(), ..hub.delta_body(&[]).0 };
    play.refused(hub, "other_feed", &hub.delta(&body));
    let body = wire::SnapshotBody { feed, ..hub.snapshot_body(1).0 };
    play.refused(hub, "other_feed", &hub.snapshot_head(&body));
    play.took(hub, "heartbeat", &hub.heartbeat());
    play
}

fn unknown_version(hub: Hub) -> Play {
    let mut play = begun("unknown_version", "another version is refused, and no guess made", &hub);
    for version in [0, 2, u32::MAX] {
        let body = wire::CertificateBody { version, serial: 2, ..hub.certificate_body() };
        let frame = of(frame::Step::Certificate(hub.root.sign(1, &body)));
        play.refused(&hub, "unknown_version", &frame);
        let body = wire::HeartbeatBody { version, ..hub.heartbeat_body() };
        play.refused(&hub, "unknown_version", &beat(&hub, &body));
        let body = wire::DeltaBody { version, ..hub.delta_body(&[]).0 };
        play.refused(&hub, "unknown_version", &hub.delta(&body));
        let body = wire::SnapshotBody { version, ..hub.snapshot_body(1).0 };
        play.refused(&hub, "unknown_version", &hub.snapshot_head(&body));
    }
    play
}

fn oversize(hub: Hub) -> Play {
    let about = "more changes than 10,000 and entries of more than 4,096 bytes are refused";
    let mut play = begun("oversize", about, &hub);
    let (body, _) = hub.delta_body(&vec![op::What::Remove(0); 10_001]);
    play.refused(&hub, "oversize", &hub.delta(&body));
    // Number 1 with an unknown value of field 9 of 4,092 bytes, or one more.
    let long = |len: usize| {
        let mut entry = vec![0x08, 0x01, 0x4a, (len & 0x7f) as u8 | 0x80, (len >> 7) as u8];
        entry.resize(5 + len, b'x');
        op::What::Put(Bytes::from(entry))
    };
    let (body, _) = hub.delta_body(&[long(4_092)]);
    play.refused(&hub, "oversize", &hub.delta(&body));
    let mut hub = hub;
    let right = hub.publish(&[long(4_091)]);
    play.took(&hub, "delta", &right);
    play
}

fn malformed(hub: &Hub) -> Play {
    let about = "what is no message, has no kind or no whole key is refused";
    let mut play = begun("malformed", about, hub);
    play.noise(hub, "malformed", &[0xff; 30]);
    play.noise(hub, "malformed", &[]);
    // A frame of a kind that does not exist: field 15.
    play.noise(hub, "malformed", &[0x7a, 0x01, b'x']);
    let whole = hub.heartbeat().encode_to_vec();
    play.noise(hub, "malformed", whole.split_last().map_or(&[], |(_, most)| most));
    let broken = hub.online.sign_bytes(HEARTBEAT, vec![0xff; 9]);
    play.refused(hub, "malformed", &of(frame::Step::Heartbeat(broken)));
    let short = Bytes::from_static(&[1; 31]);
    let body =
        wire::CertificateBody { online_key: short.clone(), serial: 2, ..hub.certificate_body() };
    play.refused(hub, "malformed", &of(frame::Step::Certificate(hub.root.sign(1, &body))));
    let body = wire::SnapshotBody { head: short.clone(), ..hub.snapshot_body(1).0 };
    play.refused(hub, "malformed", &hub.snapshot_head(&body));
    let body = wire::SnapshotBody { parts: vec![short], ..hub.snapshot_body(1).0 };
    play.refused(hub, "malformed", &hub.snapshot_head(&body));
    let body = wire::DeltaBody { state: Bytes::from_static(&[0; 15]), ..hub.delta_body(&[]).0 };
    play.refused(hub, "malformed", &hub.delta(&body));
    let body = wire::DeltaBody { ops: vec![wire::Op { what: None }], ..hub.delta_body(&[]).0 };
    play.refused(hub, "malformed", &hub.delta(&body));
    play.took(hub, "heartbeat", &hub.heartbeat());
    play
}

fn bad_entries(hub: &Hub) -> Play {
    use wire::entry::Value;
    let about = "a known kind with a value that is none is refused, with all of its delta";
    let mut play = begun("bad_entries", about, hub);
    let four = || Bytes::from_static(&[198, 51, 100, 0]);
    for value in [
        Value::Address(Bytes::from_static(&[1, 2, 3, 4, 5])),
        Value::Address(Bytes::new()),
        Value::Socket(wire::Socket { address: four(), port: 65_536 }),
        Value::Network(wire::Network { address: four(), bits: 33 }),
        Value::Domain(String::new()),
        Value::Domain("a.example".repeat(29)),
        Value::Domain("a\u{1b}[2J.example".to_owned()),
        Value::Url("x".repeat(2_049)),
        Value::Ja4("t13d".to_owned()),
    ] {
        let entry = wire::Entry { id: 1, value: Some(value), ..wire::Entry::default() };
        let bad = op::What::Put(entry.encode_to_vec().into());
        let (body, _) = hub.delta_body(&[name(2, "c2.example"), bad]);
        play.refused(hub, "malformed", &hub.delta(&body));
    }
    play
}

fn mixed_parts(mut hub: Hub) -> Play {
    let about = "parts of another snapshot, out of order or without a head are refused";
    let mut play = begun("mixed_parts", about, &hub);
    hub.publish(&[name(1, "a.example"), name(2, "b.example")]);
    let (_, old) = hub.snapshot(1);
    hub.publish(&[name(2, "c.example")]);
    let (head, parts) = hub.snapshot(1);
    let [first, second] = parts.as_slice() else { return play };
    play.refused(&hub, "mixed_parts", first);
    play.part(&hub, &head);
    play.refused(&hub, "mixed_parts", second);
    play.part(&hub, first);
    play.refused(&hub, "mixed_parts", first);
    old.iter().for_each(|part| play.refused(&hub, "mixed_parts", part));
    play.took(&hub, "snapshot", second);
    play.refused(&hub, "mixed_parts", second);
    // Another certificate ends what the one before began.
    play.part(&hub, &head);
    hub.serial = 2;
    play.key(&hub, &hub.certificate());
    play.refused(&hub, "mixed_parts", first);
    play
}

fn other_state(mut hub: Hub) -> Play {
    let about = "a set that does not add up to what was signed is not taken";
    let mut play = begun("other_state", about, &hub);
    let (right, _) = hub.delta_body(&[name(1, "c2.example")]);
    let body = wire::DeltaBody { state: Bytes::from_static(&[0; 16]), ..right.clone() };
    play.refused(&hub, "other_state", &hub.delta(&body));
    let one = hub.publish(&[name(1, "c2.example")]);
    play.took(&hub, "delta", &one);
    let (right, parts) = hub.snapshot_body(1);
    let parts: Vec<Frame> = parts.into_iter().map(|part| of(frame::Step::Part(part))).collect();
    let fewer = wire::SnapshotBody { entries: 2, ..right.clone() };
    let other = wire::SnapshotBody { state: Bytes::from_static(&[1; 16]), ..right };
    for body in [fewer, other] {
        play.part(&hub, &hub.snapshot_head(&body));
        parts.iter().for_each(|part| play.refused(&hub, "other_state", part));
    }
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn overtaken(mut hub: Hub) -> Play {
    let about = "a snapshot that deltas have overtaken is not gone back to";
    let mut play = begun("overtaken", about, &hub);
    let one = hub.publish(&[name(1, "c2.example"), name(2, "shop.example")]);
    play.took(&hub, "delta", &one);
    let (head, parts) = hub.snapshot(2);
    play.part(&hub, &head);
    let two = hub.publish(&[op::What::Remove(2)]);
    play.took(&hub, "delta", &two);
    parts.iter().for_each(|part| play.refused(&hub, "rollback", part));
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn beat(hub: &Hub, body: &wire::HeartbeatBody) -> Frame {
    of(frame::Step::Heartbeat(hub.online.sign(HEARTBEAT, body)))
}
