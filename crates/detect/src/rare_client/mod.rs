//! Rare client: a TLS client that few others here use, for this destination alone.
//!
//! JA4 (FoxIO) names the client program; alone it is weak, because malware shares stacks with honest
//! programs. Rarity counts by hosts, log(hosts/sharing), and is mute in networks of fewer than ten
//! hosts; there only a client that serves a single unpopular destination counts, and little.

#[cfg(test)]
mod tests;

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
