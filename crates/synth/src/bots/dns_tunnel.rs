//! A channel in DNS: data as labels below one rare name, answers as text.

use ostium_event::{RecordType, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::dns::Answers;
use crate::host::Host;
use crate::rng::Rng;

/// A channel in DNS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsTunnel {
    /// The registered name below which it asks.
    pub zone: String,
    /// Between polls.
    pub every: Span,
}

impl Default for DnsTunnel {
    fn default() -> Self {
        Self { zone: "t.example-tunnel.net".into(), every: Span::from_secs(5) }
    }
}

impl Behaviour for DnsTunnel {
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
        // A poll with a counter, or a burst of data.
        let burst = if rng.chance(0.05) { rng.size(5, 40) } else { 1 };
        let mut at = now;
        for _ in 0..burst {
            let length = if burst > 1 { 52 } else { 16 };
            let label = rng.text("abcdefghijklmnopqrstuvwxyz234567", length);
            let name = format!("{label}.{}", self.zone);
            let length = rng.size(12, 90);
            let answer = Answers::text(0, rng.text("0123456789abcdef", length).into_bytes());
            at = host.ask(rng, &name, RecordType::TXT, at, &answer);
        }
        let factor = rng.between(0.85, 1.15);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)).max(at))
    }
}
