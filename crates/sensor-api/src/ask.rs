//! Questions and answers.

use ostium_verdict::Target;
use serde::{Deserialize, Serialize};

use crate::Status;

/// What a sensor is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// How it is doing.
    Status,
    /// The report on all that it heard, as `ostium analyze --format json` prints one.
    Report,
    /// To act on a target.
    Act(Order),
    /// To read its configuration again.
    Reload,
}

/// What an operator orders by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Order {
    /// Stop traffic to a destination; a host is quarantined.
    Block {
        /// What.
        target: Target,
        /// For how long, in seconds.
        seconds: u64,
        /// Why, in one line.
        because: String,
    },
    /// Never block it, nor what lies under it, until the sensor starts anew; the configuration
    /// makes it last.
    Allow {
        /// What.
        target: Target,
        /// Why, in one line.
        because: String,
    },
    /// End a block, and let automation not make it again for some days.
    Release {
        /// What.
        target: Target,
        /// Why, in one line.
        because: String,
    },
}

/// What a sensor answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// How it is doing.
    Status(Box<Status>),
    /// The report; its shape is that of `ostium.report/1`.
    Report {
        /// The report.
        report: serde_json::Value,
    },
    /// It was done.
    Done {
        /// What, in one line.
        said: String,
    },
    /// It was not done.
    Refused {
        /// Why, in one line.
        why: String,
    },
}
