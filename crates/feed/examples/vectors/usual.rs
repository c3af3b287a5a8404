//! What happens without an enemy: changes, snapshots, newer hubs, and what is matched.

use ostium_event::{Addr, Ja4};
use ostium_feed::wire::op;
use ostium_feed::{Entry, Generator, Value};
use ostium_intel::{IndicatorValue, Pattern, Rungs, Throttle, Transport};
use prost::Message;
use prost::bytes::Bytes;

use crate::book::{Ask, Play, Words};
use crate::hub::{FRESH, Hub, NOW, entry, name, put};

const ANY: &str = "sensor-1";
const JA4: &str = "t13d1516h2_8daaf6152771_e5627efa2ab1";

pub(crate) fn plays(hub: &Hub) -> Vec<Play> {
    vec![
        in_order(hub.clone()),
        several_changes_of_one(hub.clone()),
        snapshot(hub.clone()),
        empty_snapshot(hub),
        catching_up_late(hub.clone()),
        unknown_kind(hub.clone()),
        kinds_kept_apart(hub.clone()),
        patterns(hub.clone()),
        unknown_fields(hub.clone()),
        names_and_networks(hub.clone()),
        entries_end(hub.clone()),
        canary(hub.clone()),
    ]
}

fn in_order(mut hub: Hub) -> Play {
    let mut play = Play::new("in_order", "deltas and heartbeats in order are taken", &hub);
    play.key(&hub, &hub.certificate());
    play.took(&hub, "heartbeat", &hub.heartbeat());
    let one = hub.publish(&[name(1, "c2.example"), name(2, "bad.example")]);
    play.took(&hub, "delta", &one);
    let two = hub.publish(&[op::What::Remove(2)]);
    play.took(&hub, "delta", &two);
    let none = hub.publish(&[]);
    play.took(&hub, "delta", &none);
    hub.now += 20_000;
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn several_changes_of_one(mut hub: Hub) -> Play {
    let about = "the later change of one id stands, and removing what is not there is no fault";
    let mut play = Play::new("several_changes_of_one", about, &hub);
    play.key(&hub, &hub.certificate());
    let gone = op::What::Remove(1);
    let frame = hub.publish(&[gone.clone(), name(1, "a.example"), gone, name(1, "b.example")]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Name("a.example"), None);
    play.ask(&hub, ANY, Ask::Name("b.example"), Some((1, "earnest")));
    let frame = hub.publish(&[name(1, "c.example"), op::What::Remove(9)]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Name("b.example"), None);
    play
}

fn snapshot(mut hub: Hub) -> Play {
    let about = "a late-comer takes a snapshot of several parts and goes on from there";
    let mut play = Play::new("snapshot", about, &hub);
    let many: Vec<_> = (1..=5).map(|id| name(id, &format!("c{id}.example"))).collect();
    let first = hub.publish(&many);
    play.key(&hub, &hub.certificate());
    let (head, parts) = hub.snapshot(2);
    play.part(&hub, &head);
    if let [more @ .., last] = parts.as_slice() {
        more.iter().for_each(|part| play.part(&hub, part));
        play.took(&hub, "snapshot", last);
    }
    play.refused(&hub, "replay", &first);
    let next = hub.publish(&[op::What::Remove(5)]);
    play.took(&hub, "delta", &next);
    play.ask(&hub, ANY, Ask::Name("c4.example"), Some((4, "earnest")));
    play.ask(&hub, ANY, Ask::Name("c5.example"), None);
    play
}

fn empty_snapshot(hub: &Hub) -> Play {
    let mut play = Play::new("empty_snapshot", "an empty set is a snapshot without parts", hub);
    play.key(hub, &hub.certificate());
    play.took(hub, "snapshot", &hub.snapshot(1).0);
    play
}

fn catching_up_late(mut hub: Hub) -> Play {
    let about = "a delta that is over is taken: whoever catches up needs it";
    let mut play = Play::new("catching_up_late", about, &hub);
    let one = hub.publish(&[name(1, "c2.example")]);
    hub.now += 10 * FRESH;
    play.key(&hub, &hub.certificate());
    play.took(&hub, "delta", &one);
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn unknown_kind(mut hub: Hub) -> Play {
    let about = "an entry of a kind that nobody knows yet counts in the sum and matches nothing";
    let mut play = Play::new("unknown_kind", about, &hub);
    play.key(&hub, &hub.certificate());
    // Number 5 with a value in field 9.
    let unknown = Bytes::from_static(&[0x08, 0x05, 0x4a, 0x03, b'a', b'.', b'b']);
    let frame = hub.publish(&[op::What::Put(unknown), name(1, "c2.example")]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Name("a.b"), None);
    let (head, parts) = hub.snapshot(10);
    play.part(&hub, &head);
    parts.iter().for_each(|part| play.took(&hub, "snapshot", part));
    let frame = hub.publish(&[op::What::Remove(5)]);
    play.took(&hub, "delta", &frame);
    play
}

fn kinds_kept_apart(mut hub: Hub) -> Play {
    let about = "patterns, victims and generators count in the sum, and no look-up meets them; \
                 what is none of its kind is malformed";
    let mut play = Play::new("kinds_kept_apart", about, &hub);
    play.key(&hub, &hub.certificate());
    let victim = Addr::v4([203, 0, 113, 9]);
    let throttle = |packets_per_second| {
        let transport = Transport::Udp;
        Value::Throttle(Throttle { addr: victim, port: 80, transport, packets_per_second })
    };
    let rungs = |low, high| Some(Rungs { low, high });
    let pattern = Pattern {
        server: "0a1b2c3d4e5f".to_owned(),
        uri: "/word/gate.php?id=number".to_owned(),
        port: Some(443),
        transport: Some(Transport::Tcp),
        period: rungs(63, 64),
        ..Pattern::default()
    };
    let made = Generator { prints: vec![1, 2, u64::MAX], form: "a12-16 .biz,.net".to_owned() };
    let apart = |id, value| put(&Entry { value, ..entry(id, IndicatorValue::Addr(victim)) });
    let of = |pattern: Pattern| Value::Pattern(Box::new(pattern));
    // One that rests on too little is kept too: it is matched by nobody.
    let alone = Pattern { port: Some(443), ..Pattern::default() };
    let frame = hub.publish(&[
        apart(1, of(pattern.clone())),
        apart(2, throttle(200)),
        apart(3, Value::Generator(made)),
        apart(4, of(alone)),
        name(5, "c2.example"),
    ]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Address("203.0.113.9"), None);
    play.ask(&hub, ANY, Ask::Name("c2.example"), Some((5, "earnest")));
    let (head, parts) = hub.snapshot(10);
    play.part(&hub, &head);
    parts.iter().for_each(|part| play.took(&hub, "snapshot", part));
    for value in [
        of(Pattern { period: rungs(64, 63), ..pattern.clone() }),
        of(Pattern { server: "0a\n".to_owned(), ..pattern.clone() }),
        of(Pattern { uri: "/".repeat(257), ..pattern }),
        Value::Generator(Generator { prints: vec![7; 65], form: String::new() }),
        Value::Generator(Generator::default()),
    ] {
        let (body, _) = hub.delta_body(&[apart(6, value)]);
        play.refused(&hub, "malformed", &hub.delta(&body));
    }
    // Another kind in place of one of the same number, and all gone.
    let frame = hub.publish(&[name(2, "c3.example"), op::What::Remove(1), op::What::Remove(3)]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Name("c3.example"), Some((2, "earnest")));
    play
}

fn patterns(mut hub: Hub) -> Play {
    let about = "conversations go as a pattern says when all that it says is so, and what shows \
                 later is not asked at first contact";
    let mut play = Play::new("patterns", about, &hub);
    play.key(&hub, &hub.certificate());
    let rung = |rung| Some(Rungs { low: rung, high: rung });
    // A minute lies on rung 63.
    let of_server = Pattern {
        server: "00000000a1b2-s3650".to_owned(),
        ja4: Ja4::parse(JA4),
        port: Some(443),
        transport: Some(Transport::Tcp),
        period: rung(63),
        ..Pattern::default()
    };
    let of_path = Pattern {
        uri: "/w4.php?w2=".to_owned(),
        header_order: "000000000005".to_owned(),
        ..Pattern::default()
    };
    let too_little = Pattern { ja4: Ja4::parse(JA4), ..Pattern::default() };
    let put = |id, pattern: Pattern, canary| {
        let value = Value::Pattern(Box::new(pattern));
        let any = entry(id, IndicatorValue::Domain("any.example".to_owned()));
        op::What::Put(Entry { value, canary, ..any }.encode())
    };
    let all = [put(1, of_server.clone(), 0), put(2, of_path, 1_000), put(3, too_little, 0)];
    let frame = hub.publish(&all);
    play.took(&hub, "delta", &frame);
    let tls = Words {
        server: "00000000a1b2-s3650",
        ja4: JA4,
        port: 443,
        transport: "tcp",
        application: "tls",
        ..Words::default()
    };
    let http = Words {
        uri: "/w4.php?w2=",
        header_order: "000000000005",
        port: 8_080,
        transport: "tcp",
        application: "http",
        ..Words::default()
    };
    for (words, met) in [
        (tls, Some((1, "earnest"))),
        (Words { period_ms: 60_000, ..tls }, Some((1, "earnest"))),
        (Words { period_ms: 300_000, ..tls }, None),
        (Words { port: 8_443, ..tls }, None),
        (Words { server: "00000000a1b2", ..tls }, None),
        (Words { server: "", ..tls }, None),
        (Words { ja4: "", ..tls }, None),
        (http, Some((2, "show"))),
        (Words { uri: "/w5.php?w2=", ..http }, None),
        (Words { header_order: "", ..http }, None),
        (Words::default(), None),
    ] {
        play.ask(&hub, ANY, Ask::Shape(words), met);
    }
    // The lower number is met, and what is removed is not.
    let frame = hub.publish(&[put(9, of_server, 0)]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Shape(tls), Some((1, "earnest")));
    let frame = hub.publish(&[op::What::Remove(1)]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Shape(tls), Some((9, "earnest")));
    let frame = hub.publish(&[op::What::Remove(9)]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Shape(tls), None);
    play
}

fn unknown_fields(mut hub: Hub) -> Play {
    let about = "unknown fields are ignored, and stay in what is signed, hashed and summed";
    let mut play = Play::new("unknown_fields", about, &hub);
    play.key(&hub, &hub.certificate());
    let Some(op::What::Put(plain)) = Some(name(1, "c2.example")) else { return play };
    // Field 99 is a number; decoding and encoding again would lose it.
    let more: &[u8] = &[0x98, 0x06, 0x01];
    let longer = Bytes::from([&plain[..], more].concat());
    let (body, set) = hub.delta_body(&[op::What::Put(longer)]);
    let frame = hub.moved(&[&body.encode_to_vec()[..], more].concat(), set);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Name("c2.example"), Some((1, "earnest")));
    let frame = hub.publish(&[op::What::Remove(1)]);
    play.took(&hub, "delta", &frame);
    play
}

fn names_and_networks(mut hub: Hub) -> Play {
    let about = "the nearest name above and the smallest network around are met";
    let mut play = Play::new("names_and_networks", about, &hub);
    play.key(&hub, &hub.certificate());
    let mut changes = vec![name(1, "c2.example"), name(2, "deep.c2.example"), name(3, "example")];
    for (id, network) in [(4, "198.51.100.0/24"), (5, "198.51.100.128/25"), (6, "2001:db8::/32")] {
        let network = network.parse().map(IndicatorValue::Network);
        changes.extend(network.map(|value| put(&entry(id, value))));
    }
    let address = "198.51.100.200".parse().map(IndicatorValue::Addr);
    changes.extend(address.map(|value| put(&entry(7, value))));
    let frame = hub.publish(&changes);
    play.took(&hub, "delta", &frame);
    for (what, id) in [
        ("c2.example", Some(1)),
        ("www.c2.example", Some(1)),
        ("deep.c2.example", Some(2)),
        ("a.b.deep.c2.example", Some(2)),
        ("ac2.example", None),
        ("example", None),
        ("www.example", None),
    ] {
        play.ask(&hub, ANY, Ask::Name(what), id.map(|id| (id, "earnest")));
    }
    for (what, id) in [
        ("198.51.100.7", Some(4)),
        ("198.51.100.129", Some(5)),
        ("198.51.100.200", Some(7)),
        ("198.51.101.1", None),
        ("2001:db8:1::1", Some(6)),
    ] {
        play.ask(&hub, ANY, Ask::Address(what), id.map(|id| (id, "earnest")));
    }
    play
}

fn entries_end(mut hub: Hub) -> Play {
    let about = "an entry whose time is over is as if it were not there, and still counts";
    let mut play = Play::new("entries_end", about, &hub);
    play.key(&hub, &hub.certificate());
    let mut short = entry(2, IndicatorValue::Domain("deep.c2.example".to_owned()));
    short.expires = u32::try_from(NOW / 1_000).unwrap_or(u32::MAX) + 10;
    let frame = hub.publish(&[name(1, "c2.example"), put(&short)]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, ANY, Ask::Name("deep.c2.example"), Some((2, "earnest")));
    hub.now += 9_999;
    play.ask(&hub, ANY, Ask::Name("deep.c2.example"), Some((2, "earnest")));
    hub.now += 1;
    play.ask(&hub, ANY, Ask::Name("deep.c2.example"), Some((1, "earnest")));
    play.took(&hub, "heartbeat", &hub.heartbeat());
    play
}

fn canary(mut hub: Hub) -> Play {
    let about = "a share of sensors matches an entry for show, and the others what is above it";
    let mut play = Play::new("canary", about, &hub);
    play.key(&hub, &hub.certificate());
    let shared = |id, canary, value: &str| {
        let mut entry = entry(id, IndicatorValue::Domain(value.to_owned()));
        entry.canary = canary;
        put(&entry)
    };
    let changes =
        [name(1, "c2.example"), shared(7, 923, "all.example"), shared(8, 100, "www.c2.example")];
    let frame = hub.publish(&changes);
    play.took(&hub, "delta", &frame);
    // Lots for entry 7 and 8: see docs/protocol.md.
    play.ask(&hub, "sensor-1", Ask::Name("all.example"), Some((7, "show")));
    for sensor in SENSORS {
        let at_www = match lot(sensor, 8) < 100 {
            true => (8, "show"),
            false => (1, "earnest"),
        };
        play.ask(&hub, sensor, Ask::Name("www.c2.example"), Some(at_www));
    }
    let frame = hub.publish(&[shared(7, 922, "all.example"), shared(8, 0, "www.c2.example")]);
    play.took(&hub, "delta", &frame);
    play.ask(&hub, "sensor-1", Ask::Name("all.example"), None);
    play.ask(&hub, "sensor-1", Ask::Name("www.c2.example"), Some((8, "earnest")));
    play
}

/// Some of them are canaries for entry 8.
const SENSORS: &[&str] = &[
    "sensor-1", "sensor-2", "sensor-3", "sensor-4", "sensor-5", "sensor-6", "sensor-7", "sensor-8",
    "sensor-9", "zürich",
];

fn lot(sensor: &str, id: u64) -> u64 {
    let hash = ring::digest::digest(
        &ring::digest::SHA256,
        &[sensor.as_bytes(), &id.to_be_bytes()].concat(),
    );
    let first = hash.as_ref().iter().take(8);
    first.fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte)) % 1_000
}
