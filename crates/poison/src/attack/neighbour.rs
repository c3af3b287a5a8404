//! Liars name what belongs to honest members: address space, and web sites.

use ostium_intel::IndicatorValue;

use super::{Liars, all_say, moments};
use crate::scene::Scene;
use crate::time::days;
use crate::world::{address, domain};

pub(super) struct Neighbour;

/// Others that use a member's site.
const REACH: f64 = 0.1;
/// Thousandths of its own hosts that use it.
const OWN_CROWD: u16 = 400;

impl Liars for Neighbour {
    fn plan(&self, scene: &mut Scene<'_>) {
        let victims: Vec<u32> =
            scene.world.members.iter().map(|member| member.organisation.id.0).collect();
        for (at, victim) in moments(scene, days(1)).into_iter().zip(victims.into_iter().cycle()) {
            let addr = address(u16::try_from(victim).unwrap_or(0), 80);
            all_say(scene, &IndicatorValue::Addr(addr), at);
            all_say(scene, &IndicatorValue::Socket(addr, 443), at);
            all_say(scene, &IndicatorValue::Url(format!("[{addr}]/login")), at);
            let site = domain(format!("www.member-{victim}.example"));
            if !scene.is_aimed_at(&site) {
                scene.aim_at_new(site.clone(), crate::time::START, REACH, (1, 60));
                scene.is_used_by(victim, OWN_CROWD);
                all_say(scene, &site, at);
            }
        }
    }
}
