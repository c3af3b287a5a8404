//! A bot that polls, in all the ways that families do: over TLS, HTTP or bytes of its own, at one
//! server or at many in turn, by name or by bare address, with a sleep of some law; or one whose
//! servers are gone, and which does not know.

use ostium_event::{Addr, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::{Sleep, place};
use crate::host::Host;
use crate::http::{self, Request};
use crate::rng::Rng;
use crate::tcp::{self, Conn, Failure, Side};
use crate::tls::{Claims, Server, Session, Stack};
use crate::visit;

/// A bot that polls.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Poller {
    /// Its servers: names, addresses, or words without a dot, each of which stands for an address
    /// without a name that follows from the seed.
    pub servers: Vec<String>,
    /// Polls at one server before it goes to the next.
    pub polls_per_server: usize,
    /// What it speaks.
    pub carrier: Carrier,
    /// The port; 0 is the usual one.
    pub port: u16,
    /// The stack it speaks TLS with.
    pub stack: Stack,
    /// The server shows a certificate that it has signed itself.
    pub self_signed: bool,
    /// The page that it asks for over HTTP.
    pub path: String,
    /// What it calls itself over HTTP.
    pub user_agent: String,
    /// The sleep.
    pub sleep: Sleep,
    /// Bytes of a poll and of "no orders", and up to how many are added by chance.
    pub bytes: (usize, usize, usize),
    /// Chance that there are orders, 0 to 1.
    pub orders: f64,
    /// What becomes of its polls.
    pub fate: Fate,
}

/// What a bot speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// TLS.
    #[default]
    Https,
    /// HTTP with GET.
    Http,
    /// HTTP with POST.
    HttpPost,
    /// Bytes that nobody can read.
    Raw,
}

/// What becomes of polls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// A server answers.
    #[default]
    Answered,
    /// The server's port is closed.
    Refused,
    /// Nobody answers.
    Silent,
    /// The name does not exist any more.
    NoName,
}

/// The largest orders and results.
const ORDERS: (usize, usize) = (400, 9000);
const RESULT: (usize, usize) = (200, 30_000);

// === impl Poller ===

impl Default for Poller {
    fn default() -> Self {
        Self {
            servers: vec!["api.cloudtick.top".into()],
            polls_per_server: 1,
            carrier: Carrier::Https,
            port: 0,
            stack: Stack::Schannel,
            self_signed: false,
            path: "/jquery-3.3.1.min.js".into(),
            user_agent: "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
                .into(),
            sleep: Sleep::of(60, 0.25),
            bytes: (310, 140, 40),
            orders: 0.02,
            fate: Fate::Answered,
        }
    }
}

impl Poller {
    /// The port, the usual one where none is said.
    pub fn port(&self) -> u16 {
        match (self.port, self.carrier) {
            (0, Carrier::Https) => 443,
            (0, Carrier::Http | Carrier::HttpPost) => 80,
            (0, Carrier::Raw) => 4444,
            (port, _) => port,
        }
    }

    /// The server of a poll, by how many went before it.
    pub fn server(&self, polls: usize) -> &str {
        let turn = polls / self.polls_per_server.max(1);
        let place = turn.checked_rem(self.servers.len()).unwrap_or_default();
        self.servers.get(place).map_or("nobody", String::as_str)
    }

    /// Where a server is; `None` when its name is not found.
    fn reach(
        &self,
        server: &str,
        rng: &mut Rng,
        host: &mut Host,
        at: Timestamp,
    ) -> Option<(Addr, Timestamp)> {
        if self.fate == Fate::NoName && place::is_named(server) {
            host.ask_missing(rng, server, at);
            return None;
        }
        Some(place::find(server, rng, host, at))
    }

    fn poll(&self, server: &str, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let Some((addr, at)) = self.reach(server, rng, host, now) else {
            return;
        };
        let failure = match self.fate {
            Fate::Refused => Some(Failure::Refusal),
            Fate::Silent => Some(Failure::Silence),
            Fate::Answered | Fate::NoName => None,
        };
        if let Some(how) = failure {
            let (own, peer) = (host.end(), host.peer(addr, self.port()));
            let seq = rng.next() as u32;
            tcp::fail(host, &own, &peer, seq, at, how);
            return;
        }
        let (out, back, pad) = self.bytes;
        let (mut out, mut back) = (out + rng.size(0, pad), back + rng.size(0, pad));
        if rng.chance(self.orders) {
            back += rng.size(ORDERS.0, ORDERS.1);
        } else if rng.chance(self.orders) {
            out += rng.size(RESULT.0, RESULT.1);
        }
        match self.carrier {
            Carrier::Https => self.secure((server, addr), rng, host, at, (out, back)),
            Carrier::Http | Carrier::HttpPost => {
                self.plain((server, addr), rng, host, at, (out, back));
            }
            Carrier::Raw => {
                let mut conn = Conn::dial(host, rng, addr, self.port(), at);
                let (ask, tell) = (rng.bytes(out), rng.bytes(back));
                conn.say(&mut host.out, Side::Inside, ask);
                conn.say(&mut host.out, Side::Outside, tell);
                conn.close(&mut host.out, Side::Inside);
            }
        }
    }

    fn secure(
        &self,
        (server, addr): (&str, Addr),
        rng: &mut Rng,
        host: &mut Host,
        at: Timestamp,
        (out, back): (usize, usize),
    ) {
        let named = place::is_named(server);
        let mut session = if named && !self.self_signed {
            visit::connect(host, rng, (server, self.port()), self.stack, at)
        } else {
            let conn = Conn::dial(host, rng, addr, self.port(), at);
            let claims = Claims {
                subject: if named { server } else { "localhost" },
                issuer: if named { server } else { "localhost" },
                from: host.net.born(server, (3, 40)),
                days: 3650,
                names: &[],
            };
            let shown = Server { modern: false, claims, chain: 0 };
            let name = named.then_some(server);
            Session::start(conn, &mut host.out, rng, self.stack, name, &shown)
        };
        session.say(&mut host.out, rng, Side::Inside, out);
        session.say(&mut host.out, rng, Side::Outside, back);
        session.close(&mut host.out, rng, Side::Inside);
    }

    fn plain(
        &self,
        (server, addr): (&str, Addr),
        rng: &mut Rng,
        host: &mut Host,
        at: Timestamp,
        (out, back): (usize, usize),
    ) {
        let literal = addr.to_string();
        let named = place::is_named(server);
        let post = if self.carrier == Carrier::HttpPost { out } else { 0 };
        let request = Request {
            host: if named { server } else { &literal },
            path: &self.path,
            user_agent: &self.user_agent,
            browser: false,
            post,
        };
        let mut conn = Conn::dial(host, rng, addr, self.port(), at);
        let ask = http::request(rng, &request);
        conn.say(&mut host.out, Side::Inside, ask);
        let think = Span::from_secs_f64(rng.lognormal(0.03, 0.5));
        conn.pause(&mut host.out, think);
        let tell = http::reply(rng, "application/octet-stream", back);
        conn.say(&mut host.out, Side::Outside, tell);
        conn.close(&mut host.out, Side::Outside);
    }
}

impl Behaviour for Poller {
    type State = usize;

    fn first(&self) -> Span {
        // A machine that has just been switched on does not wait for a whole day.
        self.sleep.every.min(Span::from_secs(3600))
    }

    fn wake(
        &self,
        polls: &mut usize,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.poll(self.server(*polls), rng, host, now);
        *polls += 1;
        Some(self.sleep.after(rng, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, gaps, questions, watch};
    use std::collections::BTreeMap;

    #[test]
    fn it_polls_by_every_carrier() {
        for carrier in [Carrier::Https, Carrier::Http, Carrier::HttpPost, Carrier::Raw] {
            for server in ["api.cloudtick.top", "5.9.8.7", "somewhere"] {
                let servers = vec![server.to_owned()];
                let poller = Poller { servers, carrier, ..Poller::default() };
                rehearsal::assert_plays(poller.clone(), 2.0, 900);
                let seen = watch(poller.clone(), 2.0);
                let gaps = gaps(&dials(&seen, poller.port()));
                assert!(gaps.len() > 110, "{carrier:?} {server}: {}", gaps.len());
                assert!(gaps.iter().all(|gap| (44.5..60.5).contains(gap)), "{carrier:?}");
                assert_eq!(questions(&seen).is_empty(), server != "api.cloudtick.top");
            }
        }
    }

    #[test]
    fn it_goes_from_server_to_server() {
        let poller = Poller {
            servers: ["one", "two", "three"].map(String::from).into(),
            polls_per_server: 10,
            carrier: Carrier::Raw,
            ..Poller::default()
        };
        let mut seen = watch(poller, 2.0);
        seen.retain(|s| s.syn);
        let mut counts: BTreeMap<Addr, usize> = BTreeMap::new();
        for s in &seen {
            *counts.entry(s.peer).or_default() += 1;
        }
        assert_eq!(counts.len(), 3);
        assert!(seen.windows(2).filter(|pair| pair[0].peer != pair[1].peer).count() > 9);
    }

    #[test]
    fn it_polls_the_dead() {
        for fate in [Fate::Refused, Fate::Silent, Fate::NoName] {
            let poller = Poller { fate, ..Poller::default() };
            rehearsal::assert_plays(poller.clone(), 2.0, 100);
            let seen = watch(poller, 2.0);
            assert!(seen.iter().filter(|s| s.port == 443).all(|s| s.payload.is_empty()));
            let dials = dials(&seen, 443).len();
            assert_eq!(dials == 0, fate == Fate::NoName, "{fate:?}");
            if fate == Fate::NoName {
                assert!(questions(&seen).len() > 110);
            }
        }
    }
}
