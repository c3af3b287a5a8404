//! Looking ahead: what coming flows need is fetched before the first of them is heard.
//!
//! A flow of a log waits for memory three times, each time for what the wait before has told: its
//! place in the index, its conversation, the statistics of that. Asked for a dozen flows at once,
//! these waits overlap. What is found is a guess, and believed only when the key agrees.

use ostium_event::{Addr, FlowKey};

use crate::host::HostId;
use crate::key::{ConversationKey, View};
use crate::observe::address_key;
use crate::profile::Profile;

/// Where a coming flow will probably be found.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    inside: Addr,
    host: HostId,
    key: ConversationKey,
    hash: u64,
    place: u32,
}

// === impl Profile: looking ahead ===

impl Profile {
    /// Fetches what these flows will need, and says where it is.
    pub fn look_ahead(&self, flows: impl Iterator<Item = FlowKey>, ahead: &mut Vec<Option<Ahead>>) {
        ahead.clear();
        ahead.extend(flows.map(|flow| self.wanted(&flow)));
        // Each pass waits for all flows together.
        for wanted in ahead.iter_mut().flatten() {
            wanted.place = self.conversations.guess(wanted.hash).unwrap_or(u32::MAX);
        }
        let found = || ahead.iter().flatten().filter_map(|a| self.conversations.get(a.place));
        let records = found().fold(0, |sum, c| sum ^ c.touch());
        let details = found().filter_map(|c| c.detail.as_ref()).fold(0, |sum, d| sum ^ d.touch());
        std::hint::black_box(records ^ details);
    }

    /// What to look for.
    fn wanted(&self, flow: &FlowKey) -> Option<Ahead> {
        let host = self.known_host(flow.inside)?;
        let key = address_key(host, flow);
        let hash = self.conversations.hash(&key);
        Some(Ahead { inside: flow.inside, host, key, hash, place: u32::MAX })
    }

    fn known_host(&self, addr: Addr) -> Option<HostId> {
        let place = self.hosts.find(&addr)?;
        Some(HostId { place, life: self.hosts.get(place)?.life })
    }

    /// The flow that comes now is one that was looked ahead for.
    #[inline]
    pub fn expect(&mut self, ahead: &Ahead) {
        self.last_host = (ahead.inside, ahead.host);
        if let Some(slot) = self.last.get_mut(View::Address as usize) {
            *slot = (ahead.key, ahead.place);
        }
    }
}
