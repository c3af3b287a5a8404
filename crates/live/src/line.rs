//! An open connection, read with patience: in slices, so that the end of a run is noticed, and
//! never more than a bound, whatever the other side sends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::clock;
use crate::net::{Trouble, is_late, of};
use crate::pace::{Pace, SLICE};

/// An open connection, with what was read of it and not yet used.
pub(crate) struct Line {
    stream: TcpStream,
    waiting: Vec<u8>,
}

/// A record of TLS: its kind, and its body.
pub(crate) type Record = (u8, Vec<u8>);

/// The longest that the other side may leave bytes in its buffer.
const WRITING: Duration = Duration::from_secs(4);
/// The longest line of text, and head of HTTP.
const LONGEST: usize = 16_384;
/// The longest record (RFC 8446, section 5.2), and what bodies are drained at most.
const LONGEST_RECORD: usize = 16_384 + 256;
const MOST_DRAINED: usize = 64 << 20;

// === impl Line ===

impl Line {
    pub(crate) fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(SLICE))?;
        stream.set_write_timeout(Some(SLICE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, waiting: Vec::new() })
    }

    /// Sends a few bytes.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.write(bytes, &|| false)
    }

    /// Sends many bytes, as long as the run lasts.
    pub(crate) fn pour(&mut self, bytes: &[u8], pace: &Pace<'_>) -> Result<(), Trouble> {
        self.write(bytes, &|| pace.is_over())
    }

    fn write(&mut self, mut bytes: &[u8], is_over: &dyn Fn() -> bool) -> Result<(), Trouble> {
        let mut begun = clock::now();
        while !bytes.is_empty() {
            if is_over() {
                return Err(Trouble::Over);
            }
            match self.stream.write(bytes) {
                Ok(0) => return Err(Trouble::Cut),
                Ok(count) => {
                    bytes = bytes.get(count..).unwrap_or_default();
                    begun = clock::now();
                }
                Err(error) if is_late(&error) && begun.elapsed() < WRITING => {}
                Err(error) => return Err(of(&error)),
            }
        }
        Ok(())
    }

    /// Reads some more; how many bytes, 0 at the end.
    fn fill(&mut self, patience: Duration, pace: &Pace<'_>) -> Result<usize, Trouble> {
        let (begun, mut buffer) = (clock::now(), [0; 8192]);
        loop {
            if pace.is_over() {
                return Err(Trouble::Over);
            }
            match self.stream.read(&mut buffer) {
                Ok(length) => {
                    self.waiting.extend_from_slice(buffer.get(..length).unwrap_or_default());
                    return Ok(length);
                }
                Err(error) if is_late(&error) && begun.elapsed() < patience => {}
                Err(error) => return Err(of(&error)),
            }
        }
    }

    /// Waits until so many bytes are there, which are left there.
    pub(crate) fn wait_for(
        &mut self,
        count: usize,
        patience: Duration,
        pace: &Pace<'_>,
    ) -> Result<&[u8], Trouble> {
        while self.waiting.len() < count {
            if self.fill(patience, pace)? == 0 {
                return Err(Trouble::Cut);
            }
        }
        Ok(self.waiting.get(..count).unwrap_or_default())
    }

    /// Takes so many bytes.
    pub(crate) fn take(
        &mut self,
        count: usize,
        patience: Duration,
        pace: &Pace<'_>,
    ) -> Result<Vec<u8>, Trouble> {
        self.wait_for(count, patience, pace)?;
        Ok(self.waiting.drain(..count).collect())
    }

    /// Takes whatever comes next, at least a byte.
    pub(crate) fn some(&mut self, patience: Duration, pace: &Pace<'_>) -> Result<Vec<u8>, Trouble> {
        self.wait_for(1, patience, pace)?;
        Ok(std::mem::take(&mut self.waiting))
    }

    /// Takes up to and with some ending.
    fn through(
        &mut self,
        ending: &[u8],
        patience: Duration,
        pace: &Pace<'_>,
    ) -> Result<Vec<u8>, Trouble> {
        loop {
            let found = self.waiting.windows(ending.len()).position(|part| part == ending);
            if let Some(place) = found {
                return Ok(self.waiting.drain(..place + ending.len()).collect());
            }
            if self.waiting.len() > LONGEST || self.fill(patience, pace)? == 0 {
                return Err(Trouble::Cut);
            }
        }
    }

    /// Takes a line of text, without its end.
    pub(crate) fn text(&mut self, patience: Duration, pace: &Pace<'_>) -> Result<String, Trouble> {
        let bytes = self.through(b"\n", patience, pace)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// Takes a message of HTTP with its body; the first line of its head.
    pub(crate) fn message(
        &mut self,
        patience: Duration,
        pace: &Pace<'_>,
    ) -> Result<String, Trouble> {
        let head = self.through(b"\r\n\r\n", patience, pace)?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        self.skip(length.unwrap_or(0), patience, pace)?;
        Ok(head)
    }

    /// Passes over so many bytes.
    fn skip(
        &mut self,
        mut count: usize,
        patience: Duration,
        pace: &Pace<'_>,
    ) -> Result<(), Trouble> {
        if count > MOST_DRAINED {
            return Err(Trouble::Cut);
        }
        while count > 0 {
            let here = self.waiting.len().min(count);
            self.waiting.drain(..here);
            count -= here;
            if count > 0 && self.fill(patience, pace)? == 0 {
                return Err(Trouble::Cut);
            }
        }
        Ok(())
    }

    /// Takes a record of TLS.
    pub(crate) fn record(
        &mut self,
        patience: Duration,
        pace: &Pace<'_>,
    ) -> Result<Record, Trouble> {
        let header = self.take(5, patience, pace)?;
        let [kind, 3, _, high, low] = header[..] else {
            return Err(Trouble::Cut);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > LONGEST_RECORD {
            return Err(Trouble::Cut);
        }
        Ok((kind, self.take(length, patience, pace)?))
    }

    /// Says that nothing more comes, and lets the other side finish.
    pub(crate) fn close(mut self, pace: &Pace<'_>) {
        if self.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        for _ in 0..MOST_DRAINED / 8192 {
            self.waiting.clear();
            if !matches!(self.fill(Duration::from_secs(1), pace), Ok(1..)) {
                return;
            }
        }
    }
}
