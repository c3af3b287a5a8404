//! A person or a program of people in IRC: a few channels of a well-known network, many lines to
//! read, some to write. The look-alike of a bot that takes its orders there.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// A person in IRC, or a program of people such as a bridge or a bot that keeps a channel.
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
    /// Said to the server before the nickname: a password, what the client can.
    pub greeting: Vec<String>,
    /// The topic of each channel; none is told when it is empty.
    pub topic: String,
    /// Whole messages that come between the others, such as `!seen ann`; who says one is left to
    /// chance.
    pub sayings: Vec<String>,
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
/// Share of lines that are sayings, where there are some, and of these what it says itself.
const SAYING: f64 = 0.2;
const OWN_SAYING: f64 = 0.4;
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
            greeting: Vec::new(),
            topic: String::new(),
            sayings: Vec::new(),
        }
    }
}

impl Chat {
    fn join(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Conn {
        let found = host.resolve(rng, &self.server, now);
        let mut conn = Conn::dial(host, rng, found.v4, self.port, found.at);
        let nick = &self.nick;
        let greeting: String = self.greeting.iter().map(|line| format!("{line}\r\n")).collect();
        let hello = format!("{greeting}NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n");
        conn.say(&mut host.out, Side::Inside, hello.as_bytes());
        let welcome = format!(":{} 001 {nick} :Welcome\r\n", self.server);
        conn.say(&mut host.out, Side::Outside, welcome.as_bytes());
        for channel in &self.channels {
            let join = format!("JOIN {channel}\r\n");
            conn.say(&mut host.out, Side::Inside, join.as_bytes());
            if !self.topic.is_empty() {
                let topic = format!(":{} 332 {nick} {channel} :{}\r\n", self.server, self.topic);
                conn.say(&mut host.out, Side::Outside, topic.as_bytes());
            }
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
        let (words, own) = if !self.sayings.is_empty() && rng.chance(SAYING) {
            let saying = self.sayings.get(rng.below(self.sayings.len()));
            (saying.cloned().unwrap_or_default(), OWN_SAYING)
        } else {
            let length = rng.lognormal(45.0, 0.6) as usize + 2;
            (rng.text(LETTERS, length.min(380)), OWN)
        };
        if rng.chance(own) {
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

    #[test]
    fn sayings_are_said_by_it_and_by_others() {
        let chat = Chat {
            greeting: vec!["CAP LS 302".into()],
            topic: "welcome".into(),
            sayings: vec!["!seen ann".into()],
            lines_per_minute: 6.0,
            ..Chat::default()
        };
        let seen = watch(chat, 4.0);
        let lines = |start: &[u8]| seen.iter().filter(|s| s.payload.starts_with(start)).count();
        assert_eq!((lines(b"CAP LS 302\r\nNICK marlow"), lines(b"NICK")), (1, 0));
        assert_eq!(lines(b":irc.openchatter.net 332 marlow #gardening :welcome"), 1);
        let says = |own: bool| {
            let said = seen.iter().filter(|s| s.payload.ends_with(b":!seen ann\r\n"));
            said.filter(|s| s.payload.starts_with(b"PRIVMSG") == own).count()
        };
        assert!(says(true) > 50 && says(false) > 50, "{} {}", says(true), says(false));
    }
}
