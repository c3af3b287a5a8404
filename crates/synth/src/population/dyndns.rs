//! A name for a line at home: the own address is asked every few minutes, and told when it has
//! changed. The look-alike of a thief that asks who it is, and of the simplest beacon.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::Request;
use crate::rng::Rng;
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A name for a line at home.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DynDns {
    /// The service that tells addresses.
    pub address_from: String,
    /// The service that is told.
    pub service: String,
    /// Between questions.
    pub every: Span,
    /// Chance that the address has changed, 0 to 1.
    pub changed: f64,
}

impl Default for DynDns {
    fn default() -> Self {
        Self {
            address_from: "checkip.whoisit.net".into(),
            service: "members.homename.org".into(),
            every: Span::from_secs(300),
            changed: 0.004,
        }
    }
}

impl Behaviour for DynDns {
    type State = ();

    fn first(&self) -> Span {
        self.every
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let request = Request {
            host: &self.address_from,
            path: "/",
            user_agent: "ddclient/4.0.0",
            browser: false,
            post: 0,
        };
        let at = visit::plain(host, rng, &request, now, ("text/html", 104));
        if rng.chance(self.changed) {
            let exchange = Exchange { out: 320, back: 190 };
            let server = (self.service.as_str(), 443);
            visit::secure(host, rng, server, Stack::OpenSsl, at, &[exchange], Span::ZERO);
        }
        Some(now.plus(self.every).plus(Span::from_secs_f64(rng.exponential(0.2))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, watch};

    #[test]
    fn it_asks_by_the_clock_and_tells_seldom() {
        let dyndns = DynDns { changed: 0.1, ..DynDns::default() };
        rehearsal::assert_plays(dyndns.clone(), 6.0, 500);
        let seen = watch(dyndns, 6.0);
        assert!((70..73).contains(&dials(&seen, 80).len()));
        assert!((1..20).contains(&dials(&seen, 443).len()));
    }
}
