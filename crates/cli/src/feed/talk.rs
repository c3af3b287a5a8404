//! What `conform` and a follower say to each other: one JSON object a line (docs/protocol.md).

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
    }
}
