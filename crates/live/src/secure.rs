//! TLS as far as anybody sees it: true hellos, then records that hold random bytes.

use std::time::Duration;

use ostium_event::Timestamp;
use ostium_synth::Stack;
use ostium_synth::speech::{Handshake, Heard, Rng, Shown};

use crate::line::{Line, Record};
use crate::net::{PATIENCE, Trouble};
use crate::pace::Pace;

/// A connection under TLS, of either side.
pub(crate) struct Session {
    line: Line,
    stack: Stack,
}

const CHANGE: u8 = 20;
const HANDSHAKE: u8 = 22;
pub(crate) const DATA: u8 = 23;
/// The message that ends a server's flight before TLS 1.3.
const DONE: u8 = 14;
/// What encryption adds to a record, and bytes that fill one.
const EXTRA: usize = 17;
const FULL: usize = 16_000;
/// Bytes of a goodbye.
const GOODBYE: usize = 2;
/// The longest message, and records of a flight.
const LONGEST: usize = 64 << 20;
const MOST_RECORDS: usize = 16;

// === impl Session ===

impl Session {
    /// The client's side shakes hands.
    pub(crate) fn open(
        mut line: Line,
        rng: &mut Rng,
        (stack, name): (Stack, Option<&str>),
        pace: &Pace<'_>,
    ) -> Result<Self, Trouble> {
        let shown = |modern| Shown {
            modern,
            subject: "",
            self_signed: true,
            since: Timestamp::from_secs(1_700_000_000),
        };
        let seed = rng.next();
        let talk = |modern| Handshake::new(&mut Rng::new(seed), stack, name, &shown(modern));
        line.say(&talk(true).hello)?;
        let modern = flight(&mut line, pace)?;
        let talk = talk(modern);
        line.say(&talk.agreed)?;
        if talk.last.is_some() {
            while line.record(PATIENCE, pace)?.0 == CHANGE {}
        }
        Ok(Self { line, stack })
    }

    /// The server's side shakes hands with whoever says hello; what it heard.
    pub(crate) fn accept(
        mut line: Line,
        rng: &mut Rng,
        pace: &Pace<'_>,
        show: impl for<'n> Fn(Option<&'n str>) -> Shown<'n>,
    ) -> Result<(Self, Heard), Trouble> {
        let (kind, hello) = line.record(PATIENCE, pace)?;
        let heard = Heard::read(&hello).filter(|_| kind == HANDSHAKE).ok_or(Trouble::Cut)?;
        let name = heard.server_name.as_deref();
        let shown = show(name);
        let talk = Handshake::new(rng, heard.stack, name, &shown);
        line.say(&talk.answer)?;
        agreement(&mut line, talk.last.is_none(), pace)?;
        if let Some(last) = &talk.last {
            line.say(last)?;
        }
        Ok((Self { line, stack: heard.stack }, heard))
    }

    /// Sends so many bytes of application data.
    pub(crate) fn say(
        &mut self,
        rng: &mut Rng,
        bytes: usize,
        pace: &Pace<'_>,
    ) -> Result<(), Trouble> {
        let records = Handshake::records(rng, self.stack, bytes);
        self.line.pour(&records, pace)
    }

    /// Hears a message: records up to one that is not full; how many bytes it has.
    pub(crate) fn hear(&mut self, patience: Duration, pace: &Pace<'_>) -> Result<usize, Trouble> {
        let mut bytes = 0;
        loop {
            let (kind, body) = self.line.record(patience, pace)?;
            let plain = body.len().saturating_sub(EXTRA);
            bytes += plain;
            if kind != DATA || bytes > LONGEST {
                return Err(Trouble::Cut);
            }
            if plain < FULL {
                return Ok(bytes);
            }
        }
    }

    /// Says goodbye and closes.
    pub(crate) fn close(mut self, rng: &mut Rng, pace: &Pace<'_>) {
        if self.say(rng, GOODBYE, pace).is_ok() {
            self.line.close(pace);
        }
    }
}

/// Was this the length of a goodbye?
pub(crate) const fn is_goodbye(bytes: usize) -> bool {
    bytes == GOODBYE
}

/// Reads the server's flight; whether it speaks TLS 1.3.
fn flight(line: &mut Line, pace: &Pace<'_>) -> Result<bool, Trouble> {
    for _ in 0..MOST_RECORDS {
        match line.record(PATIENCE, pace)? {
            (DATA, _) => return Ok(true),
            (HANDSHAKE, body) if body.first() == Some(&DONE) => return Ok(false),
            (HANDSHAKE | CHANGE, _) => {}
            _ => return Err(Trouble::Cut),
        }
    }
    Err(Trouble::Cut)
}

/// Reads the client's agreement.
fn agreement(line: &mut Line, modern: bool, pace: &Pace<'_>) -> Result<(), Trouble> {
    let mut changed = false;
    for _ in 0..MOST_RECORDS {
        let (kind, _): Record = line.record(PATIENCE, pace)?;
        match kind {
            CHANGE => changed = true,
            DATA if modern => return Ok(()),
            HANDSHAKE if changed => return Ok(()),
            HANDSHAKE => {}
            _ => return Err(Trouble::Cut),
        }
    }
    Err(Trouble::Cut)
}
