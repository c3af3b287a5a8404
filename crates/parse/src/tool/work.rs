//! Work that a pool hands out, a miner does and the pool takes: three lines of JSON that follow a
//! login. Bias: all three must be seen in this order, so that no other program of JSON is taken for
//! a miner, and no miner whose pool turned it away for one that mines.

use ostium_event::{Tool, What};

use crate::context::{Both, Next, Side, Sink};
use crate::line::Lines;

/// A talk with a pool.
pub(super) struct Work {
    tool: Tool,
    lines: Both<Lines>,
    step: Step,
    /// Bytes heard, of both sides.
    heard: usize,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    LoggedIn,
    HasJob,
    HandedIn,
}

/// How the commonest of them says who it is.
const XMRIG: &[u8] = b"\"XMRig/";
/// After so many bytes nothing more is read: a miner hands in results every minute or so.
const MOST_BYTES: usize = 1 << 20;

// === impl Work ===

impl Work {
    pub(super) fn of(tool: Tool) -> Self {
        Self { tool, lines: Both::default(), step: Step::LoggedIn, heard: 0 }
    }

    pub(super) fn hear(&mut self, side: Side, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        self.heard = self.heard.saturating_add(bytes.len());
        let mut rest = bytes;
        while let Some(line) = self.lines.of_mut(side).next(&mut rest) {
            let has = |word: &[u8]| memchr::memmem::find(line, word).is_some();
            // The login, which may be longer than what it was recognised by.
            if side == Side::Opener && self.step == Step::LoggedIn && has(XMRIG) {
                self.tool.family = "XMRig";
            }
            self.step = match (self.step, side) {
                (Step::LoggedIn, Side::Responder) if has(b"\"job_id\"") && has(b"\"blob\"") => {
                    Step::HasJob
                }
                (Step::HasJob, Side::Opener)
                    if has(b"\"submit\"") && has(b"\"job_id\"") && has(b"\"nonce\"") =>
                {
                    Step::HandedIn
                }
                (Step::HandedIn, Side::Responder) if has(b"\"status\"") && has(b"\"OK\"") => {
                    out(What::Tool(self.tool));
                    return Next::Done;
                }
                (step, _) => step,
            };
        }
        if self.heard > MOST_BYTES { Next::Done } else { Next::More }
    }

    /// Bytes are missing: a begun line is not to be joined with what follows them.
    pub(super) fn gap(&mut self) -> Next {
        self.lines.of_mut(Side::Opener).clear();
        self.lines.of_mut(Side::Responder).clear();
        Next::More
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.lines.sum(Lines::heap_bytes)
    }
}
