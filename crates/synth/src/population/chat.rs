//! A person in IRC: a few channels of a well-known network, many lines to read, some to write. The
//! look-alike of a bot that takes its orders there.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// A person in IRC.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chat {
    /// The network.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// The nickname.
    pub nick: String,
    /// The channels.
    pub channels: Vec<String>,
    /// Mean lines in a minute that others write.
    pub lines_per_minute: f64,
}

/// A connection and what comes next.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    conn: Option<Conn>,
    next_ping: Timestamp,
    next_line: Timestamp,
}

const PING: Span = Span::from_secs(120);
/// Share of lines that the person writes.
const OWN: f64 = 0.06;
const LETTERS: &str = "eeetaaoinn shrdlu cmfwyp vbgk";

// === impl Chat ===

impl Default for Chat {
    fn default() -> Self {
        Self {
            server: "irc.openchatter.net".into(),
            port: 6667,
            nick: "marlow".into(),
            channels: vec!["#gardening".into(), "#linux-help".into()],
            lines_per_minute: 1.5,
        }
    }
}

impl Chat {
    fn join(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Conn {
        let found = host.resolve(rng, &self.server, now);
        let mut conn = Conn::dial(host, rng, found.v4, self.port, found.at);
        let nick = &self.nick;
        let hello = format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n");
        conn.say(&mut host.out, Side::Inside, hello.as_bytes());
        let welcome = format!(":{} 001 {nick} :Welcome\r\n", self.server);
        conn.say(&mut host.out, Side::Outside, welcome.as_bytes());
        for channel in &self.channels {
            let join = format!("JOIN {channel}\r\n");
            conn.say(&mut host.out, Side::Inside, join.as_bytes());
            let names = format!(":{} 353 {nick} = {channel} :", self.server);
            let names = format!("{names}{}\r\n", rng.text(LETTERS, 300));
            conn.say(&mut host.out, Side::Outside, names.as_bytes());
        }
        conn.rest(&mut host.out);
        conn
    }

    fn line(&self, conn: &mut Conn, rng: &mut Rng, host: &mut Host) {
        let channel = self.channels.get(rng.below(self.channels.len()));
        let channel = channel.map_or("#help", String::as_str);
        let length = rng.lognormal(45.0, 0.6) as usize + 2;
        let words = rng.text(LETTERS, length.min(380));
        if rng.chance(OWN) {
            let line = format!("PRIVMSG {channel} :{words}\r\n");
            conn.say(&mut host.out, Side::Inside, line.as_bytes());
        } else {
            let line = format!(":somebody!~s@example.net PRIVMSG {channel} :{words}\r\n");
            conn.say(&mut host.out, Side::Outside, line.as_bytes());
        }
    }

    fn silence(&self, rng: &mut Rng) -> Span {
        Span::from_secs_f64(rng.exponential(60.0 / self.lines_per_minute.max(0.001)))
    }
}

impl Behaviour for Chat {
    type State = Talk;

    fn first(&self) -> Span {
        Span::from_secs(600)
    }

    fn wake(
        &self,
        talk: &mut Talk,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(mut conn) = talk.conn.take() else {
            let conn = self.join(rng, host, now);
            talk.next_ping = conn.at.plus(PING);
            talk.next_line = conn.at.plus(self.silence(rng));
            talk.conn = Some(conn);
            return Some(talk.next_ping.min(talk.next_line));
        };
        conn.wait_until(now);
        if now >= talk.next_line {
            self.line(&mut conn, rng, host);
            talk.next_line = now.plus(self.silence(rng));
        }
        if now >= talk.next_ping {
            let ping = format!("PING :{}\r\n", self.server);
            conn.say(&mut host.out, Side::Outside, ping.as_bytes());
            let pong = format!("PONG :{}\r\n", self.server);
            conn.say(&mut host.out, Side::Inside, pong.as_bytes());
            talk.next_ping = now.plus(PING);
        }
        conn.rest(&mut host.out);
        let next = talk.next_line.min(talk.next_ping).max(conn.at);
        talk.conn = Some(conn);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};

    #[test]
    fn it_reads_more_than_it_writes() {
        rehearsal::assert_plays(Chat::default(), 4.0, 600);
        let seen = watch(Chat::default(), 4.0);
        let lines = |start: &[u8]| seen.iter().filter(|s| s.payload.starts_with(start)).count();
        assert_eq!(lines(b"NICK marlow"), 1);
        assert!(lines(b":somebody!") > 8 * lines(b"PRIVMSG"));
        assert!((100..125).contains(&lines(b"PONG")));
    }
}
