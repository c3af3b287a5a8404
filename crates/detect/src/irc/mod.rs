//! IRC: a client that joins a channel, as simple bots still do (ATT&CK T1071).
//!
//! People use IRC too: on its usual ports it says little, on another port more. What the client says
//! of itself (its nickname, after Rishi: Goebel and Holz, HotBots 2007; reports of its work) and what
//! it is told to do there are two facts: the first is the client's, the second its controller's.
//! Bias: anybody can write an order into a channel where people are, so a message weighs less than
//! a topic, which only who runs the channel sets, and neither convicts alone.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ostium_event::{Addr, BotSign, Event, OpenedBy, Order, Scope, What};
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
    /// Nicknames that are put together as a bot's.
    nicknames: u32,
    /// Reports of a bot's work.
    reports: u32,
    /// Orders by their kind: those of topics, and those that somebody said.
    topics: [u32; Order::ALL.len()],
    orders: [u32; Order::ALL.len()],
}

/// Nats of a nickname, and of reports.
const NICKNAME: f64 = 4.5;
const REPORT: f64 = 4.5;
/// Nats of a topic that is an order, and of messages, however many: a stranger can write a thousand.
const TOPIC: f64 = 4.5;
const MESSAGE: f64 = 2.0;

// === impl Chat ===

impl Chat {
    fn note(&mut self, sign: BotSign) {
        let count = match sign {
            BotSign::Nickname => &mut self.nicknames,
            BotSign::Report => &mut self.reports,
            BotSign::Topic(order) => of(&mut self.topics, order),
            BotSign::Order(order) => of(&mut self.orders, order),
        };
        *count = count.saturating_add(1);
    }

    /// Nats of the orders, and what they are.
    fn orders(&self) -> Option<(f64, String)> {
        let (topics, messages) = (sum(&self.topics), sum(&self.orders));
        let kinds: Vec<Order> = Order::ALL
            .into_iter()
            .zip(self.topics.iter().zip(&self.orders))
            .filter(|(_, (topics, orders))| **topics > 0 || **orders > 0)
            .map(|(order, _)| order)
            .collect();
        let (nats, how) = match (topics > 0, messages > 0) {
            (true, _) => (TOPIC, "orders in the topic of a channel"),
            (false, true) => (MESSAGE, "orders"),
            (false, false) => return None,
        };
        let what: Vec<&str> = kinds.iter().map(|order| order.words()).collect();
        Some((nats, format!("{how}, as bots are ordered: {}", what.join(", "))))
    }
}

fn sum(counts: &[u32]) -> u32 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

/// The count of an order.
fn of(counts: &mut [u32; Order::ALL.len()], order: Order) -> &mut u32 {
    let [scan, flood, fetch, control] = counts;
    match order {
        Order::Scan => scan,
        Order::Flood => flood,
        Order::Fetch => fetch,
        Order::Control => control,
    }
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

    fn remembered(&self) -> usize {
        self.chats.len()
    }

    fn set_limit(&mut self, hosts: usize) {
        self.chats.set_limit(hosts);
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
        if let Some(sign) = irc.sign {
            chat.note(sign);
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
        let item = |nats: f64, name, group, said: String, numbers| Evidence {
            log_odds: nats,
            summary: said,
            numbers,
            ..about_conversation(name, group, "T1071", c)
        };
        if chat.nicknames > 0 {
            let said =
                format!("goes by a nickname at {} that is put together as a bot's", c.peer());
            let numbers = vec![("nicknames", f64::from(chat.nicknames))];
            out.push(item(NICKNAME, "irc-nickname", Group::Client, said, numbers));
        }
        if chat.reports > 0 {
            let said = format!("reports its work to {} in the words of a bot", c.peer());
            let numbers = vec![("reports", f64::from(chat.reports))];
            out.push(item(REPORT, "irc-report", Group::Client, said, numbers));
        }
        if let Some((nats, said)) = chat.orders() {
            let said = format!("{} {said}", c.peer());
            let numbers = vec![
                ("topics", f64::from(sum(&chat.topics))),
                ("messages", f64::from(sum(&chat.orders))),
            ];
            out.push(item(nats, "irc-orders", Group::Destination, said, numbers));
        }
        let channel = chat.channel.as_deref().unwrap_or("none");
        let numbers = vec![
            ("joined", f64::from(chat.joined)),
            ("answered_pings", f64::from(chat.answered_pings)),
        ];
        let said = format!("chats by IRC with {}, channel {channel}", c.peer());
        out.push(item(nats, self.name(), Group::Client, said, numbers));
    }
}
