//! A mail program: a mailbox looked at every few minutes, and a message sent now and then.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::rng::Rng;
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A mail program.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Where mail is read.
    pub imap: String,
    /// Where mail is handed in.
    pub smtp: String,
    /// Between looks.
    pub every: Span,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            imap: "imap.riverpostmail.net".into(),
            smtp: "smtp.riverpostmail.net".into(),
            every: Span::from_secs(300),
        }
    }
}

impl Behaviour for Mail {
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
        let mut exchanges = vec![Exchange { out: 40, back: 180 }, Exchange { out: 60, back: 130 }];
        if rng.chance(0.3) {
            let back = rng.lognormal(2500.0, 0.8).min(12_000.0) as usize;
            exchanges.push(Exchange { out: 55, back });
        }
        let server = (self.imap.as_str(), 993);
        let done = visit::secure(host, rng, server, Stack::OpenSsl, now, &exchanges, Span::ZERO);
        if rng.chance(0.06) {
            let out = rng.lognormal(3000.0, 0.7).min(12_000.0) as usize;
            let exchanges = [
                Exchange { out: 30, back: 190 },
                Exchange { out: 80, back: 40 },
                Exchange { out, back: 60 },
            ];
            let server = (self.smtp.as_str(), 465);
            visit::secure(host, rng, server, Stack::OpenSsl, done, &exchanges, Span::ZERO);
        }
        Some(now.plus(self.every))
    }
}
