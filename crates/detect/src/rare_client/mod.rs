//! Rare client: a TLS client that few others here use, for this destination alone.
//!
//! JA4 (FoxIO) names the client program; alone it is weak, because malware shares stacks with honest
//! programs. Rarity counts by hosts, log(hosts/sharing), and is mute in networks of fewer than ten
//! hosts; there only a client that serves a single unpopular destination counts, and little.
//!
//! A client that offers nothing above TLS 1.1 (`retired-tls`) is told besides, from the time on when
//! that was retired (RFC 8996): AsyncRAT and its kin ask for TLS 1.0 by name in their public source.
//! It stands in the same hello and is of the same group, so that it adds little. Old devices do the
//! same.

#[cfg(test)]
mod tests;

use ostium_event::Timestamp;
use ostium_evidence::{Evidence, Group};
use ostium_profile::{Conversation, View as Kind, client_key};

use crate::detector::{Detector, View, about_conversation};
use crate::rails::is_excused;

/// The detector.
pub(crate) struct RareClient;

const MOST: f64 = 3.0;
/// A program that one machine alone has goes to a place that nobody else asks for: with a name that
/// is one fact, and the name tells it.
const MOST_NAMED: f64 = 1.0;
/// Nats of retired versions: of clean connections a few in a thousand offer no more, but of those of
/// old devices to odd places many do.
const RETIRED: f64 = 1.5;
/// When RFC 8996 came out: the 23rd of March 2021.
const RETIRED_SINCE: Timestamp = Timestamp::from_secs(1_616_457_600);

// === impl RareClient ===

impl Detector for RareClient {
    fn name(&self) -> &'static str {
        "rare-client"
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        let Some(tls) = &c.tls else { return };
        let Some(ja4) = tls.ja4 else { return };
        // A client for everything, such as a browser, is nobody's in particular.
        if c.key.view == Kind::Client || is_excused(c, view) || view.summary.is_general_client(&ja4)
        {
            return;
        }
        if ja4.is_retired() && c.last >= RETIRED_SINCE && tls.quic == 0 {
            out.push(Evidence {
                log_odds: RETIRED,
                summary: format!("talks to {} and offers only retired versions of TLS", c.peer()),
                numbers: vec![("hellos", f64::from(tls.hellos))],
                ..about_conversation("retired-tls", Group::Client, "T1573", c)
            });
        }
        let most = if c.name.is_some() { MOST_NAMED } else { MOST };
        let rarity = view.prevalence.rarity(client_key(&ja4)).min(most);
        // Browsers, and what is built on them, say which protocol they speak inside.
        let plain = tls.no_alpn * 2 > tls.hellos && tls.quic == 0;
        let nats = rarity.max(if plain { 1.0 } else { 0.0 }) + if plain { 0.5 } else { 0.0 };
        if nats < 0.5 {
            return;
        }
        let hosts = view.prevalence.hosts();
        let sharing = view.prevalence.sharing(client_key(&ja4));
        let rare = if rarity > 0.0 {
            format!("{sharing} of {hosts} hosts use it")
        } else {
            "it offers no application protocol".to_owned()
        };
        out.push(Evidence {
            log_odds: nats,
            summary: format!("talks to {} with an unusual TLS client ({ja4}): {rare}", c.peer()),
            numbers: vec![
                ("hosts", f64::from(hosts)),
                ("hosts_with_client", f64::from(sharing)),
                ("hellos", f64::from(tls.hellos)),
                ("without_alpn", f64::from(tls.no_alpn)),
            ],
            ..about_conversation(self.name(), Group::Client, "T1573", c)
        });
    }
}
