//! A controller's name leads to 8.8.8.8, or to a small harmless address: honest sensors see an
//! infected host talk to it, and say so (firehol/blocklist-ipsets#45, ntop/ntopng#6356).

use ostium_intel::IndicatorValue;

use super::{LOUD, Liars, all_say};
use crate::scene::Scene;
use crate::world::{OUTSIDE, address};

pub(super) struct Resolver;

/// Nets of the harmless addresses.
const SMALL: u16 = OUTSIDE + 1;
const RESOLVERS: [(u8, u16); 3] = [(8, 53), (8, 443), (1, 443)];
/// A sensor that sees only the address is deceived that often: mostly it knows the name.
const DECEIVED: f64 = 0.3;
const REACH: f64 = 0.05;

impl Liars for Resolver {
    fn plan(&self, scene: &mut Scene<'_>) {
        if scene.liars.is_empty() {
            return;
        }
        let (from, to) = scene.world.lies;
        for (number, campaign) in scene.world.campaigns.iter().enumerate() {
            let Some(first) = campaign.victims.first().map(|victim| victim.noticed) else {
                continue;
            };
            if first < from || first > to {
                continue;
            }
            let small = address(SMALL, u32::try_from(number).unwrap_or(0));
            let value = IndicatorValue::Socket(small, 443);
            scene.aim_at_new(value.clone(), crate::time::START, REACH, (1, 60));
            all_say(scene, &value, first);
            for (digit, port) in RESOLVERS {
                let addr = ostium_event::Addr::v4([digit; 4]);
                all_say(scene, &IndicatorValue::Socket(addr, port), first);
                for victim in &campaign.victims {
                    let resolver = IndicatorValue::Addr(addr);
                    scene.say(victim.noticed, victim.organisation, &resolver, LOUD);
                }
            }
            for victim in &campaign.victims {
                if scene.rng.chance(DECEIVED) {
                    let odds = scene.rng.between(3.0, 6.0);
                    scene.say(victim.noticed, victim.organisation, &value, odds);
                }
            }
        }
    }
}
