//! What a browser speaks with a server: TLS over TCP, or QUIC where both can.

use ostium_event::{Span, Timestamp};

use crate::host::Host;
use crate::quic::{Client, Quic};
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::{Session, Stack};
use crate::visit::{self, Exchange};

/// An open channel.
#[derive(Clone, Debug)]
pub(crate) enum Channel {
    Tls(Session),
    Quic(Quic),
}

/// Servers of content networks that speak QUIC, of all.
const SPEAK_QUIC: f64 = 0.6;

// === impl Channel ===

impl Channel {
    /// Looks a name up and opens a channel: QUIC if it may be, and both sides speak it.
    pub(crate) fn open(
        host: &mut Host,
        rng: &mut Rng,
        name: &str,
        (stack, quic): (Stack, bool),
        at: Timestamp,
    ) -> Self {
        match Client::of(stack).filter(|_| quic && speaks_quic(host, name)) {
            Some(client) => {
                let (addr, at) = visit::reach(host, rng, (name, 443), at);
                Self::Quic(Quic::connect(host, rng, client, (name, addr, 443), at))
            }
            None => Self::Tls(visit::connect(host, rng, (name, 443), stack, at)),
        }
    }

    /// From now on bytes flow at so many a second, about; QUIC has its own pace.
    pub(crate) fn flow_at(&mut self, bytes_per_second: f64) {
        if let Self::Tls(session) = self {
            session.conn.flow_at(bytes_per_second);
        }
    }

    /// When its last packet passed.
    pub(crate) const fn at(&self) -> Timestamp {
        match self {
            Self::Tls(session) => session.conn.at,
            Self::Quic(quic) => quic.at,
        }
    }

    /// Time has passed.
    pub(crate) fn wait_until(&mut self, now: Timestamp) {
        match self {
            Self::Tls(session) => session.conn.wait_until(now),
            Self::Quic(quic) => quic.wait_until(now),
        }
    }

    /// One request and its reply.
    pub(crate) fn exchange(&mut self, host: &mut Host, rng: &mut Rng, what: Exchange) {
        match self {
            Self::Tls(session) => visit::exchange(session, host, rng, what),
            Self::Quic(quic) => {
                quic.say(host, rng, Side::Inside, what.out);
                let think = Span::from_secs_f64(rng.lognormal(0.02, 0.8));
                quic.wait_until(quic.at.plus(think));
                quic.say(host, rng, Side::Outside, what.back);
            }
        }
    }

    /// Nobody has more to say for a while.
    pub(crate) fn rest(&mut self, host: &mut Host, rng: &mut Rng) {
        match self {
            Self::Tls(session) => session.conn.rest(&mut host.out),
            Self::Quic(quic) => quic.rest(host, rng),
        }
    }

    /// One side closes it; with QUIC it is the client, or nobody says so.
    pub(crate) fn close(self, host: &mut Host, rng: &mut Rng, side: Side) {
        match self {
            Self::Tls(mut session) => session.close(&mut host.out, rng, side),
            Self::Quic(mut quic) => {
                if side == Side::Inside {
                    quic.close(host, rng);
                }
            }
        }
    }
}

/// Does the server of a name speak QUIC? Those of content networks mostly do.
fn speaks_quic(host: &Host, name: &str) -> bool {
    let edge = host.net.site(name).v6.is_some();
    edge && host.net.chance_of(&format!("quic/{name}")).chance(SPEAK_QUIC)
}
