//! What the site itself stops: attempts there are no behaviour of whoever makes them.
//!
//! A bot whose server is blocked tries again, gives up and comes back in another rhythm, and a host
//! in quarantine reaches nobody: both follow from the block. Were they counted, the block would
//! take away the evidence that it rests on, or make evidence of its own (scans, failing contacts).
//! So what a block explains is not heard, from when it begins until it ends.
//!
//! Bias: of a destination whose block leaks, calls are not counted either, though they came through;
//! what they say once they are through is heard.

use std::collections::HashMap;

use ostium_event::{Addr, Event, FlowKey, OpenedBy, Proto, Timestamp, What};
use ostium_verdict::{Block, Target};

/// Destinations and hosts that are blocked, each since when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Barred {
    addresses: HashMap<Addr, Timestamp>,
    sockets: HashMap<(Addr, Proto, u16), Timestamp>,
    /// In quarantine.
    hosts: HashMap<Addr, Timestamp>,
    /// What a host in quarantine may still reach.
    garden: Vec<Addr>,
}

/// The port of the DNS, which a host in quarantine may ask.
const DNS: u16 = 53;

// === impl Barred ===

impl Barred {
    /// What these blocks stop; hosts in quarantine may reach the addresses of `garden`.
    pub fn of<'a>(blocks: impl IntoIterator<Item = &'a Block>, garden: Vec<Addr>) -> Self {
        let mut all = Self { garden, ..Self::default() };
        for block in blocks {
            match &block.target {
                Target::Address(addr) => drop(all.addresses.insert(*addr, block.since)),
                Target::AddressPort(addr, transport, port) => {
                    let socket = (*addr, transport.proto(), *port);
                    all.sockets.insert(socket, block.since);
                }
                Target::Host(addr) => drop(all.hosts.insert(*addr, block.since)),
                // The addresses that it leads to are blocked besides.
                Target::Name(_) => {}
            }
        }
        all
    }

    /// Does it stop nothing?
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.sockets.is_empty() && self.hosts.is_empty()
    }

    /// Would this event be another one, or none, if the site blocked nothing?
    pub(crate) fn explains(&self, event: &Event<'_>) -> bool {
        // Who calls in is no matter of these blocks, and of the DNS all is heard.
        if event.opened_by == OpenedBy::Outside || matches!(event.what, What::Dns(_)) {
            return false;
        }
        let at = match &event.what {
            // Of a flow that began before, the end tells of what came through.
            What::FlowClosed(record) | What::FlowGoesOn(record) => record.first,
            _ => event.at,
        };
        if self.host_since(&event.flow).is_some_and(|since| at >= since) {
            // What it reads now is what the garden says.
            return true;
        }
        self.is_attempt(event) && self.peer_since(&event.flow).is_some_and(|since| at >= since)
    }

    /// Is it no word of a conversation that came about all the same?
    fn is_attempt(&self, event: &Event<'_>) -> bool {
        match event.what {
            What::FlowOpened { .. }
            | What::FlowClosed(_)
            | What::FlowGoesOn(_)
            | What::Message(_) => true,
            // The first datagram of QUIC has the hello.
            What::Tls(_) => event.flow.proto == Proto::UDP,
            _ => false,
        }
    }

    fn host_since(&self, flow: &FlowKey) -> Option<Timestamp> {
        let since = self.hosts.get(&flow.inside)?;
        let open = flow.outside_port == DNS || self.garden.contains(&flow.outside);
        (!open).then_some(*since)
    }

    fn peer_since(&self, flow: &FlowKey) -> Option<Timestamp> {
        let socket = (flow.outside, flow.proto, flow.outside_port);
        let since = [self.addresses.get(&flow.outside), self.sockets.get(&socket)];
        since.into_iter().flatten().min().copied()
    }
}
