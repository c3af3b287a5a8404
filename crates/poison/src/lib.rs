//! Organisations that lie to a hub, and what that does.
//!
//! A world has honest organisations whose sensors see true command and control, raise
//! false alarms now and then, and whose hosts use harmless things. Beside them stand liars. All
//! they say goes to an [`ostium_correlate::Correlator`], in event time; what it publishes blocks
//! honest use, and operators object after a while. [`run`] plays every attack with every number of
//! liars over several seeds, and counts.
//!
//! Bias: against the hub. Liars are vouched for in full, in networks of their own, and all of one
//! mind; the honest notice late or not at all. The same settings give the same table.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod attack;
mod books;
mod meet;
mod outcome;
mod play;
mod rails;
mod rng;
mod scene;
mod settings;
mod show;
mod table;
mod time;
mod world;

pub use attack::Attack;
pub use settings::Settings;
pub use table::{Row, Share, Spread, Table};

use outcome::Outcome;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs that are over.
    pub done: u64,
    /// Runs in all.
    pub of: u64,
    /// What the next is about.
    pub attack: Attack,
    /// How many lie in it.
    pub liars: u32,
}

/// Plays everything; `go_on` is asked before each run and may end it.
pub fn run(settings: &Settings, go_on: &mut dyn FnMut(Progress) -> bool) -> Table {
    let rows = settings.attacks.len() as u64 * settings.liars.len() as u64;
    let (mut done, of) = (0, rows * settings.seeds);
    let mut table = Table {
        schema: "ostium.poison/1",
        seeds: settings.seeds,
        days: settings.days,
        organisations: settings.organisations,
        vouched: settings.vouched,
        rows: Vec::new(),
        partial: false,
    };
    for attack in &settings.attacks {
        for liars in &settings.liars {
            let mut sum = Outcome::default();
            for seed in 1..=settings.seeds {
                if !go_on(Progress { done, of, attack: *attack, liars: *liars }) {
                    table.partial = true;
                    return table;
                }
                sum.add(play::play(settings, *attack, *liars, seed));
                done += 1;
            }
            table.rows.push(Row::new(*attack, *liars, sum));
        }
    }
    table
}

#[cfg(test)]
mod tests;
