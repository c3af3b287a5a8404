//! Games: a lobby over TLS, then matches over UDP with servers that the lobby names by address
//! alone. The look-alike of a remote control over UDP.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::Stack;
use crate::udp::Socket;
use crate::visit::{self, Exchange};

/// Games.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Game {
    /// The maker's domain, where the lobby is.
    pub name: String,
    /// Matches in an hour at which somebody is there.
    pub matches_per_hour: f64,
    /// Median minutes of a match.
    pub minutes: f64,
    /// Datagrams in a second each way.
    pub ticks: usize,
}

/// A match on its way.
#[derive(Debug, Default)]
pub(crate) struct Match {
    on: Option<Socket>,
    until: Timestamp,
    /// The number of the next datagram of each side.
    numbers: (u32, u32),
}

/// Servers that a lobby sends players to.
const SERVERS: usize = 40;
const SECOND: Span = Span::from_secs(1);
/// Servers that measure how far away the player is, before a match.
const PROBED: usize = 5;

impl Default for Game {
    fn default() -> Self {
        Self { name: "playarena.com".into(), matches_per_hour: 1.5, minutes: 12.0, ticks: 30 }
    }
}

// === impl Game ===

impl Game {
    fn lobby(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> (Socket, Timestamp) {
        let name = format!("lobby.{}", self.name);
        let exchanges =
            [Exchange { out: 1100, back: 2800 }, Exchange { out: rng.size(300, 700), back: 900 }];
        let linger = Span::from_secs(30);
        let server = (name.as_str(), 443);
        let at = visit::secure(host, rng, server, Stack::OpenSsl, now, &exchanges, linger);
        let mut at = at;
        for region in 0..PROBED {
            let to = host.net.bare(&format!("probe-{region}.{}", self.name));
            let socket = Socket::open(host, to, 27_015);
            let ask = [&[0xff; 4][..], b"ping", &[region as u8]].concat();
            at = socket.exchange(host, rng, at, &ask, Some(&[&ask[..], &[0; 7]].concat()));
        }
        let server = format!("match-{}.{}", rng.below(SERVERS), self.name);
        let port = 7000 + rng.below(1000) as u16;
        let to = host.net.bare(&server);
        (Socket::open(host, to, port), at.plus(Span::from_secs_f64(rng.between(2.0, 40.0))))
    }

    fn second(
        &self,
        on: &mut Match,
        socket: &Socket,
        rng: &mut Rng,
        host: &mut Host,
        at: Timestamp,
    ) {
        let step = Span::from_nanos(1_000_000_000 / self.ticks.max(1) as u64);
        let mut due = at;
        for _ in 0..self.ticks {
            let late = Span::from_secs_f64(rng.exponential(0.001));
            let length = rng.size(38, 92);
            let head = on.numbers.0.to_le_bytes();
            socket.send_noise(host, rng, Side::Inside, due.plus(late), (&head, length));
            let late = Span::from_secs_f64(rng.exponential(0.003));
            let length = rng.lognormal(130.0, 0.6) as usize;
            let head = on.numbers.1.to_le_bytes();
            socket.send_noise(host, rng, Side::Outside, due.plus(late), (&head, length.max(30)));
            on.numbers = (on.numbers.0.wrapping_add(1), on.numbers.1.wrapping_add(1));
            due = due.plus(step);
        }
    }
}

impl Behaviour for Game {
    type State = Match;

    fn first(&self) -> Span {
        Span::from_secs_f64(3600.0 / self.matches_per_hour.max(0.001))
    }

    fn needs_person(&self) -> bool {
        true
    }

    fn wake(
        &self,
        on: &mut Match,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(socket) = on.on.take() else {
            let (socket, at) = self.lobby(rng, host, now);
            on.until = at.plus(Span::from_secs_f64(rng.lognormal(self.minutes * 60.0, 0.4)));
            on.on = Some(socket);
            on.numbers = (0, 0);
            return Some(at);
        };
        if now >= on.until {
            let wait = rng.exponential(3600.0 / self.matches_per_hour.max(0.001));
            return Some(now.plus(Span::from_secs_f64(wait)));
        }
        self.second(on, &socket, rng, host, now);
        on.on = Some(socket);
        Some(now.plus(SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};
    use std::collections::BTreeSet;

    #[test]
    fn matches_go_to_servers_without_names() {
        let game = Game { matches_per_hour: 4.0, minutes: 2.0, ticks: 20, ..Game::default() };
        rehearsal::assert_plays(game.clone(), 2.0, 10_000);
        let seen = watch(game, 2.0);
        let servers: BTreeSet<_> =
            seen.iter().filter(|s| (7000..8000).contains(&s.port)).map(|s| s.peer).collect();
        assert!((3..30).contains(&servers.len()), "{}", servers.len());
        let names = rehearsal::questions(&seen);
        assert!(names.iter().all(|(name, _)| name == "lobby.playarena.com"));
    }
}
