//! A mail server: delivers to the exchangers of strangers, takes mail from them, and looks every
//! sender up in lists. A role that looks like a machine that sends spam.

use ostium_event::{RecordType, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::dns::Answers;
use crate::host::Host;
use crate::names;
use crate::rng::Rng;
use crate::tcp::{self, Conn, Failure, Side};

/// A mail server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailServer {
    /// Its own name.
    pub name: String,
    /// Messages in an hour that it delivers.
    pub delivers_per_hour: f64,
    /// Connections in an hour that it takes, spam included.
    pub takes_per_hour: f64,
    /// Where senders are looked up.
    pub blocklist: String,
}

/// What comes next.
#[derive(Debug, Default)]
pub(crate) struct Post {
    next_delivery: Timestamp,
    next_visitor: Timestamp,
}

/// Exchangers that do not answer, or refuse a message, of all.
const UNREACHED: f64 = 0.04;
const REFUSED: f64 = 0.06;
/// Visitors that are turned away after a look in the list.
const SPAM: f64 = 0.6;
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// === impl MailServer ===

impl Default for MailServer {
    fn default() -> Self {
        Self {
            name: "mail.maplecornerclinic.org".into(),
            delivers_per_hour: 60.0,
            takes_per_hour: 90.0,
            blocklist: "bl.spamledger.org".into(),
        }
    }
}

impl MailServer {
    fn deliver(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let domain = names::site(rng.zipf(names::SITES));
        let exchanger = format!("mx1.{domain}");
        let at = host.ask(rng, &domain, RecordType::MX, now, &Answers::mail(&exchanger));
        let found = host.resolve(rng, &exchanger, at);
        if rng.chance(UNREACHED) {
            let (own, peer) = (host.end(), host.peer(found.v4, 25));
            let seq = rng.next() as u32;
            tcp::fail(host, &own, &peer, seq, found.at, Failure::Silence);
            return;
        }
        let mut conn = Conn::dial(host, rng, found.v4, 25, found.at);
        let greeting = format!("220 {exchanger} ESMTP\r\n");
        conn.say(&mut host.out, Side::Outside, greeting.as_bytes());
        let hello = format!("EHLO {}\r\n", self.name);
        conn.say(&mut host.out, Side::Inside, hello.as_bytes());
        conn.say(
            &mut host.out,
            Side::Outside,
            b"250-hello\r\n250-SIZE 52428800\r\n250 STARTTLS\r\n",
        );
        let refused = rng.chance(REFUSED);
        let from = "MAIL FROM:<office@maplecornerclinic.example>\r\n";
        let answer = if refused { "550 no such user\r\n" } else { "250 ok\r\n" };
        let to = "RCPT TO:<someone@customer.example>\r\n";
        for (ask, tell) in [(from, "250 ok\r\n"), (to, answer)] {
            conn.say(&mut host.out, Side::Inside, ask.as_bytes());
            conn.say(&mut host.out, Side::Outside, tell.as_bytes());
        }
        if !refused {
            conn.say(&mut host.out, Side::Inside, b"DATA\r\n");
            conn.say(&mut host.out, Side::Outside, b"354 go on\r\n");
            let length = rng.lognormal(9000.0, 1.2).min(4.0e6) as usize;
            let body = format!("{}\r\n.\r\n", rng.text(LETTERS, length));
            conn.say(&mut host.out, Side::Inside, body.as_bytes());
            conn.say(&mut host.out, Side::Outside, b"250 queued\r\n");
        }
        conn.say(&mut host.out, Side::Inside, b"QUIT\r\n");
        conn.say(&mut host.out, Side::Outside, b"221 bye\r\n");
        conn.close(&mut host.out, Side::Outside);
    }

    fn take(&self, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let from = host.net.anywhere(rng);
        let peer = host.peer(from, rng.size(1024, 65_535) as u16);
        let mut conn = Conn::receive(host, rng, peer, 25, now);
        let greeting = format!("220 {} ESMTP\r\n", self.name);
        conn.say(&mut host.out, Side::Inside, greeting.as_bytes());
        let [a, b, c, d] = from.v4_bits().unwrap_or_default().to_be_bytes();
        let name = format!("{d}.{c}.{b}.{a}.{}", self.blocklist);
        let spam = rng.chance(SPAM);
        let listed = Answers::address(300, ostium_event::Addr::v4([127, 0, 0, 2]));
        let answer = if spam { listed } else { Answers::missing() };
        let at = host.ask(rng, &name, RecordType::A, conn.at, &answer);
        conn.wait_until(at);
        conn.say(&mut host.out, Side::Outside, b"EHLO mx.somewhere.example\r\n");
        if spam {
            conn.say(&mut host.out, Side::Inside, b"554 rejected, see the list\r\n");
            conn.close(&mut host.out, Side::Inside);
            return;
        }
        conn.say(&mut host.out, Side::Inside, b"250 hello\r\n");
        for ask in ["MAIL FROM:<a@b.example>\r\n", "RCPT TO:<office@c.example>\r\n"] {
            conn.say(&mut host.out, Side::Outside, ask.as_bytes());
            conn.say(&mut host.out, Side::Inside, b"250 ok\r\n");
        }
        conn.say(&mut host.out, Side::Outside, b"DATA\r\n");
        conn.say(&mut host.out, Side::Inside, b"354 go on\r\n");
        let length = rng.lognormal(12_000.0, 1.2).min(4.0e6) as usize;
        let body = format!("{}\r\n.\r\n", rng.text(LETTERS, length));
        conn.say(&mut host.out, Side::Outside, body.as_bytes());
        conn.say(&mut host.out, Side::Inside, b"250 queued\r\n");
        conn.close(&mut host.out, Side::Outside);
    }
}

fn after(rng: &mut Rng, now: Timestamp, per_hour: f64) -> Timestamp {
    now.plus(Span::from_secs_f64(rng.exponential(3600.0 / per_hour.max(0.001))))
}

impl Behaviour for MailServer {
    type State = Post;

    fn first(&self) -> Span {
        Span::from_secs(60)
    }

    fn wake(
        &self,
        post: &mut Post,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if now >= post.next_delivery {
            self.deliver(rng, host, now);
            post.next_delivery = after(rng, now, self.delivers_per_hour);
        }
        if now >= post.next_visitor {
            self.take(rng, host, now);
            post.next_visitor = after(rng, now, self.takes_per_hour);
        }
        Some(post.next_delivery.min(post.next_visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, dials, questions, watch};

    #[test]
    fn it_delivers_takes_and_looks_up() {
        rehearsal::assert_plays(MailServer::default(), 3.0, 3000);
        let seen = watch(MailServer::default(), 3.0);
        assert!((120..240).contains(&dials(&seen, 25).len()));
        let taken = seen.iter().filter(|s| s.syn && s.side == Side::Outside && s.own_port == 25);
        assert!((190..360).contains(&taken.count()));
        let listed = |(name, _): &&(String, u16)| name.ends_with(".bl.spamledger.org");
        assert!(questions(&seen).iter().filter(listed).count() > 190);
    }
}
