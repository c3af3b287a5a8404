//! What liars do: one file per attack, all against the same worlds.

mod claim;
mod collude;
mod competitor;
mod denial;
mod drift;
mod flood;
mod mimic;
mod neighbour;
mod overlay;
mod replay;
mod resolver;
mod squeeze;
mod stray;
mod sybil;

#[cfg(test)]
pub(crate) use competitor::POPULAR;

use std::fmt;
use std::str::FromStr;

use ostium_correlate::{OrgId, Policy};
use ostium_event::{Span, Timestamp};
use ostium_intel::IndicatorValue;
use serde::Serialize;

use crate::scene::Scene;
use crate::time::{days, hours};

/// What liars do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Attack {
    /// All name the same obscure harmless destinations.
    Collude,
    /// They report the truth for weeks, then lie seldom.
    Drift,
    /// They report dead controllers again, whose addresses have changed hands.
    Replay,
    /// Each sends five newcomers for whom nobody vouches, who spray and copy.
    Sybil,
    /// They point controllers' names at resolvers and at harmless addresses.
    Resolver,
    /// They name a competitor, popular or not.
    Competitor,
    /// They name addresses and names of other members.
    Neighbour,
    /// They call true command and control harmless, or much used.
    Denial,
    /// They report so much that caps and memory are full.
    Flood,
    /// They tell how harmless programs talk, of what is confirmed.
    Mimic,
    /// They claim to flood what others use.
    Squeeze,
    /// Names of changing addresses lead to what is shared.
    Stray,
    /// They name the peers of a popular overlay.
    Overlay,
    /// They claim that a generator makes harmless names.
    Claim,
}

/// What an attack does in a world.
pub(crate) trait Liars {
    /// Says what is to be said, and when.
    fn plan(&self, scene: &mut Scene<'_>);

    /// The hub has published a value.
    fn published(&self, _scene: &mut Scene<'_>, _value: &IndicatorValue, _now: Timestamp) {}
}

/// Nats of a lie: as many as one may count for, and the claim of an infected host.
const LOUD: f64 = 9.0;
/// Between two aims: two a day give enough to count, and few enough not to be a flood.
const PACE: Span = hours(12);

// === impl Attack ===

impl Attack {
    /// All, in the order of the table.
    pub const ALL: [Self; 14] = [
        Self::Collude,
        Self::Drift,
        Self::Replay,
        Self::Sybil,
        Self::Resolver,
        Self::Competitor,
        Self::Neighbour,
        Self::Denial,
        Self::Flood,
        Self::Mimic,
        Self::Squeeze,
        Self::Stray,
        Self::Overlay,
        Self::Claim,
    ];

    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collude => "collude",
            Self::Drift => "drift",
            Self::Replay => "replay",
            Self::Sybil => "sybil",
            Self::Resolver => "resolver",
            Self::Competitor => "competitor",
            Self::Neighbour => "neighbour",
            Self::Denial => "denial",
            Self::Flood => "flood",
            Self::Mimic => "mimic",
            Self::Squeeze => "squeeze",
            Self::Stray => "stray",
            Self::Overlay => "overlay",
            Self::Claim => "claim",
        }
    }

    /// What they do, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Collude => "all liars name the same obscure harmless names, loudly, every day",
            Self::Drift => {
                "liars report true controllers for two weeks, then also name a harmless one every \
                 other day"
            }
            Self::Replay => {
                "liars report dead controllers again, half of them word for word, half as if seen \
                 now; the addresses belong to somebody harmless by then"
            }
            Self::Sybil => {
                "each liar enrols five newcomers for whom nobody vouches; they copy public lists \
                 and the hub, spray names, and after two weeks name harmless ones"
            }
            Self::Resolver => {
                "names of true controllers lead to 8.8.8.8 or to a small harmless address, so that \
                 honest sensors report it too"
            }
            Self::Competitor => "liars name competitors: popular ones, and ones that many use",
            Self::Neighbour => "liars name the address space and the web sites of honest members",
            Self::Denial => {
                "liars call true controllers harmless, or say that half of their hosts use them"
            }
            Self::Flood => {
                "around each true controller, for two hours, liars report twice as many junk names \
                 as may be published a minute, and many more of their own (flood and caps are a \
                 sixtieth of the real)"
            }
            Self::Mimic => {
                "liars confirm obscure harmless names, and say of these and of true controllers that \
                 they talk as harmless programs do, so that a pattern of it is learned"
            }
            Self::Squeeze => {
                "liars claim that their hosts flood resolvers, a delivery network, members and \
                 well-known sites, so that these get a rate"
            }
            Self::Stray => {
                "names of true controllers lead to many addresses, and to resolvers and delivery \
                 networks among them; liars add sites that many use"
            }
            Self::Overlay => {
                "liars say that their infected hosts keep contact with resolvers, a delivery network, \
                 well-known sites and peers of a popular overlay"
            }
            Self::Claim => {
                "liars claim that a generator makes obscure harmless names, which their hosts asked for \
                 in vain; each in turn calls one command and control, and the others bear witness"
            }
        }
    }

    /// Organisations that each liar brings, and how much is vouched for them.
    pub(crate) const fn brings(self) -> (u32, f64) {
        match self {
            Self::Sybil => (5, 0.0),
            // The worst case: somebody vouched in full.
            _ => (1, 1.0),
        }
    }

    /// The thresholds under this attack.
    pub(crate) fn policy(self, policy: &Policy) -> Policy {
        match self {
            Self::Flood => flood::scaled(policy),
            _ => policy.clone(),
        }
    }

    pub(crate) fn liars(self) -> Box<dyn Liars> {
        match self {
            Self::Collude => Box::new(collude::Collude),
            Self::Drift => Box::new(drift::Drift),
            Self::Replay => Box::new(replay::Replay),
            Self::Sybil => Box::new(sybil::Sybil),
            Self::Resolver => Box::new(resolver::Resolver),
            Self::Competitor => Box::new(competitor::Competitor),
            Self::Neighbour => Box::new(neighbour::Neighbour),
            Self::Denial => Box::new(denial::Denial),
            Self::Flood => Box::new(flood::Flood),
            Self::Mimic => Box::new(mimic::Mimic),
            Self::Squeeze => Box::new(squeeze::Squeeze),
            Self::Stray => Box::new(stray::Stray),
            Self::Overlay => Box::new(overlay::Overlay),
            Self::Claim => Box::new(claim::Claim),
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Attack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|attack| attack.name() == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|attack| attack.name()).collect();
            format!("attacks are {}", names.join(", "))
        })
    }
}

/// All liars say it at about the same time, and once a day from then on.
fn all_say(scene: &mut Scene<'_>, value: &IndicatorValue, at: Timestamp) {
    for liar in scene.liars.iter().copied() {
        let mut when = at.plus(scene.rng.wait(hours(1)));
        while when < scene.world.end {
            scene.say(when, liar, value, LOUD);
            when = when.plus(days(1));
        }
    }
}

/// Liars report true controllers as if they were victims, each with this probability.
fn tell_the_truth(scene: &mut Scene<'_>, who: &[OrgId], probability: f64) {
    for campaign in &scene.world.campaigns {
        let Some(first) = campaign.victims.first() else { continue };
        for liar in who {
            if scene.rng.chance(probability) {
                let when = first.noticed.plus(scene.rng.wait(hours(12)));
                scene.say(when, *liar, &campaign.value, LOUD);
            }
        }
    }
}

/// When to name the next, from the beginning of the lies to their end.
fn moments(scene: &Scene<'_>, pace: Span) -> Vec<Timestamp> {
    let (from, to) = scene.world.lies;
    let next = |at: &Timestamp| Some(at.plus(pace));
    std::iter::successors(Some(from), next).take_while(|at| *at < to).collect()
}
