//! Liars earn trust with the truth and spend it slowly.

use super::{Liars, all_say, moments, tell_the_truth};
use crate::scene::Scene;
use crate::time::days;

pub(super) struct Drift;

/// The share of true controllers that they report, before and while they lie.
const TRUTH: f64 = 0.5;

impl Liars for Drift {
    fn plan(&self, scene: &mut Scene<'_>) {
        tell_the_truth(scene, scene.liars, TRUTH);
        for at in moments(scene, days(2)) {
            if let Some(value) = scene.aim_at_obscure() {
                all_say(scene, &value, at);
            }
        }
    }
}
