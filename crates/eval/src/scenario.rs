//! Cases that are made-up worlds: played and judged at once, with the truth that the world tells.
//!
//! A world is told as events, which costs no packet; one whose tap loses packets, or that is asked
//! for as packets, is written into a pipe and read from it.

use std::cell::Cell;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use ostium_evidence::Role;
use ostium_pipeline::{Examination, RoleAt, Settings, examine, examine_events, from_reader};
use ostium_synth::{Scenario, Truth, Wishes, World, shipped};

use crate::case::{Judged, Outcome, judged, settings};
use crate::manifest::{Case, Played};

/// Events between two questions whether to go on.
const ASKED: u64 = 1 << 14;

/// Plays a scenario; `None` when `go_on` ended it.
pub(crate) fn try_scenario(
    case: &Case,
    played: &Played,
    base: &Path,
    memory: u64,
    go_on: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let world = match world(played, base) {
        Ok(world) => world,
        Err(why) => return Some(Outcome::Refused(why)),
    };
    let truth = world.truth();
    let case = match labelled(case, &truth) {
        Ok(case) => case,
        Err(why) => return Some(Outcome::Refused(why)),
    };
    let settings = settings(&case, memory);
    let examined = match played.packets || !world.tap.is_whole() {
        false => told(&case.name, &world, &settings, go_on)?,
        true => match written(&case.name, &world, &settings, go_on)? {
            Ok(examined) => examined,
            Err(why) => return Some(Outcome::Refused(why.to_string())),
        },
    };
    let mut judged: Judged = judged(&case, &examined, &settings);
    for host in &mut judged.hosts {
        let known = truth.infected.iter().find(|(addr, _)| addr.to_string() == host.host);
        host.kind = known.map(|(_, kind)| kind.clone());
    }
    Some(Outcome::Judged(judged))
}

/// The world of a scenario that ships, or of a file.
fn world(played: &Played, base: &Path) -> Result<World, String> {
    let file = base.join(&played.name);
    let scenario = match file.is_file() {
        true => {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| format!("cannot read {}: {error}", played.name))?;
            Scenario::parse(&played.name, &text).map_err(|error| error.to_string())?
        }
        false => Scenario::named(&played.name).ok_or_else(|| {
            let names: Vec<&str> = shipped().iter().map(|shipped| shipped.name).collect();
            format!(
                "{} is no file and no scenario that ships; those are {}",
                played.name,
                names.join(", ")
            )
        })?,
    };
    let wishes = Wishes { seed: played.seed, days: played.days, scale: played.scale };
    scenario.world(&wishes).map_err(|error| error.to_string())
}

/// The case with what the world knows of itself.
fn labelled(case: &Case, truth: &Truth) -> Result<Case, String> {
    let role = |(host, name): &(ostium_event::Addr, String)| {
        let role = Role::from_name(name).ok_or_else(|| format!("there is no role '{name}'"))?;
        Ok(RoleAt { role, host: *host })
    };
    let roles: Vec<RoleAt> = truth.roles.iter().map(role).collect::<Result<_, String>>()?;
    Ok(Case {
        home: truth.home.clone(),
        roles: case.roles.iter().copied().chain(roles).collect(),
        infected: truth.infected.iter().map(|(addr, _)| *addr).collect(),
        clean: truth.clean.clone(),
        ..case.clone()
    })
}

/// Judges a world without making a packet.
fn told(
    name: &str,
    world: &World,
    settings: &Settings,
    go_on: &dyn Fn() -> bool,
) -> Option<Examination> {
    let ended = Cell::new(false);
    let mut count = 0u64;
    let examined = examine_events(name, settings, |hear| {
        world.tell(&mut |event| {
            count += 1;
            if count.is_multiple_of(ASKED) && !go_on() {
                ended.set(true);
                return ControlFlow::Break(());
            }
            hear(event)
        });
    });
    (!ended.get()).then_some(examined)
}

/// Judges the packets of a world while they are made.
fn written(
    name: &str,
    world: &World,
    settings: &Settings,
    go_on: &dyn Fn() -> bool,
) -> Option<io::Result<Examination>> {
    let (reader, writer) = match io::pipe() {
        Ok(pipe) => pipe,
        Err(error) => return Some(Err(error)),
    };
    std::thread::scope(|scope| {
        // Who reads no further ends the writing.
        let world = scope.spawn(move || world.write_pcap(io::BufWriter::new(writer)));
        let input = match from_reader(name, None, Box::new(reader)) {
            Ok(input) => input,
            Err(error) => return Some(Err(io::Error::other(error))),
        };
        let examined = examine(vec![input], settings, &mut |_| match go_on() {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        });
        if examined.analysis.interrupted {
            return None;
        }
        match world.join() {
            Ok(Ok(_)) => Some(Ok(examined)),
            Ok(Err(error)) => Some(Err(error)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
