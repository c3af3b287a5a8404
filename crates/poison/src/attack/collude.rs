//! All liars name the same obscure harmless destinations: what quorum alone cannot tell from truth.

use super::{Liars, PACE, all_say, moments};
use crate::scene::Scene;

pub(super) struct Collude;

impl Liars for Collude {
    fn plan(&self, scene: &mut Scene<'_>) {
        for at in moments(scene, PACE) {
            if let Some(value) = scene.aim_at_obscure() {
                all_say(scene, &value, at);
            }
        }
    }
}
