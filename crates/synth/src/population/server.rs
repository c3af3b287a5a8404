//! A server that the internet knocks at: some visitors, many scanners. What answers a scanner is
//! no evidence against the server.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::{self, Request};
use crate::packet::{self, ACK, RST, SYN, Segment};
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// A server with port 80 open.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Knocks in an hour.
    pub knocks_per_hour: f64,
}

/// What scanners look for.
const PORTS: &[u16] = &[22, 23, 80, 443, 445, 2323, 3389, 5060, 6379, 8080, 8443, 9200];

// === impl Server ===

impl Server {
    /// A SYN to some port; a closed one answers with a reset.
    fn knock(rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let from = host.net.anywhere(rng);
        let peer = host.peer(from, rng.size(1024, 65_535) as u16);
        let own = host.end_at(rng.pick(PORTS));
        let seq = rng.next() as u32;
        let segment = Segment { seq, flags: SYN, window: 1024, ..Segment::default() };
        let id = rng.next() as u16;
        host.out.push(now, packet::tcp(&peer, &own, id, &segment));
        let open = own.port == 80;
        let answer = Segment {
            seq: if open { rng.next() as u32 } else { 0 },
            ack: seq.wrapping_add(1),
            flags: if open { SYN | ACK } else { RST | ACK },
            ..Segment::default()
        };
        let soon = now.plus(Span::from_nanos(180_000));
        let id = host.id();
        host.out.push(soon, packet::tcp(&own, &peer, id, &answer));
        if open {
            // A scanner that has seen enough tears the half-open connection down.
            let segment = Segment { seq: seq.wrapping_add(1), flags: RST, ..Segment::default() };
            let later = soon.plus(host.net.round_trip(from));
            host.out.push(later, packet::tcp(&peer, &own, id, &segment));
        }
    }

    fn visitor(rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let from = host.net.peer(rng);
        let peer = host.peer(from, rng.size(20_000, 65_535) as u16);
        let mut conn = Conn::receive(host, rng, peer, 80, now);
        let request = Request {
            host: "www.maplecornerclinic.org",
            path: "/opening-hours.html",
            user_agent: crate::tls::Stack::Firefox.user_agent(),
            browser: true,
            post: 0,
        };
        conn.say(&mut host.out, Side::Outside, http::request(rng, &request));
        let back = rng.size(1500, 7000);
        conn.say(&mut host.out, Side::Inside, http::reply(rng, "text/html", back));
        conn.pause(&mut host.out, Span::from_secs(5));
        conn.close(&mut host.out, Side::Inside);
    }
}

impl Default for Server {
    fn default() -> Self {
        Self { knocks_per_hour: 120.0 }
    }
}

impl Behaviour for Server {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs(60)
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        match rng.chance(0.9) {
            true => Self::knock(rng, host, now),
            false => Self::visitor(rng, host, now),
        }
        let wait = rng.exponential(3600.0 / self.knocks_per_hour);
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}
