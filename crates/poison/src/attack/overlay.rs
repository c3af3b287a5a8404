//! Liars say that their infected hosts keep contact with the peers of a popular overlay.

use super::{Liars, PACE, moments};
use crate::scene::Scene;
use crate::time::hours;
use crate::world::{KNOWN, OUTSIDE, address, site_of};

pub(super) struct Overlay;

/// Peers that nobody of the members uses.
const PEERS: u32 = 8;

impl Liars for Overlay {
    fn plan(&self, scene: &mut Scene<'_>) {
        for (at, number) in moments(scene, PACE).into_iter().zip(0u32..) {
            let mut peers = vec![ostium_event::Addr::v4([8, 8, 8, 8])];
            peers.push(ostium_event::Addr::v4([104, 16, 1, 1]));
            peers.push(site_of(number % KNOWN));
            peers.extend((0..PEERS).map(|n| address(OUTSIDE + 4, number * PEERS + n)));
            for liar in scene.liars.iter().copied() {
                let when = at.plus(scene.rng.wait(hours(1)));
                scene.keep_contact(when, liar, &peers);
            }
        }
    }
}
