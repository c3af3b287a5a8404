//! Who reports, and what its word is worth.

use ostium_event::{Prefix, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Policy;

/// The number of an organisation; 0 is the hub itself, with its sinkholes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct OrgId(pub u32);

/// An organisation: the unit of trust. Its sensors have one vote together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its number.
    pub id: OrgId,
    /// What it is called.
    pub name: String,
    /// The AS that it is in, as the hub sees its sensors, or as an operator says; 0 if nobody knows.
    pub network: u32,
    /// When it joined.
    pub joined: Timestamp,
    /// How much a member vouches for it, 0 to 1.
    pub vouched: f64,
    /// Its own address space: nobody can have that blocked.
    pub ranges: Vec<Prefix>,
    /// What its reports were worth.
    pub standing: Standing,
    /// An analyst has silenced it: its reports are kept and weigh nothing.
    pub silenced: bool,
}

/// What the reports of an organisation turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Made before anything was published, and confirmed by others.
    pub right: u32,
    /// Supported what a quorum, a rail or an analyst withdrew.
    pub wrong: u32,
    /// Supported what one organisation alone called harmless, or denied what was confirmed.
    #[serde(default)]
    pub doubted: u32,
    /// Destinations that it named before they were published, whatever became of them.
    #[serde(default)]
    pub said: u32,
}

// === impl OrgId ===

impl OrgId {
    /// The hub itself: its sinkholes and lists.
    pub const HUB: Self = Self(0);
}

// === impl Organisation ===

impl Organisation {
    /// What its word is worth, 0 to 1.
    ///
    /// The mean of a Beta distribution: who is vouched for starts with five reports, of which a
    /// share of `vouched` was right; others start at nothing and must earn `earn` right reports
    /// over the time of probation, and what they named in vain counts against them: who names
    /// everything is sometimes right.
    pub fn weight(&self, policy: &Policy, now: Timestamp) -> f64 {
        if self.id == OrgId::HUB {
            return 1.0;
        }
        if self.silenced {
            return 0.0;
        }
        let Standing { right, wrong, doubted, said } = self.standing;
        let in_vain = f64::from(said.saturating_sub(right));
        let right = f64::from(right.min(policy.most_right));
        let wrong = f64::from(wrong) * policy.wrong + f64::from(doubted) * policy.doubt;
        if self.vouched > 0.0 {
            let start = policy.vouched * self.vouched.min(1.0);
            return (START * start + right) / (START + right + wrong);
        }
        let on_probation = now.since(self.joined).nanos() < policy.probation.nanos();
        if on_probation || self.standing.right < policy.earn {
            return 0.0;
        }
        right / (START + right + wrong + in_vain)
    }
}

/// Reports that a vouch, or a doubt, is worth.
const START: f64 = 5.0;
