//! A proxy: the browsers of an office ask it with CONNECT, and it asks the web for them. A role
//! that looks like a very busy browser with the hellos of many.

use ostium_event::{Addr, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::names;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A proxy.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Clients, and the address of the first of them; the tap sees what they ask.
    pub clients: usize,
    /// The first client.
    pub first: Addr,
    /// The port on which it is asked.
    pub port: u16,
    /// Mean requests in a second of all.
    pub per_second: f64,
}

/// Stacks of the clients, whose hellos pass unchanged.
const STACKS: &[Stack] =
    &[Stack::Chrome, Stack::Chrome, Stack::Chrome, Stack::Firefox, Stack::Schannel, Stack::Go];

// === impl Proxy ===

impl Default for Proxy {
    fn default() -> Self {
        Self { clients: 20, first: Addr::v4([10, 20, 5, 10]), port: 3128, per_second: 0.2 }
    }
}

impl Proxy {
    /// What a client asks, on the inner side; when the proxy knows.
    fn asked(&self, rng: &mut Rng, host: &mut Host, name: &str, at: Timestamp) -> Conn {
        let n = rng.below(self.clients.max(1));
        let client = Addr::from_bits(self.first.bits() + n as u128);
        let peer = host.peer(client, rng.size(49_152, 65_535) as u16);
        let mut conn = Conn::receive(host, rng, peer, self.port, at);
        let ask = format!("CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n");
        conn.say(&mut host.out, Side::Outside, ask.as_bytes());
        conn
    }
}

impl Behaviour for Proxy {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs(30)
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let page = rng.zipf(names::SITES);
        let names = names::page(rng, page);
        for name in names.iter().take(3) {
            let mut inner = self.asked(rng, host, name, now);
            let stack = rng.pick(STACKS);
            let exchange = Exchange { out: rng.size(600, 2000), back: rng.size(900, 30_000) };
            let linger = Span::from_secs_f64(rng.between(1.0, 60.0));
            let server = (name.as_str(), 443);
            let done = visit::secure(host, rng, server, stack, inner.at, &[exchange], linger);
            inner.wait_until(done);
            inner.say(&mut host.out, Side::Inside, b"HTTP/1.1 200 Connection established\r\n\r\n");
            let (out, back) = (rng.bytes(exchange.out), rng.bytes(exchange.back));
            inner.say(&mut host.out, Side::Outside, out);
            inner.say(&mut host.out, Side::Inside, back);
            inner.close(&mut host.out, Side::Outside);
        }
        let wait = rng.exponential(1.0 / self.per_second.max(0.001));
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, watch};

    #[test]
    fn it_is_asked_and_asks() {
        let proxy = Proxy { first: Addr::v4([10, 9, 0, 40]), ..Proxy::default() };
        rehearsal::assert_plays(proxy.clone(), 1.0, 10_000);
        let seen = watch(proxy, 1.0);
        let asked = seen.iter().filter(|s| s.payload.starts_with(b"CONNECT ")).count();
        assert!((600..2500).contains(&asked), "{asked}");
        assert_eq!(dials(&seen, 443).len(), asked);
    }
}
