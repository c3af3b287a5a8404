//! Programs on a timer: updates, telemetry, revocation checks, the time of day. The benign
//! look-alikes of a beacon.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::Request;
use crate::packet;
use crate::rng::Rng;
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A program that calls one name at intervals.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timer {
    /// The name it calls.
    pub name: String,
    /// The interval.
    pub every: Span,
    /// Share of the interval by which it varies to either side, 0 to 1.
    pub jitter: f64,
    /// The stack it speaks TLS with; `plain` is HTTP without it.
    #[serde(deserialize_with = "crate::tls::stack_or_plain")]
    pub stack: Option<Stack>,
    /// Bytes sent and received, about.
    pub exchange: (usize, usize),
}

/// The time of day (RFC 5905).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ntp {
    /// The server.
    pub name: String,
    /// The interval.
    pub every: Span,
}

/// Seconds from 1900 to 1970.
const NTP_EPOCH: u64 = 2_208_988_800;

impl Default for Timer {
    fn default() -> Self {
        Self {
            name: "updates.ledgerdesk.com".into(),
            every: Span::from_secs(900),
            jitter: 0.1,
            stack: Some(Stack::Schannel),
            exchange: (700, 420),
        }
    }
}

impl Behaviour for Timer {
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
        let (out, back) = self.exchange;
        let vary = |rng: &mut Rng, bytes: usize| rng.size(bytes - bytes / 8, bytes + bytes / 8);
        let back = vary(rng, back);
        match self.stack {
            Some(stack) => {
                let out = vary(rng, out);
                let server = (self.name.as_str(), 443);
                let linger = Span::from_secs_f64(rng.between(0.05, 4.0));
                let exchange = Exchange { out, back };
                visit::secure(host, rng, server, stack, now, &[exchange], linger);
            }
            None => {
                let path =
                    format!("/{}", rng.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789", 40));
                let request = Request {
                    host: &self.name,
                    path: &path,
                    user_agent: Stack::Schannel.user_agent(),
                    browser: false,
                    post: 0,
                };
                visit::plain(host, rng, &request, now, ("application/octet-stream", back));
            }
        }
        let factor = rng.between(1.0 - self.jitter, 1.0 + self.jitter);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)))
    }
}

impl Default for Ntp {
    fn default() -> Self {
        Self { name: "pool.ntp.org".into(), every: Span::from_secs(1024) }
    }
}

impl Behaviour for Ntp {
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
        let found = host.resolve(rng, &self.name, now);
        let own = host.end();
        let server = host.peer(found.v4, 123);
        let mut ask = [0u8; 48];
        ask[0] = 0x23;
        let seconds = (now.secs() + NTP_EPOCH) as u32;
        ask[40..44].copy_from_slice(&seconds.to_be_bytes());
        let mut tell = ask;
        tell[0] = 0x24;
        tell[1] = 2;
        let id = host.id();
        let done = found.at.plus(host.net.round_trip(found.v4));
        host.out.push(found.at, packet::udp(&own, &server, id, &ask));
        host.out.push(done, packet::udp(&server, &own, 0, &tell));
        let drift = rng.between(0.98, 1.02);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * drift)))
    }
}
