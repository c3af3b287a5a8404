//! Visits: look a name up, connect, speak, and close after a while. What most actors do.

use ostium_event::{Addr, Span, Timestamp};

use crate::host::Host;
use crate::http::{self, Request};
use crate::rng::Rng;
use crate::tcp::{self, Conn, Failure, Side};
use crate::tls::{Claims, Server, Session, Stack};

/// What is exchanged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    /// Bytes of the request.
    pub(crate) out: usize,
    /// Bytes of the reply.
    pub(crate) back: usize,
}

/// How long browsers wait for IPv6 before they try IPv4 (RFC 8305).
const HEAD_START: Span = Span::from_millis(250);

/// A TLS visit to a name: `exchanges` one after another, then closed after `linger`.
/// Gives the time at which the last reply was there.
pub(crate) fn secure(
    host: &mut Host,
    rng: &mut Rng,
    (name, port): (&str, u16),
    stack: Stack,
    at: Timestamp,
    exchanges: &[Exchange],
    linger: Span,
) -> Timestamp {
    let mut session = connect(host, rng, (name, port), stack, at);
    for what in exchanges {
        exchange(&mut session, host, rng, *what);
    }
    let done = session.conn.at;
    session.conn.pause(&mut host.out, linger);
    let side = if rng.chance(0.8) { Side::Inside } else { Side::Outside };
    session.close(&mut host.out, rng, side);
    done
}

/// One request and its reply in an open session.
pub(crate) fn exchange(session: &mut Session, host: &mut Host, rng: &mut Rng, what: Exchange) {
    session.say(&mut host.out, rng, Side::Inside, what.out);
    think(&mut session.conn, host, rng);
    session.say(&mut host.out, rng, Side::Outside, what.back);
}

/// Looks a name up, opens a connection and shakes hands; the session is left open.
pub(crate) fn connect(
    host: &mut Host,
    rng: &mut Rng,
    (name, port): (&str, u16),
    stack: Stack,
    at: Timestamp,
) -> Session {
    let (addr, at) = reach(host, rng, (name, port), at);
    let conn = Conn::dial(host, rng, addr, port, at);
    let place = host.out.shared.place(name);
    let names = [name, name.split_once('.').map_or(name, |(_, parent)| parent)];
    let server = Server {
        modern: place.site.modern,
        claims: Claims {
            subject: name,
            issuer: place.issuer,
            from: host.net.renewed(name, at),
            days: 90,
            names: &names,
        },
        chain: 1,
    };
    Session::start(conn, &mut host.out, rng, stack, Some(name), &server)
}

/// A visit to a name without TLS: requests and replies, then closed.
pub(crate) fn plain(
    host: &mut Host,
    rng: &mut Rng,
    request: &Request<'_>,
    at: Timestamp,
    (kind, back): (&str, usize),
) -> Timestamp {
    let (addr, at) = reach(host, rng, (request.host, 80), at);
    let mut conn = Conn::dial(host, rng, addr, 80, at);
    conn.say(&mut host.out, Side::Inside, http::request(rng, request));
    think(&mut conn, host, rng);
    conn.say(&mut host.out, Side::Outside, http::reply(rng, kind, back));
    let done = conn.at;
    let linger = Span::from_secs_f64(rng.between(0.1, 20.0));
    conn.pause(&mut host.out, linger);
    conn.close(&mut host.out, Side::Inside);
    done
}

/// Where a name leads; a host with an IPv6 that leads nowhere tries that first, in vain.
pub(crate) fn reach(
    host: &mut Host,
    rng: &mut Rng,
    (name, port): (&str, u16),
    at: Timestamp,
) -> (Addr, Timestamp) {
    let found = host.resolve(rng, name, at);
    let soon = found.at.plus(Span::from_nanos(rng.next() % 900_000 + 100_000));
    // A browser that has failed lately tries again only now and then.
    if let (Some(v6), true) = (found.v6, rng.chance(0.25))
        && let Some(own) = host.end6()
    {
        let peer = host.peer(v6, port);
        let seq = rng.next() as u32;
        tcp::fail(host, &own, &peer, seq, soon, Failure::Silence);
        return (found.v4, soon.plus(HEAD_START));
    }
    (found.v4, soon)
}

/// The server thinks before it answers.
fn think(conn: &mut Conn, host: &mut Host, rng: &mut Rng) {
    let span = Span::from_secs_f64(rng.lognormal(0.02, 0.8));
    conn.pause(&mut host.out, span);
}
