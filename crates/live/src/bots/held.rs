//! Bots that hold one connection open, and open another when it breaks.

use std::time::Duration;

use ostium_event::{Span, Timestamp};
use ostium_synth::Stack;
use ostium_synth::habit::{Held, IrcBot, Miner, Push, Rat};

use super::Bot;
use crate::line::Line;
use crate::net::{PATIENCE, Trouble};
use crate::secure::Session;
use crate::stage::Stage;

/// How a bot speaks in a connection that it holds.
pub(super) trait Talk: Send {
    /// The connection.
    type Link: Send;

    /// Opens it and says who it is.
    fn open(&self, stage: &mut Stage<'_>) -> Result<Self::Link, Trouble>;

    /// Says the next thing and hears what comes back.
    fn go_on(&self, link: &mut Self::Link, stage: &mut Stage<'_>) -> Result<(), Trouble>;

    /// When it says the next thing.
    fn next(&self, stage: &mut Stage<'_>) -> Timestamp;
}

/// A bot with its connection.
struct Lasting<T: Talk> {
    talk: T,
    link: Option<T::Link>,
}

/// A connection with or without TLS.
pub(super) enum Wire {
    Plain(Line),
    Secure(Session),
}

/// Seconds until it tries again.
const AGAIN: (f64, f64) = (3.0, 30.0);
/// Bytes with which a program asks for messages, and of a keep-alive.
const SUBSCRIBE: usize = 620;
const KEEP_ALIVE: usize = 4;
/// Bytes of a result of a miner under TLS.
const RESULT: usize = 220;
/// Lines of a server that are heard before the one that matters.
const MOST_LINES: usize = 64;

/// The bot of a talk.
pub(super) fn lasting<T: Talk + 'static>(talk: T) -> Box<dyn Bot> {
    Box::new(Lasting { talk, link: None })
}

impl<T: Talk> Bot for Lasting<T> {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let came = match self.link.take() {
            None => self.talk.open(stage),
            Some(mut link) => self.talk.go_on(&mut link, stage).map(|()| link),
        };
        stage.tally.note(&came);
        let next = match &came {
            Ok(_) => self.talk.next(stage),
            Err(_) => {
                let wait = stage.rng.between(AGAIN.0, AGAIN.1);
                stage.after(wait)
            }
        };
        self.link = came.ok();
        Some(next)
    }
}

/// An exchange in a session.
fn exchange(session: &mut Session, stage: &mut Stage<'_>, bytes: usize) -> Result<(), Trouble> {
    session.say(&mut stage.rng, bytes, stage.pace)?;
    session.hear(PATIENCE, stage.pace).map(|_| ())
}

/// The server says something now and then; longer silence is a broken line.
fn patience(stage: &Stage<'_>, every: Span) -> Duration {
    stage.pace.real(every).saturating_mul(2).saturating_add(PATIENCE)
}

impl Talk for Rat {
    type Link = Session;

    fn open(&self, stage: &mut Stage<'_>) -> Result<Session, Trouble> {
        let server = self.server.map_or_else(|| "rat".to_owned(), |addr| addr.to_string());
        let mut session = stage.shake((&server, self.port), Stack::OldNet)?;
        exchange(&mut session, stage, Self::HELLO)?;
        Ok(session)
    }

    fn go_on(&self, session: &mut Session, stage: &mut Stage<'_>) -> Result<(), Trouble> {
        exchange(session, stage, Self::PING)
    }

    fn next(&self, stage: &mut Stage<'_>) -> Timestamp {
        let factor = stage.rng.between(0.99, 1.01);
        stage.after(self.ping.secs_f64() * factor)
    }
}

impl Talk for Push {
    type Link = Session;

    fn open(&self, stage: &mut Stage<'_>) -> Result<Session, Trouble> {
        let mut session = stage.shake((&self.name, self.port), self.stack)?;
        exchange(&mut session, stage, SUBSCRIBE)?;
        Ok(session)
    }

    fn go_on(&self, session: &mut Session, stage: &mut Stage<'_>) -> Result<(), Trouble> {
        exchange(session, stage, KEEP_ALIVE)
    }

    fn next(&self, stage: &mut Stage<'_>) -> Timestamp {
        stage.after(self.every.secs_f64())
    }
}

impl Talk for Held {
    type Link = Line;

    fn open(&self, stage: &mut Stage<'_>) -> Result<Line, Trouble> {
        let mut line = stage.dial(&self.server, self.port)?;
        let hello = self.bytes_of(&mut stage.rng, Self::HELLO);
        line.say(&hello)?;
        Ok(line)
    }

    fn go_on(&self, line: &mut Line, stage: &mut Stage<'_>) -> Result<(), Trouble> {
        if self.server_pings {
            line.some(patience(stage, self.sleep.every), stage.pace)?;
            let pong = self.bytes_of(&mut stage.rng, self.bytes.1);
            return line.say(&pong);
        }
        let ping = self.bytes_of(&mut stage.rng, self.bytes.0);
        line.say(&ping)?;
        line.some(PATIENCE, stage.pace).map(|_| ())
    }

    fn next(&self, stage: &mut Stage<'_>) -> Timestamp {
        match self.server_pings {
            true => stage.after(0.0),
            false => self.sleep.after(&mut stage.rng, stage.pace.now()),
        }
    }
}

impl Talk for IrcBot {
    type Link = Line;

    fn open(&self, stage: &mut Stage<'_>) -> Result<Line, Trouble> {
        let mut line = stage.dial(&self.server, self.port)?;
        let nick = Self::nick(&mut stage.rng);
        line.say(Self::hello(&nick).as_bytes())?;
        hear(&mut line, stage, " 376 ")?;
        line.say(self.join().as_bytes())?;
        hear(&mut line, stage, " 332 ")?;
        Ok(line)
    }

    fn go_on(&self, line: &mut Line, stage: &mut Stage<'_>) -> Result<(), Trouble> {
        let said = line.text(patience(stage, self.ping), stage.pace)?;
        match said.strip_prefix("PING ") {
            Some(rest) => line.say(format!("PONG {rest}\r\n").as_bytes()),
            None if said.contains("PRIVMSG") => line.say(self.report().as_bytes()),
            None => Ok(()),
        }
    }

    fn next(&self, stage: &mut Stage<'_>) -> Timestamp {
        stage.after(0.0)
    }
}

/// Hears lines up to one that holds a word.
fn hear(line: &mut Line, stage: &Stage<'_>, word: &str) -> Result<(), Trouble> {
    for _ in 0..MOST_LINES {
        if line.text(PATIENCE, stage.pace)?.contains(word) {
            return Ok(());
        }
    }
    Err(Trouble::Cut)
}

impl Talk for Miner {
    type Link = Wire;

    fn open(&self, stage: &mut Stage<'_>) -> Result<Wire, Trouble> {
        let login = Self::login(&mut stage.rng);
        if self.tls {
            let mut session = stage.shake((&self.pool, self.port), Stack::OpenSsl)?;
            exchange(&mut session, stage, login.len())?;
            return Ok(Wire::Secure(session));
        }
        let mut line = stage.dial(&self.pool, self.port)?;
        line.say(login.as_bytes())?;
        hear(&mut line, stage, "\"job\"")?;
        Ok(Wire::Plain(line))
    }

    fn go_on(&self, wire: &mut Wire, stage: &mut Stage<'_>) -> Result<(), Trouble> {
        match wire {
            Wire::Secure(session) => exchange(session, stage, RESULT),
            Wire::Plain(line) => {
                line.say(Self::submit(&mut stage.rng).as_bytes())?;
                // Jobs that came meanwhile stand before what the pool says to the result.
                hear(line, stage, "\"status\"")
            }
        }
    }

    fn next(&self, stage: &mut Stage<'_>) -> Timestamp {
        let wait = stage.rng.exponential(self.results.secs_f64()).max(0.2);
        stage.after(wait)
    }
}
