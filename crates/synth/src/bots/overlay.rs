//! A peer-to-peer bot: gossips over UDP from one port with a list of others like it, many of whom
//! are gone, and is asked by them in turn.

use ostium_event::{Addr, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::Sleep;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::udp::Socket;

/// A peer-to-peer bot.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overlay {
    /// The family: its bots know the same others.
    pub family: String,
    /// How many others the family has, and how many of them one bot knows.
    pub peers: (usize, usize),
    /// Share of others that are alive, 0 to 1.
    pub alive: f64,
    /// The port of this bot.
    pub port: u16,
    /// Between rounds.
    pub sleep: Sleep,
    /// Others that are asked in a round.
    pub asked: usize,
    /// Questions in an hour that others ask.
    pub asked_by_others: f64,
}

/// Whom it knows.
#[derive(Debug, Default)]
pub(crate) struct Book {
    known: Vec<usize>,
    next_round: Timestamp,
    next_visitor: Timestamp,
}

/// Bytes of a question and of an answer without and with addresses of others.
const ASK: (usize, usize) = (32, 44);
const ANSWER: usize = 44;
const LIST: (usize, usize) = (120, 330);
/// Chance that an answer brings somebody new.
const NEWS: f64 = 0.05;

// === impl Overlay ===

impl Default for Overlay {
    fn default() -> Self {
        Self {
            family: "gossip".into(),
            peers: (3000, 60),
            alive: 0.45,
            port: 16_471,
            sleep: Sleep::of(90, 0.3),
            asked: 8,
            asked_by_others: 6.0,
        }
    }
}

impl Overlay {
    /// Where an other is, on what port, and whether it is alive.
    fn other(&self, host: &Host, n: usize) -> (Addr, u16, bool) {
        let mut chance = host.net.chance_of(&format!("{}/{n}", self.family));
        let addr = host.net.peer(&mut chance);
        (addr, chance.size(1024, 65_000) as u16, chance.chance(self.alive))
    }

    fn round(&self, book: &mut Book, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        if book.known.is_empty() {
            book.known = (0..self.peers.1).map(|_| rng.below(self.peers.0)).collect();
        }
        let mut at = now;
        for _ in 0..self.asked {
            let place = rng.below(book.known.len());
            let Some(known) = book.known.get_mut(place) else {
                return;
            };
            let (addr, port, alive) = self.other(host, *known);
            let socket = Socket::open_from(host, self.port, addr, port);
            let length = rng.size(ASK.0, ASK.1);
            let ask = rng.bytes(length);
            let tell = alive.then(|| {
                let length = if rng.chance(0.4) { rng.size(LIST.0, LIST.1) } else { ANSWER };
                rng.bytes(length)
            });
            socket.exchange(host, rng, at, &ask, tell.as_deref());
            if rng.chance(NEWS) {
                *known = rng.below(self.peers.0);
            }
            at = at.plus(Span::from_secs_f64(rng.between(0.02, 0.6)));
        }
    }

    fn visitor(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let n = rng.below(self.peers.0);
        let (addr, port, _) = self.other(host, n);
        let socket = Socket::open_from(host, self.port, addr, port);
        let length = rng.size(ASK.0, ASK.1);
        let (ask, tell) = (rng.bytes(length), rng.bytes(ANSWER));
        socket.send(host, rng, Side::Outside, now, ask);
        let soon = now.plus(Span::from_secs_f64(rng.between(0.000_4, 0.003)));
        socket.send(host, rng, Side::Inside, soon, tell);
    }
}

impl Behaviour for Overlay {
    type State = Book;

    fn first(&self) -> Span {
        self.sleep.every
    }

    fn wake(
        &self,
        book: &mut Book,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if now >= book.next_round {
            self.round(book, rng, host, now);
            book.next_round = self.sleep.after(rng, now);
        }
        if now >= book.next_visitor {
            if book.next_visitor > Timestamp::ZERO {
                self.visitor(rng, host, now);
            }
            let wait = rng.exponential(3600.0 / self.asked_by_others.max(0.01));
            book.next_visitor = now.plus(Span::from_secs_f64(wait));
        }
        Some(book.next_round.min(book.next_visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, questions, watch};
    use std::collections::BTreeSet;

    #[test]
    fn it_gossips_from_one_port_with_many() {
        rehearsal::assert_plays(Overlay::default(), 3.0, 1500);
        let seen = watch(Overlay::default(), 3.0);
        assert!(questions(&seen).is_empty());
        assert!(seen.iter().all(|s| s.own_port == 16_471));
        let asked: BTreeSet<_> =
            seen.iter().filter(|s| s.side == Side::Inside).map(|s| s.peer).collect();
        let heard: BTreeSet<_> =
            seen.iter().filter(|s| s.side == Side::Outside).map(|s| s.peer).collect();
        assert!((60..160).contains(&asked.len()), "{}", asked.len());
        let share = heard.intersection(&asked).count() as f64 / asked.len() as f64;
        assert!((0.3..0.7).contains(&share), "{share}");
    }
}
