//! A channel in echoes: data in requests and replies that no ping would send.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::{Sleep, place};
use crate::host::Host;
use crate::icmp;
use crate::payload::Payload;
use crate::rng::Rng;

/// A channel in echoes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IcmpTunnel {
    /// Its server: a name, an address, or a word without a dot that stands for an address without
    /// a name.
    pub server: String,
    /// Between polls.
    pub sleep: Sleep,
    /// Chance that a poll becomes a burst of data, 0 to 1.
    pub data: f64,
}

/// Bytes of a poll, and of one piece of data.
const POLL: usize = 36;
const PIECE: (usize, usize) = (400, 1300);
/// Pieces of a burst.
const BURST: (usize, usize) = (10, 200);

impl Default for IcmpTunnel {
    fn default() -> Self {
        Self { server: "echoes".into(), sleep: Sleep::of(5, 0.2), data: 0.02 }
    }
}

impl Behaviour for IcmpTunnel {
    type State = u16;

    fn first(&self) -> Span {
        Span::from_secs(120)
    }

    fn wake(
        &self,
        sequence: &mut u16,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let (to, mut at) = place::find(&self.server, rng, host, now);
        let pieces = if rng.chance(self.data) { rng.size(BURST.0, BURST.1) } else { 0 };
        for n in 0..=pieces {
            *sequence = sequence.wrapping_add(1);
            let length = if n == 0 { POLL } else { rng.size(PIECE.0, PIECE.1) };
            let ask = Payload::noise(rng, length);
            let tell = Payload::noise(rng, POLL);
            at = icmp::echo(host, rng, to, at, (0x2c1, *sequence), (ask, Some(tell)));
        }
        Some(self.sleep.after(rng, now).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};
    use ostium_event::Proto;

    #[test]
    fn echoes_carry_data() {
        rehearsal::assert_plays(IcmpTunnel::default(), 2.0, 3000);
        let seen = watch(IcmpTunnel::default(), 2.0);
        assert!(seen.iter().all(|s| s.proto == Proto::ICMP));
        let asked = seen.iter().filter(|s| s.payload[0] == 8).count();
        let told = seen.iter().filter(|s| s.payload[0] == 0).count();
        assert_eq!(asked, told);
        assert!(seen.iter().any(|s| s.payload.len() > 1000));
    }
}
