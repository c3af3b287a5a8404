//! Names that do not exist, asked by clean machines: search suffixes, lost servers. The benign
//! look-alikes of generated names.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::names;
use crate::rng::Rng;

/// A program whose server is gone, and which keeps asking.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeadName {
    /// The name that does not exist any more.
    pub name: String,
    /// Between attempts.
    pub every: Span,
}

/// A resolver library that tries every name with the suffix of the office first, and a browser
/// that probes for a network that lies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Suffixes {
    /// The suffix.
    pub suffix: String,
}

impl Default for DeadName {
    fn default() -> Self {
        Self { name: "licence.oldprintserver.com".into(), every: Span::from_secs(600) }
    }
}

impl Behaviour for DeadName {
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
        let mut at = now;
        for _ in 0..2 {
            at = host.ask_missing(rng, &self.name, at);
            at = at.plus(Span::from_secs(1));
        }
        let factor = rng.between(0.9, 1.1);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)))
    }
}

impl Default for Suffixes {
    fn default() -> Self {
        Self { suffix: "corp.maplecornerclinic.org".into() }
    }
}

impl Behaviour for Suffixes {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs(300)
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let label = match rng.below(4) {
            0 => "wpad".to_owned(),
            1 => "isatap".to_owned(),
            2 => rng.text("abcdefghijklmnopqrstuvwxyz", 11),
            _ => format!("www.{}", names::site(rng.zipf(names::SITES))),
        };
        let name = format!("{label}.{}", self.suffix);
        host.ask_missing(rng, &name, now);
        Some(now.plus(Span::from_secs_f64(rng.exponential(400.0))))
    }
}
