//! Peer-to-peer overlay: a host that keeps coming back to a list of bare addresses all over the
//! world, many of them gone, and says little to each (ATT&CK T1090.003).
//!
//! Method: distinct /16 prefixes, failed contacts, contacts without a name and their return, after
//! PeerRush (Rahbarinia et al., DIMVA 2013), Zhang et al. (IEEE TIFS 2014) and Enhanced PeerHunter
//! (Zhuang and Chang, IEEE TIFS 2019). File sharing and calls are known by what they say, and move
//! far more bytes.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use ostium_event::{Addr, Service, Span};
use ostium_evidence::{Evidence, Group};
use ostium_names as names;
use ostium_profile::{Conversation, HostId, View as Kind};

use crate::detector::{Detector, View, about_host};
use crate::words::percent;

/// The detector.
pub(crate) struct Overlay;

/// What was counted over a host's contacts without a name.
#[derive(Debug, Default)]
struct Book {
    contacts: u32,
    prefixes: BTreeSet<u128>,
    returning: u32,
    silent: u32,
    flows: u64,
    bytes: u64,
    longest: Span,
}

/// Fewest contacts, and fewest distinct prefixes.
const CONTACTS: u32 = 20;
/// Least share of distinct prefixes among contacts (Enhanced PeerHunter).
const SPREAD: f64 = 0.5;
/// A contact that was called this often, over so long, is on the host's list.
const CALLS: u32 = 3;
const KEPT: Span = Span::from_secs(3600);
/// Least number and share of contacts on the list.
const LISTED: (u32, f64) = (10, 0.25);
/// Least share of contacts that never answered: lists of bots grow old.
const GONE: f64 = 0.15;
/// Most bytes in a flow, on average: gossip, not files.
const GOSSIP: f64 = 4_000.0;
/// Microsoft's delivery optimisation talks to strangers on this port.
const DELIVERY: u16 = 7680;

// === impl Overlay ===

impl Detector for Overlay {
    fn name(&self) -> &'static str {
        "overlay"
    }

    fn host(&self, _: HostId, view: &View<'_>, out: &mut Vec<Evidence>) {
        // Without replies nobody can be told from who is gone.
        if view.blind.replies {
            return;
        }
        let mut book = Book::default();
        view.conversations.iter().filter(|c| is_contact(c)).for_each(|c| book.add(c));
        let Some(nats) = book.nats() else { return };
        out.push(Evidence {
            log_odds: nats,
            summary: format!(
                "comes back to {} of {} bare addresses in {} networks, {} of which never answer: a \
                 list of peers",
                book.returning,
                book.contacts,
                book.prefixes.len(),
                percent(book.gone())
            ),
            numbers: vec![
                ("contacts", f64::from(book.contacts)),
                ("distinct_prefixes", book.prefixes.len() as f64),
                ("returning", f64::from(book.returning)),
                ("never_answered", f64::from(book.silent)),
                ("bytes_per_flow", book.bytes_per_flow()),
            ],
            ..about_host(self.name(), Group::Peers, "T1090.003", view.host, None)
        });
    }
}

/// A stranger that this host calls, in a protocol nobody knows.
fn is_contact(c: &Conversation) -> bool {
    let known = [
        Service::BitTorrent,
        Service::Media,
        Service::Tls,
        Service::Quic,
        Service::Http,
        Service::Dns,
        Service::Ntp,
        Service::Ssh,
        Service::Other,
    ];
    c.key.view == Kind::Address
        && c.name.is_none()
        && c.starts > 0
        && c.port >= 1024
        && c.port != DELIVERY
        && !names::is_cdn(c.addr)
        && !known.iter().any(|service| c.spoke(*service))
}

fn prefix(addr: Addr) -> u128 {
    if addr.is_v4() { addr.bits() >> 16 } else { addr.bits() >> 96 }
}

// === impl Book ===

impl Book {
    fn add(&mut self, c: &Conversation) {
        self.contacts += 1;
        self.prefixes.insert(prefix(c.addr));
        let kept = c.last.since(c.first);
        self.returning += u32::from(c.starts >= CALLS && kept >= KEPT);
        self.silent += u32::from(c.two_way == 0 && c.back_bytes == 0);
        self.flows += u64::from(c.ended);
        self.bytes = self.bytes.saturating_add(c.out_bytes).saturating_add(c.back_bytes);
        self.longest = self.longest.max(kept);
    }

    fn share(&self, part: f64) -> f64 {
        part / f64::from(self.contacts.max(1))
    }

    fn gone(&self) -> f64 {
        self.share(f64::from(self.silent))
    }

    fn bytes_per_flow(&self) -> f64 {
        self.bytes as f64 / self.flows.max(1) as f64
    }

    fn nats(&self) -> Option<f64> {
        let spread = self.share(self.prefixes.len() as f64);
        let listed =
            self.returning >= LISTED.0 && self.share(f64::from(self.returning)) >= LISTED.1;
        // All silent is a dead list, or a scan.
        let alive = self.silent < self.contacts;
        let overlay = self.contacts >= CONTACTS
            && spread >= SPREAD
            && listed
            && alive
            && self.gone() >= GONE
            && self.bytes_per_flow() <= GOSSIP;
        let lasting = self.longest >= Span::from_secs(6 * 3600) && self.returning >= 20;
        overlay.then_some(if lasting { 4.5 } else { 3.0 })
    }
}
