//! A flow that is told at once, from its opening to its close, as a row of a log tells it.
//!
//! The same as hearing of its opening and then of its close, only that what both need is looked up
//! once. Bias: what is not the common case, a flow opened from inside to an address without a name,
//! is left to [`Profile::observe`].

use ostium_event::{FlowKey, FlowRecord};

use crate::host::HostId;
use crate::observe::{address_key, counts_for_timing};
use crate::profile::Profile;

// === impl Profile: whole flows ===

impl Profile {
    /// Hears of a flow that an inside host opened to the outside. `None` when it is better told as
    /// two events; it has not been heard then.
    pub fn whole(&mut self, flow: &FlowKey, record: &FlowRecord) -> Option<HostId> {
        let named = !self.resolved.is_empty();
        if named || flow.inside.is_special() || flow.outside.is_special() {
            return None;
        }
        let host = self.host_id(flow.inside, record.first);
        let key = address_key(host, flow);
        let mut address = self.find(&key);
        if address.and_then(|id| self.conversations.get(id)).is_some_and(|c| c.name.is_some()) {
            return None;
        }
        if let Some(known) = self.hosts.get_mut(host.place) {
            known.last = known.last.max(record.first).max(record.last);
            known.opened += 1;
            known.ended += 1;
            known.replied += u64::from(record.back.packets > 0);
        }
        if record.start_seen && counts_for_timing(flow) {
            let id = match address {
                Some(id) => id,
                None => self.ensure(key, record.first, flow.outside, flow.outside_port),
            };
            self.change(id, |c| {
                if !c.goes_on(record.first, flow.inside_port) {
                    c.start(record.first, flow.outside, flow.outside_port);
                }
            });
            // It may have had to make room for what it has grown by.
            let stays = self.conversations.get(id).is_some_and(|c| c.key == key);
            address = stays.then_some(id);
        }
        let address = match address {
            Some(id) => id,
            None => self.ensure(key, record.last, flow.outside, flow.outside_port),
        };
        self.ended_without_name(host, flow, record, address);
        Some(host)
    }
}
