//! Films: a page, then pieces of a few seconds each from a content network, fetched in advance and
//! by the clock as long as somebody looks. The look-alike of a regular poll, the other way round.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::channel::Channel;
use crate::host::Host;
use crate::rng::Rng;
use crate::tcp::Side;
use crate::tls::Stack;
use crate::visit::Exchange;

/// Films.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Video {
    /// The service.
    pub name: String,
    /// Where its pieces are; a number is put in front.
    pub content: String,
    /// The browser.
    pub stack: Stack,
    /// Speaks QUIC with servers that can.
    pub quic: bool,
    /// Films in an hour at which somebody is there.
    pub films_per_hour: f64,
    /// Median minutes of a film.
    pub minutes: f64,
    /// Bytes of a second of film.
    pub bytes_per_second: usize,
}

/// A film that runs.
#[derive(Debug, Default)]
pub(crate) struct Film {
    on: Option<Channel>,
    /// Seconds that are left, and how many are there already.
    left: f64,
    ahead: f64,
}

/// Seconds of a piece, and how many are held in advance.
const PIECE: f64 = 5.0;
const AHEAD: f64 = 30.0;
/// Machines of the content network.
const MACHINES: usize = 24;

impl Default for Video {
    fn default() -> Self {
        Self {
            name: "www.clipstream.tv".into(),
            content: "cdn.clipstream.tv".into(),
            stack: Stack::Chrome,
            quic: true,
            films_per_hour: 0.5,
            minutes: 10.0,
            bytes_per_second: 150_000,
        }
    }
}

// === impl Video ===

impl Video {
    fn begin(&self, film: &mut Film, rng: &mut Rng, host: &mut Host, now: Timestamp) -> Timestamp {
        let how = (self.stack, self.quic);
        let mut page = Channel::open(host, rng, &self.name, how, now);
        for back in [9000, 2600] {
            let what = Exchange { out: rng.size(600, 1300), back };
            page.exchange(host, rng, what);
        }
        let at = page.at();
        page.wait_until(at.plus(Span::from_secs(20)));
        page.close(host, rng, Side::Inside);
        let name = format!("r{}.{}", rng.below(MACHINES), self.content);
        let mut channel = Channel::open(host, rng, &name, how, at);
        channel.flow_at(5.0e6);
        film.on = Some(channel);
        film.left = rng.lognormal(self.minutes * 60.0, 0.7);
        film.ahead = 0.0;
        at.plus(Span::from_millis(300))
    }

    fn piece(&self, film: &mut Film, channel: &mut Channel, rng: &mut Rng, host: &mut Host) {
        let bytes = self.bytes_per_second as f64 * PIECE * rng.between(0.6, 1.4);
        let back = bytes as usize;
        let what = Exchange { out: rng.size(700, 1100), back };
        channel.exchange(host, rng, what);
        channel.rest(host, rng);
        film.left -= PIECE;
        film.ahead += PIECE;
    }
}

impl Behaviour for Video {
    type State = Film;

    fn first(&self) -> Span {
        Span::from_secs_f64(3600.0 / self.films_per_hour.max(0.001))
    }

    fn needs_person(&self) -> bool {
        true
    }

    fn wake(
        &self,
        film: &mut Film,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Some(mut channel) = film.on.take() else {
            return Some(self.begin(film, rng, host, now));
        };
        channel.wait_until(now);
        if film.left <= 0.0 {
            channel.close(host, rng, Side::Inside);
            let wait = rng.exponential(3600.0 / self.films_per_hour.max(0.001));
            return Some(now.plus(Span::from_secs_f64(wait)));
        }
        self.piece(film, &mut channel, rng, host);
        let took = channel.at().since(now);
        film.on = Some(channel);
        // As fast as the line allows at first, then a piece whenever one was seen.
        let wait = if film.ahead < AHEAD { 0.2 } else { PIECE };
        Some(now.plus(took.max(Span::from_secs_f64(wait))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, carried, watch};
    use ostium_event::Proto;

    #[test]
    fn films_come_in_pieces_over_both() {
        let video = Video {
            films_per_hour: 3.0,
            minutes: 2.0,
            bytes_per_second: 20_000,
            ..Video::default()
        };
        rehearsal::assert_plays(video.clone(), 6.0, 10_000);
        let seen = watch(video, 6.0);
        assert!(carried(&seen, Side::Outside) > 20 * carried(&seen, Side::Inside));
        let of = |proto: Proto| seen.iter().filter(|s| s.proto == proto && s.port == 443).count();
        assert!(of(Proto::UDP) > 500 && of(Proto::TCP) > 500);
    }
}
