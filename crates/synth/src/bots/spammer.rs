//! A machine that sends spam: mail exchangers of strangers, one message to each.

use ostium_event::{RecordType, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::dns::Answers;
use crate::host::Host;
use crate::names;
use crate::rng::Rng;
use crate::tcp::{self, Conn, Failure, Side};

/// A machine that sends spam.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spammer {
    /// Messages in an hour.
    pub per_hour: f64,
}

// === impl Spammer ===

impl Spammer {
    fn deliver(rng: &mut Rng, host: &mut Host, exchanger: &str, at: Timestamp) {
        let found = host.resolve(rng, exchanger, at);
        if rng.chance(0.3) {
            let (own, peer) = (host.end(), host.peer(found.v4, 25));
            let seq = rng.next() as u32;
            tcp::fail(host, &own, &peer, seq, found.at, Failure::Silence);
            return;
        }
        let mut conn = Conn::dial(host, rng, found.v4, 25, found.at);
        let greeting = format!("220 {exchanger} ESMTP\r\n");
        conn.say(&mut host.out, Side::Outside, greeting.as_bytes());
        let refused = rng.chance(0.5);
        let talk: &[(&str, &str)] = &[
            ("HELO win-pc\r\n", "250 hello\r\n"),
            ("MAIL FROM:<offer@deals.invalid>\r\n", "250 ok\r\n"),
            (
                "RCPT TO:<someone@mail.invalid>\r\n",
                if refused { "550 no\r\n" } else { "250 ok\r\n" },
            ),
            ("DATA\r\n", "354 go on\r\n"),
        ];
        let steps = if refused { 3 } else { 4 };
        for (ask, tell) in talk.iter().take(steps) {
            conn.say(&mut host.out, Side::Inside, ask.as_bytes());
            conn.say(&mut host.out, Side::Outside, tell.as_bytes());
        }
        if !refused {
            let length = rng.size(800, 2600);
            let mut body = rng.text("buy now cheap \r\n", length);
            body.push_str("\r\n.\r\n");
            conn.say(&mut host.out, Side::Inside, body.as_bytes());
            conn.say(&mut host.out, Side::Outside, b"250 queued\r\n");
        }
        conn.close(&mut host.out, Side::Inside);
    }
}

impl Default for Spammer {
    fn default() -> Self {
        Self { per_hour: 200.0 }
    }
}

impl Behaviour for Spammer {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs(600)
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let domain = names::site(rng.below(names::SITES));
        let exchanger = format!("mx1.{domain}");
        let answer = Answers::mail(&exchanger);
        let at = host.ask(rng, &domain, RecordType::MX, now, &answer);
        Self::deliver(rng, host, &exchanger, at);
        let wait = rng.exponential(3600.0 / self.per_hour);
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}
