//! A thief of passwords: asks what its own address is, then sends what it has found by mail, by
//! FTP, to a bot of a chat service, or by HTTP; and again every now and then.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::Sleep;
use crate::host::Host;
use crate::http::Request;
use crate::payload::Payload;
use crate::rng::Rng;
use crate::tcp::{Conn, Side};
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A thief of passwords.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stealer {
    /// The service that tells addresses.
    pub address_from: String,
    /// How it sends what it has found.
    pub by: StealBy,
    /// Where to.
    pub server: String,
    /// Between two sendings.
    pub sleep: Sleep,
    /// Median bytes of what it sends.
    pub bytes: usize,
}

/// How a thief sends what it has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StealBy {
    /// By mail, handed in on port 587 without TLS.
    #[default]
    Smtp,
    /// By FTP.
    Ftp,
    /// To a bot of a chat service.
    BotApi,
    /// By HTTP.
    Post,
}

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// === impl Stealer ===

impl Default for Stealer {
    fn default() -> Self {
        Self {
            address_from: "checkip.whoisit.net".into(),
            by: StealBy::Smtp,
            server: "mail.brightlogistics.ae".into(),
            sleep: Sleep::of(1200, 0.1),
            bytes: 9000,
        }
    }
}

impl Stealer {
    fn send(&self, rng: &mut Rng, host: &mut Host, at: Timestamp, bytes: usize) {
        match self.by {
            StealBy::Smtp => self.mail(rng, host, at, bytes),
            StealBy::Ftp => self.store(rng, host, at, bytes),
            StealBy::BotApi => {
                let exchange = Exchange { out: bytes + 700, back: 620 };
                let server = (self.server.as_str(), 443);
                let linger = Span::from_secs(2);
                visit::secure(host, rng, server, Stack::OldNet, at, &[exchange], linger);
            }
            StealBy::Post => {
                let request = Request {
                    host: &self.server,
                    path: "/panel/gate.php",
                    user_agent: "Mozilla/4.08 (Charon; Inferno)",
                    browser: false,
                    post: bytes,
                };
                visit::plain(host, rng, &request, at, ("text/html", 23));
            }
        }
    }

    fn mail(&self, rng: &mut Rng, host: &mut Host, at: Timestamp, bytes: usize) {
        let found = host.resolve(rng, &self.server, at);
        let mut conn = Conn::dial(host, rng, found.v4, 587, found.at);
        let hello = format!("220 {} ESMTP ready\r\n", self.server);
        conn.say(&mut host.out, Side::Outside, hello.as_bytes());
        let secret = format!("{}\r\n", rng.text(BASE64, 20));
        let talk = [
            ("EHLO DESKTOP-7K2\r\n", "250-hello\r\n250 AUTH LOGIN PLAIN\r\n"),
            ("AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n"),
            (secret.as_str(), "334 UGFzc3dvcmQ6\r\n"),
            (secret.as_str(), "235 2.7.0 accepted\r\n"),
            ("MAIL FROM:<logs@example.invalid>\r\n", "250 ok\r\n"),
            ("RCPT TO:<results@example.invalid>\r\n", "250 ok\r\n"),
            ("DATA\r\n", "354 go on\r\n"),
        ];
        for (ask, tell) in talk {
            conn.say(&mut host.out, Side::Inside, ask.as_bytes());
            conn.say(&mut host.out, Side::Outside, tell.as_bytes());
        }
        let head = Payload::from(b"Subject: PW_user/DESKTOP-7K2\r\n\r\n");
        let body = head.then(Payload::text(rng, BASE64, bytes)).then(b"\r\n.\r\n".into());
        conn.say(&mut host.out, Side::Inside, body);
        conn.say(&mut host.out, Side::Outside, b"250 queued\r\n");
        conn.say(&mut host.out, Side::Inside, b"QUIT\r\n");
        conn.close(&mut host.out, Side::Outside);
    }

    fn store(&self, rng: &mut Rng, host: &mut Host, at: Timestamp, bytes: usize) {
        let found = host.resolve(rng, &self.server, at);
        let mut conn = Conn::dial(host, rng, found.v4, 21, found.at);
        conn.say(&mut host.out, Side::Outside, b"220 FTP\r\n");
        let port = rng.size(30_000, 60_000) as u16;
        let quad = found.v4.v4_bits().unwrap_or_default().to_be_bytes();
        let [a, b, c, d] = quad;
        let passive = format!(
            "227 Entering Passive Mode ({a},{b},{c},{d},{},{})\r\n",
            port >> 8,
            port & 0xff
        );
        let talk = [
            ("USER upload\r\n", "331 password\r\n"),
            ("PASS 9hT-zq71\r\n", "230 logged in\r\n"),
            ("TYPE I\r\n", "200 ok\r\n"),
            ("PASV\r\n", passive.as_str()),
            ("STOR PW_user-DESKTOP-7K2.zip\r\n", "150 go on\r\n"),
        ];
        for (ask, tell) in talk {
            conn.say(&mut host.out, Side::Inside, ask.as_bytes());
            conn.say(&mut host.out, Side::Outside, tell.as_bytes());
        }
        let mut data = Conn::dial(host, rng, found.v4, port, conn.at);
        let body = Payload::noise(rng, bytes);
        data.say(&mut host.out, Side::Inside, body);
        data.close(&mut host.out, Side::Inside);
        conn.wait_until(data.at);
        conn.say(&mut host.out, Side::Outside, b"226 done\r\n");
        conn.say(&mut host.out, Side::Inside, b"QUIT\r\n");
        conn.close(&mut host.out, Side::Outside);
    }
}

impl Behaviour for Stealer {
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
            host: &self.address_from,
            path: "/",
            user_agent: "",
            browser: false,
            post: 0,
        };
        let at = visit::plain(host, rng, &request, now, ("text/html", 104));
        let bytes = rng.lognormal(self.bytes as f64, 0.5) as usize;
        self.send(rng, host, at.plus(Span::from_millis(700)), bytes.max(200));
        Some(self.sleep.after(rng, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, carried, dials, watch};

    #[test]
    fn it_asks_who_it_is_and_sends() {
        for (by, port) in
            [(StealBy::Smtp, 587), (StealBy::Ftp, 21), (StealBy::BotApi, 443), (StealBy::Post, 80)]
        {
            let stealer = Stealer { by, ..Stealer::default() };
            rehearsal::assert_plays(stealer.clone(), 6.0, 300);
            let seen = watch(stealer, 6.0);
            assert!(dials(&seen, 80).len() >= 17, "{by:?}");
            assert!(dials(&seen, port).len() >= 17, "{by:?}");
            assert!(carried(&seen, Side::Inside) > 100_000, "{by:?}");
        }
    }
}
