//! Liars name competitors: some that everybody knows, and some that many members use.

use super::{Liars, PACE, all_say, moments};
use crate::scene::Scene;
use crate::world::domain;

pub(super) struct Competitor;

/// Names that everybody knows.
pub(crate) const POPULAR: [&str; 4] =
    ["zoom.us", "dropbox.com", "www.shopify.com", "mail.yahoo.com"];

impl Liars for Competitor {
    fn plan(&self, scene: &mut Scene<'_>) {
        let at = scene.world.lies.0;
        for name in POPULAR {
            all_say(scene, &domain(name.to_owned()), at);
        }
        for at in moments(scene, PACE) {
            if let Some(value) = scene.aim_at_known() {
                all_say(scene, &value, at);
            }
        }
    }
}
