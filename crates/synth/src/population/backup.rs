//! Backups: every night, at nearly the same time, much is carried to one place; by day the program
//! asks whether there is something to do. The look-alike of a beacon and of a theft.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::visit::{self, Exchange};

/// Backups.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backup {
    /// Where to.
    pub name: String,
    /// The hour of the day at which it begins, 0 to 24, in UTC.
    pub hour: f64,
    /// Median bytes of one night.
    pub bytes: usize,
    /// Bytes in a second, at most.
    pub bytes_per_second: usize,
    /// Between questions whether there is something to do.
    pub every: Span,
}

/// A backup on its way.
#[derive(Debug, Default)]
pub(crate) struct Carrying {
    session: Option<Session>,
    left: usize,
    /// When the next one begins.
    next: Timestamp,
}

/// Bytes of one object, of its head and of the answer to it.
const OBJECT: usize = 8 << 20;
const HEAD: usize = 640;
const ANSWER: usize = 380;
const DAY: u64 = 86_400;

impl Default for Backup {
    fn default() -> Self {
        Self {
            name: "vault.safekeep.net".into(),
            hour: 1.5,
            bytes: 200_000_000,
            bytes_per_second: 4_000_000,
            every: Span::from_secs(1800),
        }
    }
}

// === impl Backup ===

impl Backup {
    /// The next time at which it begins, after `now`.
    fn next(&self, rng: &mut Rng, now: Timestamp) -> Timestamp {
        let start = self.hour.clamp(0.0, 24.0) * 3600.0 + rng.between(0.0, 180.0);
        let today = Timestamp::from_secs(now.secs() / DAY * DAY);
        let at = today.plus(Span::from_secs_f64(start));
        if at > now { at } else { at.plus(Span::from_secs(DAY)) }
    }
}

impl Behaviour for Backup {
    type State = Carrying;

    fn first(&self) -> Span {
        Span::from_secs(60)
    }

    fn wake(
        &self,
        carrying: &mut Carrying,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if carrying.left == 0 {
            if now < carrying.next {
                let exchange = Exchange { out: 690, back: 350 };
                let server = (self.name.as_str(), 443);
                let linger = Span::from_secs(5);
                visit::secure(host, rng, server, Stack::Go, now, &[exchange], linger);
                return Some(now.plus(self.every).min(carrying.next));
            }
            if carrying.next == Timestamp::ZERO {
                carrying.next = self.next(rng, now);
                return Some(now.plus(self.every).min(carrying.next));
            }
            carrying.left = rng.lognormal(self.bytes as f64, 0.6) as usize + 1;
        }
        let mut session = match carrying.session.take() {
            Some(session) => session,
            None => visit::connect(host, rng, (&self.name, 443), Stack::Go, now),
        };
        session.conn.wait_until(now);
        session.conn.flow_at(self.bytes_per_second as f64);
        let part = carrying.left.min(OBJECT);
        carrying.left -= part;
        session.say(&mut host.out, rng, Side::Inside, HEAD + part);
        session.say(&mut host.out, rng, Side::Outside, ANSWER);
        if carrying.left > 0 {
            session.conn.rest(&mut host.out);
            let next = session.conn.at;
            carrying.session = Some(session);
            return Some(next);
        }
        session.close(&mut host.out, rng, Side::Inside);
        let done = session.conn.at.plus(Span::from_secs(1200));
        carrying.next = self.next(rng, done);
        Some(done.plus(self.every).min(carrying.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, carried, watch};

    #[test]
    fn it_carries_by_night_alone() {
        let backup = Backup {
            name: "vault.safekeep.net".into(),
            hour: 1.5,
            bytes: 3_000_000,
            bytes_per_second: 2_000_000,
            every: Span::from_secs(3600),
        };
        rehearsal::assert_plays(backup.clone(), 24.0, 1000);
        let mut seen = watch(backup, 60.0);
        seen.retain(|s| s.payload.len() > 1000 && s.side == Side::Inside);
        assert!(carried(&seen, Side::Inside) > 2_000_000);
        for s in &seen {
            let hour = (s.at.secs() % DAY) as f64 / 3600.0;
            assert!((1.45..2.0).contains(&hour), "{hour}");
        }
        let nights: std::collections::BTreeSet<u64> =
            seen.iter().map(|s| s.at.secs() / DAY).collect();
        assert_eq!(nights.len(), 2);
    }
}
