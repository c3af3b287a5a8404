//! A machine that asks for names inside TLS instead of in plain DNS: nobody on the path sees which.
//! The look-alike of a tunnel inside TLS.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::doh::Doh;
use crate::host::Host;
use crate::rng::Rng;
use crate::tls::Stack;

/// Names asked inside TLS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivateNames {
    /// The resolver.
    pub resolver: String,
    /// The program that asks.
    pub stack: Stack,
}

/// Between looks whether the connection is still needed.
const TIDY: Span = Span::from_secs(10);

impl Default for PrivateNames {
    fn default() -> Self {
        Self { resolver: "dns.quietnames.net".into(), stack: Stack::Firefox }
    }
}

impl Behaviour for PrivateNames {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs(1)
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        match host.private_names() {
            Some(mut doh) => {
                doh.tidy(host, rng, now);
                host.ask_privately(doh);
            }
            None => {
                // The name of the resolver itself is asked in plain, once in its life.
                host.resolve(rng, &self.resolver, now);
                host.ask_privately(Doh::new(&self.resolver, self.stack));
            }
        }
        Some(now.plus(TIDY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::habit::Browsing;
    use crate::rehearsal::{self, dials, questions};

    #[test]
    fn names_are_no_longer_seen() {
        let browsing = Browsing { pages_per_hour: 40.0, ..Browsing::default() };
        let mut world = rehearsal::world(browsing, 2.0);
        world.hosts[0].habits.insert(0, PrivateNames::default().into());
        let packets: Vec<_> = world.packets().collect();
        rehearsal::assert_sound(&packets);
        let seen: Vec<_> = packets.iter().map(rehearsal::read).collect();
        let asked = questions(&seen);
        assert!(!asked.is_empty());
        assert!(asked.iter().all(|(name, _)| name == "dns.quietnames.net"), "{asked:?}");
        assert!(dials(&seen, 443).len() > 50);
    }
}
