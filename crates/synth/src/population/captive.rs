//! Probes for a network that lies: one small page over plain HTTP at fixed times, and at once when
//! the machine has slept. The look-alike of the simplest bot.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::Request;
use crate::rng::Rng;
use crate::visit;

/// Probes for a network that lies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptiveProbe {
    /// The name that is asked.
    pub name: String,
    /// The page.
    pub path: String,
    /// What the program calls itself; nothing leaves the header out.
    pub user_agent: String,
    /// Between probes.
    pub every: Span,
}

impl Default for CaptiveProbe {
    fn default() -> Self {
        Self {
            name: "connect.opensystem.org".into(),
            path: "/nm-check.txt".into(),
            user_agent: String::new(),
            every: Span::from_secs(300),
        }
    }
}

impl Behaviour for CaptiveProbe {
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
            host: &self.name,
            path: &self.path,
            user_agent: &self.user_agent,
            browser: false,
            post: 0,
        };
        visit::plain(host, rng, &request, now, ("text/plain", 8));
        // A timer of the system: late by what the machine was busy with.
        Some(now.plus(self.every).plus(Span::from_secs_f64(rng.exponential(0.02))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, gaps, watch};

    #[test]
    fn it_asks_for_one_page_by_the_clock() {
        let probe = CaptiveProbe {
            name: "connect.opensystem.org".into(),
            path: "/nm-check.txt".into(),
            user_agent: String::new(),
            every: Span::from_secs(300),
        };
        rehearsal::assert_plays(probe.clone(), 2.0, 200);
        let seen = watch(probe, 2.0);
        let gaps = gaps(&dials(&seen, 80));
        assert!(gaps.len() >= 22 && gaps.iter().all(|gap| (299.0..302.0).contains(gap)));
        let asked = |s: &&crate::rehearsal::Seen| s.payload.starts_with(b"GET /nm-check.txt HTTP");
        assert_eq!(seen.iter().filter(asked).count(), gaps.len() + 1);
    }
}
