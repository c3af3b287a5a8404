//! A BitTorrent client (BEP 3, BEP 5): many strangers by address alone, half of them gone. The
//! benign look-alike of a peer-to-peer bot and of a scanner.

use ostium_event::{Addr, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::packet;
use crate::rng::Rng;
use crate::tcp::{self, Conn, Failure, Side};

/// A BitTorrent client.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Torrent {
    /// New peers in a minute while it runs.
    pub peers_per_minute: f64,
    /// The port it uses itself.
    pub port: u16,
}

// === impl Torrent ===

impl Torrent {
    /// Asks a node of the distributed table for nodes near some key.
    fn find_node(&self, rng: &mut Rng, host: &mut Host, to: Addr, now: Timestamp) {
        let own = host.end_at(self.port);
        let peer = host.peer(to, rng.size(6881, 60_000) as u16);
        let mut ask = b"d1:ad2:id20:".to_vec();
        ask.extend(rng.bytes(20));
        ask.extend_from_slice(b"6:target20:");
        ask.extend(rng.bytes(20));
        ask.extend_from_slice(b"e1:q9:find_node1:t2:aa1:y1:qe");
        let id = host.id();
        host.out.push(now, packet::udp(&own, &peer, id, &ask));
        if rng.chance(0.55) {
            let mut tell = b"d1:rd2:id20:".to_vec();
            tell.extend(rng.bytes(20));
            tell.extend_from_slice(b"5:nodes208:");
            tell.extend(rng.bytes(208));
            tell.extend_from_slice(b"e1:t2:aa1:y1:re");
            let done = now.plus(host.net.round_trip(to));
            host.out.push(done, packet::udp(&peer, &own, 0, &tell));
        }
    }

    /// Connects to a peer: gone, refusing, or willing.
    fn peer(rng: &mut Rng, host: &mut Host, to: Addr, now: Timestamp) {
        let port = rng.size(6881, 60_000) as u16;
        let fate = rng.unit();
        if fate < 0.6 {
            let how = match fate {
                ..0.4 => Failure::Silence,
                ..0.54 => Failure::Refusal,
                _ => Failure::Unreachable,
            };
            let (own, peer) = (host.end(), host.peer(to, port));
            let seq = rng.next() as u32;
            tcp::fail(host, &own, &peer, seq, now, how);
            return;
        }
        let mut conn = Conn::dial(host, rng, to, port, now);
        for side in [Side::Inside, Side::Outside] {
            let mut shake = b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05".to_vec();
            shake.extend(rng.bytes(40));
            conn.say(&mut host.out, side, &shake);
        }
        for _ in 0..rng.size(1, 4) {
            let wait = Span::from_secs_f64(rng.exponential(8.0));
            conn.pause(&mut host.out, wait);
            conn.say(
                &mut host.out,
                Side::Inside,
                &[0, 0, 0, 13, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0],
            );
            let piece = rng.size(1000, 6000);
            let piece = rng.bytes(piece);
            conn.say(&mut host.out, Side::Outside, &piece);
        }
        conn.close(&mut host.out, Side::Outside);
    }
}

impl Default for Torrent {
    fn default() -> Self {
        Self { peers_per_minute: 6.0, port: 51_413 }
    }
}

impl Behaviour for Torrent {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs(600)
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let to = host.net.peer(rng);
        match rng.chance(0.7) {
            true => self.find_node(rng, host, to, now),
            false => Self::peer(rng, host, to, now),
        }
        let wait = rng.exponential(60.0 / self.peers_per_minute);
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}
