//! A worm that looks for others: SYNs to addresses at random, most of them unanswered.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::{self, Conn, Failure, Side};

/// A scanner.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scanner {
    /// The ports it tries.
    pub ports: Vec<u16>,
    /// SYNs to new addresses in a second.
    pub per_second: f64,
    /// The sequence number of a SYN is the address that it goes to, as Mirai's is.
    pub marked: bool,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { ports: vec![23, 2323], per_second: 2.0, marked: true }
    }
}

impl Behaviour for Scanner {
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
        let to = host.net.anywhere(rng);
        let port = rng.pick(&self.ports);
        let fate = rng.unit();
        if fate < 0.985 {
            let how = match fate {
                ..0.85 => Failure::Silence,
                ..0.93 => Failure::Refusal,
                _ => Failure::Unreachable,
            };
            let seq = match self.marked {
                true => to.v4_bits().unwrap_or_default(),
                false => rng.next() as u32,
            };
            let (own, peer) = (host.end(), host.peer(to, port));
            tcp::fail(host, &own, &peer, seq, now, how);
        } else {
            let mut conn = Conn::dial(host, rng, to, port, now);
            conn.say(&mut host.out, Side::Outside, b"\xff\xfd\x01\xff\xfd\x1flogin: ");
            conn.say(&mut host.out, Side::Inside, b"root\r\n");
            conn.reset(&mut host.out, Side::Outside);
        }
        let wait = rng.exponential(1.0 / self.per_second);
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}
