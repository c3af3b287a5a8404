//! What the outside knows of a scenario: which names exist, which ports are called and how, and how
//! long replies are.

use std::collections::BTreeMap;

use ostium_synth::habit::{Beacon, Dga, DnsTunnel, Fate, Flood, Habit, IrcBot, Rat};
use ostium_synth::speech::{Rng, SITES, is_named, site};

use crate::plan::Part;

/// How the outside speaks at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As whoever calls begins: TLS, HTTP, or something else.
    AsCalled,
    /// DNS over TCP.
    Names,
    /// SMTP: the server begins.
    Mail,
    /// A prompt for a password: the server begins.
    Login,
}

/// What is known.
pub(crate) struct Known {
    seed: u64,
    /// Whose a name is.
    names: BTreeMap<String, Habit>,
    /// Whose a port is; the first that calls it.
    ports: BTreeMap<u16, (Manner, Habit)>,
    tunnels: Vec<DnsTunnel>,
    dgas: Vec<Dga>,
    /// Sites have mail exchangers.
    mail: bool,
}

/// Bytes of "no orders" where nothing else is said.
const NOTHING: usize = 48;
/// Chance that there are orders, and their largest size.
const ORDERS: f64 = 0.02;
const LARGEST: usize = 6000;

// === impl Manner ===

impl Manner {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AsCalled => "as called",
            Self::Names => "names",
            Self::Mail => "smtp",
            Self::Login => "login",
        }
    }
}

// === impl Known ===

impl Known {
    pub(crate) fn of(parts: &[Part], seed: u64) -> Self {
        let mut known = Self {
            seed,
            names: BTreeMap::new(),
            ports: BTreeMap::new(),
            tunnels: Vec::new(),
            dgas: Vec::new(),
            mail: false,
        };
        for part in parts {
            known.learn(&part.habit);
        }
        known
    }

    fn learn(&mut self, habit: &Habit) {
        match habit {
            Habit::Beacon(beacon) => {
                self.server(&beacon.name, if beacon.stack.is_some() { 443 } else { 80 }, habit);
            }
            Habit::Timer(timer) => {
                self.server(&timer.name, if timer.stack.is_some() { 443 } else { 80 }, habit);
            }
            Habit::Thief(thief) => self.server(&thief.name, 443, habit),
            Habit::Push(push) => self.server(&push.name, push.port, habit),
            Habit::Miner(miner) => self.server(&miner.pool, miner.port, habit),
            Habit::Held(held) => self.server(&held.server, held.port, habit),
            Habit::IrcBot(bot) => self.server(&bot.server, bot.port, habit),
            Habit::Rat(rat) => self.server("rat", rat.port, habit),
            Habit::Poller(poller) if poller.fate != Fate::NoName => {
                poller.servers.iter().for_each(|name| self.server(name, poller.port(), habit));
            }
            Habit::Flooder(flooder) if flooder.flood != Flood::Udp => {
                self.server(&flooder.target, flooder.port, habit);
            }
            Habit::Flooder(flooder) if is_named(&flooder.target) => {
                self.names.entry(flooder.target.clone()).or_insert_with(|| habit.clone());
            }
            Habit::Scanner(scanner) => {
                scanner.ports.iter().for_each(|port| self.port(*port, Manner::Login, habit));
            }
            Habit::Spammer(_) => {
                self.mail = true;
                self.port(25, Manner::Mail, habit);
            }
            Habit::Dga(dga) => {
                self.dgas.push(dga.clone());
                self.port(80, Manner::AsCalled, habit);
            }
            Habit::DnsTunnel(tunnel) => self.tunnels.push(tunnel.clone()),
            _ => {}
        }
    }

    fn server(&mut self, name: &str, port: u16, habit: &Habit) {
        if is_named(name) {
            self.names.entry(name.to_ascii_lowercase()).or_insert_with(|| habit.clone());
        }
        self.port(port, Manner::AsCalled, habit);
    }

    fn port(&mut self, port: u16, manner: Manner, habit: &Habit) {
        self.ports.entry(port).or_insert_with(|| (manner, habit.clone()));
    }

    /// All ports that are called, and how.
    pub(crate) fn ports(&self) -> Vec<(u16, Manner)> {
        self.ports.iter().map(|(port, (manner, _))| (*port, *manner)).collect()
    }

    /// Whose habit calls this name, or else this port.
    pub(crate) fn caller(&self, name: Option<&str>, port: u16) -> Option<&Habit> {
        let by_name = name.and_then(|name| self.names.get(&name.to_ascii_lowercase()));
        by_name.or_else(|| self.ports.get(&port).map(|(_, habit)| habit))
    }

    /// Who has a channel below which this name lies.
    pub(crate) fn tunnel(&self, name: &str) -> Option<&DnsTunnel> {
        self.tunnels.iter().find(|tunnel| {
            let above = name.strip_suffix(tunnel.zone.as_str());
            above.is_some_and(|above| above.ends_with('.'))
        })
    }

    /// Does this name, in lower case, lead somewhere?
    pub(crate) fn exists(&self, name: &str) -> bool {
        let exchanges = || name.strip_prefix("mx1.").is_some_and(|rest| self.has_mail(rest));
        self.names.contains_key(name)
            || exchanges()
            || self.dgas.iter().any(|dga| dga.could_make(name) && lives(dga, self.seed, name))
    }

    /// Has this name a mail exchanger?
    pub(crate) fn has_mail(&self, name: &str) -> bool {
        self.mail && (0..SITES).any(|n| site(n) == name)
    }
}

/// Does a generated name exist? As many do as let a burst end at one by the scenario's luck.
fn lives(dga: &Dga, seed: u64, name: &str) -> bool {
    let burst = dga.burst.max(1) as f64;
    let share = 1.0 - (1.0 - dga.luck.clamp(0.0, 1.0)).powf(1.0 / burst);
    Rng::fork(seed, &format!("lives/{name}")).chance(share)
}

/// Bytes of the reply to a message of some bytes.
pub(crate) fn reply_len(habit: Option<&Habit>, rng: &mut Rng) -> usize {
    let (least, more) = match habit {
        Some(Habit::Beacon(_)) => (Beacon::NOTHING, 0),
        Some(Habit::Rat(_)) => return Rat::PONG,
        Some(Habit::Push(_)) => return 4,
        Some(Habit::Thief(_)) => return 90,
        Some(Habit::Poller(poller)) => (poller.bytes.1, poller.bytes.2),
        Some(Habit::Timer(timer)) => return timer.exchange.1.max(3),
        Some(Habit::Held(held)) => return held.bytes.1,
        Some(Habit::Flooder(_)) => return 420,
        _ => (NOTHING, 0),
    };
    match rng.chance(ORDERS) {
        true => rng.size(least.max(3), LARGEST.max(least)),
        false => least.max(3) + rng.size(0, more),
    }
}

/// The bot of a channel that calls this port.
pub(crate) const fn irc(habit: Option<&Habit>) -> Option<&IrcBot> {
    match habit {
        Some(Habit::IrcBot(bot)) => Some(bot),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(habits: Vec<Habit>) -> Known {
        let part = |habit| Part {
            machine: "pc".into(),
            addr: [127, 0, 0, 1].into(),
            infection: "x".into(),
            habit,
        };
        Known::of(&habits.into_iter().map(part).collect::<Vec<_>>(), 7)
    }

    #[test]
    fn names_exist_that_somebody_calls() {
        let known = known(vec![Beacon::default().into(), DnsTunnel::default().into()]);
        assert!(known.exists("cdn-metrics-sync.top"));
        assert!(!known.exists("www.example.org") && !known.exists("mx1.example.org"));
        assert!(known.tunnel("abc.t.example-tunnel.net").is_some());
        assert!(known.tunnel("t.example-tunnel.net").is_none());
        assert!(known.tunnel("abct.example-tunnel.net").is_none());
        assert_eq!(known.ports(), [(443, Manner::AsCalled)]);
    }

    #[test]
    fn bursts_of_made_up_names_end_by_the_scenarios_luck() {
        for luck in [0.0, 0.3, 1.0] {
            let dga = Dga { luck, ..Dga::default() };
            let known = known(vec![dga.clone().into()]);
            let mut rng = Rng::new(3);
            let mut name = || dga.name(&mut rng, 7, ostium_event::Timestamp::ZERO);
            let lucky = |_: &u32| (0..dga.burst).any(|_| known.exists(&name()));
            let share = (0..2000).filter(lucky).count() as f64 / 2000.0;
            assert!((share - luck).abs() < 0.05, "{luck}: {share}");
        }
    }
}
