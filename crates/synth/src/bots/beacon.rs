//! A bot that polls a rare name: sleep, ask for orders, get none, sleep.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::Request;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};
use crate::tls::{Claims, Server, Session, Stack};
use crate::visit;

/// A polling bot.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Beacon {
    /// The name.
    pub name: String,
    /// The sleep.
    pub every: Span,
    /// Share of the sleep by which it varies to either side, 0 to 1.
    pub jitter: f64,
    /// The stack it speaks TLS with, to a server that signs its own certificate; `plain` is
    /// HTTP without it.
    #[serde(deserialize_with = "crate::tls::stack_or_plain")]
    pub stack: Option<Stack>,
}

/// Chance that there are orders, and their largest size.
const ORDERS: f64 = 0.02;
const LARGEST: usize = 6000;

// === impl Beacon ===

impl Beacon {
    /// Bytes of a poll.
    pub const POLL: usize = 312;
    /// Bytes of "no orders".
    pub const NOTHING: usize = 48;

    /// What it asks over HTTP.
    pub(crate) const fn request(&self) -> Request<'_> {
        Request {
            host: self.name.as_str(),
            path: "/gate.php?id=8F21C0",
            user_agent: "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1)",
            browser: false,
            post: Self::POLL,
        }
    }

    fn poll_secure(
        &self,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
        (stack, back): (Stack, usize),
    ) {
        let found = host.resolve(rng, &self.name, now);
        let conn = Conn::dial(host, rng, found.v4, 443, found.at);
        let server = Server {
            modern: false,
            claims: Claims {
                subject: "localhost",
                issuer: "localhost",
                from: host.net.born(&self.name, (4, 20)),
                days: 3650,
                names: &[],
            },
            chain: 0,
        };
        let name = Some(self.name.as_str());
        let mut session = Session::start(conn, &mut host.out, rng, stack, name, &server);
        session.say(&mut host.out, rng, Side::Inside, Self::POLL);
        session.say(&mut host.out, rng, Side::Outside, back);
        session.close(&mut host.out, rng, Side::Inside);
    }

    fn poll_plain(&self, rng: &mut Rng, host: &mut Host, now: Timestamp, back: usize) {
        visit::plain(host, rng, &self.request(), now, ("application/octet-stream", back));
    }
}

impl Default for Beacon {
    fn default() -> Self {
        Self {
            name: "cdn-metrics-sync.top".into(),
            every: Span::from_secs(60),
            jitter: 0.3,
            stack: Some(Stack::Go),
        }
    }
}

impl Behaviour for Beacon {
    type State = ();

    fn first(&self) -> Span {
        self.every
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let back = match rng.chance(ORDERS) {
            true => rng.size(Self::NOTHING, LARGEST),
            false => Self::NOTHING,
        };
        match self.stack {
            Some(stack) => self.poll_secure(rng, host, now, (stack, back)),
            None => self.poll_plain(rng, host, now, back),
        }
        let factor = rng.between(1.0 - self.jitter, 1.0 + self.jitter);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)))
    }
}
