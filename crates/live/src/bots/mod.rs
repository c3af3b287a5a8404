//! Bots over real sockets: each is a thread with its own chance, woken by the world's time.

mod call;
mod held;
mod names;
mod overlay;
mod spammer;
mod volley;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use ostium_event::Timestamp;
use ostium_synth::World;
use ostium_synth::habit::Habit;
use ostium_synth::speech::Rng;

use crate::error::LiveError;
use crate::net::Net;
use crate::pace::Pace;
use crate::permit::{Permit, Surroundings};
use crate::plan::{self, Part};
use crate::stage::Stage;
use crate::tally::{Report, Row, Tally};
use crate::{Watch, Wishes};

pub(crate) use self::overlay::Other;

/// What a bot does when it wakes.
pub(crate) trait Bot: Send {
    /// Does one thing, and says when it wants to be woken again; `None` is never.
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp>;
}

/// Bots begin one after another, within so many real seconds.
const BEGIN: f64 = 1.0;
/// The most bots at once: each is a thread.
const MOST: usize = 256;

/// Plays the infected machines of a world until it is over; what came of it.
///
/// # Errors
///
/// When it is not safe here, or something of it cannot be played.
pub fn play(world: &World, wishes: &Wishes, watch: Watch<'_>) -> Result<Report, LiveError> {
    wishes.check()?;
    let parts = Part::all(world, wishes)?;
    let permit = permit(world, wishes, &parts)?;
    let cast = cast(parts, wishes, watch)?;
    let pace = Pace::begin((wishes.length, wishes.pace), world.start, watch.stop);
    let left = AtomicU32::new(wishes.most_connections);
    let tallies: Vec<Tally> = cast.iter().map(|_| Tally::default()).collect();
    std::thread::scope(|scope| {
        for (n, ((part, source), tally)) in cast.iter().zip(&tallies).enumerate() {
            let Some(mut bot) = bot(&part.habit) else {
                continue;
            };
            let mut stage = Stage {
                net: Net { permit: &permit, pace: &pace, left: &left, source: *source },
                pace: &pace,
                wishes,
                tally,
                rng: Rng::fork(world.seed, &format!("{}/live/{n}", part.machine)),
                seed: world.seed,
                resolver: plan::resolver(world, wishes),
                known: BTreeMap::new(),
            };
            let run = move || act(bot.as_mut(), &mut stage);
            let named = std::thread::Builder::new().name(part.habit.kind());
            if let Err(error) = named.spawn_scoped(scope, run) {
                watch.stop.store(true, Ordering::Relaxed);
                return Err(LiveError::System("start a bot", error));
            }
        }
        Ok(())
    })?;
    let rows = cast.iter().zip(&tallies).map(|((part, source), tally)| Row {
        who: format!("{} ({source})", part.machine),
        what: part.infection.clone(),
        kind: part.habit.kind(),
        counts: tally.counts(),
    });
    Ok(Report { seconds: pace.passed().as_secs_f64(), rows: rows.collect() })
}

fn act(bot: &mut dyn Bot, stage: &mut Stage<'_>) {
    let wait = stage.rng.unit() * BEGIN * stage.pace.factor();
    let mut at = stage.after(wait);
    while stage.pace.wait_until(at) {
        let Some(next) = bot.turn(stage) else {
            return;
        };
        at = next;
    }
}

/// All that may be called.
fn permit(world: &World, wishes: &Wishes, parts: &[Part]) -> Result<Permit, LiveError> {
    let mut told = wishes.outside.clone();
    told.push(plan::resolver(world, wishes).ip());
    told.extend(parts.iter().flat_map(Part::literals));
    let scans = parts.iter().find(|part| matches!(part.habit, Habit::Scanner(_)));
    if let (Some(part), None) = (scans, wishes.scan) {
        return Err(LiveError::NoScan(part.infection.clone()));
    }
    Permit::of(&Surroundings::look(), &told, wishes.scan.filter(|_| scans.is_some()))
}

/// Those whose machines are here, and where they speak from.
fn cast(
    parts: Vec<Part>,
    wishes: &Wishes,
    watch: Watch<'_>,
) -> Result<Vec<(Part, IpAddr)>, LiveError> {
    if let Some(from) = wishes.from {
        plan::is_here(from).map_err(|error| LiveError::NoSource(from, error))?;
    }
    let all = parts.len();
    let addresses: Vec<String> = parts.iter().map(|part| part.addr.to_string()).collect();
    let here = parts.into_iter().filter_map(|part| {
        let source = part.source(wishes)?;
        Some((part, source))
    });
    let cast: Vec<(Part, IpAddr)> = here.collect();
    if cast.is_empty() {
        return Err(LiveError::NotHere(addresses.join(", ")));
    }
    if cast.len() > MOST {
        return Err(LiveError::TooManyBots(cast.len(), MOST));
    }
    (watch.tell)(&format!(
        "{} of {all} bots play for {} s; Ctrl-C ends it",
        cast.len(),
        wishes.length.as_secs_f64()
    ));
    Ok(cast)
}

/// The bot of a habit; `None` when it cannot be played.
fn bot(habit: &Habit) -> Option<Box<dyn Bot>> {
    Some(match habit.clone() {
        Habit::Beacon(habit) => Box::new(call::Beacons(habit)),
        Habit::Timer(habit) => Box::new(call::Timers(habit)),
        Habit::Thief(habit) => Box::new(call::Thieves { thief: habit, carried: 0 }),
        Habit::Poller(habit) => Box::new(call::Pollers { poller: habit, polls: 0 }),
        Habit::Rat(habit) => held::lasting(habit),
        Habit::Push(habit) => held::lasting(habit),
        Habit::Held(habit) => held::lasting(habit),
        Habit::IrcBot(habit) => held::lasting(habit),
        Habit::Miner(habit) => held::lasting(habit),
        Habit::Dga(habit) => Box::new(names::Dgas(habit)),
        Habit::DnsTunnel(habit) => Box::new(names::Tunnels(habit)),
        Habit::Scanner(habit) => Box::new(volley::Scanners::new(habit)),
        Habit::Flooder(habit) => Box::new(volley::Flooders::new(habit)),
        Habit::Overlay(habit) => Box::new(overlay::Overlays::new(habit)),
        Habit::Spammer(habit) => Box::new(spammer::Spammers(habit)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_is_listed_has_a_bot() {
        let world = |kind: &str| {
            let scenario = format!(
                "about = 'one'\nstart = 2026-09-14T08:00:00Z\nhome = ['10.9.0.0/24']\n\
                 [[group]]\nname = 'pc'\n[[infection]]\nname = 'x'\nin = 'pc'\n\
                 habits = ['{kind}']\n"
            );
            let scenario = ostium_synth::Scenario::parse("one", &scenario).unwrap();
            scenario.world(&ostium_synth::Wishes::default()).unwrap()
        };
        for kind in Habit::kinds() {
            let world = world(&kind);
            let has = bot(&world.hosts[0].later[0].1).is_some();
            let listed = crate::KINDS.contains(&kind.as_str());
            assert_eq!(has, listed, "{kind}");
            let planned = Part::all(&world, &Wishes::default());
            assert_eq!(planned.is_ok(), listed, "{kind}");
            if let Err(error) = planned {
                let said = error.to_string();
                assert!(said.contains(&kind) && said.contains("beacon"), "{said}");
            }
        }
    }
}
