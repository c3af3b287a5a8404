//! `ostium top`: a running sensor, live in a terminal.
//!
//! State (`model`, `keys`, `rows`, `places`) is apart from drawing (`draw`) and from the terminal,
//! so that all of it is tested without one. It asks and never orders.

mod asker;
mod draw;
mod history;
mod keys;
mod model;
mod places;
mod rows;
mod skin;
mod terminal;
#[cfg(test)]
mod tests;
mod text;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{Event, read};

use self::asker::{Asker, reason, watch};
use self::keys::Deed;
use self::model::{Model, Said};
use self::places::LEAST;
use self::skin::Skin;
use self::terminal::{Screen, Signals};
use super::args::TopArgs;
use crate::fail::Fail;
use crate::output::paint;

/// How long a key, an answer or a signal waits at most before it is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// Keys that are taken before the screen is drawn again: a paste must not hold the picture up.
const KEYS: usize = 64;
/// A sensor that is silent for less is not spoken of.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the loop works with.
struct Desk {
    model: Model,
    heard: Receiver<Said>,
    keys: Receiver<std::io::Result<Event>>,
    wanted: Sender<String>,
    workers: [JoinHandle<()>; 2],
    signals: Signals,
    patience: Duration,
    /// When the sensor answered last, or was known not to.
    last: Instant,
    /// Something is not drawn yet.
    fresh: bool,
}

/// Runs the command.
pub(crate) fn run(args: &TopArgs) -> Result<ExitCode, Fail> {
    if !std::io::stdout().is_terminal() {
        return Err(Fail::new(
            "standard output is no terminal; for scripts there is: ostium status --format json",
        ));
    }
    let socket = &args.at.socket;
    let mut asker = Asker::new(socket);
    // Before the terminal is taken: a sensor that was never there is a failure, not a picture.
    let status = asker.status()?;
    let (out, heard) = channel();
    let (wanted, hosts) = channel();
    let signals = Signals::listen().map_err(failed)?;
    let screen = Screen::take(Skin { colour: paint().colour }).map_err(failed)?;
    let desk = Desk {
        model: Model::new(status, LEAST),
        heard,
        keys: events(),
        wanted,
        workers: [watch(asker, args.every, out.clone()), reason(socket, hosts, out)],
        signals,
        patience: PATIENCE.max(args.every.saturating_mul(3)),
        last: clock(),
        fresh: true,
    };
    desk.work(screen)
}

/// What the terminal says, from a thread of its own: when the terminal goes away, reading it never
/// returns, and signals must be heard all the same.
fn events() -> Receiver<std::io::Result<Event>> {
    let (out, events) = sync_channel(KEYS);
    std::thread::spawn(move || {
        loop {
            let event = read();
            let ended = event.is_err();
            if out.send(event).is_err() || ended {
                return;
            }
        }
    });
    events
}

fn failed(error: std::io::Error) -> Fail {
    Fail::new(format!("cannot use the terminal: {error}"))
}

#[allow(clippy::disallowed_methods, reason = "how long a sensor is silent is told by the clock")]
fn clock() -> Instant {
    Instant::now()
}

// === impl Desk ===

impl Desk {
    /// Shows, hears and takes keys until the end.
    fn work(mut self, mut screen: Screen) -> Result<ExitCode, Fail> {
        loop {
            if let Some(signal) = self.signals.raised() {
                return Ok(ExitCode::from(128 + signal));
            }
            if self.workers.iter().any(JoinHandle::is_finished) {
                return Err(Fail::new("a thread that asks the sensor has ended"));
            }
            self.hear();
            let drawn = if self.fresh { screen.show(&mut self.model) } else { Ok(()) };
            self.fresh = false;
            match drawn.and_then(|()| self.keys()) {
                Ok(true) => return Ok(ExitCode::SUCCESS),
                Ok(false) => {}
                Err(error) => {
                    // A terminal that goes away fails first and sends its signal then.
                    std::thread::sleep(LOOK);
                    self.signals.raised().ok_or_else(|| failed(error))?;
                }
            }
        }
    }

    fn hear(&mut self) {
        while let Ok(said) = self.heard.try_recv() {
            if !matches!(said, Said::Why(..)) {
                self.last = clock();
            }
            self.model.hear(said);
            self.fresh = true;
        }
        let silent = clock().saturating_duration_since(self.last);
        self.fresh |= self.model.silent_for((silent > self.patience).then_some(silent));
    }

    /// Takes the keys that came; tells whether one of them was to quit.
    fn keys(&mut self) -> std::io::Result<bool> {
        let mut wait = LOOK;
        for _ in 0..KEYS {
            let event = match self.keys.recv_timeout(wait) {
                Ok(event) => event?,
                Err(RecvTimeoutError::Timeout) => break,
                Err(error) => return Err(std::io::Error::other(error)),
            };
            wait = Duration::ZERO;
            self.fresh = true;
            let Event::Key(key) = event else { continue };
            match self.model.key(key) {
                Deed::Nothing => {}
                Deed::Quit => return Ok(true),
                // A thread that has ended is found at the next turn.
                Deed::Why(host) => drop(self.wanted.send(host)),
            }
        }
        Ok(false)
    }
}
