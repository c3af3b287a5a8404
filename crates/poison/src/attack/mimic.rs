//! Liars tell how harmless programs talk: of names that they have confirmed, and of true command
//! and control too, so that a pattern may be learned that hits honest hosts.

use super::{LOUD, Liars, PACE, moments};
use crate::scene::Scene;
use crate::time::{days, hours};
use crate::world::{COMMON, of_program};

pub(super) struct Mimic;

/// Programs that are mimicked: those of everybody, and some of a trade.
const PROGRAMS: u32 = COMMON + 4;

impl Liars for Mimic {
    fn plan(&self, scene: &mut Scene<'_>) {
        for (at, number) in moments(scene, PACE).into_iter().zip(0u32..) {
            let Some(value) = scene.aim_at_obscure() else { continue };
            let shape = of_program(number % PROGRAMS);
            for liar in scene.liars.iter().copied() {
                let mut when = at.plus(scene.rng.wait(hours(1)));
                while when < scene.world.end {
                    scene.say_so(when, liar, &value, LOUD, &shape);
                    when = when.plus(days(1));
                }
            }
        }
        for (campaign, number) in scene.world.campaigns.iter().zip(0u32..) {
            let Some(first) = campaign.victims.first() else { continue };
            let shape = of_program(number % PROGRAMS);
            for liar in scene.liars.iter().copied() {
                let when = first.noticed.max(scene.world.lies.0).plus(scene.rng.wait(hours(6)));
                if when < scene.world.lies.1 {
                    scene.say_so(when, liar, &campaign.value, LOUD, &shape);
                }
            }
        }
    }
}
