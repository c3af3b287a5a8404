//! What a shard remembers, as bytes: behaviour outlasts a restart.
//!
//! Kept are profile, detectors, who spoofs, and what the input showed. Flows that are under way are
//! not: what they told so far is in the profile, and the rest begins a flow anew. Detectors are
//! found again by their names, so one that is new begins with nothing.

use ostium_detect::{Origins, Visible};
use ostium_event::{Prefix, Timestamp};
use ostium_profile::keep::{KeepError, bytes_of, of_bytes};
use ostium_profile::stable_hash;
use serde_bytes::ByteBuf;

use crate::shard::Shard;

// Print of the kept types: e327096c1e3898cb
/// Number of the form; another form is not read. It rises whenever a type changes that is kept:
/// `cargo xtask tidy` compares the print.
pub const FORM: u32 = 8;

/// What is inside, as a number: behaviour that was learned with another is not used.
pub fn home_print(home: &[Prefix]) -> u64 {
    let mut all: Vec<String> = home.iter().map(ToString::to_string).collect();
    all.sort_unstable();
    all.dedup();
    stable_hash(all.join(" ").as_bytes())
}

/// What a shard remembers.
type Kept = (ByteBuf, Vec<(String, ByteBuf)>, Origins, Visible, Option<(Timestamp, Timestamp)>);

// === impl Shard: over a restart ===

impl Shard {
    pub(crate) fn keep(&self) -> Result<Vec<u8>, KeepError> {
        let mut detectors = Vec::new();
        for detector in &self.hub.detectors {
            let kept = detector.keep()?;
            if !kept.is_empty() {
                detectors.push((detector.name(), ByteBuf::from(kept)));
            }
        }
        let counters = &self.hub.counters;
        bytes_of(&(
            ByteBuf::from(self.hub.profile.keep()?),
            detectors,
            &self.origins,
            &counters.visible,
            counters.span,
        ))
    }

    /// Remembers what was kept. When it makes no sense, the shard may know parts of it: it is to be
    /// made anew.
    pub(crate) fn recall(&mut self, kept: &[u8]) -> Result<(), KeepError> {
        let (profile, detectors, origins, visible, span): Kept = of_bytes(kept)?;
        self.hub.profile.recall(&profile)?;
        for detector in &mut self.hub.detectors {
            let kept = detectors.iter().find(|(name, _)| name == detector.name());
            if let Some((_, kept)) = kept {
                detector.recall(kept)?;
            }
        }
        self.origins = origins;
        self.hub.counters.visible = visible;
        self.hub.counters.span = span;
        Ok(())
    }
}
