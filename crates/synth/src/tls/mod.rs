//! TLS conversations: true hellos and certificates, then records of random bytes.

mod certificate;
mod flights;
mod hello;
mod ocsp;
mod shown;
mod spoken;
mod stacks;

pub(crate) use certificate::{Claims, civil, day as certificate_day, write as write_certificate};
pub(crate) use hello::block;
pub(crate) use ocsp::write as write_ocsp;
pub use spoken::{Handshake, Heard, Shown};
pub use stacks::Stack;
pub(crate) use stacks::stack_or_plain;

use crate::outbox::Outbox;
use crate::payload::Payload;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};

/// The server's half of a handshake.
#[derive(Clone, Debug)]
pub(crate) struct Server<'a> {
    /// Speaks TLS 1.3 to those who can.
    pub(crate) modern: bool,
    /// Its certificate, as TLS 1.2 shows it.
    pub(crate) claims: Claims<'a>,
    /// Certificates above it in the chain.
    pub(crate) chain: usize,
}

/// A connection under TLS.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) conn: Conn,
    legacy: u16,
}

/// Bytes of a goodbye: an alert under encryption.
const GOODBYE: usize = 2;

// === impl Session ===

impl Session {
    /// Both shake hands on an open connection; the client is inside.
    pub(crate) fn start(
        mut conn: Conn,
        out: &mut Outbox,
        rng: &mut Rng,
        stack: Stack,
        server_name: Option<&str>,
        server: &Server<'_>,
    ) -> Self {
        let flights = flights::Flights::new(rng, &out.shared, stack, server_name, server);
        let (hello, answer) = (flights.hello_len(), flights.answer_len());
        let asks = || Some(flights.asks());
        conn.speak_known(out, Side::Inside, hello, asks, || flights.hello());
        let answers = || Some(flights.answers());
        conn.speak_known(out, Side::Outside, answer, answers, || flights.answer());
        conn.speak(out, Side::Inside, flights.agreed_len(), || flights.agreed());
        if let Some(length) = flights.last_len() {
            conn.speak(out, Side::Outside, length, || flights.last());
        }
        Self { conn, legacy: stack.profile().legacy }
    }

    /// One side sends so many bytes of application data.
    pub(crate) fn say(&mut self, out: &mut Outbox, rng: &mut Rng, side: Side, bytes: usize) {
        let (seed, legacy) = (rng.next(), self.legacy);
        let length = Payload::records_len(bytes);
        self.conn.speak(out, side, length, || Payload::records(seed, legacy, bytes));
    }

    /// One side says goodbye and closes.
    pub(crate) fn close(&mut self, out: &mut Outbox, rng: &mut Rng, side: Side) {
        self.say(out, rng, side, GOODBYE);
        self.conn.close(out, side);
    }
}

#[cfg(test)]
mod tests;
