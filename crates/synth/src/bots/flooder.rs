//! A bot that floods: SYNs, datagrams or requests to one target for some minutes, by its own
//! address or by addresses of strangers.

use ostium_event::{Addr, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::place;
use crate::host::Host;
use crate::http::{self, Request};
use crate::packet::{self, ACK, End, RST, SYN, Segment};
use crate::payload::Payload;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// A bot that floods.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flooder {
    /// Whom: an address, a name, or a word without a dot that stands for an address without a
    /// name.
    pub target: String,
    /// With what.
    pub flood: Flood,
    /// The port that is flooded.
    pub port: u16,
    /// Packets, or requests, in a second.
    pub per_second: f64,
    /// By addresses of strangers instead of its own; requests never are.
    pub spoofed: bool,
    /// How long a flood lasts.
    pub lasts: Span,
    /// Mean time from one to the next.
    pub every: Span,
}

/// With what is flooded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flood {
    /// Openings of connections.
    #[default]
    Syn,
    /// Datagrams.
    Udp,
    /// Requests for pages.
    Http,
}

/// Where a flood is.
#[derive(Debug, Default)]
pub(crate) struct Attack {
    on: bool,
    until: Timestamp,
    sent: u64,
}

/// Packets made at one wake.
const BATCH: usize = 32;
/// Openings that the target still answers, before it is overwhelmed.
const ANSWERED: u64 = 200;
const DATAGRAM: usize = 512;

// === impl Flooder ===

impl Default for Flooder {
    fn default() -> Self {
        Self {
            target: "victim".into(),
            flood: Flood::Syn,
            port: 80,
            per_second: 400.0,
            spoofed: false,
            lasts: Span::from_secs(60),
            every: Span::from_secs(3600),
        }
    }
}

impl Flooder {
    fn own(&self, rng: &mut Rng, host: &mut Host) -> End {
        let mut own = End { port: rng.size(1024, 65_535) as u16, ..host.end_at(0) };
        if self.spoofed {
            own.addr = host.net.anywhere(rng);
        }
        own
    }

    fn syn(&self, attack: &Attack, rng: &mut Rng, host: &mut Host, to: Addr, at: Timestamp) {
        let (own, peer) = (self.own(rng, host), host.peer(to, self.port));
        let seq = rng.next() as u32;
        let segment = Segment { seq, flags: SYN, window: 5840, ..Segment::default() };
        let id = rng.next() as u16;
        host.out.push(at, packet::tcp(&own, &peer, id, &segment));
        if self.spoofed || attack.sent >= ANSWERED {
            return;
        }
        let answer = Segment {
            seq: rng.next() as u32,
            ack: seq.wrapping_add(1),
            flags: SYN | ACK,
            window: 29_200,
            ..Segment::default()
        };
        let back = at.plus(host.net.round_trip(to));
        host.out.push(back, packet::tcp(&peer, &own, 0, &answer));
        // The system knows of no such connection.
        let reset = Segment { seq: seq.wrapping_add(1), flags: RST, ..Segment::default() };
        host.out.push(back.plus(Span::from_nanos(90_000)), packet::tcp(&own, &peer, id, &reset));
    }

    fn request(&self, rng: &mut Rng, host: &mut Host, to: Addr, at: Timestamp) {
        let literal = to.to_string();
        let request = Request {
            host: if place::is_named(&self.target) { &self.target } else { &literal },
            path: "/",
            user_agent: "Mozilla/5.0 (Windows NT 6.1; rv:45.0) Gecko/20100101 Firefox/45.0",
            browser: false,
            post: 0,
        };
        let mut conn = Conn::dial(host, rng, to, self.port, at);
        let ask = http::request(rng, &request);
        conn.say(&mut host.out, Side::Inside, ask);
        let tell = http::reply(rng, "text/html", 420);
        conn.say(&mut host.out, Side::Outside, tell);
        conn.reset(&mut host.out, Side::Inside);
    }

    fn fire(&self, attack: &mut Attack, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Span {
        let (to, _) = place::find(&self.target, rng, host, now);
        let mut at = now;
        for _ in 0..BATCH {
            match self.flood {
                Flood::Syn => self.syn(attack, rng, host, to, at),
                Flood::Http => self.request(rng, host, to, at),
                Flood::Udp => {
                    let (own, peer) = (self.own(rng, host), host.peer(to, self.port));
                    let bytes = Payload::noise(rng, DATAGRAM);
                    let id = rng.next() as u16;
                    host.out.push(at, packet::udp(&own, &peer, id, bytes));
                }
            }
            attack.sent += 1;
            let wait = rng.exponential(1.0 / self.per_second.max(0.001));
            at = at.plus(Span::from_secs_f64(wait));
        }
        at.since(now)
    }
}

impl Behaviour for Flooder {
    type State = Attack;

    fn first(&self) -> Span {
        self.every
    }

    fn wake(
        &self,
        attack: &mut Attack,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if !attack.on {
            *attack = Attack { on: true, until: now.plus(self.lasts), sent: 0 };
        }
        if now >= attack.until {
            attack.on = false;
            let wait = rng.exponential(self.every.secs_f64());
            return Some(now.plus(Span::from_secs_f64(wait)));
        }
        let took = self.fire(attack, rng, host, now);
        Some(now.plus(took))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, OWN, play, read};
    use std::collections::BTreeSet;

    #[test]
    fn floods_are_dense_and_go_to_one() {
        for flood in [Flood::Syn, Flood::Udp, Flood::Http] {
            let flooder = Flooder {
                flood,
                per_second: 100.0,
                lasts: Span::from_secs(10),
                every: Span::from_secs(600),
                ..Flooder::default()
            };
            rehearsal::assert_plays(flooder.clone(), 1.0, 1000);
            let seen: Vec<_> = play(flooder, 1.0).iter().map(read).collect();
            let peers: BTreeSet<_> = seen.iter().map(|s| s.peer).collect();
            assert_eq!(peers.len(), 1, "{flood:?}");
        }
    }

    #[test]
    fn strangers_seem_to_send() {
        let flooder = Flooder { spoofed: true, lasts: Span::from_secs(5), ..Flooder::default() };
        let own = OWN.v4_bits().unwrap().to_be_bytes();
        let packets = play(flooder, 2.0);
        assert!(packets.len() > 1000);
        let sources: BTreeSet<&[u8]> = packets.iter().map(|p| &p.bytes[26..30]).collect();
        assert!(sources.len() > packets.len() * 9 / 10);
        assert!(sources.iter().all(|source| *source != own));
        for packet in &packets {
            assert_eq!(crate::check::packet(&packet.bytes), Ok(()));
            assert_eq!(packet.bytes[6..12], [0x02, 0x5e, 10, 9, 0, 20]);
        }
    }
}
