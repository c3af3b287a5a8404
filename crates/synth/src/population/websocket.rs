//! Pages that stay open: a web socket with pings, messages in spells, and an end by the server or
//! a proxy after an hour or so, after which it opens again. The look-alike of a poll inside one
//! connection.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::visit;

/// A web socket.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebSocket {
    /// The server.
    pub name: String,
    /// The browser.
    pub stack: Stack,
    /// Between pings.
    pub ping: Span,
    /// Who pings: the server, or the page.
    pub server_pings: bool,
    /// Mean messages in an hour.
    pub messages_per_hour: f64,
    /// Mean hours that one connection lasts.
    pub life_hours: f64,
}

/// A connection and when it ends.
#[derive(Debug, Default)]
pub(crate) struct Open {
    session: Option<Session>,
    until: Timestamp,
    next_ping: Timestamp,
    next_message: Timestamp,
    /// Messages left of this spell.
    spell: usize,
}

/// Mean messages in a spell, and mean seconds between two of them.
const SPELL: f64 = 6.0;
const WITHIN: f64 = 9.0;

impl Default for WebSocket {
    fn default() -> Self {
        Self {
            name: "live.dealroom.com".into(),
            stack: Stack::Firefox,
            ping: Span::from_secs(26),
            server_pings: true,
            messages_per_hour: 30.0,
            life_hours: 2.0,
        }
    }
}

// === impl WebSocket ===

impl WebSocket {
    fn connect(&self, open: &mut Open, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let mut session = visit::connect(host, rng, (&self.name, 443), self.stack, now);
        session.say(&mut host.out, rng, Side::Inside, 610);
        session.say(&mut host.out, rng, Side::Outside, 190);
        session.conn.rest(&mut host.out);
        let at = session.conn.at;
        let life = Span::from_secs_f64(3600.0 * self.life_hours * rng.between(0.3, 1.7));
        open.until = at.plus(life);
        open.next_ping = at.plus(self.ping);
        open.next_message = at.plus(self.silence(rng));
        open.session = Some(session);
    }

    fn silence(&self, rng: &mut Rng) -> Span {
        Span::from_secs_f64(rng.exponential(3600.0 * SPELL / self.messages_per_hour.max(0.01)))
    }

    fn message(&self, open: &mut Open, session: &mut Session, rng: &mut Rng, host: &mut Host) {
        let side = if rng.chance(0.65) { Side::Outside } else { Side::Inside };
        let bytes = rng.lognormal(180.0, 0.9) as usize;
        session.say(&mut host.out, rng, side, bytes);
        if open.spell == 0 {
            open.spell = 1 + rng.exponential(SPELL - 1.0) as usize;
        }
        open.spell -= 1;
        let wait = match open.spell {
            0 => self.silence(rng),
            _ => Span::from_secs_f64(rng.exponential(WITHIN)),
        };
        open.next_message = session.conn.at.plus(wait);
    }

    fn ping(&self, session: &mut Session, rng: &mut Rng, host: &mut Host) {
        let first = if self.server_pings { Side::Outside } else { Side::Inside };
        session.say(&mut host.out, rng, first, 6);
        session.say(&mut host.out, rng, first.other(), 6);
    }
}

impl Behaviour for WebSocket {
    type State = Open;

    fn first(&self) -> Span {
        Span::from_secs(900)
    }

    fn wake(
        &self,
        open: &mut Open,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(mut session) = open.session.take() else {
            self.connect(open, rng, host, now);
            return Some(open.next_ping.min(open.next_message));
        };
        session.conn.wait_until(now);
        if now >= open.until {
            session.close(&mut host.out, rng, Side::Outside);
            // The page notices, and tries again with a little patience.
            let patience = Span::from_secs_f64(rng.between(1.0, 5.0));
            return Some(session.conn.at.plus(patience));
        }
        if now >= open.next_message {
            self.message(open, &mut session, rng, host);
        }
        if now >= open.next_ping {
            self.ping(&mut session, rng, host);
            open.next_ping = now.plus(self.ping);
        }
        session.conn.rest(&mut host.out);
        let next = open.next_ping.min(open.next_message).min(open.until);
        let next = next.max(session.conn.at);
        open.session = Some(session);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, watch};

    #[test]
    fn it_pings_and_opens_again() {
        for server_pings in [true, false] {
            let socket = WebSocket {
                name: "live.dealroom.com".into(),
                stack: Stack::Firefox,
                ping: Span::from_secs(26),
                server_pings,
                messages_per_hour: 30.0,
                life_hours: 1.0,
            };
            rehearsal::assert_plays(socket.clone(), 6.0, 2000);
            let seen = watch(socket, 6.0);
            assert!((3..20).contains(&dials(&seen, 443).len()));
            let pings = seen.iter().filter(|s| s.payload.len() == 28).count();
            assert!((1100..1800).contains(&pings), "{pings}");
        }
    }
}
