//! A person at a browser: sessions with pauses, pages with parts, names and connections kept for
//! a while.

use std::collections::BTreeMap;

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::channel::Channel;
use crate::host::Host;
use crate::http::Request;
use crate::names;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A person at a browser.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Browsing {
    /// The browser.
    pub stack: Stack,
    /// Pages in an hour, pauses included.
    pub pages_per_hour: f64,
    /// Speaks QUIC with servers that can; otherwise the network does not let it through.
    pub quic: bool,
}

/// Where the person and the browser are.
#[derive(Debug, Default)]
pub(crate) struct Sitting {
    /// Pages left before the next pause.
    left: usize,
    next_page: Timestamp,
    /// Open connections by name, and when they are given up.
    open: BTreeMap<String, (Timestamp, Channel)>,
}

/// Mean pages of one sitting.
const PAGES: usize = 12;
/// Median seconds on one page.
const DWELL: f64 = 22.0;
/// Bodies are kept short: nothing that judges machines looks into them.
const LARGEST_BODY: f64 = 5000.0;

// === impl Browsing ===

impl Default for Browsing {
    fn default() -> Self {
        Self { stack: Stack::Chrome, pages_per_hour: 7.0, quic: true }
    }
}

impl Behaviour for Browsing {
    type State = Sitting;

    fn first(&self) -> Span {
        Span::from_secs(1200)
    }

    fn needs_person(&self) -> bool {
        true
    }

    fn leave(&self, sitting: &mut Sitting, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        for (expiry, _) in sitting.open.values_mut() {
            *expiry = now;
        }
        sitting.give_up(rng, host, now);
    }

    fn wake(
        &self,
        sitting: &mut Sitting,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        sitting.give_up(rng, host, now);
        if now >= sitting.next_page {
            self.page(sitting, rng, host, now);
            sitting.next_page = now.plus(self.wait(sitting, rng));
        }
        let expiries = sitting.open.values().map(|(expiry, _)| *expiry);
        expiries.chain([sitting.next_page]).min()
    }
}

impl Browsing {
    fn page(&self, sitting: &mut Sitting, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let site = rng.zipf(names::SITES);
        let parts = names::page(rng, site);
        if site % 37 == 36 {
            // One site in forty still has no TLS.
            let request = Request {
                host: parts.first().map_or("", String::as_str),
                path: "/index.html",
                user_agent: self.stack.user_agent(),
                browser: true,
                post: 0,
            };
            let back = body(rng);
            visit::plain(host, rng, &request, now, ("text/html", back));
            return;
        }
        let mut at = now;
        for (n, name) in parts.into_iter().enumerate() {
            let count = if n == 0 { rng.size(1, 3) } else { rng.size(1, 2) };
            let done = self.part(sitting, rng, host, at, name, count);
            // The parts are known once the page is there, and come nearly together.
            let gap = Span::from_secs_f64(rng.exponential(0.05));
            at = if n == 0 { done } else { at }.plus(gap);
        }
    }

    /// Fetches some files from one name; when they are there.
    fn part(
        &self,
        sitting: &mut Sitting,
        rng: &mut Rng,
        host: &mut Host,
        at: Timestamp,
        name: String,
        count: usize,
    ) -> Timestamp {
        let mut channel = match sitting.open.remove(&name) {
            Some((_, channel)) => channel,
            None => Channel::open(host, rng, &name, (self.stack, self.quic), at),
        };
        channel.wait_until(at);
        for _ in 0..count {
            let exchange = Exchange { out: rng.size(350, 900), back: body(rng) };
            channel.exchange(host, rng, exchange);
        }
        channel.rest(host, rng);
        let done = channel.at();
        let expiry = done.plus(Span::from_secs_f64(rng.between(5.0, 115.0)));
        sitting.open.insert(name, (expiry, channel));
        done
    }

    /// How long the person looks at this page, or is away.
    fn wait(&self, sitting: &mut Sitting, rng: &mut Rng) -> Span {
        if sitting.left == 0 {
            sitting.left = rng.size(3, 2 * PAGES - 3);
        }
        sitting.left -= 1;
        let wait = if sitting.left > 0 {
            rng.lognormal(DWELL, 0.9)
        } else {
            let busy = PAGES as f64 * DWELL * 1.5;
            let round = 3600.0 * PAGES as f64 / self.pages_per_hour;
            rng.exponential((round - busy).max(60.0))
        };
        Span::from_secs_f64(wait.max(1.0))
    }
}

// === impl Sitting ===

impl Sitting {
    /// Closes the connections that nobody used for long.
    fn give_up(&mut self, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        while let Some(name) = self.expired(now) {
            let Some((_, mut channel)) = self.open.remove(&name) else {
                return;
            };
            channel.wait_until(now);
            let side = match rng.chance(0.8) {
                true => Side::Inside,
                false => Side::Outside,
            };
            channel.close(host, rng, side);
        }
    }

    fn expired(&self, now: Timestamp) -> Option<String> {
        let mut old = self.open.iter().filter(|(_, (expiry, _))| *expiry <= now);
        old.next().map(|(name, _)| name.clone())
    }
}

fn body(rng: &mut Rng) -> usize {
    rng.lognormal(900.0, 1.0).clamp(120.0, LARGEST_BODY) as usize
}
