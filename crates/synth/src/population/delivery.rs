//! Delivery of updates: a service asked every quarter of an hour, and large files fetched in parts
//! from a content network over plain HTTP. The look-alike of a bot that polls and then loads.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::{self, Request};
use crate::rng::Rng;
use crate::tcp::{Conn, Side};
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// Delivery of updates.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// The domain of the service, whose parts are asked one after another.
    pub service: String,
    /// The content network that holds the files.
    pub content: String,
    /// Between questions.
    pub every: Span,
    /// Chance that a question leads to a file, 0 to 1.
    pub files: f64,
    /// Median bytes of a file.
    pub bytes: usize,
}

/// Bytes of one part of a file.
const PART: usize = 1 << 20;
/// What a file is never larger than, in medians.
const LARGEST: f64 = 8.0;
const PARTS_OF_SERVICE: &[&str] = &["geo", "kv", "cp", "disc"];

impl Default for Delivery {
    fn default() -> Self {
        Self {
            service: "delivery.updatehub.net".into(),
            content: "dl.updatehub.net".into(),
            every: Span::from_secs(900),
            files: 0.03,
            bytes: 4_000_000,
        }
    }
}

// === impl Delivery ===

impl Delivery {
    fn load(&self, rng: &mut Rng, host: &mut Host, at: Timestamp) {
        let found = host.resolve(rng, &self.content, at);
        let mut conn = Conn::dial(host, rng, found.v4, 80, found.at);
        conn.flow_at(6.0e6);
        let size = rng.lognormal(self.bytes as f64, 0.9);
        let size = size.min(LARGEST * self.bytes as f64) as usize;
        let path = format!(
            "/filestreamingservice/files/{}?P1=1789459200&P2=404&P3=2",
            rng.text("0123456789abcdef", 32)
        );
        let request = Request {
            host: &self.content,
            path: &path,
            user_agent: "Delivery-Optimization/10.1",
            browser: false,
            post: 0,
        };
        let mut left = size.max(2000);
        while left > 0 {
            let part = left.min(PART);
            left -= part;
            let ask = http::request(rng, &request);
            conn.say(&mut host.out, Side::Inside, &ask);
            let tell = http::reply(rng, "application/octet-stream", part);
            conn.say(&mut host.out, Side::Outside, &tell);
            let pause = Span::from_secs_f64(rng.exponential(0.4));
            conn.pause(&mut host.out, pause);
        }
        conn.close(&mut host.out, Side::Inside);
    }
}

impl Behaviour for Delivery {
    type State = u32;

    fn first(&self) -> Span {
        self.every
    }

    fn wake(
        &self,
        asked: &mut u32,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        // Where the machine is, is asked once in a while; the rest of the service every time.
        let parts = if asked.is_multiple_of(16) { PARTS_OF_SERVICE.len() } else { 2 };
        *asked += 1;
        let mut at = now;
        for part in PARTS_OF_SERVICE.iter().rev().take(parts) {
            let name = format!("{part}.{}", self.service);
            let exchange = Exchange { out: rng.size(900, 1500), back: rng.size(600, 3200) };
            let linger = Span::from_secs_f64(rng.between(0.1, 60.0));
            let stack = Stack::Schannel;
            at = visit::secure(host, rng, (&name, 443), stack, at, &[exchange], linger);
        }
        if rng.chance(self.files) {
            self.load(rng, host, at);
        }
        Some(now.plus(self.every).plus(Span::from_secs_f64(rng.between(0.0, 2.0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, carried, dials, gaps, watch};

    fn sample() -> Delivery {
        Delivery {
            service: "delivery.updatehub.net".into(),
            content: "dl.updatehub.net".into(),
            every: Span::from_secs(900),
            files: 0.2,
            bytes: 300_000,
        }
    }

    #[test]
    fn it_asks_by_the_quarter_and_loads_much() {
        rehearsal::assert_plays(sample(), 8.0, 500);
        let seen = watch(sample(), 8.0);
        let asked = dials(&seen, 443);
        let quarters = gaps(&asked).into_iter().filter(|gap| (850.0..910.0).contains(gap)).count();
        assert!(quarters >= 25, "{quarters}");
        assert!(!dials(&seen, 80).is_empty());
        assert!(carried(&seen, Side::Outside) > 5 * carried(&seen, Side::Inside));
    }
}
