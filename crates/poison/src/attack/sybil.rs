//! Many newcomers for whom nobody vouches try to earn a weight, and then lie.

use ostium_event::Timestamp;
use ostium_intel::IndicatorValue;

use super::{LOUD, Liars, PACE, all_say, moments, tell_the_truth};
use crate::scene::Scene;
use crate::time::{days, minutes};
use crate::world::domain;

pub(super) struct Sybil;

/// The share of true controllers that stand on public lists before the hub knows them.
const PUBLIC: f64 = 0.3;
/// Names sprayed by each newcomer a day.
const SPRAYED: u32 = 10;

impl Liars for Sybil {
    fn plan(&self, scene: &mut Scene<'_>) {
        let newcomers = scene.liars.to_vec();
        tell_the_truth(scene, &newcomers, PUBLIC);
        for newcomer in newcomers {
            let mut at = crate::time::START;
            while at < scene.world.lies.1 {
                for _ in 0..SPRAYED {
                    let junk = domain(format!("spray-{}.example", scene.rng.size(0, 100_000)));
                    let when = at.plus(scene.rng.wait(days(1)));
                    scene.say(when, newcomer, &junk, LOUD);
                }
                at = at.plus(days(1));
            }
        }
        for at in moments(scene, PACE) {
            if let Some(value) = scene.aim_at_obscure() {
                all_say(scene, &value, at);
            }
        }
    }

    /// What the hub says is repeated to it.
    fn published(&self, scene: &mut Scene<'_>, value: &IndicatorValue, now: Timestamp) {
        for newcomer in scene.liars.iter().copied() {
            scene.say(now.plus(minutes(1)), newcomer, value, LOUD);
        }
    }
}
