//! What the outside says in a connection: as its caller begins, or by the port where the server
//! begins. An error is only for a talk that got no answer at all; a caller that hangs up later has
//! been answered.

use std::time::Duration;

use ostium_event::{Span, Timestamp};
use ostium_synth::habit::{Habit, Held, IrcBot, Miner};
use ostium_synth::speech::{Rng, Shown, page};

use super::known::{Manner, irc, reply_len};
use super::{Ground, names};
use crate::line::Line;
use crate::net::Trouble;
use crate::secure::{Session, is_goodbye};
use crate::tally::Tally;

/// How long a caller may be silent.
pub(super) const IDLE: Duration = Duration::from_secs(600);
/// How long a caller may take to begin.
const BEGINS: Duration = Duration::from_secs(10);
const TLS: u8 = 22;

/// Speaks with a caller until it hangs up.
pub(super) fn talk(
    ground: &Ground<'_>,
    mut line: Line,
    (port, manner): (u16, Manner),
    tally: &Tally,
    rng: &mut Rng,
) -> Result<(), Trouble> {
    match manner {
        Manner::Names => first(names::talk(ground, &mut line, rng), tally, false),
        Manner::Mail => mail(ground, &mut line, tally, rng),
        Manner::Login => {
            line.say(b"\xff\xfd\x01\xff\xfd\x1flogin: ")?;
            tally.note(&Ok(()));
            line.some(BEGINS, &ground.pace).ok();
            Ok(())
        }
        Manner::AsCalled => as_called(ground, line, port, tally, rng),
    }
}

/// A talk that was answered once may end anyhow.
fn first(came: Result<(), Trouble>, tally: &Tally, answered: bool) -> Result<(), Trouble> {
    if answered {
        return Ok(());
    }
    if came.is_ok() {
        tally.note(&came);
    }
    came
}

fn as_called(
    ground: &Ground<'_>,
    mut line: Line,
    port: u16,
    tally: &Tally,
    rng: &mut Rng,
) -> Result<(), Trouble> {
    let habit = ground.known.caller(None, port);
    if let Some(Habit::Held(held)) = habit {
        return keep(ground, &mut line, held, tally, rng);
    }
    let begin = line.wait_for(4, BEGINS, &ground.pace)?;
    match begin {
        [TLS, 3, ..] => secure(ground, line, port, tally, rng),
        b"GET " | b"POST" => web(ground, &mut line, port, tally, rng),
        b"NICK" => match irc(habit) {
            Some(bot) => chat(ground, &mut line, bot, tally, rng),
            None => chat(ground, &mut line, &IrcBot::default(), tally, rng),
        },
        [b'{', ..] => pool(ground, &mut line, habit, tally, rng),
        _ => {
            line.some(BEGINS, &ground.pace)?;
            let length = reply_len(habit, rng);
            line.say(&rng.bytes(length))?;
            tally.note(&Ok(()));
            line.close(&ground.pace);
            Ok(())
        }
    }
}

fn secure(
    ground: &Ground<'_>,
    line: Line,
    port: u16,
    tally: &Tally,
    rng: &mut Rng,
) -> Result<(), Trouble> {
    let pace = &ground.pace;
    let (mut session, heard) = Session::accept(line, rng, pace, |name| {
        shows(ground.known.caller(name, port), name, ground.start)
    })?;
    let habit = ground.known.caller(heard.server_name.as_deref(), port);
    loop {
        let Ok(bytes) = session.hear(IDLE, pace) else {
            return Ok(());
        };
        if is_goodbye(bytes) {
            session.close(rng, pace);
            return Ok(());
        }
        let length = reply_len(habit, rng);
        session.say(rng, length, pace)?;
        tally.note(&Ok(()));
    }
}

/// What the server of a habit shows to whoever asks for this name.
fn shows<'n>(habit: Option<&Habit>, name: Option<&'n str>, since: Timestamp) -> Shown<'n> {
    let named = name.unwrap_or("localhost");
    let (modern, subject, self_signed) = match habit {
        Some(Habit::Timer(_) | Habit::Push(_) | Habit::Thief(_) | Habit::Miner(_)) => {
            (true, named, false)
        }
        Some(Habit::Poller(poller)) if !poller.self_signed && name.is_some() => {
            (true, named, false)
        }
        Some(Habit::Beacon(_)) => (false, "localhost", true),
        Some(Habit::Rat(_)) => (false, "Quartz Server", true),
        _ => (false, named, true),
    };
    Shown { modern, subject, self_signed, since }
}

fn web(
    ground: &Ground<'_>,
    line: &mut Line,
    port: u16,
    tally: &Tally,
    rng: &mut Rng,
) -> Result<(), Trouble> {
    let pace = &ground.pace;
    let mut answered = false;
    loop {
        let head = match line.message(IDLE, pace) {
            Ok(head) => head,
            Err(_) if answered => return Ok(()),
            Err(trouble) => return Err(trouble),
        };
        let host = head.lines().find_map(|line| line.strip_prefix("Host: "));
        let habit = ground.known.caller(host.map(str::trim), port);
        let length = reply_len(habit, rng);
        let bytes = page(rng, "application/octet-stream", length);
        line.pour(&bytes, pace)?;
        tally.note(&Ok(()));
        answered = true;
    }
}

/// Waits for the real time of a span of the world.
fn soon(ground: &Ground<'_>, every: Span) -> Duration {
    ground.pace.real(every).max(Duration::from_millis(20))
}

/// Lines of the caller until `wait` is over; `None` when it has hung up.
fn lines(
    ground: &Ground<'_>,
    line: &mut Line,
    wait: Duration,
    mut each: impl FnMut(&mut Line, &str) -> Result<(), Trouble>,
) -> Option<()> {
    let begun = crate::clock::now();
    loop {
        let left = wait.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Some(());
        }
        match line.text(left, &ground.pace) {
            Ok(text) => each(line, &text).ok()?,
            Err(Trouble::Silent) => {}
            Err(_) => return None,
        }
    }
}

fn chat(
    ground: &Ground<'_>,
    line: &mut Line,
    bot: &IrcBot,
    tally: &Tally,
    rng: &mut Rng,
) -> Result<(), Trouble> {
    let mut nick = String::from("somebody");
    let wait = soon(ground, bot.ping);
    loop {
        let going = lines(ground, line, wait, |line, text| {
            let said = match text.split_once(' ') {
                Some(("NICK", name)) => {
                    nick = name.chars().take(30).collect();
                    IrcBot::welcome(&nick)
                }
                Some(("JOIN", _)) => bot.topic(&nick),
                _ => return Ok(()),
            };
            line.say(said.as_bytes())?;
            tally.note(&Ok(()));
            Ok(())
        });
        let orders = rng.chance(bot.orders_per_hour * bot.ping.secs_f64() / 3600.0);
        let said = if orders { bot.order() } else { "PING :srv\r\n".to_owned() };
        if going.is_none() || line.say(said.as_bytes()).is_err() {
            return Ok(());
        }
    }
}

fn pool(
    ground: &Ground<'_>,
    line: &mut Line,
    habit: Option<&Habit>,
    tally: &Tally,
    rng: &mut Rng,
) -> Result<(), Trouble> {
    let jobs = match habit {
        Some(Habit::Miner(miner)) => miner.jobs,
        _ => Miner::default().jobs,
    };
    loop {
        let mean = jobs.secs_f64();
        let wait = soon(ground, Span::from_secs_f64(rng.exponential(mean)));
        let going = lines(ground, line, wait, |line, text| {
            match text.contains("\"login\"") {
                true => line.say(Miner::welcome(rng).as_bytes())?,
                false => line.say(Miner::TAKEN.as_bytes())?,
            }
            tally.note(&Ok(()));
            Ok(())
        });
        if going.is_none() || line.say(Miner::job(rng).as_bytes()).is_err() {
            return Ok(());
        }
    }
}

fn keep(
    ground: &Ground<'_>,
    line: &mut Line,
    held: &Held,
    tally: &Tally,
    rng: &mut Rng,
) -> Result<(), Trouble> {
    let pace = &ground.pace;
    line.some(BEGINS, pace)?;
    if !held.server_pings {
        // The first words are who it is; pings follow.
        while line.some(IDLE, pace).is_ok() {
            let pong = held.bytes_of(rng, held.bytes.1);
            line.say(&pong)?;
            tally.note(&Ok(()));
        }
        return Ok(());
    }
    loop {
        let at = held.sleep.after(rng, pace.now());
        let ping = held.bytes_of(rng, held.bytes.0);
        if !pace.wait_until(at) || line.say(&ping).is_err() {
            return Ok(());
        }
        if line.some(IDLE, pace).is_err() {
            return Ok(());
        }
        tally.note(&Ok(()));
    }
}

fn mail(ground: &Ground<'_>, line: &mut Line, tally: &Tally, rng: &mut Rng) -> Result<(), Trouble> {
    line.say(b"220 mx1 ESMTP\r\n")?;
    tally.note(&Ok(()));
    let (refuses, mut body) = (rng.chance(0.5), false);
    while let Ok(text) = line.text(BEGINS, &ground.pace) {
        let word = text.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let said: &[u8] = match (body, word.as_str()) {
            (true, ".") => {
                body = false;
                b"250 queued\r\n"
            }
            (true, _) => continue,
            (false, "RCPT") if refuses => b"550 no\r\n",
            (false, "DATA") => {
                body = true;
                b"354 go on\r\n"
            }
            (false, "QUIT") => b"221 bye\r\n",
            (false, "HELO" | "EHLO" | "MAIL" | "RCPT" | "RSET" | "NOOP") => b"250 ok\r\n",
            (false, _) => b"502 no such command\r\n",
        };
        if line.say(said).is_err() || word == "QUIT" {
            return Ok(());
        }
    }
    Ok(())
}
