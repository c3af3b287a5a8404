//! Liars call true command and control harmless: their own, from the first day, and whatever the
//! hub publishes. Half of them say so, half claim that their own hosts all use it.

use ostium_correlate::{Finding, OrgId};
use ostium_event::Timestamp;
use ostium_intel::IndicatorValue;

use super::Liars;
use crate::scene::Scene;
use crate::time::minutes;

pub(super) struct Denial;

impl Liars for Denial {
    fn plan(&self, scene: &mut Scene<'_>) {
        for (number, campaign) in scene.world.campaigns.iter().enumerate() {
            let Some(first) = campaign.victims.first() else { continue };
            if first.noticed >= scene.world.lies.0 && number % 3 == 0 {
                for liar in scene.liars.iter().copied() {
                    deny(scene, first.noticed, liar, &campaign.value);
                }
            }
        }
    }

    fn published(&self, scene: &mut Scene<'_>, value: &IndicatorValue, now: Timestamp) {
        if now < scene.world.lies.0 {
            return;
        }
        for (number, liar) in scene.liars.iter().copied().enumerate() {
            let at = now.plus(minutes(10)).plus(scene.rng.wait(minutes(30)));
            if number % 2 == 0 {
                deny(scene, at, liar, value);
            } else {
                scene.tell(at, at, liar, value, Finding::Sighting, (50, 500));
            }
        }
    }
}

fn deny(scene: &mut Scene<'_>, at: Timestamp, liar: OrgId, value: &IndicatorValue) {
    scene.tell(at, at, liar, value, Finding::FalsePositive, (1, 1));
}
