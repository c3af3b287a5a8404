//! Certificates that are checked: questions about revocation to a few issuers over plain HTTP, in
//! bursts when programs start. The look-alike of a bot that posts small data to bare servers.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::{self, Request};
use crate::rng::Rng;
use crate::tcp::{Conn, Side};
use crate::tls::{Stack, write_ocsp};
use crate::visit;

/// Questions about revocation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Revocation {
    /// The servers of the issuers.
    pub issuers: Vec<String>,
    /// Bursts in an hour.
    pub per_hour: f64,
    /// Asks with POST, as Firefox did, instead of GET.
    pub post: bool,
}

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+";

impl Default for Revocation {
    fn default() -> Self {
        Self {
            issuers: vec!["ocsp.everydayca.com".into(), "o.commercetrust.com".into()],
            per_hour: 4.0,
            post: false,
        }
    }
}

/// One question; when its answer is there.
fn ask(rng: &mut Rng, host: &mut Host, request: &Request<'_>, at: Timestamp) -> Timestamp {
    let (addr, at) = visit::reach(host, rng, (request.host, 80), at);
    let mut conn = Conn::dial(host, rng, addr, 80, at);
    let question = http::request(rng, request);
    conn.say(&mut host.out, Side::Inside, question);
    let told = write_ocsp(rng, at);
    let answer = http::reply_with("application/ocsp-response", told.into());
    conn.say(&mut host.out, Side::Outside, answer);
    let done = conn.at;
    let linger = Span::from_secs_f64(rng.between(0.1, 20.0));
    conn.pause(&mut host.out, linger);
    conn.close(&mut host.out, Side::Inside);
    done
}

impl Behaviour for Revocation {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs_f64(3600.0 / self.per_hour.max(0.01))
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..rng.size(1, 4) {
            let issuer = self.issuers.get(rng.below(self.issuers.len()))?;
            let path = match self.post {
                true => "/".to_owned(),
                false => format!("/MFEwTzBNMEswSTAJBgUrDgMCGgUABBS{}%3D", rng.text(BASE64, 66)),
            };
            let request = Request {
                host: issuer,
                path: &path,
                user_agent: match self.post {
                    true => Stack::Firefox.user_agent(),
                    false => Stack::Schannel.user_agent(),
                },
                browser: self.post,
                post: if self.post { 83 } else { 0 },
            };
            at = ask(rng, host, &request, at);
            at = at.plus(Span::from_secs_f64(rng.exponential(0.4)));
        }
        let wait = rng.exponential(3600.0 / self.per_hour.max(0.01));
        Some(now.plus(Span::from_secs_f64(wait)).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};

    #[test]
    fn it_asks_in_both_ways() {
        for (post, head) in [(false, &b"GET /MFEwTz"[..]), (true, b"POST / HTTP/1.1\r\n")] {
            let issuers = ["ocsp.everydayca.com", "o.commercetrust.com"].map(String::from).into();
            let revocation = Revocation { issuers, per_hour: 6.0, post };
            rehearsal::assert_plays(revocation.clone(), 4.0, 200);
            let seen = watch(revocation, 4.0);
            let asked = seen.iter().filter(|s| s.payload.starts_with(head)).count();
            assert!((20..150).contains(&asked), "{asked}");
        }
    }
}
