//! Names asked inside TLS (RFC 8484): one connection to a resolver that is kept as long as it is
//! used, with padded questions and answers (RFC 8467).

use ostium_event::{Span, Timestamp};

use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::visit;

/// A resolver that is asked inside TLS.
#[derive(Debug)]
pub(crate) struct Doh {
    name: String,
    stack: Stack,
    open: Option<Session>,
    used: Timestamp,
}

/// Bytes of a question with the head of its request, and of an answer: both are padded.
const ASK: usize = 128 + 46;
const TELL: usize = 468 + 52;
/// After how long an unused connection is given up.
const IDLE: Span = Span::from_secs(115);
/// An actor that looks far ahead asks no one: the answer was there.
const AHEAD: Span = Span::from_secs(2);

// === impl Doh ===

impl Doh {
    pub(crate) fn new(name: &str, stack: Stack) -> Self {
        Self { name: name.to_owned(), stack, open: None, used: Timestamp::ZERO }
    }

    /// Asks for some names at once; when the answers are there.
    pub(crate) fn ask(
        &mut self,
        host: &mut Host,
        rng: &mut Rng,
        questions: usize,
        at: Timestamp,
    ) -> Timestamp {
        if self.open.as_ref().is_some_and(|session| session.conn.at > at.plus(AHEAD)) {
            return at;
        }
        let mut session = self.session(host, rng, at);
        session.conn.wait_until(at);
        for _ in 0..questions {
            session.say(&mut host.out, rng, Side::Inside, ASK);
        }
        for _ in 0..questions {
            session.say(&mut host.out, rng, Side::Outside, TELL);
        }
        let done = session.conn.at;
        session.conn.rest(&mut host.out);
        self.used = done;
        self.open = Some(session);
        done
    }

    fn session(&mut self, host: &mut Host, rng: &mut Rng, at: Timestamp) -> Session {
        self.tidy(host, rng, at);
        match self.open.take() {
            Some(session) => session,
            None => visit::connect(host, rng, (&self.name, 443), self.stack, at),
        }
    }

    /// Closes a connection that nobody has used for long.
    pub(crate) fn tidy(&mut self, host: &mut Host, rng: &mut Rng, now: Timestamp) {
        if now < self.used.plus(IDLE) {
            return;
        }
        if let Some(mut session) = self.open.take() {
            session.conn.wait_until(now);
            session.close(&mut host.out, rng, Side::Inside);
        }
    }
}
