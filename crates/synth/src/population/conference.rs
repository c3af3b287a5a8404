//! Calls: a signalling connection, and media over UDP to a relay, or straight to somebody at home.
//! The look-alike of a peer-to-peer bot and of a flood of UDP.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::media::{Media, Rate};
use crate::rng::Rng;
use crate::stun;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::udp::Socket;
use crate::visit;

/// Calls.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conference {
    /// The service.
    pub name: String,
    /// The stack it speaks TLS with.
    pub stack: Stack,
    /// Calls in an hour at which somebody is there.
    pub calls_per_hour: f64,
    /// Median minutes of a call.
    pub minutes: f64,
    /// Datagrams in a second each way; 50 is audio alone.
    pub datagrams: usize,
    /// Share of calls that go straight to the other person, 0 to 1.
    pub direct: f64,
}

/// A call on its way.
#[derive(Debug, Default)]
pub(crate) struct Call {
    on: Option<(Session, Media)>,
    until: Timestamp,
}

/// The port of relays, and bytes of a packet of sound and of one of a picture.
const RELAY: u16 = 3478;
const SOUND: (usize, usize) = (70, 170);
const PICTURE: (usize, usize) = (300, 1180);
const SECOND: Span = Span::from_secs(1);
/// Datagrams in a second above which there is a picture.
const SOUND_ALONE: usize = 50;

impl Default for Conference {
    fn default() -> Self {
        Self {
            name: "meetingroom.com".into(),
            stack: Stack::Chrome,
            calls_per_hour: 0.6,
            minutes: 20.0,
            datagrams: 50,
            direct: 0.2,
        }
    }
}

// === impl Conference ===

impl Conference {
    fn dial(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> (Session, Media, Timestamp) {
        let name = format!("signal.{}", self.name);
        let mut session = visit::connect(host, rng, (&name, 443), self.stack, now);
        for (out, back) in [(900, 3400), (2600, 2900)] {
            session.say(&mut host.out, rng, Side::Inside, out);
            session.say(&mut host.out, rng, Side::Outside, back);
        }
        session.conn.rest(&mut host.out);
        // Its own address, as a server outside sees it.
        let name = format!("stun.{}", self.name);
        let found = host.resolve(rng, &name, session.conn.at);
        let socket = Socket::open(host, found.v4, RELAY);
        let ask = stun::question(rng);
        let tell = stun::answer(&ask, host.net.bare("nat"), socket.own_port());
        let at = socket.exchange(host, rng, found.at, &ask, Some(&tell));
        let peer = match rng.chance(self.direct) {
            true => (host.net.peer(rng), rng.size(1024, 65_535) as u16),
            false => {
                // Which relay, the signalling said: no name is asked for it.
                let relay = format!("relay-{}.{}", rng.below(12), self.name);
                (host.net.bare(&relay), RELAY)
            }
        };
        let (media, at) = Media::open(host, rng, peer, at);
        (session, media, at)
    }

    fn pause(&self, rng: &mut Rng) -> Span {
        Span::from_secs_f64(rng.exponential(3600.0 / self.calls_per_hour.max(0.001)))
    }
}

impl Behaviour for Conference {
    type State = Call;

    fn first(&self) -> Span {
        Span::from_secs_f64(3600.0 / self.calls_per_hour.max(0.001))
    }

    fn needs_person(&self) -> bool {
        true
    }

    fn wake(
        &self,
        call: &mut Call,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some((mut session, mut media)) = call.on.take() else {
            let (session, media, at) = self.dial(rng, host, now);
            let length = rng.lognormal(self.minutes * 60.0, 0.5);
            call.until = at.plus(Span::from_secs_f64(length));
            call.on = Some((session, media));
            return Some(at);
        };
        session.conn.wait_until(now);
        if now >= call.until {
            session.say(&mut host.out, rng, Side::Inside, 420);
            session.say(&mut host.out, rng, Side::Outside, 160);
            session.close(&mut host.out, rng, Side::Inside);
            return Some(now.plus(self.pause(rng)));
        }
        let bytes = if self.datagrams > SOUND_ALONE { PICTURE } else { SOUND };
        media.second(host, rng, now, Rate { datagrams: self.datagrams, bytes });
        if now.secs().is_multiple_of(10) {
            session.say(&mut host.out, rng, Side::Inside, 64);
            session.say(&mut host.out, rng, Side::Outside, 32);
            session.conn.rest(&mut host.out);
        }
        call.on = Some((session, media));
        Some(now.plus(SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};
    use ostium_event::Proto;

    #[test]
    fn calls_are_symmetric_and_steady() {
        let calls = Conference {
            calls_per_hour: 2.0,
            minutes: 3.0,
            datagrams: 20,
            direct: 0.5,
            ..Conference::default()
        };
        rehearsal::assert_plays(calls.clone(), 2.0, 10_000);
        let seen = watch(calls, 2.0);
        let rtp = |s: &&crate::rehearsal::Seen| {
            s.proto == Proto::UDP && s.payload.starts_with(&[0x80, 111])
        };
        let out = seen.iter().filter(rtp).filter(|s| s.side == Side::Inside).count();
        let back = seen.iter().filter(rtp).filter(|s| s.side == Side::Outside).count();
        assert!(out > 2000 && out.abs_diff(back) < 25, "{out} {back}");
        let checks = seen.iter().filter(|s| s.payload.starts_with(&[0, 1, 0]));
        assert!(checks.count() > 20);
    }
}
