//! Bots that call, ask, hear and hang up: one connection for each exchange.

use ostium_event::{Span, Timestamp};
use ostium_synth::Stack;
use ostium_synth::habit::{Beacon, Carrier, Poller, Thief, Timer};
use ostium_synth::speech::Ask;

use super::Bot;
use crate::net::{PATIENCE, Trouble};
use crate::stage::Stage;

/// A polling bot.
pub(super) struct Beacons(pub(super) Beacon);

/// A program on a timer.
pub(super) struct Timers(pub(super) Timer);

/// A thief, and what it has carried away.
pub(super) struct Thieves {
    pub(super) thief: Thief,
    pub(super) carried: usize,
}

/// A bot that polls in some way, and how often it has.
pub(super) struct Pollers {
    pub(super) poller: Poller,
    pub(super) polls: usize,
}

/// A wait and the share by which it varies to either side.
fn around(stage: &mut Stage<'_>, every: Span, jitter: f64) -> Timestamp {
    let factor = stage.rng.between(1.0 - jitter, 1.0 + jitter);
    stage.after(every.secs_f64() * factor)
}

/// One exchange over TLS.
fn secure(
    stage: &mut Stage<'_>,
    server: (&str, u16),
    stack: Stack,
    out: usize,
) -> Result<(), Trouble> {
    let mut session = stage.shake(server, stack)?;
    session.say(&mut stage.rng, out, stage.pace)?;
    session.hear(PATIENCE, stage.pace)?;
    session.close(&mut stage.rng, stage.pace);
    Ok(())
}

impl Bot for Beacons {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let beacon = &self.0;
        let next = around(stage, beacon.every, beacon.jitter);
        let came = match beacon.stack {
            Some(stack) => secure(stage, (&beacon.name, 443), stack, Beacon::POLL),
            None => stage.get((&beacon.name, 80), &Ask::from(beacon)),
        };
        stage.tally.note(&came);
        Some(next)
    }
}

impl Bot for Timers {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let timer = &self.0;
        let next = around(stage, timer.every, timer.jitter);
        let came = match timer.stack {
            Some(stack) => secure(stage, (&timer.name, 443), stack, timer.exchange.0),
            None => {
                let user_agent = Stack::Schannel.user_agent();
                let ask = Ask { host: &timer.name, path: "/check", user_agent, post: 0 };
                stage.get((&timer.name, 80), &ask)
            }
        };
        stage.tally.note(&came);
        Some(next)
    }
}

impl Bot for Thieves {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let thief = &self.thief;
        let part = thief.part.min(thief.bytes.saturating_sub(self.carried));
        if part == 0 {
            return None;
        }
        let next = around(stage, thief.every, 0.3);
        let came = secure(stage, (&thief.name, 443), Stack::Go, part);
        stage.tally.note(&came);
        if came.is_ok() {
            self.carried += part;
        }
        Some(next)
    }
}

// === impl Pollers ===

impl Pollers {
    fn poll(&self, stage: &mut Stage<'_>) -> Result<(), Trouble> {
        let poller = &self.poller;
        let (server, port) = (poller.server(self.polls), poller.port());
        let out = poller.bytes.0 + stage.rng.size(0, poller.bytes.2);
        match poller.carrier {
            Carrier::Https => secure(stage, (server, port), poller.stack, out),
            Carrier::Http | Carrier::HttpPost => {
                let host = stage.place(server).map(|addr| addr.to_string())?;
                let named = ostium_synth::speech::is_named(server);
                let ask = Ask {
                    host: if named { server } else { &host },
                    path: &poller.path,
                    user_agent: &poller.user_agent,
                    post: if poller.carrier == Carrier::HttpPost { out } else { 0 },
                };
                stage.get((server, port), &ask)
            }
            Carrier::Raw => {
                let mut line = stage.dial(server, port)?;
                let bytes = stage.rng.bytes(out);
                line.say(&bytes)?;
                line.some(PATIENCE, stage.pace)?;
                line.close(stage.pace);
                Ok(())
            }
        }
    }
}

impl Bot for Pollers {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let next = self.poller.sleep.after(&mut stage.rng, stage.pace.now());
        let came = self.poll(stage);
        stage.tally.note(&came);
        self.polls += 1;
        Some(next)
    }
}
