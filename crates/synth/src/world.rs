//! A world: who lives in it, and its playing as one stream of packets.

use std::cell::Cell;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::rc::Rc;

use ostium_event::{Addr, Event, Home, Prefix, Span, Timestamp};

use crate::actor::{Rhythm, Run};
use crate::habit::Habit;
use crate::host::Host;
use crate::outbox::Outbox;
use crate::pcap::Writer;
use crate::play::Play;
use crate::presence::Presence;
use crate::record::Told;
use crate::rng::{Rng, mix_text};
use crate::shared::Shared;
use crate::tap::{Filter, Tap};
use crate::truth::Truth;
use crate::zeek::{Logs, Open};

/// Asked now and then, with the time that a world has reached, whether to go on.
pub type Watch<'a> = dyn FnMut(Timestamp) -> ControlFlow<()> + 'a;

/// How far ahead of the others one machine is told of, where only its own order matters.
const SLACK: Span = Span::from_secs(600);

/// Packets or facts between two looks of a watcher.
const WATCHED: u64 = 4096;

/// Machines inside a network and what they do for some hours. Plain data: build one, or change
/// one, and write it.
#[derive(Clone, Debug)]
pub struct World {
    /// All chance follows from it.
    pub seed: u64,
    /// When it begins.
    pub start: Timestamp,
    /// How long it lasts.
    pub hours: f64,
    /// What is inside.
    pub home: Vec<Prefix>,
    /// Who answers the names.
    pub resolver: Resolver,
    /// What of the packets is seen.
    pub tap: Tap,
    /// The machines.
    pub hosts: Vec<Member>,
}

/// Who answers the names of all machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolver {
    /// A resolver that every machine is seen to ask; a private address is a machine inside.
    At(Addr),
    /// A resolver inside that asks another for all: the tap sees only what it asks.
    Forwards {
        /// Its own address.
        at: Addr,
        /// Whom it asks.
        to: Addr,
    },
}

/// A machine inside.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// What people call it; its chance follows from the name, so that a change to one machine
    /// changes no other.
    pub label: String,
    /// Its IPv4 address.
    pub addr: Addr,
    /// Its IPv6 address, which the provider fails to carry: attempts stay unanswered.
    pub broken_v6: Option<Addr>,
    /// What runs on it.
    pub system: System,
    /// The kind of its infection; `None` is a clean machine.
    pub infection: Option<String>,
    /// What it does.
    pub habits: Vec<Habit>,
    /// What it does besides, each from some time after the beginning of the world.
    pub later: Vec<(Span, Habit)>,
    /// When its person is there; `None` is always.
    pub presence: Option<Presence>,
    /// It sleeps when its person is away.
    pub sleeps: bool,
    /// What explains how it behaves, such as `resolver`, by the name that reports have for it.
    pub role: Option<String>,
}

/// An operating system, as far as its packets show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// Windows: packets start with 128 hops to live.
    #[default]
    Windows,
    /// Linux, Android and the systems of Apple: 64 hops.
    #[serde(alias = "linux", alias = "macos", alias = "android")]
    Unix,
}

// === impl World ===

impl World {
    /// Writes all packets in order of time as a capture file, and tells the truth.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_pcap<W: Write>(&self, out: W) -> io::Result<Truth> {
        self.write_pcap_until(out, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`World::write_pcap`], asking `watch` now and then, with the time reached, whether to go
    /// on. A world that is ended early is whole up to there, and its truth says how many days.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_pcap_until<W: Write>(&self, out: W, watch: &mut Watch<'_>) -> io::Result<Truth> {
        let mut writer = Writer::new(out)?;
        let reached = self.each_packet(watch, &mut |at, bytes| writer.write(at, bytes))?;
        writer.finish()?;
        Ok(self.truth_until(reached))
    }

    /// Gives `each` every packet that the tap sees, in order of time; how far that came, if it was
    /// ended early.
    fn each_packet(
        &self,
        watch: &mut Watch<'_>,
        each: &mut dyn FnMut(Timestamp, &[u8]) -> io::Result<()>,
    ) -> io::Result<Option<Timestamp>> {
        let mut filter = Filter::new(self.tap, Home::new(&self.home), self.seed);
        let (mut play, mut bytes, mut count) = (self.play(Outbox::new), Vec::new(), 0u64);
        while let Some(at) = play.write(&mut bytes) {
            if self.tap.is_whole() || filter.sees(&bytes) {
                each(at, &bytes)?;
            }
            bytes.clear();
            count += 1;
            if count.is_multiple_of(WATCHED) && watch(at).is_break() {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn truth_until(&self, reached: Option<Timestamp>) -> Truth {
        let mut truth = self.truth();
        if let Some(at) = reached {
            truth.days = in_days(at.since(self.start));
        }
        truth
    }

    /// Who is infected and who is not.
    pub fn truth(&self) -> Truth {
        let mut truth = Truth {
            home: self.home.clone(),
            seed: self.seed,
            days: in_days(self.end().since(self.start)),
            ..Truth::default()
        };
        for member in &self.hosts {
            match &member.infection {
                Some(kind) => truth.infected.push((member.addr, kind.clone())),
                None => {
                    truth.clean.push(member.addr);
                    truth.clean.extend(member.broken_v6);
                }
            }
            truth.roles.extend(member.role.clone().map(|role| (member.addr, role)));
        }
        truth
    }

    /// When it ends.
    pub fn end(&self) -> Timestamp {
        self.start.plus(Span::from_secs_f64(self.hours * 3600.0))
    }

    /// All packets that the tap sees, in order of time.
    #[cfg(test)]
    pub(crate) fn packets(&self) -> impl Iterator<Item = crate::packet::Packet> {
        let mut all = Vec::new();
        let done = self.each_packet(&mut |_| ControlFlow::Continue(()), &mut |at, bytes| {
            all.push(crate::packet::Packet { at, bytes: bytes.to_vec() });
            Ok(())
        });
        assert!(done.is_ok());
        all.into_iter()
    }

    fn play(&self, make: fn(&Rc<Shared>) -> Outbox) -> Play {
        let shared = Shared::new(self.seed, Home::new(&self.home), (self.start, self.end()));
        Play::new(self.hosts.iter().map(|member| self.run(member, make(&shared))).collect())
    }

    /// Tells `hear` the events that tracking and parsing the packets would have told, in order of
    /// time for each machine, without making a packet; ends early when it says so.
    pub fn tell(&self, hear: &mut dyn FnMut(&Event<'_>) -> ControlFlow<()>) -> Truth {
        let mut play = self.play(Outbox::telling);
        let ended = Cell::new(false);
        let mut tell = |_: usize, told: &Told| {
            told.fact.tell(told.at, &told.ends, &mut |event| {
                ended.set(ended.get() || hear(event).is_break());
            });
        };
        while !ended.get() && play.tell(SLACK, &mut tell) {}
        if !ended.get() {
            play.finish(&mut tell);
        }
        self.truth()
    }

    /// Writes what Zeek would have logged of the packets; `open` opens each log by its name, and
    /// `watch` is asked as by [`World::write_pcap_until`]. What a tap does not see is not left out:
    /// give such a world's packets to Zeek itself.
    ///
    /// # Errors
    ///
    /// Those of `open` and of what it opens.
    pub fn write_zeek<'a>(
        &self,
        open: &'a mut Open<'a>,
        watch: &mut Watch<'_>,
    ) -> io::Result<Truth> {
        let mut logs = Logs::new(open, Home::new(&self.home), self.seed);
        let (mut play, mut count, mut reached) = (self.play(Outbox::telling), 0u64, None);
        let mut at = self.start;
        let mut hear = |machine: usize, told: &Told| {
            at = at.max(told.at);
            logs.hear(machine, told);
            count += 1;
            let ended = count.is_multiple_of(WATCHED) && watch(at).is_break();
            if ended {
                reached = Some(at);
            }
            !ended && !logs.has_failed()
        };
        let mut more = true;
        while more && play.tell(Span::ZERO, &mut |machine, told| more &= hear(machine, told)) {}
        play.finish(&mut |machine, told| {
            hear(machine, told);
        });
        logs.finish()?;
        Ok(self.truth_until(reached))
    }

    fn run(&self, member: &Member, out: Outbox) -> Run {
        let end = out.shared.end;
        let mut host = Host::new(out, member.addr, member.system, self.resolver);
        if let Some(addr) = member.broken_v6 {
            host = host.with_broken_v6(addr);
        }
        let now = member.habits.iter().map(|habit| (Span::ZERO, habit));
        let later = member.later.iter().map(|(after, habit)| (*after, habit));
        let actors = now.chain(later).enumerate().map(|(n, (after, habit))| {
            let rng = Rng::fork(self.seed, &format!("{}/{n}", member.label));
            habit.actor(rng, self.start.plus(after))
        });
        let rhythm = Rhythm {
            presence: member.presence.clone(),
            sleeps: member.sleeps,
            seed: mix_text(self.seed, &member.label),
        };
        Run::new(host, actors.collect(), rhythm, end)
    }
}

/// Days, to the second.
fn in_days(span: Span) -> f64 {
    (span.secs_f64().round() / 86_400.0 * 1e5).round() / 1e5
}

// === impl Resolver ===

impl Default for Resolver {
    fn default() -> Self {
        Self::At(Addr::v4([9, 9, 9, 9]))
    }
}

impl From<Addr> for Resolver {
    fn from(addr: Addr) -> Self {
        Self::At(addr)
    }
}

// === impl System ===

impl System {
    pub(crate) const fn ttl(self) -> u8 {
        match self {
            Self::Windows => 128,
            Self::Unix => 64,
        }
    }

    /// Options of a SYN: segment size, window scale, selective acknowledgements.
    pub(crate) const fn syn_options(self) -> &'static [u8] {
        match self {
            Self::Windows => &[2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2],
            Self::Unix => &[2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7],
        }
    }
}

#[cfg(test)]
mod hours;
#[cfg(test)]
mod tests;
