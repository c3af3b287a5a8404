//! A zone, or what changed in it, as a stream of messages (RFC 5936, RFC 1995).
//!
//! Messages are made one by one, as they are sent, so a big zone is never held twice.

use std::fmt;
use std::iter::Peekable;

use domain::base::Message;

use super::{Answer, Kind, Signer, begin, sign};
use crate::zone::{Records, Zone};

/// What is still to be sent.
pub struct Transfer<'z> {
    zone: &'z Zone,
    message: Message<Vec<u8>>,
    records: Peekable<Records<'z>>,
    signer: Signer,
}

/// No message is longer, in bytes, but for its signature. Within so many bytes names can be
/// abbreviated (RFC 1035, section 4.1.4), which a longer message could no longer do.
const LONGEST_MESSAGE: usize = 16_000;

// === impl Transfer ===

impl<'z> Transfer<'z> {
    pub(crate) fn new(
        message: &Message<Vec<u8>>,
        zone: &'z Zone,
        records: Records<'z>,
        signer: Signer,
    ) -> Self {
        Self { zone, message: message.clone(), records: records.peekable(), signer }
    }

    /// The next message, signed at this time (seconds since 1970); `None` after the last.
    pub fn next(&mut self, now: u64) -> Option<Vec<u8>> {
        self.records.peek()?;
        let mut answers = begin(&self.message, Kind::Whole).ok()?;
        answers.header_mut().set_aa(true);
        answers.set_push_limit(LONGEST_MESSAGE);
        let mut none = true;
        while let Some(record) = self.records.peek() {
            if record.push(self.zone, &mut answers).is_err() {
                break;
            }
            none = false;
            self.records.next();
        }
        if none {
            return None;
        }
        answers.clear_push_limit();
        let mut last = answers.additional();
        sign(&mut last, &mut self.signer, now).ok()?;
        Some(last.finish().into_target())
    }
}

impl fmt::Debug for Transfer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer").field("serial", &self.zone.serial()).finish_non_exhaustive()
    }
}

// === impl Answer ===

impl Answer<'_> {
    /// All messages of it, made at one time; for tests and tools, a server sends them one by one.
    pub fn messages(self, now: u64) -> Vec<Vec<u8>> {
        match self {
            Self::Silence => Vec::new(),
            Self::One(message) => vec![message],
            Self::Transfer(mut transfer) => std::iter::from_fn(|| transfer.next(now)).collect(),
        }
    }
}
