//! Habits at work: each is woken at the times it asks for, and makes packets.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ostium_event::{Span, Timestamp};

use crate::host::Host;
use crate::presence::Presence;
use crate::record::Told;
use crate::rng::{Rng, mix};

/// One habit, as data, and what it does.
pub(crate) trait Behaviour: Clone {
    /// What it remembers between wakes.
    type State: Default;

    /// The longest that it may wait before it first wakes.
    fn first(&self) -> Span;

    /// It is what a person does, who is there only at the hours of the machine's group; otherwise
    /// it is done by a program, whenever the machine runs.
    fn needs_person(&self) -> bool {
        false
    }

    /// The person goes away: what they had open is closed.
    fn leave(&self, _state: &mut Self::State, _rng: &mut Rng, _host: &mut Host, _now: Timestamp) {}

    /// The machine slept since the last wake: connections are gone, without a packet. What is to
    /// be remembered over that is kept here.
    fn slept(&self, state: &mut Self::State) {
        *state = Self::State::default();
    }

    /// Makes the packets of what it does now (at `now` or later) and says when it wants to be
    /// woken again; `None` is never. It draws chance from `rng` only, which is its own.
    fn wake(
        &self,
        state: &mut Self::State,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp>;
}

/// A behaviour with its memory and its chance, of whatever kind.
pub(crate) trait Actor {
    fn needs_person(&self) -> bool;
    fn leave(&mut self, host: &mut Host, now: Timestamp);
    fn slept(&mut self);
    fn wake(&mut self, host: &mut Host, now: Timestamp) -> Option<Timestamp>;
}

struct Player<B: Behaviour> {
    habit: B,
    state: B::State,
    rng: Rng,
}

/// A host and its actors, as a stream of packets in order of time.
pub(crate) struct Run {
    host: Host,
    actors: Vec<Cast>,
    rhythm: Rhythm,
    wakes: BinaryHeap<Reverse<(Timestamp, usize)>>,
    end: Timestamp,
}

/// An actor, and the beginning of the hours in which it last woke.
struct Cast {
    actor: Box<dyn Actor>,
    hours: Timestamp,
}

/// When a machine is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rhythm {
    /// The hours of its person; `None` is always.
    pub(crate) presence: Option<Presence>,
    /// It sleeps when its person is away.
    pub(crate) sleeps: bool,
    /// Chance of its days.
    pub(crate) seed: u64,
}

/// What is to be done when an actor wants to wake.
enum Turn {
    Wake,
    Later(Timestamp),
    Never,
}

/// Programs come back one after another when a machine wakes or its person returns.
const COMING_BACK: u64 = 90_000;

/// The actor of a behaviour, and when after `start` it first wakes.
pub(crate) fn play<B: Behaviour + 'static>(
    habit: &B,
    mut rng: Rng,
    start: Timestamp,
) -> (Timestamp, Box<dyn Actor>) {
    let wait = habit.first().secs_f64() * rng.unit();
    let player = Player { habit: habit.clone(), state: B::State::default(), rng };
    (start.plus(Span::from_secs_f64(wait)), Box::new(player))
}

// === impl Player ===

impl<B: Behaviour> Actor for Player<B> {
    fn needs_person(&self) -> bool {
        self.habit.needs_person()
    }

    fn leave(&mut self, host: &mut Host, now: Timestamp) {
        self.habit.leave(&mut self.state, &mut self.rng, host, now);
    }

    fn slept(&mut self) {
        self.habit.slept(&mut self.state);
    }

    fn wake(&mut self, host: &mut Host, now: Timestamp) -> Option<Timestamp> {
        self.habit.wake(&mut self.state, &mut self.rng, host, now)
    }
}

// === impl Run ===

impl Run {
    /// Each actor comes with the time of its first wake.
    pub(crate) fn new(
        host: Host,
        actors: Vec<(Timestamp, Box<dyn Actor>)>,
        rhythm: Rhythm,
        end: Timestamp,
    ) -> Self {
        let first = actors.iter().enumerate();
        Self {
            host,
            wakes: first.map(|(n, (at, _))| Reverse((*at, n))).collect(),
            actors: actors
                .into_iter()
                .map(|(_, actor)| Cast { actor, hours: Timestamp::ZERO })
                .collect(),
            rhythm,
            end,
        }
    }

    /// When its next packet passes; `None` when nothing is left before the end.
    pub(crate) fn next_at(&mut self) -> Option<Timestamp> {
        while let Some(&Reverse((at, n))) = self.wakes.peek() {
            if at >= self.end || self.host.out.next_at().is_some_and(|next| next < at) {
                break;
            }
            self.wakes.pop();
            match self.turn(n, at) {
                Turn::Never => continue,
                Turn::Later(later) => {
                    self.wakes.push(Reverse((later, n)));
                    continue;
                }
                Turn::Wake => {}
            }
            let Some(cast) = self.actors.get_mut(n) else {
                continue;
            };
            if let Some(next) = cast.actor.wake(&mut self.host, at) {
                // Time passes even for an actor that forgets to let it.
                let next = next.max(at.plus(Span::from_nanos(1)));
                self.wakes.push(Reverse((next, n)));
            }
        }
        self.host.out.next_at().filter(|at| *at < self.end)
    }

    /// May this actor wake now? People keep hours, and so do machines that sleep.
    fn turn(&mut self, n: usize, at: Timestamp) -> Turn {
        let Rhythm { presence: Some(presence), sleeps, seed } = &self.rhythm else {
            return Turn::Wake;
        };
        let Some(cast) = self.actors.get_mut(n) else {
            return Turn::Never;
        };
        if !*sleeps && !cast.actor.needs_person() {
            return Turn::Wake;
        }
        match presence.window(*seed, at) {
            None => Turn::Never,
            Some((from, _)) if from <= at => {
                if *sleeps && cast.hours != Timestamp::ZERO && cast.hours != from {
                    cast.actor.slept();
                }
                cast.hours = from;
                Turn::Wake
            }
            Some((from, _)) => {
                if !*sleeps {
                    cast.actor.leave(&mut self.host, at);
                }
                let late = mix(*seed ^ from.nanos() ^ n as u64) % COMING_BACK;
                Turn::Later(from.plus(Span::from_millis(late)))
            }
        }
    }

    /// Goes on and tells all facts up to some time.
    pub(crate) fn tell(&mut self, until: Timestamp, hear: &mut dyn FnMut(&Told)) {
        while let Some(at) = self.next_at().filter(|at| *at <= until) {
            while let Some(told) = self.host.out.next_fact(at) {
                hear(&told);
            }
        }
    }

    /// The world has ended.
    pub(crate) fn finish(&mut self, hear: &mut dyn FnMut(Box<Told>)) {
        self.host.out.finish(hear);
    }

    /// Appends its next packet to `out`; when it passes.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) -> Option<Timestamp> {
        self.next_at()?;
        self.host.out.write(out)
    }
}
