//! QUIC: the client hello inside the client's initial packets. All else is encrypted.
//!
//! Versions that cannot be read are named, not told. A datagram counts as QUIC only with a long
//! header of a version that is in use, so a flow joined in its middle is not recognised.

mod crypto;
mod initial;

use ostium_event::{Anomaly, Service, What};

use self::crypto::Handshake;
use self::initial::{Dialect, Keys, Long, dialect};
use crate::context::{Context, Next, Side, Sink};
use crate::protocol::Protocol;
use crate::tls::{Carrier, tell_client};

/// Datagrams of a flow that may fail to complete a client hello.
const MAX_DATAGRAMS: u8 = 24;
/// The longest connection id of the versions that can be read.
const MAX_ID: usize = 20;

/// QUIC on one flow.
#[derive(Default)]
pub(crate) struct Quic {
    datagrams: u8,
    state: Option<Box<State>>,
}

/// A client hello that is not whole yet.
struct State {
    keys: Keys,
    handshake: Handshake,
}

// === impl Quic ===

impl Protocol for Quic {
    const SERVICE: Service = Service::Quic;

    fn recognise_datagram(bytes: &[u8], ctx: &Context) -> bool {
        if is_old(bytes) {
            return true;
        }
        let Some(long) = Long::read(bytes) else {
            return false;
        };
        if long.to.len() > MAX_ID || long.from.len() > MAX_ID {
            return false;
        }
        match long.version {
            // A server names the versions that it knows.
            0 => ctx.side == Side::Responder && !long.rest.is_empty() && long.rest.len() % 4 == 0,
            version => long.first & 0x40 != 0 && is_in_use(version) && bytes.len() >= 40,
        }
    }

    fn stream(&mut self, _ctx: &Context, _bytes: &[u8], _out: &mut Sink<'_>) -> Next {
        Next::Done
    }

    fn datagram(&mut self, ctx: &Context, bytes: &[u8], out: &mut Sink<'_>) -> Next {
        self.datagrams = self.datagrams.saturating_add(1);
        let mut rest = bytes;
        // Several packets may share a datagram.
        while let Some(long) = Long::read(rest) {
            let Some(dialect) = dialect(long.version).filter(|_| long.to.len() <= MAX_ID) else {
                break;
            };
            let Some((initial, after)) = long.split(dialect, rest) else {
                break;
            };
            if let Some(initial) = initial {
                let next = self.initial(ctx, dialect, &long, &initial, out);
                if next == Next::Done {
                    return next;
                }
            }
            rest = after;
        }
        if self.datagrams >= MAX_DATAGRAMS { Next::Done } else { Next::More }
    }

    fn heap_bytes(&self) -> usize {
        self.state.as_ref().map_or(0, |state| size_of::<State>() + state.handshake.heap_bytes())
    }
}

impl Quic {
    fn initial(
        &mut self,
        ctx: &Context,
        dialect: &Dialect,
        long: &Long<'_>,
        initial: &initial::Initial<'_>,
        out: &mut Sink<'_>,
    ) -> Next {
        if ctx.side == Side::Responder && ctx.from_start {
            // A server's packet cannot be read, and is of no interest.
            return Next::More;
        }
        let mut room = Vec::with_capacity(initial.packet.len());
        let known = self.state.as_ref();
        let mut frames = known.and_then(|state| state.keys.open(initial, &mut room));
        if frames.is_none()
            && let Some(keys) = Keys::of_client(dialect, long.to)
        {
            // The first packet, or the first after a retry, whose server chose the id.
            frames = keys.open(initial, &mut room);
            if frames.is_some() {
                let handshake = Handshake::default();
                self.state = Some(Box::new(State { keys, handshake }));
            }
        }
        let frames = frames.and_then(|range| room.get(range));
        match (frames, &mut self.state) {
            (Some(frames), Some(state)) => state.read(frames, dialect.crypto, out),
            (None, None) if ctx.from_start => malformed(out),
            _ => Next::More,
        }
    }
}

// === impl State ===

impl State {
    fn read(&mut self, frames: &[u8], crypto: u8, out: &mut Sink<'_>) -> Next {
        if self.handshake.add_frames(frames, crypto).is_err() {
            return malformed(out);
        }
        match self.handshake.client_hello() {
            Ok(None) => Next::More,
            Ok(Some(body)) if tell_client(body, Carrier::Quic, out).is_some() => Next::Done,
            Ok(Some(_)) | Err(_) => malformed(out),
        }
    }
}

fn malformed(out: &mut Sink<'_>) -> Next {
    out(What::Anomaly(Anomaly::QuicMalformed));
    Next::Done
}

/// Versions that software speaks: the standard ones, drafts, those of Google and Meta, and those
/// that only test tolerance (RFC 9000, section 15).
const fn is_in_use(version: u32) -> bool {
    dialect(version).is_some()
        || version >> 8 == 0x00ff_0000
        || version >> 4 == 0x0fac_eb00
        || version & 0x0f0f_0f0f == 0x0a0a_0a0a
}

/// Google's versions before the standard: a letter and three digits, in a long header, or after the
/// connection id of their own header.
fn is_old(bytes: &[u8]) -> bool {
    let named = |at: usize| {
        matches!(bytes.get(at..at + 4), Some([b'Q' | b'T', b'0', b'2'..=b'5', b'0'..=b'9']))
    };
    bytes.first().is_some_and(|first| match first {
        0xc0.. => named(1),
        flags => flags & 0x09 == 0x09 && flags & 0xc0 == 0 && named(9),
    })
}

#[cfg(test)]
pub(crate) mod tests;
