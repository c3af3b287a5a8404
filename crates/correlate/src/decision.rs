//! What is to be done, and what it is about.

use ostium_event::Timestamp;
use ostium_intel::{IndicatorValue, Pattern, Throttle};

use serde::{Deserialize, Serialize};

use crate::Reason;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Publish it, or the same again with other numbers.
    Publish {
        /// Its number.
        id: u64,
        /// What it is.
        value: Value,
        /// 0 to 100.
        confidence: u8,
        /// What most call its family.
        family: Option<String>,
        /// Until when.
        until: Timestamp,
        /// Organisations that support it.
        organisations: u16,
        /// Sensors, in thousandths, that match it for show; 0 is everybody, in earnest.
        canary: u16,
        /// On what it rests.
        ground: Ground,
    },
    /// Withdraw what was published.
    Withdraw {
        /// Its number.
        id: u64,
        /// Why.
        reason: Reason,
    },
}

/// What is published.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A destination.
    Indicator(IndicatorValue),
    /// How the conversations of a family go.
    Pattern(Box<Pattern>),
    /// A victim of many sources, and what each may still send.
    Throttle(Throttle),
    /// Names that one generator makes: known, and no block.
    Generator {
        /// Prints of some, lowest first.
        prints: Vec<u64>,
        /// Kinds of letters, lengths and top levels.
        form: String,
    },
}

/// On what something rests that is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// A quorum saw it.
    #[default]
    Quorum,
    /// An analyst said so.
    Analyst,
    /// A confirmed name of changing addresses leads to it.
    Flux,
    /// Infected hosts of several organisations keep contact with it.
    Peers,
}

// === impl Decision ===

impl Decision {
    /// The number of what it is about.
    pub const fn id(&self) -> u64 {
        match self {
            Self::Publish { id, .. } | Self::Withdraw { id, .. } => *id,
        }
    }
}

// === impl Value ===

impl Value {
    /// The destination, if it is one.
    pub const fn indicator(&self) -> Option<&IndicatorValue> {
        match self {
            Self::Indicator(value) => Some(value),
            _ => None,
        }
    }
}
