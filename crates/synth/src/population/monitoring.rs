//! A monitoring server: checks many machines, inside and outside, at one fixed interval, some of
//! which are down. The look-alike of many beacons at once, and of a scanner.

use ostium_event::{RecordType, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::dns::Answers;
use crate::host::Host;
use crate::icmp;
use crate::names;
use crate::rng::{Rng, mix};
use crate::tcp::{self, Conn, Failure, Side};
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A monitoring server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Monitoring {
    /// How many names it checks.
    pub targets: usize,
    /// The interval.
    pub every: Span,
    /// The first of them in the list of all sites, so that two servers check different ones.
    pub offset: usize,
    /// Targets that are down, of all, 0 to 1.
    pub down: f64,
}

/// Where the round is.
#[derive(Debug, Default)]
pub(crate) struct Round {
    next: usize,
    started: Timestamp,
}

/// What is checked at a target.
#[derive(Clone, Copy)]
enum Check {
    Web,
    Port(u16),
    Name,
    Ping,
}

impl Default for Monitoring {
    fn default() -> Self {
        Self { targets: 40, every: Span::from_secs(60), offset: 20, down: 0.05 }
    }
}

// === impl Monitoring ===

impl Monitoring {
    /// A target is always checked in the same way.
    fn kind(n: usize) -> Check {
        match mix(n as u64) % 10 {
            0..=3 => Check::Web,
            4 => Check::Port(22),
            5 => Check::Port(25),
            6 => Check::Port(443),
            7 => Check::Name,
            _ => Check::Ping,
        }
    }

    fn is_down(&self, n: usize) -> bool {
        (mix(n as u64 ^ 0x5eed) % 1000) < (self.down * 1000.0) as u64
    }

    fn check(&self, n: usize, rng: &mut Rng, host: &mut Host, at: Timestamp) {
        let name = format!("www.{}", names::site(n % names::SITES));
        let kind = Self::kind(n);
        let port = if let Check::Port(port) = kind { port } else { 443 };
        if self.is_down(n) {
            let found = host.resolve(rng, &name, at);
            let (own, peer) = (host.end(), host.peer(found.v4, port));
            let seq = rng.next() as u32;
            let how = if n.is_multiple_of(2) { Failure::Refusal } else { Failure::Silence };
            tcp::fail(host, &own, &peer, seq, found.at, how);
            return;
        }
        match kind {
            Check::Web => {
                let exchange = Exchange { out: 130, back: 900 + n % 7 * 350 };
                let server = (name.as_str(), 443);
                visit::secure(host, rng, server, Stack::Go, at, &[exchange], Span::ZERO);
            }
            Check::Port(port) => {
                let found = host.resolve(rng, &name, at);
                let mut conn = Conn::dial(host, rng, found.v4, port, found.at);
                greet(&mut conn, host, port);
                conn.close(&mut host.out, Side::Inside);
            }
            Check::Ping => {
                let found = host.resolve(rng, &name, at);
                let data = icmp::pattern(rng);
                let number = (0x4d6, n as u16);
                icmp::echo(host, rng, found.v4, found.at, number, (data.clone(), Some(data)));
            }
            Check::Name => {
                // It asks anew every time: this is what it measures.
                let answer = Answers::addresses(&host.net.site(&name));
                host.ask(rng, &name, RecordType::A, at, &answer);
            }
        }
    }
}

/// What a server says first.
fn greet(conn: &mut Conn, host: &mut Host, port: u16) {
    match port {
        22 => conn.say(&mut host.out, Side::Outside, b"SSH-2.0-OpenSSH_9.9\r\n"),
        25 => {
            conn.say(&mut host.out, Side::Outside, b"220 mail ESMTP\r\n");
            conn.say(&mut host.out, Side::Inside, b"QUIT\r\n");
            conn.say(&mut host.out, Side::Outside, b"221 bye\r\n");
        }
        _ => {}
    }
}

impl Behaviour for Monitoring {
    type State = Round;

    fn first(&self) -> Span {
        self.every
    }

    fn wake(
        &self,
        round: &mut Round,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if round.next == 0 {
            round.started = now;
        }
        self.check(self.offset + round.next, rng, host, now);
        round.next += 1;
        if round.next >= self.targets {
            round.next = 0;
            return Some(round.started.plus(self.every));
        }
        // The checks of a round are spread evenly over it.
        let share = self.every.secs_f64() * round.next as f64 / self.targets as f64;
        let late = rng.exponential(0.004);
        Some(round.started.plus(Span::from_secs_f64(share + late)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};
    use std::collections::BTreeMap;

    #[test]
    fn every_target_is_checked_every_round() {
        let every = Span::from_secs(60);
        let monitoring = Monitoring { targets: 40, every, offset: 20, down: 0.1 };
        rehearsal::assert_plays(monitoring.clone(), 1.0, 10_000);
        let mut starts: BTreeMap<(ostium_event::Addr, u16), usize> = BTreeMap::new();
        let mut known = std::collections::BTreeSet::new();
        for s in watch(monitoring, 1.0) {
            if s.syn && known.insert((s.own_port, s.seq)) {
                *starts.entry((s.peer, s.port)).or_default() += 1;
            }
        }
        assert!((25..=40).contains(&starts.len()), "{}", starts.len());
        assert!(starts.values().all(|n| (57..=125).contains(n)), "{starts:?}");
    }
}
