//! What was decided, and why: verdicts on hosts, and what is to be blocked.
#![forbid(unsafe_code)]

mod block;
mod set;
mod target;

use std::fmt;

use ostium_event::{Addr, Timestamp};
use ostium_evidence::{Evidence, Group, HostCase, Role};

pub use block::{Block, MOST_EVIDENCE, Mode, Origin};
pub use set::{BlockSet, Change};
pub use target::{BadTarget, Target, Transport};

/// What is thought of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing worth a look.
    Clean,
    /// Worth a look; a ranked list.
    Suspect,
    /// Infected: rare, and right.
    Infected,
}

/// How a verdict was reached.
#[derive(Clone, Debug)]
pub struct Rationale {
    /// The host.
    pub host: Addr,
    /// The verdict.
    pub verdict: Verdict,
    /// Posterior probability of an infection.
    pub probability: f64,
    /// Log-odds before any evidence.
    pub prior_log_odds: f64,
    /// What each group contributed to the verdict.
    pub groups: Vec<GroupScore>,
    /// What the host does for others.
    pub roles: Vec<Role>,
    /// Malware families named by the evidence.
    pub families: Vec<String>,
    /// All evidence, the weightiest first.
    pub evidence: Vec<Evidence>,
    /// Evidence that counted towards the probability, as places in `evidence`.
    pub counted: Vec<usize>,
    /// Evidence set aside, and why.
    pub set_aside: Vec<(Evidence, &'static str)>,
    /// First seen.
    pub first: Timestamp,
    /// Last seen.
    pub last: Timestamp,
}

/// One group's share of a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupScore {
    /// The group.
    pub group: Group,
    /// Best item plus a little of the others, in nats.
    pub raw: f64,
    /// The same, not more than the cap.
    pub capped: f64,
}

// === impl Verdict ===

impl Verdict {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Suspect => "suspect",
            Self::Infected => "infected",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl Rationale ===

impl Rationale {
    /// A rationale that starts from a case, with nothing decided.
    pub fn of(case: &HostCase, prior_log_odds: f64) -> Self {
        Self {
            host: case.host,
            verdict: Verdict::Clean,
            probability: 1.0 / (1.0 + (-prior_log_odds).exp()),
            prior_log_odds,
            groups: Vec::new(),
            roles: case.roles.clone(),
            families: Vec::new(),
            evidence: Vec::new(),
            counted: Vec::new(),
            set_aside: Vec::new(),
            first: case.first,
            last: case.last,
        }
    }
}
