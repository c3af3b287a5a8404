//! Liars report more than may be published a minute, and more cases than may be kept.

use ostium_correlate::Policy;
use ostium_event::Span;

use super::{LOUD, Liars};
use crate::scene::Scene;
use crate::time::minutes;
use crate::world::domain;

pub(super) struct Flood;

/// The flood and the caps are both so many times smaller than in earnest: the same contest.
const SCALE: u32 = 60;
/// A flood is about a controller that is to stay unknown: from so long before the hub could know it.
const BEFORE: Span = minutes(90);
/// To so long after.
const AFTER: Span = minutes(30);
/// Times the cap of a minute.
const OVER: u32 = 2;
/// Liars that name the same junk; the others only fill memory.
const TOGETHER: usize = 4;
/// Nats of junk that one alone names.
const ALONE: f64 = 6.8;
/// Cases kept: as in earnest, twice as many as the cap of a minute lets pass in two weeks.
const CASES: usize = 9_000;

/// The caps for this flood.
pub(super) fn scaled(policy: &Policy) -> Policy {
    Policy {
        most_a_minute: (policy.most_a_minute / SCALE).max(1),
        most_cases: policy.most_cases.min(CASES),
        ..policy.clone()
    }
}

impl Liars for Flood {
    fn plan(&self, scene: &mut Scene<'_>) {
        let (from, to) = scene.world.lies;
        let world = scene.world;
        let due = world.campaigns.iter().filter_map(|campaign| campaign.due);
        for (burst, due) in due.filter(|due| (from..to).contains(due)).enumerate() {
            let mut at = due.minus(BEFORE);
            let mut number = 0;
            while at < due.plus(AFTER) {
                for _ in 0..OVER {
                    number += 1;
                    let junk = domain(format!("junk-{burst}-{number}.example"));
                    for liar in scene.liars.iter().copied().take(TOGETHER) {
                        scene.say(at, liar, &junk, LOUD);
                    }
                }
                // Each fills memory with names of its own too.
                for liar in scene.liars.iter().copied() {
                    let own = domain(format!("own-{burst}-{number}-{}.example", liar.0));
                    scene.say(at, liar, &own, ALONE);
                }
                at = at.plus(minutes(1));
            }
        }
    }
}
