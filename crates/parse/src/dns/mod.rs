//! DNS over UDP and TCP (RFC 1035, RFC 7766).
//!
//! On port 53 a plausible header is enough, and what then cannot be read is malformed; elsewhere a
//! message must be DNS to its last byte. Messages over [`MAX_MESSAGE`] on a stream are skipped.

mod message;
mod name;

use ostium_event::Service;

use crate::bytes::u16_at;
use crate::context::{Both, Context, Heads, Match, Next, Sink};
use crate::protocol::Protocol;

/// The longest message that is buffered on a stream.
const MAX_MESSAGE: usize = 16 * 1024;
/// The longest first message on a stream to a port that promises nothing.
const MAX_FIRST: usize = 500;
/// The shortest message with a question.
const MIN_MESSAGE: usize = 17;

/// DNS on one flow; a box only while a message on a stream is incomplete.
#[derive(Default)]
pub(crate) struct Dns(Option<Box<Both<Direction>>>);

/// One side of a stream.
#[derive(Default)]
struct Direction {
    /// The begun message with its length before it.
    part: Vec<u8>,
    skip: usize,
    lost: bool,
}

// === impl Dns ===

impl Protocol for Dns {
    const SERVICE: Service = Service::Dns;

    fn recognise(heads: &Heads<'_>, ctx: &Context) -> Match {
        is_stream(heads.this, ctx)
    }

    fn recognise_datagram(bytes: &[u8], ctx: &Context) -> bool {
        if ctx.on_port(53) { message::is_plausible(bytes) } else { message::is_certain(bytes) }
    }

    fn stream(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        let rest = match &mut self.0 {
            Some(_) => bytes,
            None => whole_messages(bytes, out),
        };
        if rest.is_empty() {
            return Next::More;
        }
        let both = self.0.get_or_insert_default();
        let direction = both.of_mut(ctx.side);
        if direction.lost {
            if is_stream(rest, ctx) != Match::Yes {
                return Next::More;
            }
            direction.lost = false;
        }
        direction.read(rest, out);
        Next::More
    }

    fn gap(&mut self, ctx: &Context, _missing: u64, _out: &mut Sink<'_>) -> Next {
        let both = self.0.get_or_insert_default();
        *both.of_mut(ctx.side) = Direction { lost: true, ..Direction::default() };
        Next::More
    }

    fn datagram(&mut self, _ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        message::read(bytes, out);
        Next::More
    }

    fn heap_bytes(&self) -> usize {
        let size = |both: &Both<Direction>| both.sum(|side| side.part.capacity()) + 64;
        self.0.as_deref().map_or(0, size)
    }
}

/// Does a stream begin with a DNS message and its length?
fn is_stream(bytes: &[u8], ctx: &Context) -> Match {
    let (least, most) = if ctx.on_port(53) { (12, 0xffff) } else { (MIN_MESSAGE, MAX_FIRST) };
    let Some(length) = u16_at(bytes, 0).map(usize::from) else {
        return match bytes.first() {
            Some(high) if usize::from(*high) << 8 > most => Match::No,
            _ => Match::Maybe,
        };
    };
    if length < least || length > most {
        return Match::No;
    }
    let header = bytes.get(2..14);
    match header {
        None => Match::Maybe,
        Some(header) if ctx.on_port(53) => Match::from_bool(message::is_plausible(header)),
        Some(header) if !message::is_plausible(header) => Match::No,
        Some(_) => bytes
            .get(2..2 + length)
            .map_or(Match::Maybe, |whole| Match::from_bool(message::is_certain(whole))),
    }
}

/// Reads the messages that lie whole in `bytes`; gives the rest.
fn whole_messages<'a>(bytes: &'a [u8], out: &mut Sink<'_>) -> &'a [u8] {
    let mut rest = bytes;
    while let Some((message, after)) = split(rest) {
        message::read(message, out);
        rest = after;
    }
    rest
}

/// The first message of `bytes` and what follows, when it is whole and not too long.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16_at(bytes, 0)?);
    if length > MAX_MESSAGE {
        return None;
    }
    bytes.get(2..)?.split_at_checked(length)
}

// === impl Direction ===

impl Direction {
    fn read(&mut self, bytes: &[u8], out: &mut Sink<'_>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.skip > 0 {
                let skipped = self.skip.min(rest.len());
                self.skip -= skipped;
                rest = rest.get(skipped..).unwrap_or_default();
            } else {
                if self.part.is_empty() {
                    rest = whole_messages(rest, out);
                }
                rest = self.keep(rest, out);
            }
        }
    }

    /// Keeps what the begun message lacks; gives the rest.
    fn keep<'a>(&mut self, bytes: &'a [u8], out: &mut Sink<'_>) -> &'a [u8] {
        let length = u16_at(&self.part, 0).map(usize::from);
        let lacking = length.map_or(2, |length| length + 2) - self.part.len();
        let (taken, rest) = bytes.split_at_checked(lacking).unwrap_or((bytes, &[]));
        self.part.extend_from_slice(taken);
        match (length, u16_at(&self.part, 0).map(usize::from)) {
            (None, Some(long)) if long > MAX_MESSAGE => {
                self.part = Vec::new();
                self.skip = long;
            }
            (_, Some(length)) if self.part.len() == length + 2 => {
                message::read(self.part.get(2..).unwrap_or_default(), out);
                self.part = Vec::new();
            }
            _ => {}
        }
        rest
    }
}

#[cfg(test)]
mod tests;
