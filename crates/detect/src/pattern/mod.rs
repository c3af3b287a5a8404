//! Pattern: the conversation goes as those of a known family do, whatever address it goes to.
//!
//! The hub learns patterns from confirmed destinations of several organisations (docs/hub.md). Bias:
//! a pattern is others' word about a family, not about this destination, so it never convicts alone;
//! one that is only tried weighs next to nothing. What is popular goes as many things go, and is left
//! out.

#[cfg(test)]
mod tests;

use ostium_evidence::{Evidence, Group};
use ostium_names as names;
use ostium_profile::{Conversation, View as Kind};

use crate::detector::{Detector, View, about_conversation};

/// The detector.
pub(crate) struct PatternMatch;

/// Nats of a match of full confidence: less than a known name or address, which convicts.
const NATS: f64 = 5.0;
/// Nats of a pattern that is tried for show: enough to be told, too little to matter.
const SHOWN: f64 = 0.01;

/// Nats of a match, by the confidence of the pattern.
pub fn pattern_nats(confidence: u8, for_show: bool) -> f64 {
    if for_show { SHOWN } else { NATS * f64::from(confidence.min(100)) / 100.0 }
}

// === impl PatternMatch ===

impl Detector for PatternMatch {
    fn name(&self) -> &'static str {
        "pattern"
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(lore) = view.lore.filter(|lore| lore.knows().0) else { return };
        if !is_looked_at(c) {
            return;
        }
        // The marks first: few conversations match them, and the rest costs more.
        let first = c.first_shape().and_then(|shape| lore.pattern(&shape));
        let told = first.and_then(|_| lore.pattern(&c.shape()?));
        let Some(told) = told else { return };
        let of = told.family.as_deref().map_or_else(String::new, |family| format!(" of {family}"));
        let tried = if told.for_show { ", for show" } else { "" };
        out.push(Evidence {
            log_odds: pattern_nats(told.confidence, told.for_show),
            summary: format!(
                "talks to {} as conversations{of} go (pattern {} of the hub, seen by {} \
                 organisations, confidence {}{tried})",
                c.peer(),
                told.id,
                told.organisations,
                told.confidence
            ),
            numbers: vec![
                ("pattern", told.id as f64),
                ("confidence", f64::from(told.confidence)),
                ("organisations", f64::from(told.organisations)),
            ],
            family: told.family.as_deref().map(str::to_owned),
            ..about_conversation(self.name(), Group::Reputation, "T1071", c)
        });
    }
}

/// One view of each conversation that the host began, unless everybody has such.
fn is_looked_at(c: &Conversation) -> bool {
    let popular = c.name.as_ref().is_some_and(|name| name.is_popular());
    let one = match c.key.view {
        Kind::Name => true,
        Kind::Address => c.name.is_none() && !names::is_cdn(c.addr),
        _ => false,
    };
    one && c.starts > 0 && !popular
}
