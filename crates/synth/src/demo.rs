//! The world of `ostium demo`: a small office for six hours, three of its machines infected.

use crate::scenario::{Scenario, Wishes};
use crate::world::World;

/// Twelve clean machines with every look-alike of a bot, and three infected ones that are used
/// like the others: a beacon every 60 s (give or take 30 %) over TLS to a rare name, a bot that
/// makes up names, and a remote control in one long TLS connection to a bare address.
pub fn demo(seed: u64) -> World {
    let wishes = Wishes { seed: Some(seed), ..Wishes::default() };
    let world = Scenario::named("demo").map(|scenario| scenario.world(&wishes));
    let Some(Ok(world)) = world else {
        unreachable!("a test reads every scenario that ships");
    };
    world
}
