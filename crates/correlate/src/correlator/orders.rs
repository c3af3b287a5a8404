//! What analysts order of what is known by a number and no value: patterns, victims, generators.
//!
//! Bias: an analyst beats the evidence and nothing else. The kill switch and the rails hold, and a
//! rate still ends when nobody reports the flood.

use ostium_event::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Correlator, Order, Refused};
use crate::Reason;

/// What an analyst said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// It is to be published, or never.
    pub publish: bool,
    /// Who, and why.
    pub note: String,
}

// === impl Ordered ===

impl Ordered {
    /// As the reason of a state.
    pub(super) fn why(&self) -> Reason {
        Reason::Analyst { note: self.note.clone() }
    }
}

/// Is it to be published by an analyst's word?
pub(super) fn confirms(ordered: Option<&Ordered>) -> bool {
    ordered.is_some_and(|ordered| ordered.publish)
}

/// The word by which an analyst keeps it from being published.
pub(super) fn forbids(ordered: Option<&Ordered>) -> Option<Reason> {
    ordered.filter(|ordered| !ordered.publish).map(Ordered::why)
}

// === impl Correlator: orders ===

impl Correlator {
    /// An analyst decides on the pattern, the victim or the generator of this number.
    ///
    /// # Errors
    /// When there is none.
    pub fn order_entry(
        &mut self,
        id: u64,
        order: &Order,
        note: &str,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let note = note.to_owned();
        let ordered = match order {
            Order::Confirm => Some(Ordered { publish: true, note }),
            Order::Withdraw => Some(Ordered { publish: false, note }),
            Order::Leave => None,
        };
        let done = self.patterns.order(id, ordered.clone(), now)
            || self.floods.order(id, ordered.clone())
            || self.makers.order(id, ordered);
        if done { Ok(()) } else { Err(Refused::NoEntry) }
    }
}
