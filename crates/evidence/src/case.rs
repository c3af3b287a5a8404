//! Items of evidence, and all there is about one host.

use ostium_event::{Addr, Timestamp};

use crate::{About, Group};

/// One thing that was seen and what it suggests.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Name of the detector.
    pub detector: &'static str,
    /// What kind of fact this rests on.
    pub group: Group,
    /// Natural log of the likelihood ratio; never below 0.
    pub log_odds: f64,
    /// Its own sequential test has an error bounded by 1e-6 per host-day: it convicts alone.
    pub certain: bool,
    /// What it is about.
    pub about: About,
    /// When it began.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// MITRE ATT&CK technique.
    pub technique: &'static str,
    /// One line that a person understands.
    pub summary: String,
    /// The numbers behind it, by name.
    pub numbers: Vec<(&'static str, f64)>,
    /// Malware family, where known.
    pub family: Option<String>,
}

/// What a host does for others; a role removes the evidence that it explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Asks the DNS for others.
    Resolver,
    /// Sends and receives mail for others.
    MailServer,
    /// Fetches from the web for others.
    Proxy,
    /// Hides others behind its address.
    Nat,
    /// Looks for weaknesses by order of its owner.
    Scanner,
    /// Watches services by order of its owner.
    Monitor,
    /// Mines coins by order of its owner.
    Miner,
}

/// All there is about one host.
#[derive(Clone, Debug)]
pub struct HostCase {
    /// The host.
    pub host: Addr,
    /// What it does for others.
    pub roles: Vec<Role>,
    /// First seen.
    pub first: Timestamp,
    /// Last seen.
    pub last: Timestamp,
    /// Evidence, in no particular order.
    pub evidence: Vec<Evidence>,
}

// === impl Role ===

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::Resolver,
        Self::MailServer,
        Self::Proxy,
        Self::Nat,
        Self::Scanner,
        Self::Monitor,
        Self::Miner,
    ];

    /// Its name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolver => "resolver",
            Self::MailServer => "mail-server",
            Self::Proxy => "proxy",
            Self::Nat => "nat",
            Self::Scanner => "scanner",
            Self::Monitor => "monitor",
            Self::Miner => "miner",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
