//! A split VPN: some of the traffic goes through a tunnel over UDP to one gateway, which is kept
//! alive by the clock, and its names are asked inside it; all else goes on outside. The look-alike
//! of a channel to one bare server.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::udp::Socket;

/// A split VPN.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vpn {
    /// The gateway.
    pub gateway: String,
    /// Its port; 51820 is WireGuard's.
    pub port: u16,
    /// Between keep-alives.
    pub keep_alive: Span,
    /// Spells of work in an hour.
    pub spells_per_hour: f64,
    /// Median datagrams of a spell.
    pub datagrams: f64,
}

/// The tunnel.
#[derive(Debug, Default)]
pub(crate) struct Tunnel {
    socket: Option<Socket>,
    /// Indexes of both ends, and numbers of their last datagrams.
    indexes: (u32, u32),
    numbers: (u64, u64),
    next_keys: Timestamp,
    next_spell: Timestamp,
}

/// New keys are agreed on after so long.
const KEYS: Span = Span::from_secs(120);
/// Lengths of a first message of a handshake, of its answer, of an empty message.
const INITIATION: usize = 148;
const RESPONSE: usize = 92;
const EMPTY: usize = 32;
/// A message is padded to this, and is so much longer than what it carries.
const PADDED: usize = 16;
const SEVERAL: usize = 1360;

// === impl Vpn ===

impl Default for Vpn {
    fn default() -> Self {
        Self {
            gateway: "vpn.riverbank-clinic.org".into(),
            port: 51_820,
            keep_alive: Span::from_secs(25),
            spells_per_hour: 12.0,
            datagrams: 60.0,
        }
    }
}

impl Vpn {
    fn agree(tunnel: &mut Tunnel, rng: &mut Rng, host: &mut Host, at: Timestamp) -> Timestamp {
        let Some(socket) = tunnel.socket.clone() else {
            return at;
        };
        tunnel.indexes = (rng.next() as u32, rng.next() as u32);
        tunnel.numbers = (0, 0);
        tunnel.next_keys = at.plus(KEYS);
        let head = [&[1, 0, 0, 0][..], &tunnel.indexes.0.to_le_bytes()].concat();
        socket.send_noise(host, rng, Side::Inside, at, (&head, INITIATION));
        let (own, other) = (tunnel.indexes.0.to_le_bytes(), tunnel.indexes.1.to_le_bytes());
        let head = [&[2, 0, 0, 0][..], &other, &own].concat();
        let back = at.plus(socket.trip).plus(Span::from_nanos(300_000));
        socket.send_noise(host, rng, Side::Outside, back, (&head, RESPONSE));
        back.plus(Span::from_nanos(150_000))
    }

    fn message(
        tunnel: &mut Tunnel,
        rng: &mut Rng,
        host: &mut Host,
        (side, at, carries): (Side, Timestamp, usize),
    ) {
        let Some(socket) = tunnel.socket.clone() else {
            return;
        };
        let (index, number) = match side {
            Side::Inside => (tunnel.indexes.1, &mut tunnel.numbers.0),
            Side::Outside => (tunnel.indexes.0, &mut tunnel.numbers.1),
        };
        let head = [&[4, 0, 0, 0][..], &index.to_le_bytes(), &number.to_le_bytes()].concat();
        *number += 1;
        let length = EMPTY + carries.next_multiple_of(PADDED);
        socket.send_noise(host, rng, side, at, (&head, length));
    }

    fn spell(&self, tunnel: &mut Tunnel, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let count = rng.lognormal(self.datagrams, 0.8) as usize;
        let trip = tunnel.socket.as_ref().map_or(Span::ZERO, |socket| socket.trip);
        let mut at = now;
        for _ in 0..count.max(2) {
            let carries = rng.lognormal(110.0, 0.9) as usize;
            Self::message(tunnel, rng, host, (Side::Inside, at, carries.clamp(40, SEVERAL)));
            at = at.plus(trip);
            for _ in 0..rng.size(1, 4) {
                let carries = rng.lognormal(500.0, 1.0) as usize;
                let what = (Side::Outside, at, carries.clamp(40, SEVERAL));
                Self::message(tunnel, rng, host, what);
                at = at.plus(Span::from_nanos(200_000));
            }
            at = at.plus(Span::from_secs_f64(rng.exponential(0.05)));
        }
        let wait = rng.exponential(3600.0 / self.spells_per_hour.max(0.01));
        tunnel.next_spell = at.plus(Span::from_secs_f64(wait));
    }
}

impl Behaviour for Vpn {
    type State = Tunnel;

    fn first(&self) -> Span {
        Span::from_secs(120)
    }

    fn wake(
        &self,
        tunnel: &mut Tunnel,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let mut at = now;
        if tunnel.socket.is_none() {
            let found = host.resolve(rng, &self.gateway, now);
            tunnel.socket = Some(Socket::open_from(host, self.port, found.v4, self.port));
            at = found.at;
        }
        if at >= tunnel.next_keys {
            at = Self::agree(tunnel, rng, host, at);
        }
        if at >= tunnel.next_spell {
            self.spell(tunnel, rng, host, at);
        } else {
            Self::message(tunnel, rng, host, (Side::Inside, at, 0));
        }
        Some(now.plus(self.keep_alive).min(tunnel.next_spell).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};

    #[test]
    fn the_tunnel_is_kept_alive_and_renews_its_keys() {
        rehearsal::assert_plays(Vpn::default(), 2.0, 2000);
        let mut seen = watch(Vpn::default(), 2.0);
        seen.retain(|s| s.port == 51_820);
        let of = |kind: u8| seen.iter().filter(|s| s.payload[..4] == [kind, 0, 0, 0]).count();
        assert!((35..62).contains(&of(1)) && of(1) == of(2), "{} {}", of(1), of(2));
        assert_eq!(of(1) + of(2) + of(4), seen.len());
        assert!(seen.iter().filter(|s| s.payload.len() == 32).count() > 100);
    }
}
