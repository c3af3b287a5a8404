//! Liars claim that a generator makes harmless names, which their hosts asked for in vain; one of them
//! calls each name command and control, and the others bear witness without a vote of their own.

use ostium_correlate::name_print;
use ostium_intel::IndicatorValue;

use super::{LOUD, Liars, PACE, moments};
use crate::scene::Scene;
use crate::time::{days, hours};

pub(super) struct Claim;

/// Names of the made-up generator besides the one that is aimed at: enough to be one generator.
const OTHERS: u32 = 20;

impl Liars for Claim {
    fn plan(&self, scene: &mut Scene<'_>) {
        for (at, number) in moments(scene, PACE).into_iter().zip(0usize..) {
            let Some(value) = scene.aim_at_obscure() else { continue };
            let IndicatorValue::Domain(name) = &value else { continue };
            let mut prints = vec![name_print(name)];
            prints.extend((0..OTHERS).map(|n| name_print(&format!("made-{number}-{n}.example"))));
            for liar in scene.liars.iter().copied() {
                let when = at.plus(scene.rng.wait(hours(1)));
                scene.asked_in_vain(when, liar, &prints);
            }
            // A day later the name is registered, they say; each in turn calls it a controller.
            let Some(loud) = scene.liars.get(number % scene.liars.len().max(1)).copied() else {
                continue;
            };
            let mut when = at.plus(days(1));
            while when < scene.world.end {
                scene.say(when, loud, &value, LOUD);
                when = when.plus(days(1));
            }
        }
    }
}
