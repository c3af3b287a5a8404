//! A remote control: one long TLS connection to a bare address, a ping inside, orders now and
//! then. Nothing periodic is seen of its connections; all is inside the one.

use ostium_event::{Addr, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};
use crate::tls::{Claims, Server, Session, Stack};

/// A remote control.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rat {
    /// The server; `None` is one that follows from the seed.
    pub server: Option<Addr>,
    /// Its port.
    pub port: u16,
    /// Between pings.
    pub ping: Span,
}

/// Chance that a ping is followed by an order, and by its result.
const ORDER: f64 = 0.01;

// === impl Rat ===

impl Rat {
    /// Bytes of a ping.
    pub const PING: usize = 34;
    /// Bytes of its answer.
    pub const PONG: usize = 18;
    /// Bytes with which the machine introduces itself.
    pub const HELLO: usize = 420;

    fn connect(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Session {
        let to = self.server.unwrap_or_else(|| host.net.bare("rat"));
        let conn = Conn::dial(host, rng, to, self.port, now);
        let server = Server {
            modern: false,
            claims: Claims {
                subject: "Quartz Server",
                issuer: "Quartz Server",
                from: host.net.born("rat", (30, 50)),
                days: 7300,
                names: &[],
            },
            chain: 0,
        };
        let out = &mut host.out;
        let mut session = Session::start(conn, out, rng, Stack::OldNet, None, &server);
        // The machine introduces itself.
        session.say(out, rng, Side::Inside, Self::HELLO);
        session
    }
}

impl Default for Rat {
    fn default() -> Self {
        Self { server: None, port: 6606, ping: Span::from_secs(15) }
    }
}

impl Behaviour for Rat {
    type State = Option<Session>;

    fn first(&self) -> Span {
        self.ping
    }

    fn wake(
        &self,
        slot: &mut Option<Session>,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(session) = slot else {
            let mut session = self.connect(rng, host, now);
            session.conn.rest(&mut host.out);
            let next = session.conn.at.plus(self.ping);
            *slot = Some(session);
            return Some(next);
        };
        let out = &mut host.out;
        session.conn.wait_until(now);
        session.say(out, rng, Side::Inside, Self::PING);
        session.say(out, rng, Side::Outside, Self::PONG);
        if rng.chance(ORDER) {
            session.conn.pause(out, Span::from_secs_f64(rng.between(0.5, 3.0)));
            let (order, result) = (rng.size(60, 400), rng.size(300, 9000));
            session.say(out, rng, Side::Outside, order);
            session.say(out, rng, Side::Inside, result);
        }
        session.conn.rest(out);
        let next = now.plus(Span::from_secs_f64(self.ping.secs_f64() * rng.between(0.99, 1.01)));
        Some(next.max(session.conn.at))
    }
}
