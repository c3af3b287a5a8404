//! IRC: a client that joins a channel, as simple bots still do.
//!
//! People use IRC too: on its usual ports it says little, on another port more (ATT&CK T1071).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ostium_event::{Addr, Event, OpenedBy, Scope, What};
use ostium_evidence::{Evidence, Group};
use ostium_profile::keep::{KeepError, bytes_of, of_bytes};
use ostium_profile::{Conversation, Generations, Profile, Seen, View as Kind};

use crate::detector::{Detector, Interest, View, about_conversation};

/// The detector.
pub(crate) struct IrcClient {
    chats: Generations<(Addr, u128, u16), Chat>,
}

#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Chat {
    joined: u32,
    answered_pings: u32,
    channel: Option<Arc<str>>,
}

// === impl IrcClient ===

impl IrcClient {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { chats: Generations::new(hosts) }
    }
}

impl Detector for IrcClient {
    fn name(&self) -> &'static str {
        "irc"
    }

    fn interest(&self) -> Interest {
        Interest::IRC
    }

    fn keep(&self) -> Result<Vec<u8>, KeepError> {
        bytes_of(&self.chats)
    }

    fn recall(&mut self, kept: &[u8]) -> Result<(), KeepError> {
        self.chats.take_over(of_bytes(kept)?);
        Ok(())
    }

    fn event(&mut self, _: &Seen, event: &Event<'_>, _: &Profile) {
        let What::Irc(irc) = event.what else { return };
        if event.opened_by == OpenedBy::Outside || event.scope != Scope::Egress {
            return;
        }
        let key = (event.flow.inside, event.flow.outside.bits(), event.flow.outside_port);
        let chat = self.chats.entry(key, Chat::default);
        match irc.verb {
            "JOIN" => {
                chat.joined += 1;
                chat.channel = Some(Arc::from(irc.channel));
            }
            "PONG" => chat.answered_pings += 1,
            _ => {}
        }
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        if c.key.view != Kind::Address {
            return;
        }
        let key = (view.host.addr, c.addr.bits(), c.port);
        let Some(chat) = self.chats.peek(&key) else {
            return;
        };
        let usual = matches!(c.port, 194 | 6660..=6669 | 6697 | 7000);
        let named = c.name.is_some();
        let nats = match (usual, named) {
            (true, true) => 0.7,
            (true, false) => 2.0,
            (false, _) => 3.5,
        };
        let channel = chat.channel.as_deref().unwrap_or("none");
        out.push(Evidence {
            log_odds: nats,
            summary: format!("chats by IRC with {}, channel {channel}", c.peer()),
            numbers: vec![
                ("joined", f64::from(chat.joined)),
                ("answered_pings", f64::from(chat.answered_pings)),
            ],
            ..about_conversation(self.name(), Group::Client, "T1071", c)
        });
    }
}
