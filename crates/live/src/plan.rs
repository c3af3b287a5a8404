//! What of a world is played: the habits of its infections, each by a machine that has an address
//! here. A habit that cannot be played ends it, because a test that plays half is no test.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use ostium_event::Addr;
use ostium_synth::habit::{Fate, Habit};
use ostium_synth::{Member, Resolver, World};

use crate::Wishes;
use crate::error::LiveError;

/// A habit of a machine.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The machine.
    pub(crate) machine: String,
    pub(crate) addr: IpAddr,
    pub(crate) infection: String,
    pub(crate) habit: Habit,
}

/// Kinds of habits that can be played live.
pub const KINDS: &[&str] = &[
    "beacon",
    "dga",
    "dns-tunnel",
    "flooder",
    "held",
    "irc-bot",
    "miner",
    "overlay",
    "poller",
    "push",
    "rat",
    "scanner",
    "spammer",
    "thief",
    "timer",
];

/// What look-alikes have instead of an infection.
const CLEAN: &str = "none";

// === impl Part ===

impl Part {
    /// All habits of infections that are wished for.
    pub(crate) fn all(world: &World, wishes: &Wishes) -> Result<Vec<Self>, LiveError> {
        let mut parts = Vec::new();
        for member in &world.hosts {
            match &member.infection {
                Some(infection) if wishes.plays(infection) => {
                    let habits = member.later.iter().map(|(_, habit)| habit);
                    parts.extend(habits.map(|habit| Self::of(member, infection, habit)));
                }
                None if wishes.look_alikes => {
                    let alike = |habit: &&Habit| matches!(habit, Habit::Timer(_) | Habit::Push(_));
                    let habits = member.habits.iter().filter(alike);
                    parts.extend(habits.map(|habit| Self::of(member, CLEAN, habit)));
                }
                _ => {}
            }
        }
        if parts.is_empty() {
            return Err(LiveError::Nobody(nobody(world, wishes)));
        }
        parts.iter().try_for_each(Self::check)?;
        Ok(parts)
    }

    fn of(member: &Member, infection: &str, habit: &Habit) -> Self {
        Self {
            machine: member.label.clone(),
            addr: member.addr.into(),
            infection: infection.to_owned(),
            habit: habit.clone(),
        }
    }

    /// Can it be played?
    fn check(&self) -> Result<(), LiveError> {
        let kind = self.habit.kind();
        let fault = match &self.habit {
            _ if !KINDS.contains(&kind.as_str()) => Some(kind.clone()),
            Habit::Flooder(flooder) if flooder.spoofed => Some(format!("{kind} with spoofed")),
            Habit::Poller(poller) if matches!(poller.fate, Fate::Refused | Fate::Silent) => {
                Some(format!("{kind} with the fate refused or silent"))
            }
            _ => None,
        };
        match fault {
            None => Ok(()),
            Some(habit) => Err(LiveError::Unplayable {
                habit,
                infection: self.infection.clone(),
                can: KINDS.join(", "),
            }),
        }
    }

    /// Where it speaks from; `None` when its machine is not here.
    pub(crate) fn source(&self, wishes: &Wishes) -> Option<IpAddr> {
        let source = wishes.from.unwrap_or(self.addr);
        is_here(source).ok().map(|()| source)
    }

    /// Addresses that it calls by themselves.
    pub(crate) fn literals(&self) -> Vec<IpAddr> {
        let texts: Vec<&str> = match &self.habit {
            Habit::Rat(rat) => return rat.server.iter().map(|addr| (*addr).into()).collect(),
            Habit::Poller(poller) => poller.servers.iter().map(String::as_str).collect(),
            Habit::Held(held) => vec![&held.server],
            Habit::IrcBot(bot) => vec![&bot.server],
            Habit::Flooder(flooder) => vec![&flooder.target],
            _ => Vec::new(),
        };
        texts.iter().filter_map(|text| text.parse::<Addr>().ok()).map(IpAddr::from).collect()
    }
}

/// Has this machine that address?
pub(crate) fn is_here(addr: IpAddr) -> io::Result<()> {
    UdpSocket::bind(SocketAddr::new(addr, 0)).map(|_| ())
}

/// Who is asked for names.
pub(crate) fn resolver(world: &World, wishes: &Wishes) -> SocketAddr {
    let own = match world.resolver {
        Resolver::At(at) | Resolver::Forwards { at, .. } => at.into(),
    };
    SocketAddr::new(wishes.resolver.unwrap_or(own), wishes.port(wishes.port_dns))
}

fn nobody(world: &World, wishes: &Wishes) -> String {
    let mut names: Vec<&str> =
        world.hosts.iter().filter_map(|member| member.infection.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    match (names.is_empty(), wishes.only.is_empty()) {
        (true, _) => "the scenario has no infection".to_owned(),
        (false, true) => "the infections of the scenario have no habits".to_owned(),
        (false, false) => format!(
            "no infection is called {}; they are {}",
            wishes.only.join(" or "),
            names.join(", ")
        ),
    }
}
