//! The scenarios that any implementation must hold: ours does, and they are as they would be made.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../examples/vectors/attacks.rs"]
mod attacks;
#[path = "../examples/vectors/book.rs"]
mod book;
#[path = "../examples/vectors/hub.rs"]
mod hub;
#[path = "../examples/vectors/keys.rs"]
mod keys;
#[path = "../examples/vectors/usual.rs"]
mod usual;

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use ostium_event::Ja4;
use ostium_feed::{Follower, Hit, Met, PublicKey, Reach, Taken, VECTORS};
use ostium_intel::{Shape, Transport};
use serde_json::{Value, json};

fn hex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

fn kind(taken: &Taken) -> &'static str {
    match taken {
        Taken::Key => "key",
        Taken::Delta(_) => "delta",
        Taken::Heartbeat => "heartbeat",
        Taken::Part => "part",
        Taken::Snapshot => "snapshot",
    }
}

/// A conversation as it is written.
fn shape(words: &Value) -> Shape {
    let text = |name: &str| words[name].as_str().unwrap().to_owned();
    let number = |name: &str| words[name].as_u64().unwrap();
    Shape {
        server: text("server"),
        ja4: Ja4::parse(&text("ja4")),
        uri: text("uri"),
        header_order: text("header_order"),
        port: number("port").try_into().unwrap(),
        transport: Transport::parse(&text("transport")),
        application: text("application"),
        period_ms: number("period_ms"),
        sent_bytes: number("sent_bytes"),
        received_bytes: number("received_bytes"),
    }
}

/// What our follower says to a step, as it is written.
fn told(follower: &mut Follower, step: &Value) -> Value {
    let now = step["now_ms"].as_u64().unwrap();
    if let Some(sensor) = step["sensor"].as_str() {
        let reach = |hit: &Met<'_>| hit.reach(sensor.as_bytes(), now / 1_000);
        let there = |hit: &Met<'_>| reach(hit) != Reach::Not;
        if step["shape"].is_object() {
            let there = |hit: &Hit<_>| hit.reach(sensor.as_bytes(), now / 1_000) != Reach::Not;
            let hit = follower.table().pattern_if(&shape(&step["shape"]), there);
            let matched = hit.map(|hit| {
                let reach = hit.reach(sensor.as_bytes(), now / 1_000);
                json!({"id": hit.id, "reach": reach.name()})
            });
            return json!({ "matched": matched });
        }
        let hit = match step["name"].as_str() {
            Some(name) => follower.table().domain_if(name, there),
            None => {
                let addr = step["address"].as_str().unwrap().parse().unwrap();
                follower.table().addr_if(addr, there)
            }
        };
        let matched = hit.map(|hit| json!({"id": hit.id, "reach": reach(&hit).name()}));
        return json!({ "matched": matched });
    }
    let (key, word) = match follower.take_bytes(&hex(&step["frame"]), now) {
        Ok(taken) => ("took", kind(&taken)),
        Err(refusal) => ("refused", refusal.name()),
    };
    let at = follower.at();
    let state = HEXLOWER.encode(&at.state.to_bytes());
    json!({key: word, "epoch": at.epoch, "seq": at.seq, "state": state})
}

#[test]
fn our_follower_holds_every_scenario() {
    let book: Value = serde_json::from_str(VECTORS).unwrap();
    let mut names = BTreeSet::new();
    for scenario in book["scenarios"].as_array().unwrap() {
        let name = &scenario["name"];
        assert!(names.insert(name.as_str().unwrap()), "two are called {name}");
        let root = PublicKey::from_slice(&hex(&scenario["root"])).unwrap();
        let mut follower = Follower::new(hex(&scenario["feed"]).try_into().unwrap(), root);
        for (at, step) in scenario["steps"].as_array().unwrap().iter().enumerate() {
            assert_eq!(told(&mut follower, step), step["expect"], "{name}, step {at}");
        }
    }
}

#[test]
fn every_refusal_and_every_kind_is_met() {
    let book: Value = serde_json::from_str(VECTORS).unwrap();
    let scenarios = book["scenarios"].as_array().unwrap().iter();
    let steps = scenarios.flat_map(|scenario| scenario["steps"].as_array().unwrap());
    let words: Vec<&Value> = steps.map(|step| &step["expect"]).collect();
    let met =
        |key: &str| words.iter().filter_map(|word| word[key].as_str()).collect::<BTreeSet<_>>();
    let refused = [
        "expired",
        "fork",
        "forged",
        "from_the_future",
        "gap",
        "malformed",
        "mixed_parts",
        "old_certificate",
        "other_feed",
        "other_state",
        "oversize",
        "replay",
        "rollback",
        "uncertified",
        "unknown_version",
    ];
    assert_eq!(met("refused"), BTreeSet::from(refused));
    assert_eq!(met("took"), BTreeSet::from(["delta", "heartbeat", "key", "part", "snapshot"]));
}

#[test]
fn the_scenarios_are_as_they_would_be_made() {
    assert!(
        book::made().unwrap() == VECTORS,
        "cargo run -p ostium-feed --example vectors -- --write"
    );
}
