//! When a machine is used, and when it is on.

use super::chance::Chance;

/// From when until when, in seconds of the world.
pub(super) type Spell = (f64, f64);

/// Seconds of a day.
pub(super) const DAY: f64 = 86_400.0;

/// The days of a machine.
pub(super) struct Presence {
    /// Somebody sits at it.
    pub(super) used: Vec<Spell>,
    /// It is on: day and night, or while it is used.
    pub(super) on: Vec<Spell>,
}

// === impl Presence ===

impl Presence {
    /// Office machines, machines at home, and machines that somebody uses at all hours.
    pub(super) fn drawn(chance: &mut Chance, days: u32) -> Self {
        let home = chance.is(0.35);
        let usual = if home { chance.between(15.0, 19.0) } else { chance.between(7.5, 10.0) };
        let mut used = Vec::new();
        for day in 0..days {
            if chance.is(0.15) {
                continue;
            }
            let morning = f64::from(day) * DAY;
            let from = morning + 3600.0 * chance.between(usual - 0.5, usual + 0.5);
            let length = if home { chance.between(1.0, 5.0) } else { chance.between(7.0, 9.5) };
            let until = (from + 3600.0 * length).min(morning + DAY);
            sit(chance, (from, until), &mut used);
        }
        let always = chance.is(0.4);
        let on = if always { vec![(0.0, f64::from(days) * DAY)] } else { used.clone() };
        Self { used, on }
    }
}

/// A day at a machine, with meetings and meals in between.
fn sit(chance: &mut Chance, (from, until): Spell, used: &mut Vec<Spell>) {
    let mut at = from;
    while at < until {
        let end = (at + chance.exponential(5400.0).max(300.0)).min(until);
        used.push((at, end));
        at = end + chance.lognormal(1200.0, 0.8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_follow_each_other_within_the_world() {
        for seed in 0..50 {
            let presence = Presence::drawn(&mut Chance::new(seed, 0), 3);
            for spells in [&presence.used, &presence.on] {
                assert!(spells.iter().all(|(from, until)| 0.0 <= *from && from < until));
                assert!(spells.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{spells:?}");
                assert!(spells.last().is_none_or(|(_, until)| *until <= 3.0 * DAY));
            }
        }
    }
}
