//! A bot that makes up names: bursts of names that do not exist, then one that does.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::Request;
use crate::rng::Rng;
use crate::visit;

/// A bot that makes up names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dga {
    /// Between bursts.
    pub every: Span,
    /// Names asked in one burst.
    pub burst: usize,
    /// Bursts that end at a living server, of all, 0 to 1.
    pub luck: f64,
}

const SUFFIXES: &[&str] = &["com", "net", "info", "biz", "org", "ru", "top", "xyz"];

// === impl Dga ===

impl Dga {
    fn name(rng: &mut Rng) -> String {
        let length = rng.size(11, 19);
        let label = rng.text("abcdefghijklmnopqrstuvwxyz", length);
        format!("{label}.{}", rng.pick(SUFFIXES))
    }
}

impl Default for Dga {
    fn default() -> Self {
        Self { every: Span::from_secs(900), burst: 25, luck: 0.3 }
    }
}

impl Behaviour for Dga {
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
        for _ in 0..self.burst {
            let name = Self::name(rng);
            at = host.ask_missing(rng, &name, at);
            at = at.plus(Span::from_secs_f64(rng.between(0.1, 1.5)));
        }
        if rng.chance(self.luck) {
            let name = Self::name(rng);
            let request = Request {
                host: &name,
                path: "/u/",
                user_agent: "Mozilla/5.0 (Windows NT 10.0)",
                browser: false,
                post: 180,
            };
            let kind = ("application/octet-stream", 64);
            visit::plain(host, rng, &request, at, kind);
        }
        let factor = rng.between(0.8, 1.2);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)).max(at))
    }
}
