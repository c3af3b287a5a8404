//! A bot that takes its orders in a channel of IRC (RFC 1459): joins under a name that nobody
//! would choose, answers pings, and says a line when it is told to.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::place;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// A bot that takes its orders in IRC.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IrcBot {
    /// The server: a name, an address, or a word without a dot that stands for an address without
    /// a name.
    pub server: String,
    /// The port.
    pub port: u16,
    /// The channel.
    pub channel: String,
    /// Between pings of the server.
    pub ping: Span,
    /// Mean orders in an hour.
    pub orders_per_hour: f64,
}

/// Between connections that break.
const AGAIN: Span = Span::from_secs(60);
/// Pings that a connection outlives, on average.
const LIFE: f64 = 600.0;

// === impl IrcBot ===

impl Default for IrcBot {
    fn default() -> Self {
        Self {
            server: "irc-controller".into(),
            port: 6667,
            channel: "#r00tz".into(),
            ping: Span::from_secs(90),
            orders_per_hour: 1.0,
        }
    }
}

impl IrcBot {
    /// A name that nobody would choose.
    pub fn nick(rng: &mut Rng) -> String {
        format!("[DEU|10|{}]", rng.text("0123456789", 6))
    }

    /// How it says who it is.
    pub fn hello(nick: &str) -> String {
        format!("NICK {nick}\r\nUSER {nick} 0 0 :{nick}\r\n")
    }

    /// How the server greets it.
    pub fn welcome(nick: &str) -> String {
        format!(":srv 001 {nick} :hi\r\n:srv 376 {nick} :end\r\n")
    }

    /// How it comes to its channel.
    pub fn join(&self) -> String {
        format!("JOIN {} s3cr3t\r\n", self.channel)
    }

    /// The standing order of the channel.
    pub fn topic(&self, nick: &str) -> String {
        format!(":srv 332 {nick} {} :.scan 445 20 5 0 -r\r\n", self.channel)
    }

    /// An order.
    pub fn order(&self) -> String {
        format!(":op!op@srv PRIVMSG {} :.sysinfo\r\n", self.channel)
    }

    /// What it says to an order.
    pub fn report(&self) -> String {
        format!("PRIVMSG {} :[sys] up 3d, 4 GB, win10\r\n", self.channel)
    }

    fn connect(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Conn {
        let (to, at) = place::find(&self.server, rng, host, now);
        let mut conn = Conn::dial(host, rng, to, self.port, at);
        let nick = Self::nick(rng);
        for (side, words) in [
            (Side::Inside, Self::hello(&nick)),
            (Side::Outside, Self::welcome(&nick)),
            (Side::Inside, self.join()),
            (Side::Outside, self.topic(&nick)),
        ] {
            conn.say(&mut host.out, side, words.as_bytes());
        }
        conn.rest(&mut host.out);
        conn
    }
}

impl Behaviour for IrcBot {
    type State = Option<Conn>;

    fn first(&self) -> Span {
        Span::from_secs(300)
    }

    fn wake(
        &self,
        slot: &mut Option<Conn>,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(mut conn) = slot.take() else {
            let conn = self.connect(rng, host, now);
            let next = conn.at.plus(self.ping);
            *slot = Some(conn);
            return Some(next);
        };
        conn.wait_until(now);
        if rng.chance(1.0 / LIFE) {
            conn.reset(&mut host.out, Side::Outside);
            return Some(now.plus(AGAIN));
        }
        conn.say(&mut host.out, Side::Outside, b"PING :srv\r\n");
        conn.say(&mut host.out, Side::Inside, b"PONG :srv\r\n");
        if rng.chance(self.orders_per_hour * self.ping.secs_f64() / 3600.0) {
            let wait = Span::from_secs_f64(rng.between(1.0, self.ping.secs_f64() / 2.0));
            conn.pause(&mut host.out, wait);
            conn.say(&mut host.out, Side::Outside, self.order().as_bytes());
            conn.say(&mut host.out, Side::Inside, self.report().as_bytes());
        }
        conn.rest(&mut host.out);
        let next = now.plus(self.ping).max(conn.at);
        *slot = Some(conn);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};

    #[test]
    fn it_joins_and_answers() {
        rehearsal::assert_plays(IrcBot::default(), 4.0, 400);
        let seen = watch(IrcBot::default(), 4.0);
        let lines = |start: &[u8]| seen.iter().filter(|s| s.payload.starts_with(start)).count();
        assert!(lines(b"NICK [DEU") >= 1 && lines(b"JOIN #r00tz") >= 1);
        assert!((130..165).contains(&lines(b"PONG")), "{}", lines(b"PONG"));
        assert!(lines(b"PRIVMSG") >= 1);
    }
}
