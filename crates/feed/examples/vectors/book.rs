//! The file of scenarios: what is written, and how a scenario is told.

use std::error::Error;

use data_encoding::HEXLOWER;
use ostium_feed::wire::Frame;
use prost::Message;
use serde::Serialize;

use crate::hub::{FEED, Hub};

/// A place in the chain, as it is written.
#[derive(Clone, Serialize)]
struct At {
    epoch: u64,
    seq: u64,
    state: String,
}

#[derive(Serialize)]
struct Book {
    format: &'static str,
    scenarios: Vec<Scenario>,
}

#[derive(Serialize)]
struct Scenario {
    name: &'static str,
    about: &'static str,
    feed: String,
    root: String,
    steps: Vec<Step>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Step {
    Frame {
        now_ms: u64,
        frame: String,
        expect: Expect,
    },
    Ask {
        now_ms: u64,
        sensor: &'static str,
        #[serde(flatten)]
        ask: Ask,
        expect: Matched,
    },
}

/// What a follower makes of a frame, and where it is then.
#[derive(Serialize)]
struct Expect {
    #[serde(flatten)]
    what: What,
    #[serde(flatten)]
    at: At,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Took(&'static str),
    Refused(&'static str),
}

/// What is asked for.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ask {
    /// A name.
    Name(&'static str),
    /// An address.
    Address(&'static str),
    /// A conversation.
    Shape(Words),
}

/// How a conversation goes; what is not known is empty or 0.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Words {
    pub(crate) server: &'static str,
    pub(crate) ja4: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) header_order: &'static str,
    pub(crate) port: u16,
    pub(crate) transport: &'static str,
    pub(crate) application: &'static str,
    pub(crate) period_ms: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) received_bytes: u64,
}

#[derive(Serialize)]
struct Matched {
    matched: Option<Match>,
}

#[derive(Serialize)]
struct Match {
    id: u64,
    reach: &'static str,
}

/// A scenario while it is told.
pub(crate) struct Play {
    scenario: Scenario,
    at: At,
}

// === impl Play ===

impl Play {
    /// A new follower of this hub's feed.
    pub(crate) fn new(name: &'static str, about: &'static str, hub: &Hub) -> Self {
        let (feed, root) = (HEXLOWER.encode(&FEED), HEXLOWER.encode(&hub.root.public()));
        let at = At { epoch: 0, seq: 0, state: HEXLOWER.encode(&[0; 16]) };
        Self { scenario: Scenario { name, about, feed, root, steps: Vec::new() }, at }
    }

    /// Another key is taken; the position stays.
    pub(crate) fn key(&mut self, hub: &Hub, frame: &Frame) {
        self.step(hub.now, frame.encode_to_vec(), What::Took("key"));
    }

    /// Part of a snapshot is taken; the position stays.
    pub(crate) fn part(&mut self, hub: &Hub, frame: &Frame) {
        self.step(hub.now, frame.encode_to_vec(), What::Took("part"));
    }

    /// It is taken, and the follower is where the hub is.
    pub(crate) fn took(&mut self, hub: &Hub, what: &'static str, frame: &Frame) {
        let state = HEXLOWER.encode(&hub.state());
        self.at = At { epoch: hub.epoch, seq: hub.seq, state };
        self.step(hub.now, frame.encode_to_vec(), What::Took(what));
    }

    /// It is refused; the position stays.
    pub(crate) fn refused(&mut self, hub: &Hub, why: &'static str, frame: &Frame) {
        self.step(hub.now, frame.encode_to_vec(), What::Refused(why));
    }

    /// Bytes that are no frame are refused.
    pub(crate) fn noise(&mut self, hub: &Hub, why: &'static str, bytes: &[u8]) {
        self.step(hub.now, bytes.to_vec(), What::Refused(why));
    }

    /// It is asked for, and this entry is met, or none.
    pub(crate) fn ask(
        &mut self,
        hub: &Hub,
        sensor: &'static str,
        ask: Ask,
        met: Option<(u64, &'static str)>,
    ) {
        let expect = Matched { matched: met.map(|(id, reach)| Match { id, reach }) };
        self.scenario.steps.push(Step::Ask { now_ms: hub.now, sensor, ask, expect });
    }

    fn step(&mut self, now_ms: u64, frame: Vec<u8>, what: What) {
        let expect = Expect { what, at: self.at.clone() };
        let frame = HEXLOWER.encode(&frame);
        self.scenario.steps.push(Step::Frame { now_ms, frame, expect });
    }
}

/// The whole file.
pub(crate) fn made() -> Result<String, Box<dyn Error>> {
    let hub = Hub::new()?;
    let plays =
        [crate::usual::plays(&hub), crate::keys::plays(&hub)?, crate::attacks::plays(&hub)?];
    let scenarios = plays.into_iter().flatten().map(|play| play.scenario).collect();
    let book = Book { format: "ostium.feed.vectors/1", scenarios };
    Ok(serde_json::to_string_pretty(&book)? + "\n")
}
