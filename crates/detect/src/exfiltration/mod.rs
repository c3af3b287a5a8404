//! Exfiltration: much more leaves for a bare address, or for a dynamic name, than comes back.
//!
//! The share is the producer-consumer ratio, (out - back) / (out + back), of application bytes:
//! web browsing is about -0.5, mail 0.4, pure upload 1 (Bullard and Gerth, FloCon 2014; ATT&CK
//! T1041). A place with a name of its own is never accused: the only machine here with some
//! maker's backup or camera looks just so. Neither are people who copy to their servers by SSH.

#[cfg(test)]
mod tests;

use ostium_event::{Proto, Service};
use ostium_evidence::{Evidence, Group};
use ostium_names as names;
use ostium_profile::{Conversation, View as Kind};

use crate::detector::{Detector, View, about_conversation};
use crate::rails;
use crate::words::bytes;

/// The detector.
pub(crate) struct Exfiltration;

/// From this ratio on a conversation is an upload.
const UPLOAD: f64 = 0.5;
/// Bytes sent, and nats.
const STEPS: [(u64, f64); 3] = [(100_000_000, 3.0), (10_000_000, 2.0), (1_000_000, 1.0)];

// === impl Exfiltration ===

impl Detector for Exfiltration {
    fn name(&self) -> &'static str {
        "exfiltration"
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        let anybodys = match &c.name {
            Some(name) => name.dynamic && c.key.view == Kind::Name,
            None => c.key.view == Kind::Address && !names::is_cdn(c.addr),
        };
        let accused = anybodys && !rails::is_excused(c, view) && !view.summary.looks_like_p2p();
        let expected = [Service::Media, Service::BitTorrent, Service::Ssh, Service::Dns]
            .iter()
            .any(|service| c.spoke(*service));
        // Datagrams without a name are calls and games.
        let calls = c.key.proto == Proto::UDP && c.name.is_none();
        if !accused || expected || calls || c.starts == 0 || c.inbound > 0 || c.two_way == 0 {
            return;
        }
        let Some((_, nats)) = STEPS.iter().find(|(least, _)| c.out_bytes >= *least) else {
            return;
        };
        let (sent, received) = (c.out_bytes as f64, c.back_bytes as f64);
        let ratio = (sent - received) / (sent + received);
        if ratio < UPLOAD {
            return;
        }
        out.push(Evidence {
            log_odds: *nats,
            summary: format!(
                "sent {} to {} and got {} back",
                bytes(c.out_bytes),
                c.peer(),
                bytes(c.back_bytes)
            ),
            numbers: vec![
                ("sent_bytes", sent),
                ("received_bytes", received),
                ("producer_consumer_ratio", ratio),
            ],
            ..about_conversation(self.name(), Group::Behaviour, "T1041", c)
        });
    }
}
