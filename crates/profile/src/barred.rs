//! Hearing attempts that the site itself stops.
//!
//! When they come, how many, and that they fail, follows from the block, not from whoever calls: a
//! blocked beacon tries again at once, gives up, and comes back later. So an attempt says who calls
//! whom, once, and afterwards only that it is still going on; every statistic stands as it was when
//! the block began.

use ostium_event::{Event, OpenedBy, Scope, What};

use crate::observe::{address_key, counts_for_timing};
use crate::profile::Profile;

// === impl Profile: stopped attempts ===

impl Profile {
    /// Hears an event of an attempt that the site stops.
    pub fn observe_barred(&mut self, event: &Event<'_>) {
        let flow = &event.flow;
        if event.scope != Scope::Egress || flow.inside.is_special() || flow.outside.is_special() {
            return;
        }
        let id = self.host_id(flow.inside, event.at);
        if let Some(host) = self.hosts.get_mut(id.place) {
            host.last = host.last.max(event.at);
        }
        let What::FlowOpened { start: true } = event.what else {
            return;
        };
        if event.opened_by != OpenedBy::Inside || !counts_for_timing(flow) {
            return;
        }
        let name = self.resolved_name(flow);
        let known = self.ensure(address_key(id, flow), event.at, flow.outside, flow.outside_port);
        self.change(known, |c| {
            c.last = c.last.max(event.at);
            // That it calls at all is a fact of its own.
            if c.starts == 0 {
                c.call(name.as_ref());
                c.start(event.at, flow.outside, flow.outside_port);
            }
        });
    }
}
