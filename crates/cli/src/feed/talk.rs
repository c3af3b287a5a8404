//! What `conform` and a follower say to each other: one JSON object a line (docs/protocol.md).

use ostium_event::Ja4;
use ostium_intel::{Shape, Transport};
use serde::{Deserialize, Serialize};

/// The file of scenarios.
#[derive(Deserialize)]
pub(super) struct Book {
    pub(super) scenarios: Vec<Scenario>,
}

/// One new follower, and what it is given.
#[derive(Deserialize)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) feed: String,
    pub(super) root: String,
    pub(super) steps: Vec<Step>,
}

/// What is said, and what should be answered.
#[derive(Deserialize)]
pub(super) struct Step {
    #[serde(flatten)]
    pub(super) said: Said,
    pub(super) expect: Answer,
}

/// A line to the follower.
#[derive(Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Said {
    /// A new follower; nothing is answered.
    New { scenario: String, feed: String, root: String },
    /// A frame came.
    Frame { now_ms: u64, frame: String },
    /// Is the name met?
    Name { now_ms: u64, sensor: String, name: String },
    /// Is the address met?
    Address { now_ms: u64, sensor: String, address: String },
    /// Does the conversation go as a pattern says?
    Shape { now_ms: u64, sensor: String, shape: Words },
}

/// How a conversation goes; what is not known is empty or 0.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Words {
    server: String,
    ja4: String,
    uri: String,
    header_order: String,
    port: u16,
    transport: String,
    application: String,
    period_ms: u64,
    sent_bytes: u64,
    received_bytes: u64,
}

/// A line of the follower.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Answer {
    /// The frame was taken, and this is the position after it.
    Took { took: String, epoch: u64, seq: u64, state: String },
    /// It was not.
    Refused { refused: String },
    /// What was asked for is met by this, or by nothing.
    Matched {
        /// Named, or any object would say "by nothing".
        #[serde(deserialize_with = "Option::deserialize")]
        matched: Option<Matched>,
    },
}

/// The entry that is met.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Matched {
    pub(super) id: u64,
    pub(super) reach: String,
}

// === impl Words ===

impl Words {
    pub(super) fn shape(&self) -> Shape {
        Shape {
            server: self.server.clone(),
            ja4: Ja4::parse(&self.ja4),
            uri: self.uri.clone(),
            header_order: self.header_order.clone(),
            port: self.port,
            transport: Transport::parse(&self.transport),
            application: self.application.clone(),
            period_ms: self.period_ms,
            sent_bytes: self.sent_bytes,
            received_bytes: self.received_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_without_a_word_is_no_answer() {
        let read = |text: &str| serde_json::from_str::<Answer>(text).ok();
        assert_eq!(read("{\"matched\":null}"), Some(Answer::Matched { matched: None }));
        assert_eq!((read("{}"), read("{\"took\":1}")), (None, None));
    }

    #[test]
    fn every_scenario_is_read() {
        let book: Book = serde_json::from_str(ostium_feed::VECTORS).unwrap();
        assert!(book.scenarios.len() > 20);
        let steps = book.scenarios.iter().flat_map(|scenario| &scenario.steps);
        assert!(steps.clone().any(|step| matches!(step.expect, Answer::Matched { matched: None })));
        assert!(steps.clone().any(|step| matches!(step.said, Said::Address { .. })));
        assert!(steps.clone().any(|step| matches!(step.said, Said::Shape { .. })));
    }
}
