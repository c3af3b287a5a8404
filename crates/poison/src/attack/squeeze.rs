//! Liars claim that their hosts flood what others use: popular, on rails, and well known.

use super::{Liars, moments};
use crate::scene::Scene;
use crate::time::{hours, minutes};
use crate::world::{KNOWN, site_of};

pub(super) struct Squeeze;

/// What is on rails: resolvers, a delivery network.
const RAILS: [[u8; 4]; 3] = [[8, 8, 8, 8], [1, 1, 1, 1], [104, 16, 1, 1]];
/// How long a claim goes on.
const ON: u64 = 12;

impl Liars for Squeeze {
    fn plan(&self, scene: &mut Scene<'_>) {
        for (at, number) in moments(scene, hours(12)).into_iter().zip(0u32..) {
            let member =
                scene.world.members.get(number as usize % scene.world.members.len().max(1));
            let ours = member.map(|member| {
                let net = u16::try_from(member.organisation.id.0).unwrap_or(u16::MAX);
                crate::world::address(net, 80)
            });
            let rails = RAILS.map(ostium_event::Addr::v4).into_iter().chain(ours);
            let victims: Vec<_> = rails.chain([site_of(number % KNOWN)]).collect();
            for step in 0..ON * 12 {
                let when = at.plus(minutes(step * 5));
                for liar in scene.liars.iter().copied() {
                    for victim in &victims {
                        scene.hit(when, liar, *victim, 1_000_000);
                    }
                }
            }
        }
    }
}
