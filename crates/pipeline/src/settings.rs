//! What shapes a run.

use ostium_event::{Addr, Home};
use ostium_evidence::Role;
use ostium_intel::IndicatorIndex;
use ostium_judge::Policy;
use sha2::{Digest, Sha256};

/// What shapes a run. Everything here but the number of threads shapes the verdicts.
pub struct Settings {
    /// What is inside.
    pub home: Home,
    /// Name of the site.
    pub site: String,
    /// Roles given by the operator.
    pub roles: Vec<RoleAt>,
    /// Known indicators.
    pub intel: IndicatorIndex,
    /// Thresholds of judgement.
    pub policy: Policy,
    /// Memory for state in bytes.
    pub memory: u64,
    /// Threads that share the shards.
    pub threads: usize,
    /// Keep clean hosts in the report.
    pub all: bool,
}

/// A role given by the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleAt {
    /// The role.
    pub role: Role,
    /// Whose.
    pub host: Addr,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            home: Home::private(),
            site: String::new(),
            roles: Vec::new(),
            intel: IndicatorIndex::default(),
            policy: Policy::default(),
            memory: 1 << 30,
            threads: 1,
            all: false,
        }
    }
}

impl Settings {
    /// SHA-256, in hexadecimal, of what shapes the verdicts.
    pub fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        for prefix in self.home.prefixes() {
            digest.update(format!("home {prefix}\n"));
        }
        for role in &self.roles {
            digest.update(format!("role {} {}\n", role.role.name(), role.host));
        }
        digest.update(format!("site {}\n{:?}\n", self.site, self.policy));
        digest.update(format!("memory {}\nindicators {}\n", self.memory, self.intel.len()));
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
