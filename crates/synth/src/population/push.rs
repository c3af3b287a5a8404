//! Connections that stay: push messages with keep-alives, and web sockets. The benign look-alikes
//! of a remote control.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::visit;

/// A connection to a named service that stays open.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// The service.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// The stack it speaks TLS with.
    pub stack: Stack,
    /// Between keep-alives.
    pub every: Span,
    /// Chance that a wake brings a message besides the keep-alive, 0 to 1.
    pub news: f64,
}

impl Default for Push {
    fn default() -> Self {
        Self {
            name: "mtalk.google.com".into(),
            port: 5228,
            stack: Stack::Chrome,
            every: Span::from_secs(300),
            news: 0.1,
        }
    }
}

impl Behaviour for Push {
    type State = Option<Session>;

    fn first(&self) -> Span {
        Span::from_secs(120)
    }

    fn wake(
        &self,
        slot: &mut Option<Session>,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(session) = slot else {
            let server = (self.name.as_str(), self.port);
            let mut session = visit::connect(host, rng, server, self.stack, now);
            session.say(&mut host.out, rng, Side::Inside, 620);
            session.say(&mut host.out, rng, Side::Outside, 240);
            session.conn.rest(&mut host.out);
            let next = session.conn.at.plus(self.every);
            *slot = Some(session);
            return Some(next);
        };
        session.conn.wait_until(now);
        session.say(&mut host.out, rng, Side::Inside, 4);
        session.say(&mut host.out, rng, Side::Outside, 4);
        if rng.chance(self.news) {
            let later = Span::from_secs_f64(rng.between(0.3, self.every.secs_f64() * 0.8));
            session.conn.pause(&mut host.out, later);
            let bytes = rng.size(90, 1200);
            session.say(&mut host.out, rng, Side::Outside, bytes);
        }
        session.conn.rest(&mut host.out);
        let late = Span::from_secs_f64(rng.between(0.0, 0.2));
        Some(now.plus(self.every).plus(late).max(session.conn.at))
    }
}
