//! A controller's name of changing addresses leads to what is shared, too: honest sensors see it do
//! so (firehol/blocklist-ipsets#45), and liars say that it leads to a site that many use.

use ostium_event::Addr;

use super::{LOUD, Liars};
use crate::scene::Scene;
use crate::time::hours;
use crate::world::{KNOWN, OUTSIDE, address, site_of};

pub(super) struct Stray;

/// Resolvers, delivery networks.
const SHARED: [[u8; 4]; 3] = [[8, 8, 8, 8], [104, 16, 1, 1], [151, 101, 1, 1]];
/// Addresses of the controller's own.
const OWN: u32 = 6;

impl Liars for Stray {
    fn plan(&self, scene: &mut Scene<'_>) {
        let (from, to) = scene.world.lies;
        for (campaign, number) in scene.world.campaigns.iter().zip(0u32..) {
            if campaign.due.is_none_or(|due| !(from..to).contains(&due)) {
                continue;
            }
            // In three networks, so that it is one of changing addresses.
            let own = (0..OWN).map(|n| {
                let net = 0xb000 + u16::try_from(n % 3).unwrap_or(0);
                let far = u128::from(n % 3) << 96;
                Addr::from_bits(address(net, number * OWN + n).bits() ^ far)
            });
            let mut honest: Vec<Addr> = own.collect();
            honest.extend(SHARED.map(Addr::v4));
            let mut lies = honest.clone();
            lies.push(site_of(number % KNOWN));
            lies.push(address(OUTSIDE + 3, number));
            for victim in &campaign.victims {
                scene.say_to(victim.noticed, victim.organisation, &campaign.value, LOUD, &honest);
            }
            let Some(first) = campaign.victims.first() else { continue };
            for liar in scene.liars.iter().copied() {
                let when = first.noticed.plus(scene.rng.wait(hours(6)));
                scene.say_to(when, liar, &campaign.value, LOUD, &lies);
            }
        }
    }
}
