//! A remote control that speaks bytes of its own in one connection that is held open: it tells who
//! it is, pings by its sleep, and connects again when the line breaks.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::{Sleep, place};
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// A remote control without TLS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Held {
    /// Its server: a name, an address, or a word without a dot that stands for an address without
    /// a name.
    pub server: String,
    /// The port.
    pub port: u16,
    /// Between pings.
    pub sleep: Sleep,
    /// Bytes of a ping and of its answer.
    pub bytes: (usize, usize),
    /// The server pings, instead of the bot.
    pub server_pings: bool,
    /// Words instead of bytes that nobody can read.
    pub text: bool,
    /// Mean hours that a connection lasts.
    pub life_hours: f64,
}

/// A connection and when it breaks.
#[derive(Debug, Default)]
pub(crate) struct Line {
    conn: Option<Conn>,
    until: Timestamp,
}

/// Chance of an order at a ping.
const ORDER: f64 = 0.01;
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789|'/";

// === impl Held ===

impl Default for Held {
    fn default() -> Self {
        Self {
            server: "controller".into(),
            port: 1177,
            sleep: Sleep::of(20, 0.0),
            bytes: (29, 21),
            server_pings: false,
            text: true,
            life_hours: 6.0,
        }
    }
}

impl Held {
    /// Bytes with which it tells who it is.
    pub const HELLO: usize = 190;

    /// A message of some length, as it frames them.
    pub fn bytes_of(&self, rng: &mut Rng, length: usize) -> Vec<u8> {
        match self.text {
            true => format!("{length}\0{}", rng.text(LETTERS, length)).into_bytes(),
            false => {
                let mut bytes = (length as u32).to_le_bytes().to_vec();
                bytes.extend(rng.bytes(length));
                bytes
            }
        }
    }

    fn connect(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Conn {
        let (to, at) = place::find(&self.server, rng, host, now);
        let mut conn = Conn::dial(host, rng, to, self.port, at);
        let hello = self.bytes_of(rng, Self::HELLO);
        conn.say(&mut host.out, Side::Inside, hello);
        conn.rest(&mut host.out);
        conn
    }

    fn ping(&self, conn: &mut Conn, rng: &mut Rng, host: &mut Host) {
        let (ping, pong) = self.bytes;
        let first = if self.server_pings { Side::Outside } else { Side::Inside };
        for (side, length) in [(first, ping), (first.other(), pong)] {
            let bytes = self.bytes_of(rng, length);
            conn.say(&mut host.out, side, bytes);
        }
        if rng.chance(ORDER) {
            let wait = Span::from_secs_f64(rng.between(0.3, 4.0));
            conn.pause(&mut host.out, wait);
            for (side, most) in [(Side::Outside, 500), (Side::Inside, 60_000)] {
                let length = rng.size(40, most);
                let bytes = self.bytes_of(rng, length);
                conn.say(&mut host.out, side, bytes);
            }
        }
        conn.rest(&mut host.out);
    }
}

impl Behaviour for Held {
    type State = Line;

    fn first(&self) -> Span {
        Span::from_secs(300)
    }

    fn wake(
        &self,
        line: &mut Line,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(mut conn) = line.conn.take() else {
            let conn = self.connect(rng, host, now);
            let life = rng.exponential(3600.0 * self.life_hours.max(0.01));
            line.until = conn.at.plus(Span::from_secs_f64(life));
            let next = self.sleep.after(rng, conn.at);
            line.conn = Some(conn);
            return Some(next);
        };
        conn.wait_until(now);
        if now >= line.until {
            conn.reset(&mut host.out, Side::Outside);
            let patience = Span::from_secs_f64(rng.between(3.0, 30.0));
            return Some(conn.at.plus(patience));
        }
        self.ping(&mut conn, rng, host);
        let next = self.sleep.after(rng, now).max(conn.at);
        line.conn = Some(conn);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, watch};

    #[test]
    fn it_pings_in_one_connection_and_comes_back() {
        for (text, server_pings) in [(true, false), (false, true)] {
            let held = Held { text, server_pings, life_hours: 1.0, ..Held::default() };
            rehearsal::assert_plays(held.clone(), 6.0, 3000);
            let seen = watch(held, 6.0);
            assert!((2..25).contains(&dials(&seen, 1177).len()));
            let first = if server_pings { Side::Outside } else { Side::Inside };
            let length = if text { 29 + 3 } else { 29 + 4 };
            let pings = seen.iter().filter(|s| s.side == first && s.payload.len() == length);
            assert!((900..1090).contains(&pings.count()));
        }
    }
}
