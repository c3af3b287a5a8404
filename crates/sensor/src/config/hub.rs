//! What is told to the hub that this sensor joined.

use ostium_uplink::Bound;
use serde::Deserialize;

use super::Size;

/// What is told to the hub; without a membership (`ostium join`) nothing is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HubConfig {
    /// What is told.
    pub share: Share,
    /// A destination that is merely suspicious is told of when so many hosts talk to it.
    pub suspects_from: u32,
    /// Reports kept while the hub cannot be reached; then the oldest go.
    pub spool: u64,
    /// Block what the hub has confirmed, as indicators are blocked.
    pub block: bool,
    /// Entries of the set that is held at most; a larger one is refused, and the last good one kept.
    pub most_entries: u64,
    /// Memory that the set may take.
    pub most_memory: Size,
}

/// What is told to the hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// The sensor only hears.
    Nothing,
    /// Destinations because of which a host is infected.
    Infected,
    /// Suspicious destinations too.
    #[default]
    Suspects,
}

impl Default for HubConfig {
    fn default() -> Self {
        let Bound { entries, bytes } = Bound::default();
        Self {
            share: Share::Suspects,
            suspects_from: 2,
            spool: 100_000,
            block: true,
            most_entries: entries,
            most_memory: Size(bytes),
        }
    }
}

// === impl HubConfig ===

impl HubConfig {
    /// How much of what the hub publishes is held.
    pub(crate) const fn bound(&self) -> Bound {
        Bound { entries: self.most_entries, bytes: self.most_memory.0 }
    }
}
