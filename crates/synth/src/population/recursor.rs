//! A resolver that asks the servers of names itself, for all who ask it: roots, registries and
//! owners by address alone, at all hours, with the names of everybody, mistyped and made-up ones
//! included. A role that looks like a scanner, a tunnel and a maker of names at once.

use std::rc::Rc;

use ostium_event::{RecordType, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::dns::{Answers, Message};
use crate::host::Host;
use crate::names;
use crate::payload::Payload;
use crate::rng::Rng;
use crate::udp::Socket;

/// A resolver that asks by itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recursor {
    /// Questions in a second that it cannot answer from memory.
    pub per_second: f64,
    /// Names that do not exist, of all, 0 to 1.
    pub missing: f64,
    /// Servers that do not answer, of all, 0 to 1.
    pub lame: f64,
}

/// The registries' servers, each by its own address.
const REGISTRIES: usize = 30;
/// Labels of machines of a site.
const LABELS: &[&str] =
    &["www", "mail", "api", "cdn", "img", "static", "m", "shop", "login", "ns1", "autodiscover"];
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

// === impl Recursor ===

impl Default for Recursor {
    fn default() -> Self {
        Self { per_second: 1.0, missing: 0.12, lame: 0.03 }
    }
}

impl Recursor {
    /// A question of somebody, and what its owner's server says.
    fn question(&self, rng: &mut Rng, host: &Host) -> (String, RecordType, Answers) {
        let site = names::site(rng.zipf(names::SITES));
        if rng.chance(self.missing) {
            let name = match rng.below(4) {
                0 => format!("{}.{site}", rng.text(LETTERS, 14)),
                1 => format!("{}.com", rng.text("abcdefghijklmnopqrstuvwxyz", 9)),
                2 => format!("{}.in-addr.arpa", rng.size(1, 254)),
                _ => format!("ww.{site}"),
            };
            return (name, RecordType::A, Answers::missing());
        }
        let name = format!("{}.{site}", rng.pick(LABELS));
        let found = host.net.site(&name);
        match rng.below(6) {
            0 => (site, RecordType::MX, Answers::mail(&format!("mx1.{name}"))),
            1 => (site, RecordType::TXT, Answers::text(3600, b"v=spf1 mx -all".to_vec())),
            2 => (name, RecordType::AAAA, Answers::addresses6(&found)),
            _ => (name, RecordType::A, Answers::addresses(&found)),
        }
    }

    fn ask(
        rng: &mut Rng,
        host: &mut Host,
        server: &str,
        at: Timestamp,
        (name, record_type, answers): (&str, RecordType, Option<&Answers>),
    ) -> Timestamp {
        let to = host.net.bare(server);
        let socket = Socket::open(host, to, 53);
        let id = rng.next() as u16;
        let query = Message { id, name: name.into(), record_type, reply: None };
        let reply = answers
            .map(|answers| Message { reply: Some(Rc::new(answers.clone())), ..query.clone() });
        socket.exchange(host, rng, at, Payload::dns(query), reply.map(Payload::dns))
    }
}

impl Behaviour for Recursor {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs(10)
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let (name, record_type, answers) = self.question(rng, host);
        let mut at = now;
        // Registries are remembered for days; now and then one is asked who owns a name.
        if rng.chance(0.3) {
            let registry = format!("registry-{}", rng.below(REGISTRIES));
            let referral = Answers::default();
            at = Self::ask(rng, host, &registry, at, (&name, record_type, Some(&referral)));
        }
        let owner = name.split_once('.').map_or(name.as_str(), |(_, site)| site);
        for attempt in 1..=2 {
            let server = format!("ns{attempt}.{owner}");
            let lame = rng.chance(self.lame);
            let said = (!lame).then_some(&answers);
            at = Self::ask(rng, host, &server, at, (&name, record_type, said));
            if !lame {
                break;
            }
            at = at.plus(Span::from_millis(800));
        }
        let wait = rng.exponential(1.0 / self.per_second.max(0.001));
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, questions, watch};
    use std::collections::BTreeSet;

    #[test]
    fn it_asks_many_servers_by_address() {
        rehearsal::assert_plays(Recursor::default(), 0.5, 3000);
        let seen = watch(Recursor::default(), 0.5);
        let servers: BTreeSet<_> = seen.iter().map(|s| s.peer).collect();
        assert!((150..700).contains(&servers.len()), "{}", servers.len());
        assert!(seen.iter().all(|s| s.port == 53));
        let asked = questions(&seen);
        let kinds: BTreeSet<u16> = asked.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, BTreeSet::from([1, 15, 16, 28]));
    }
}
