//! Dead controllers are reported again, when their addresses belong to somebody else.

use ostium_intel::IndicatorValue;

use super::{LOUD, Liars, all_say};
use crate::scene::Scene;
use crate::time::days;

pub(super) struct Replay;

/// Between the end of a controller and the harmless use of its address: a host is let again.
const CHANGES_HANDS: u64 = 4;
/// Members that use the address then.
const REACH: f64 = 0.15;

impl Liars for Replay {
    fn plan(&self, scene: &mut Scene<'_>) {
        let (from, to) = scene.world.lies;
        for (number, campaign) in scene.world.campaigns.iter().enumerate() {
            let again = campaign.end.plus(days(CHANGES_HANDS));
            if !matches!(campaign.value, IndicatorValue::Socket(..)) || again < from || again > to {
                continue;
            }
            scene.aim_at_new(campaign.value.clone(), again, REACH, (1, 60));
            if number % 2 == 0 {
                all_say(scene, &campaign.value, again);
                continue;
            }
            // Word for word: what was seen then is said to have been seen then.
            for liar in scene.liars.iter().copied() {
                for later in 0..14 {
                    let (when, seen) = (again.plus(days(later)), campaign.end);
                    scene.say_seen(when, seen, liar, &campaign.value, LOUD);
                }
            }
        }
    }
}
