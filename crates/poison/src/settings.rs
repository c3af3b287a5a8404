//! What is to be tried.

use ostium_correlate::Policy;

use crate::Attack;

/// What is to be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Worlds for each attack and number of liars.
    pub seeds: u64,
    /// Days of each world; lies begin after two weeks and the last new one is two weeks before the
    /// end, so that it has time to be withdrawn.
    pub days: u64,
    /// Honest organisations.
    pub organisations: u32,
    /// The share of them for whom a member vouches.
    pub vouched: f64,
    /// Numbers of liars to try, beside the honest.
    pub liars: Vec<u32>,
    /// What they do.
    pub attacks: Vec<Attack>,
    /// The hub's thresholds.
    pub policy: Policy,
}

/// Days at either end of a run without new lies.
pub(crate) const QUIET_DAYS: u64 = 14;

impl Default for Settings {
    fn default() -> Self {
        Self {
            seeds: 5,
            days: 42,
            organisations: 30,
            vouched: 0.8,
            // 15 beside 30 are a third of all.
            liars: vec![0, 1, 2, 3, 5, 8, 10, 15],
            attacks: Attack::ALL.to_vec(),
            policy: Policy::default(),
        }
    }
}

impl Settings {
    /// What is wrong with them, in words.
    pub fn fault(&self) -> Option<&'static str> {
        if self.seeds == 0 || self.seeds > 1_000 {
            return Some("seeds lie between 1 and 1000");
        }
        if self.days < 2 * QUIET_DAYS + 7 || self.days > 365 {
            return Some("days lie between 35 and 365: two quiet weeks, lies, two weeks more");
        }
        if self.organisations < 5 || self.organisations > 1_000 {
            return Some("organisations lie between 5 and 1000");
        }
        if self.liars.iter().any(|liars| *liars > 1_000) {
            return Some("there are at most 1000 liars");
        }
        self.policy.fault()
    }
}
