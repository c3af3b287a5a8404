//! Groups of evidence: items of one group rest on related facts.

use std::fmt;

/// What kind of fact an item of evidence rests on. Within a group the best item counts in full and
/// the others little; each group is capped, so that one alone never convicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// When it talks: beacons, long connections, periodic failures.
    Timing,
    /// Which names it asks for.
    Naming,
    /// Whom it shares contacts with.
    Peers,
    /// What its client looks like.
    Client,
    /// What the other end looks like.
    Destination,
    /// What it does to others: scan, flood, spam, theft.
    Behaviour,
    /// What is known of the other end.
    Reputation,
}

// === impl Group ===

impl Group {
    /// All groups, in order.
    pub const ALL: [Self; 7] = [
        Self::Timing,
        Self::Naming,
        Self::Peers,
        Self::Client,
        Self::Destination,
        Self::Behaviour,
        Self::Reputation,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timing => "timing",
            Self::Naming => "naming",
            Self::Peers => "peers",
            Self::Client => "client",
            Self::Destination => "destination",
            Self::Behaviour => "behaviour",
            Self::Reputation => "reputation",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
