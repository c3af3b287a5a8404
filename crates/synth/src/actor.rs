//! Habits at work: each is woken at the times it asks for, and makes packets.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ostium_event::{Span, Timestamp};

use crate::host::Host;
use crate::record::Told;
use crate::rng::Rng;

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
    actors: Vec<Box<dyn Actor>>,
    wakes: BinaryHeap<Reverse<(Timestamp, usize)>>,
    end: Timestamp,
}

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
        end: Timestamp,
    ) -> Self {
        let first = actors.iter().enumerate();
        Self {
            host,
            wakes: first.map(|(n, (at, _))| Reverse((*at, n))).collect(),
            actors: actors.into_iter().map(|(_, actor)| actor).collect(),
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
            let Some(actor) = self.actors.get_mut(n) else {
                continue;
            };
            if let Some(next) = actor.wake(&mut self.host, at) {
                // Time passes even for an actor that forgets to let it.
                let next = next.max(at.plus(Span::from_nanos(1)));
                self.wakes.push(Reverse((next, n)));
            }
        }
        self.host.out.next_at().filter(|at| *at < self.end)
    }

    /// Goes on and tells all facts up to the next wake, of whatever kind; false at the end.
    pub(crate) fn tell(&mut self, hear: &mut dyn FnMut(&Told)) -> bool {
        let Some(at) = self.next_at() else {
            return false;
        };
        while let Some(told) = self.host.out.next_fact(at) {
            hear(&told);
        }
        true
    }

    /// The world has ended.
    pub(crate) fn finish(&mut self, hear: &mut dyn FnMut(&Told)) {
        self.host.out.finish(hear);
    }

    /// Appends its next packet to `out`; when it passes.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) -> Option<Timestamp> {
        self.next_at()?;
        self.host.out.write(out)
    }
}
