//! Conversations of clean machines with names that nobody else calls: irregular, and many.
//!
//! What is left when both sides have let popular and shared names go. Steady clocks are not among
//! them: to a name of one machine both call every clock a beacon, so they would hide all else.

use super::chance::Chance;
use super::presence::{Presence, Spell};

/// One connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Call {
    /// Seconds from the start of the world.
    pub(super) at: f64,
    pub(super) lasts: f64,
    /// Payload bytes sent.
    pub(super) bytes: u64,
}

/// Draws the connections of one conversation.
pub(super) type Habit = fn(&mut Chance, &Presence) -> Vec<Call>;

/// Each habit, and what share of conversations it is.
pub(super) const HABITS: [(Habit, &str, f64); 9] = [
    (pages, "pages that somebody comes back to", 0.36),
    (mail, "mail that somebody looks for, with human pauses", 0.10),
    (socket, "web sockets that break and connect anew, with back-off", 0.10),
    (in_use, "programs that call at random while they are used", 0.14),
    (background, "programs that call at random while the machine is on", 0.06),
    (chat, "chat", 0.08),
    (gives_up, "a server that fails, tried again with exponential back-off, given up", 0.06),
    (keeps_trying, "a server that fails, tried again for ever with full jitter", 0.04),
    (loose_poll, "polls of wide jitter while a program is used, some left out", 0.06),
];

/// A conversation of some habit, and its place among the habits.
pub(super) fn conversation(chance: &mut Chance, presence: &Presence) -> (usize, Vec<Call>) {
    let mut left = chance.between(0.0, HABITS.iter().map(|(_, _, share)| share).sum());
    for (place, (habit, _, share)) in HABITS.iter().enumerate() {
        left -= share;
        if left <= 0.0 {
            return (place, habit(chance, presence));
        }
    }
    (0, Vec::new())
}

fn call(chance: &mut Chance, at: f64, bytes: f64) -> Call {
    Call { at, lasts: chance.lognormal(0.8, 0.8).min(60.0), bytes: bytes.max(80.0) as u64 }
}

/// Calls with such waits in such spells; each spell begins with a wait.
fn waits(
    chance: &mut Chance,
    spells: &[Spell],
    bytes: (f64, f64),
    wait: impl Fn(&mut Chance) -> f64,
) -> Vec<Call> {
    let mut calls = Vec::new();
    for (from, until) in spells {
        let mut at = from + wait(chance) * chance.between(0.0, 1.0);
        while at < *until {
            let size = chance.lognormal(bytes.0, bytes.1);
            calls.push(call(chance, at, size));
            at += wait(chance).max(0.05);
        }
    }
    calls
}

/// Parts of the time in which a program is used.
fn parts(chance: &mut Chance, spells: &[Spell], apart: f64, long: f64) -> Vec<Spell> {
    let mut parts = Vec::new();
    for (from, until) in spells {
        let mut at = from + chance.exponential(apart);
        while at < *until {
            let end = (at + chance.lognormal(long, 0.8)).min(*until);
            parts.push((at, end));
            at = end + chance.exponential(apart);
        }
    }
    parts
}

fn pages(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let apart = chance.magnitude(2400.0, 20_000.0);
    let sittings = parts(chance, &presence.used, apart, 240.0);
    let (dwell, most) = (chance.magnitude(12.0, 90.0), chance.size(1, 5));
    let mut calls = Vec::new();
    for page in waits(chance, &sittings, (900.0, 0.8), |c| c.lognormal(dwell, 0.9)) {
        for _ in 0..chance.size(1, most) {
            let (late, size) = (chance.exponential(0.2), chance.lognormal(800.0, 0.7));
            calls.push(call(chance, page.at + late, size));
        }
    }
    calls
}

fn mail(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let (median, sigma) = (chance.magnitude(240.0, 2400.0), chance.between(0.5, 1.1));
    let size = chance.magnitude(300.0, 1500.0);
    waits(chance, &presence.used, (size, 0.15), |c| c.lognormal(median, sigma))
}

fn socket(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let life = chance.magnitude(300.0, 10_800.0);
    let size = chance.magnitude(400.0, 4000.0);
    let mut calls = Vec::new();
    for (from, until) in &presence.used {
        let mut at = from + chance.exponential(60.0);
        while at < *until {
            let mut back_off = 1.0;
            while chance.is(0.25) && back_off < 64.0 {
                calls.push(call(chance, at, size * 0.2));
                at += back_off * chance.between(0.8, 1.2);
                back_off *= 2.0;
            }
            let lasts = chance.exponential(life).min(until - at).max(0.5);
            let told = size + lasts * chance.lognormal(1.0, 0.6);
            calls.push(Call { lasts, ..call(chance, at, told) });
            at += lasts + chance.exponential(4.0);
        }
    }
    calls.retain(|call| {
        presence.used.iter().any(|(from, until)| (*from..*until).contains(&call.at))
    });
    calls
}

fn in_use(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let mean = chance.magnitude(60.0, 1800.0);
    let size = chance.magnitude(200.0, 3000.0);
    waits(chance, &presence.used, (size, 0.1), |c| c.exponential(mean))
}

fn background(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let mean = chance.magnitude(120.0, 7200.0);
    let size = chance.magnitude(200.0, 3000.0);
    waits(chance, &presence.on, (size, 0.1), |c| c.exponential(mean))
}

fn chat(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let apart = chance.magnitude(1800.0, 9000.0);
    let talks = parts(chance, &presence.used, apart, 600.0);
    let median = chance.magnitude(15.0, 90.0);
    waits(chance, &talks, (420.0, 0.5), |c| c.lognormal(median, 1.2))
}

fn gives_up(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let (tries, first) = (chance.size(5, 10), chance.magnitude(1.0, 10.0));
    let apart = chance.magnitude(1800.0, 14_400.0);
    let mut calls = Vec::new();
    for (from, until) in &presence.on {
        let mut at = from + chance.exponential(apart);
        while at < *until {
            let mut back_off = first;
            for _ in 0..tries {
                calls.push(call(chance, at, 320.0));
                at += back_off * chance.between(0.75, 1.25);
                back_off *= 2.0;
                if at >= *until {
                    break;
                }
            }
            at += chance.exponential(apart);
        }
    }
    calls
}

fn keeps_trying(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let most = chance.magnitude(60.0, 1800.0);
    waits(chance, &presence.used, (320.0, 0.0), |c| c.between(0.0, most))
}

fn loose_poll(chance: &mut Chance, presence: &Presence) -> Vec<Call> {
    let every = chance.magnitude(60.0, 900.0);
    let (jitter, left_out) = (chance.between(0.5, 0.95), chance.between(0.1, 0.4));
    let uses = parts(chance, &presence.used, 1800.0, 1500.0);
    let size = chance.magnitude(300.0, 2000.0);
    let mut calls =
        waits(chance, &uses, (size, 0.05), |c| every * c.between(1.0 - jitter, 1.0 + jitter));
    calls.retain(|_| !chance.is(left_out));
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_habit_calls_while_the_machine_is_on() {
        for (habit, name, _) in HABITS {
            let mut count = 0;
            for seed in 0..40 {
                let mut chance = Chance::new(seed, 1);
                let presence = Presence::drawn(&mut chance, 3);
                let calls = habit(&mut chance, &presence);
                let is_on = |call: &Call| {
                    presence.on.iter().any(|(from, until)| (*from..until + 5.0).contains(&call.at))
                };
                assert!(calls.iter().all(is_on), "{name}");
                count += calls.len();
            }
            assert!(count > 200, "{name}: {count}");
        }
    }
}
