//! A thief: waits, then carries much data to one bare or rare place, in parts.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A thief.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thief {
    /// Where to.
    pub name: String,
    /// Bytes in all.
    pub bytes: usize,
    /// Bytes of one part.
    pub part: usize,
    /// Between parts.
    pub every: Span,
}

impl Default for Thief {
    fn default() -> Self {
        Self {
            name: "drop.rarebox.top".into(),
            bytes: 200_000_000,
            part: 5_000_000,
            every: Span::from_secs(120),
        }
    }
}

impl Behaviour for Thief {
    type State = usize;

    fn first(&self) -> Span {
        Span::from_secs(1800)
    }

    fn slept(&self, _: &mut usize) {
        // What was carried away stays carried away.
    }

    fn wake(
        &self,
        carried: &mut usize,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let part = self.part.min(self.bytes.saturating_sub(*carried));
        if part == 0 {
            return None;
        }
        *carried += part;
        let exchange = Exchange { out: part, back: 90 };
        let server = (self.name.as_str(), 443);
        visit::secure(host, rng, server, Stack::Go, now, &[exchange], Span::from_secs(1));
        let factor = rng.between(0.7, 1.3);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)))
    }
}
