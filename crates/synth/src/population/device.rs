//! A thing in the house (a plug, a lamp, a thermostat): one connection to its maker's cloud that
//! is kept alive at fixed times, short reports, its own clock, and a name that it asks for ever
//! again. The look-alike of a remote control.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::visit;

/// A thing in the house.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Device {
    /// Its maker's cloud.
    pub cloud: String,
    /// The cloud's port; 8883 is MQTT over TLS.
    pub port: u16,
    /// The stack it speaks TLS with.
    pub stack: Stack,
    /// Between keep-alives.
    pub keep_alive: Span,
    /// Between reports.
    pub report: Span,
    /// Bytes of a report.
    pub bytes: usize,
}

/// Where a thing is in its day.
#[derive(Debug, Default)]
pub(crate) struct Link {
    session: Option<Session>,
    /// When the cloud ends the connection, and the thing connects anew.
    until: Timestamp,
    next_report: Timestamp,
}

/// Bytes of an MQTT ping and its answer, of CONNECT and SUBSCRIBE and their answers.
const PING: usize = 2;
const CONNECT: (usize, usize) = (96, 4);
const SUBSCRIBE: (usize, usize) = (71, 5);
/// Hours that a connection lasts.
const LIFE: (f64, f64) = (4.0, 26.0);
/// Chance that the cloud has an order at a keep-alive.
const ORDER: f64 = 0.004;

impl Default for Device {
    fn default() -> Self {
        Self {
            cloud: "mqtt.lampworks.io".into(),
            port: 8883,
            stack: Stack::OpenSsl,
            keep_alive: Span::from_secs(60),
            report: Span::from_secs(300),
            bytes: 210,
        }
    }
}

// === impl Device ===

impl Device {
    fn connect(&self, link: &mut Link, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let mut session = visit::connect(host, rng, (&self.cloud, self.port), self.stack, now);
        for (out, back) in [CONNECT, SUBSCRIBE] {
            session.say(&mut host.out, rng, Side::Inside, out);
            session.say(&mut host.out, rng, Side::Outside, back);
        }
        session.conn.rest(&mut host.out);
        let life = Span::from_secs_f64(3600.0 * rng.between(LIFE.0, LIFE.1));
        link.until = session.conn.at.plus(life);
        link.session = Some(session);
    }

    fn report(&self, session: &mut Session, rng: &mut Rng, host: &mut Host) {
        let bytes = rng.size(self.bytes, self.bytes + 12);
        session.say(&mut host.out, rng, Side::Inside, bytes);
        session.say(&mut host.out, rng, Side::Outside, 4);
    }
}

impl Behaviour for Device {
    type State = Link;

    fn first(&self) -> Span {
        Span::from_secs(90)
    }

    fn wake(
        &self,
        link: &mut Link,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(mut session) = link.session.take() else {
            self.connect(link, rng, host, now);
            link.next_report = now.plus(self.report);
            return Some(link.session.as_ref()?.conn.at.plus(self.keep_alive));
        };
        session.conn.wait_until(now);
        if now >= link.until {
            session.close(&mut host.out, rng, Side::Outside);
            return Some(session.conn.at.plus(Span::from_secs_f64(rng.between(1.0, 6.0))));
        }
        if now >= link.next_report {
            self.report(&mut session, rng, host);
            link.next_report = link.next_report.plus(self.report);
        } else {
            session.say(&mut host.out, rng, Side::Inside, PING);
            session.say(&mut host.out, rng, Side::Outside, PING);
        }
        if rng.chance(ORDER) {
            session.conn.pause(&mut host.out, Span::from_secs(2));
            session.say(&mut host.out, rng, Side::Outside, 130);
            session.say(&mut host.out, rng, Side::Inside, 88);
        }
        session.conn.rest(&mut host.out);
        let next = now.plus(self.keep_alive).max(session.conn.at);
        link.session = Some(session);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, watch};

    #[test]
    fn it_stays_connected_and_pings() {
        let device = Device {
            cloud: "mqtt.lampworks.io".into(),
            port: 8883,
            stack: Stack::OpenSsl,
            keep_alive: Span::from_secs(60),
            report: Span::from_secs(300),
            bytes: 210,
        };
        rehearsal::assert_plays(device.clone(), 30.0, 5000);
        let seen = watch(device, 30.0);
        let dials = dials(&seen, 8883).len();
        assert!((2..=8).contains(&dials), "{dials}");
        // A record that holds a ping is 24 bytes long.
        let pings = seen.iter().filter(|s| s.payload.len() == 24 && s.side == Side::Inside);
        assert!((1000..1800).contains(&pings.count()));
    }
}
