//! A miner: one long connection to a pool, jobs pushed to it by the pool, and results every minute
//! or so, in JSON lines (Stratum), in clear or inside TLS.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};
use crate::tls::{Session, Stack};
use crate::visit;

/// A miner.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Miner {
    /// The pool.
    pub pool: String,
    /// Its port.
    pub port: u16,
    /// Inside TLS.
    pub tls: bool,
    /// Mean time between jobs.
    pub jobs: Span,
    /// Mean time between results.
    pub results: Span,
}

/// A connection to the pool.
#[derive(Debug, Default)]
pub(crate) struct Link {
    wire: Option<Wire>,
    next_job: Timestamp,
    next_result: Timestamp,
    until: Timestamp,
}

#[derive(Debug)]
enum Wire {
    Plain(Conn),
    Secure(Session),
}

const HEX: &str = "0123456789abcdef";
/// Hours that a connection lasts.
const LIFE: (f64, f64) = (3.0, 40.0);

// === impl Wire ===

impl Wire {
    fn say(&mut self, host: &mut Host, rng: &mut Rng, side: Side, line: &str) {
        match self {
            Self::Plain(conn) => conn.say(&mut host.out, side, line.as_bytes()),
            Self::Secure(session) => session.say(&mut host.out, rng, side, line.len()),
        }
    }

    const fn conn(&mut self) -> &mut Conn {
        match self {
            Self::Plain(conn) => conn,
            Self::Secure(session) => &mut session.conn,
        }
    }
}

// === impl Miner ===

impl Default for Miner {
    fn default() -> Self {
        Self {
            pool: "pool.coinforge.pro".into(),
            port: 3333,
            tls: false,
            jobs: Span::from_secs(40),
            results: Span::from_secs(55),
        }
    }
}

impl Miner {
    fn connect(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Wire {
        let mut wire = if self.tls {
            let server = (self.pool.as_str(), self.port);
            Wire::Secure(visit::connect(host, rng, server, Stack::OpenSsl, now))
        } else {
            let found = host.resolve(rng, &self.pool, now);
            Wire::Plain(Conn::dial(host, rng, found.v4, self.port, found.at))
        };
        let login = Self::login(rng);
        wire.say(host, rng, Side::Inside, &login);
        let welcome = Self::welcome(rng);
        wire.say(host, rng, Side::Outside, &welcome);
        wire.conn().rest(&mut host.out);
        wire
    }

    fn result(wire: &mut Wire, rng: &mut Rng, host: &mut Host) {
        let line = Self::submit(rng);
        wire.say(host, rng, Side::Inside, &line);
        wire.say(host, rng, Side::Outside, Self::TAKEN);
    }

    /// What the pool says to a result.
    pub const TAKEN: &str =
        "{\"id\":2,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"status\":\"OK\"}}\n";

    /// How it says who it is.
    pub fn login(rng: &mut Rng) -> String {
        format!(
            "{{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{{\"login\":\"4{}\",\
             \"pass\":\"x\",\"agent\":\"miner/6.2\",\"algo\":[\"rx/0\"]}}}}\n",
            rng.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 94)
        )
    }

    /// How the pool greets it.
    pub fn welcome(rng: &mut Rng) -> String {
        let job = job(rng);
        format!(
            "{{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{{\"id\":\"{}\",\"job\":{job},\
             \"status\":\"OK\"}}}}\n",
            rng.text(HEX, 16)
        )
    }

    /// A job that the pool hands out.
    pub fn job(rng: &mut Rng) -> String {
        format!("{{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{}}}\n", job(rng))
    }

    /// A result.
    pub fn submit(rng: &mut Rng) -> String {
        format!(
            "{{\"id\":{},\"jsonrpc\":\"2.0\",\"method\":\"submit\",\"params\":{{\"id\":\"{}\",\
             \"job_id\":\"{}\",\"nonce\":\"{}\",\"result\":\"{}\"}}}}\n",
            rng.size(2, 900),
            rng.text(HEX, 16),
            rng.text(HEX, 12),
            rng.text(HEX, 8),
            rng.text(HEX, 64)
        )
    }
}

fn job(rng: &mut Rng) -> String {
    format!(
        "{{\"blob\":\"{}\",\"job_id\":\"{}\",\"target\":\"{}\",\"height\":{}}}",
        rng.text(HEX, 152),
        rng.text(HEX, 12),
        rng.text(HEX, 8),
        rng.size(3_300_000, 3_400_000)
    )
}

fn after(rng: &mut Rng, now: Timestamp, mean: Span) -> Timestamp {
    now.plus(Span::from_secs_f64(rng.exponential(mean.secs_f64()).max(0.2)))
}

impl Behaviour for Miner {
    type State = Link;

    fn first(&self) -> Span {
        Span::from_secs(300)
    }

    fn wake(
        &self,
        link: &mut Link,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(mut wire) = link.wire.take() else {
            let mut wire = self.connect(rng, host, now);
            let at = wire.conn().at;
            link.next_job = after(rng, at, self.jobs);
            link.next_result = after(rng, at, self.results);
            link.until = at.plus(Span::from_secs_f64(3600.0 * rng.between(LIFE.0, LIFE.1)));
            link.wire = Some(wire);
            return Some(link.next_job.min(link.next_result));
        };
        wire.conn().wait_until(now);
        if now >= link.until {
            wire.conn().close(&mut host.out, Side::Outside);
            return Some(now.plus(Span::from_secs(5)));
        }
        if now >= link.next_job {
            let line = Self::job(rng);
            wire.say(host, rng, Side::Outside, &line);
            link.next_job = after(rng, now, self.jobs);
        }
        if now >= link.next_result {
            Self::result(&mut wire, rng, host);
            link.next_result = after(rng, now, self.results);
        }
        wire.conn().rest(&mut host.out);
        let next = link.next_job.min(link.next_result).min(link.until).max(wire.conn().at);
        link.wire = Some(wire);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, watch};

    #[test]
    fn jobs_come_and_results_go() {
        for tls in [false, true] {
            let miner = Miner { tls, ..Miner::default() };
            rehearsal::assert_plays(miner.clone(), 4.0, 1000);
            let seen = watch(miner, 4.0);
            assert!((1..4).contains(&dials(&seen, 3333).len()));
            let has = |s: &crate::rehearsal::Seen, word: &str| {
                s.payload.windows(word.len()).any(|part| part == word.as_bytes())
            };
            let jobs = seen.iter().filter(|s| has(s, "\"method\":\"job\"")).count();
            assert_eq!(jobs > 200, !tls, "{jobs}");
        }
    }
}
