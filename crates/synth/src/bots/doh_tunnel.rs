//! A channel in names that are asked inside TLS: polls and bursts of questions to a resolver that
//! many use. Nobody on the path sees a name.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::Sleep;
use crate::doh::Doh;
use crate::host::Host;
use crate::rng::Rng;
use crate::tls::Stack;

/// A channel in names that are asked inside TLS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DohTunnel {
    /// The resolver.
    pub resolver: String,
    /// The stack it speaks TLS with.
    pub stack: Stack,
    /// Between polls.
    pub sleep: Sleep,
    /// Chance that a poll becomes a burst of data, 0 to 1.
    pub data: f64,
}

/// Questions of a burst.
const BURST: (usize, usize) = (10, 120);

impl Default for DohTunnel {
    fn default() -> Self {
        Self {
            resolver: "dns.quietnames.net".into(),
            stack: Stack::Go,
            sleep: Sleep::of(10, 0.3),
            data: 0.03,
        }
    }
}

impl Behaviour for DohTunnel {
    type State = Option<Doh>;

    fn first(&self) -> Span {
        self.sleep.every
    }

    fn wake(
        &self,
        doh: &mut Option<Doh>,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let doh = doh.get_or_insert_with(|| Doh::new(&self.resolver, self.stack));
        let rounds = if rng.chance(self.data) { rng.size(BURST.0, BURST.1) } else { 1 };
        let mut at = now;
        for _ in 0..rounds {
            at = doh.ask(host, rng, 1, at);
        }
        Some(self.sleep.after(rng, now).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, questions, watch};

    #[test]
    fn only_the_name_of_the_resolver_is_seen() {
        rehearsal::assert_plays(DohTunnel::default(), 2.0, 2000);
        let seen = watch(DohTunnel::default(), 2.0);
        assert!(questions(&seen).iter().all(|(name, _)| name == "dns.quietnames.net"));
        assert!(dials(&seen, 443).len() < 10);
    }
}
