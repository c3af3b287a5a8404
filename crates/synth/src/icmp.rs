//! Echoes (RFC 792): is somebody there, and how far away?

use ostium_event::{Addr, Span, Timestamp};

use crate::host::Host;
use crate::packet;
use crate::payload::Payload;
use crate::rng::Rng;

/// One echo request, and the reply if there is one; when it is there.
pub(crate) fn echo(
    host: &mut Host,
    rng: &mut Rng,
    to: Addr,
    at: Timestamp,
    (identifier, sequence): (u16, u16),
    (ask, tell): (Payload, Option<Payload>),
) -> Timestamp {
    let (own, peer) = (host.end_at(0), host.peer(to, 0));
    let id = host.id();
    let number = (identifier, sequence);
    host.out.push(at, packet::echo(&own, &peer, id, (false, number), ask));
    let Some(tell) = tell else {
        return at;
    };
    let late = Span::from_secs_f64(rng.exponential(0.000_4));
    let done = at.plus(host.net.round_trip(to)).plus(late);
    let id = rng.next() as u16;
    host.out.push(done, packet::echo(&peer, &own, id, (true, number), tell));
    done
}

/// What the ping of Linux sends: a time, and counting bytes.
pub(crate) fn pattern(rng: &mut Rng) -> Payload {
    let mut data = rng.bytes(8);
    data.extend([0; 8]);
    data.extend(0x10..0x38);
    data.into()
}
