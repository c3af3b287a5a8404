//! A vulnerability scanner that scans by order: machines of a customer outside, port by port, once
//! a week at night, and what is open looked at more closely. A role that looks like a worm.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::host::Host;
use crate::http::Request;
use crate::rng::{Rng, mix};
use crate::tcp::{self, Failure};
use crate::tls::Stack;
use crate::visit::{self, Exchange};

/// A vulnerability scanner.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// The customer's domain, of whose machines each has a name.
    pub customer: String,
    /// Machines.
    pub targets: usize,
    /// Ports in a second.
    pub per_second: f64,
    /// Between two audits.
    pub every: Span,
    /// How long after its beginning the first audit may begin.
    pub first_within: Span,
}

/// Where an audit is.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    done: usize,
    began: Timestamp,
}

/// What is tried.
const PORTS: &[u16] = &[
    21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 443, 445, 465, 587, 636, 993, 995, 1433,
    1521, 2049, 3306, 3389, 5432, 5900, 5985, 6379, 8000, 8080, 8443, 9200, 11211, 27017,
];

// === impl Audit ===

impl Default for Audit {
    fn default() -> Self {
        Self {
            customer: "goldenharvest-foods.com".into(),
            targets: 60,
            per_second: 15.0,
            every: Span::from_secs(604_800),
            first_within: Span::from_secs(3600),
        }
    }
}

impl Audit {
    fn probe(&self, n: usize, rng: &mut Rng, host: &mut Host, now: Timestamp) {
        let (target, port) = (n % self.targets.max(1), n / self.targets.max(1));
        let port = PORTS.get(port).copied().unwrap_or_default();
        let name = format!("host-{target}.{}", self.customer);
        let open = port == 443 || mix((target as u64) << 16 | u64::from(port)).is_multiple_of(9);
        match (open, port) {
            (true, 443 | 8443 | 993 | 995 | 465) => {
                let exchange = Exchange { out: 210, back: 600 };
                let server = (name.as_str(), port);
                let linger = Span::from_millis(200);
                visit::secure(host, rng, server, Stack::OpenSsl, now, &[exchange], linger);
            }
            (true, 80) => {
                let request = Request {
                    host: &name,
                    path: "/.well-known/security.txt",
                    user_agent: "Mozilla/5.0 (compatible; OrderedAudit/3.1; +https://audit.example)",
                    browser: false,
                    post: 0,
                };
                visit::plain(host, rng, &request, now, ("text/html", 700));
            }
            _ => {
                let to = host.net.bare(&name);
                let how = match mix(target as u64) % 3 {
                    0 => Failure::Refusal,
                    _ => Failure::Silence,
                };
                let (own, peer) = (host.end(), host.peer(to, port));
                let seq = rng.next() as u32;
                tcp::fail(host, &own, &peer, seq, now, how);
            }
        }
    }
}

impl Behaviour for Audit {
    type State = Progress;

    fn first(&self) -> Span {
        self.first_within
    }

    fn wake(
        &self,
        progress: &mut Progress,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if progress.done == 0 {
            progress.began = now;
        }
        if progress.done >= self.targets * PORTS.len() {
            progress.done = 0;
            return Some(progress.began.plus(self.every).max(now));
        }
        self.probe(progress.done, rng, host, now);
        progress.done += 1;
        let wait = rng.exponential(1.0 / self.per_second.max(0.001));
        Some(now.plus(Span::from_secs_f64(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, watch};
    use std::collections::BTreeSet;

    #[test]
    fn every_port_of_every_machine_is_tried_once() {
        let audit = Audit { targets: 10, per_second: 5.0, ..Audit::default() };
        rehearsal::assert_plays(audit.clone(), 2.0, 1000);
        let seen = watch(audit, 2.0);
        let tried: BTreeSet<_> = seen.iter().filter(|s| s.syn).map(|s| (s.peer, s.port)).collect();
        assert!((PORTS.len() * 9..=PORTS.len() * 11).contains(&tried.len()), "{}", tried.len());
    }
}
