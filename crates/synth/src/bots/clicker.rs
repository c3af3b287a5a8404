//! A bot that clicks on advertisements: a browser that nobody sees goes through exchanges and pages
//! that pay, at all hours and with the same patience for each.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::Sleep;
use crate::host::Host;
use crate::http::Request;
use crate::names;
use crate::rng::Rng;
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A bot that clicks on advertisements.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clicker {
    /// Where it is told what to click on.
    pub feed: String,
    /// Between rounds.
    pub sleep: Sleep,
    /// Clicks of a round.
    pub clicks: usize,
    /// The stack that it speaks TLS with, whatever it says it is.
    pub stack: Stack,
}

/// Exchanges on the way of a click.
const EXCHANGES: &[&str] =
    &["ads.brightexchange.com", "sync.brightexchange.com", "stats.pagepulse.net"];
/// The same patience for every page, in seconds.
const PATIENCE: (f64, f64) = (12.0, 15.0);

impl Default for Clicker {
    fn default() -> Self {
        Self {
            feed: "feed.clickwell.top".into(),
            sleep: Sleep::of(420, 0.2),
            clicks: 4,
            stack: Stack::Go,
        }
    }
}

impl Behaviour for Clicker {
    type State = ();

    fn first(&self) -> Span {
        self.sleep.every
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let request = Request {
            host: &self.feed,
            path: "/r?aff=1187&sub=4",
            user_agent: Stack::Chrome.user_agent(),
            browser: false,
            post: 0,
        };
        let mut at = visit::plain(host, rng, &request, now, ("text/html", 900));
        for _ in 0..self.clicks {
            for name in EXCHANGES {
                let exchange = Exchange { out: rng.size(500, 900), back: rng.size(200, 900) };
                let server = (*name, 443);
                let linger = Span::from_secs(1);
                at = visit::secure(host, rng, server, self.stack, at, &[exchange], linger);
            }
            let page = format!("www.{}", names::site(rng.below(names::SITES)));
            let exchange = Exchange { out: rng.size(400, 700), back: rng.size(2000, 20_000) };
            let server = (page.as_str(), 443);
            let linger = Span::from_secs(2);
            at = visit::secure(host, rng, server, self.stack, at, &[exchange], linger);
            at = at.plus(Span::from_secs_f64(rng.between(PATIENCE.0, PATIENCE.1)));
        }
        Some(self.sleep.after(rng, now).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, watch};

    #[test]
    fn it_clicks_at_all_hours() {
        rehearsal::assert_plays(Clicker::default(), 3.0, 3000);
        let seen = watch(Clicker::default(), 3.0);
        assert!(dials(&seen, 80).len() >= 24);
        assert!(dials(&seen, 443).len() >= 24 * 16);
    }
}
