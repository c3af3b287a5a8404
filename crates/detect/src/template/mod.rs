//! Template: a detector to copy. It says how many bytes a conversation sent, and weighs nothing.
//!
//! Source of the method: name the paper or standard here, with the threshold taken from it.

use ostium_evidence::{Evidence, Group};
use ostium_profile::Conversation;

use crate::detector::{Detector, View, about_conversation};

/// The detector.
pub struct Template;

// === impl Template ===

impl Detector for Template {
    fn name(&self) -> &'static str {
        "template"
    }

    fn conversation(&self, c: &Conversation, _view: &View<'_>, out: &mut Vec<Evidence>) {
        out.push(Evidence {
            summary: format!("sent {} bytes to {}", c.out_bytes, c.peer()),
            numbers: vec![("sent_bytes", c.out_bytes as f64)],
            ..about_conversation(self.name(), Group::Behaviour, "T1041", c)
        });
    }
}

#[cfg(test)]
mod tests;
