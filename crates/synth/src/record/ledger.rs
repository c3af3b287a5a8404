//! The open flows of one machine, and what happens to them.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::FixedState;
use ostium_event::{Anomaly, FlowKey, OpenedBy, Proto, Scope, Timestamp};

use super::fact::Fact;
use super::flow::{Ends, Flow};
use super::orient::orient;
use super::said::{self, Segments, tell};
use super::talk::Known;
use crate::burst::Pace;
use crate::outbox::{Item, Queue};
use crate::packet::{ACK, Body, End, Frame, SYN};
use crate::payload::Payload;
use crate::shared::Shared;

/// The flows of one machine.
#[derive(Debug)]
pub(crate) struct Ledger {
    shared: Rc<Shared>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Flows of single packets, by their ends.
    loose: HashMap<FlowKey, FlowRef, FixedState>,
    flows: u64,
}

#[derive(Debug, Default)]
struct Slot {
    generation: u32,
    flow: Option<Flow>,
}

/// A flow, as a connection remembers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FlowRef {
    slot: u32,
    generation: u32,
    /// Whoever the connection calls outside stands in the place of the inside host.
    flipped: bool,
}

/// A fact, when it happened, and in which flow.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) at: Timestamp,
    pub(crate) ends: Rc<Ends>,
    pub(crate) fact: Fact,
}

/// What is said of a packet without payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bare {
    pub(crate) at: Timestamp,
    /// Sent by the first of the two ends.
    pub(crate) by_first: bool,
    pub(crate) flags: u8,
    /// Bytes of options.
    pub(crate) options: usize,
}

/// What is above the network of a single packet.
#[derive(Clone, Copy, Debug, Default)]
struct Above {
    proto: Proto,
    flags: u8,
    seq: u32,
    /// Bytes of options.
    options: u64,
}

// === impl Above ===

impl Above {
    fn of(proto: Proto) -> Self {
        Self { proto, ..Self::default() }
    }
}

// === impl Ledger ===

impl Ledger {
    pub(crate) fn new(shared: &Rc<Shared>) -> Self {
        Self {
            shared: Rc::clone(shared),
            slots: Vec::new(),
            free: Vec::new(),
            loose: HashMap::default(),
            flows: 0,
        }
    }

    /// A packet without payload passes in a connection between two ends.
    pub(crate) fn bare(
        &mut self,
        queue: &mut Queue,
        flow: &mut FlowRef,
        (first, second): (&End, &End),
        bare: Bare,
    ) {
        let Bare { at, by_first, flags, options } = bare;
        if at >= self.shared.end {
            return;
        }
        let (from, to) = if by_first { (first, second) } else { (second, first) };
        let Some(from_inside) = self.find(queue, flow, (from, to), (at, flags), by_first) else {
            return;
        };
        let Some(open) = self.get(*flow) else {
            return;
        };
        open.count(at, from_inside, (1, 0), options as u64);
        open.handshake(flags, from_inside, false);
        if open.marks.is_over() {
            let deadline = Timestamp::from_secs(open.deadline());
            queue.push(deadline, Item::Check(*flow));
        }
    }

    /// Bytes of one side pass in a connection between two ends.
    pub(crate) fn burst(
        &mut self,
        queue: &mut Queue,
        flow: &mut FlowRef,
        (first, second, by_first): (&End, &End, bool),
        pace: &Pace,
        known: Option<Known>,
        make: impl FnOnce() -> Payload,
    ) {
        let (from, to) = if by_first { (first, second) } else { (second, first) };
        let end = self.shared.end;
        if pace.start >= end {
            return;
        }
        let Some(from_inside) = self.find(queue, flow, (from, to), (pace.start, ACK), by_first)
        else {
            return;
        };
        let Some(open) = self.get(*flow) else {
            return;
        };
        said::message(open, queue, pace.start, from_inside, pace.bytes_of(0));
        let whole = Segments::count(open, pace, from_inside, end);
        match known {
            Some(known) if open.talk.is_silent() || open.talk.is_done() => {
                whole.know(open, queue, known);
            }
            _ if open.talk.is_done() => {}
            _ => whole.read(open, queue, &make()),
        }
    }

    /// A single packet passes.
    pub(crate) fn frame(&mut self, queue: &mut Queue, at: Timestamp, frame: &Frame) {
        match &frame.body {
            Body::Tcp(head, payload) => {
                self.marked(queue, at, frame, head.seq, head.flags);
                let options = head.options.len() as u64;
                let above = Above { proto: Proto::TCP, flags: head.flags, seq: head.seq, options };
                self.single(queue, at, frame, above, payload);
            }
            Body::Udp(payload) => self.single(queue, at, frame, Above::of(Proto::UDP), payload),
            Body::Unreachable { cause, .. } => {
                self.refuse(cause);
                let quoted = Payload::from(&[0; 28]);
                self.single(queue, at, frame, Above::of(Proto::ICMP), &quoted);
            }
        }
    }

    /// A SYN whose sequence number is the address that it goes to.
    fn marked(&self, queue: &mut Queue, at: Timestamp, frame: &Frame, seq: u32, flags: u8) {
        if flags & (SYN | ACK) != SYN || frame.to.addr.v4_bits() != Some(seq) {
            return;
        }
        let (key, from_inside, scope) =
            orient(&self.shared.home, Proto::TCP, &frame.from, &frame.to);
        if scope == Scope::Egress && from_inside {
            let ends = Ends { number: 0, key, opened_by: OpenedBy::Inside, scope, first: at };
            tell(queue, &Rc::new(ends), at, Fact::Anomaly(Anomaly::SequenceIsAddress));
        }
    }

    fn single(
        &mut self,
        queue: &mut Queue,
        at: Timestamp,
        frame: &Frame,
        above: Above,
        payload: &Payload,
    ) {
        let Above { proto, flags, seq, options } = above;
        let (mut from, mut to) = (frame.from, frame.to);
        if proto == Proto::ICMP {
            (from.port, to.port) = (0, 0);
        }
        let (mut key, from_inside, scope) = orient(&self.shared.home, proto, &from, &to);
        if proto == Proto::ICMP {
            // "Unreachable" is no answer to a request: its own type stands in for one.
            key.outside_port = 3;
        }
        if scope == Scope::Transit {
            return;
        }
        let flow = self.loose_flow(queue, (key, scope), (at, from_inside), above);
        let Some(open) = self.get(flow) else {
            return;
        };
        let length = payload.len();
        open.count(at, from_inside, (1, length as u64), options);
        if proto == Proto::TCP {
            open.handshake(flags, from_inside, length > 0);
            open.sequence(from_inside, seq, flags, length);
        } else {
            open.note(b'd', from_inside);
        }
        if length > 0 {
            said::message(open, queue, at, from_inside, length);
            open.last_payload = Some(at);
            said::single(open, queue, at, from_inside, payload);
        }
        if open.marks.is_over() {
            queue.push(Timestamp::from_secs(open.deadline()), Item::Check(flow));
        }
    }

    /// The flow of a single packet, begun if there is none.
    fn loose_flow(
        &mut self,
        queue: &mut Queue,
        (key, scope): (FlowKey, Scope),
        (at, from_inside): (Timestamp, bool),
        above: Above,
    ) -> FlowRef {
        if let Some(&known) = self.loose.get(&key)
            && let Some(open) = self.get(known)
        {
            let again =
                key.proto == Proto::TCP && open.is_reopened(from_inside, above.seq, above.flags);
            if at.secs() < open.deadline() && !again {
                return known;
            }
            self.close(queue, known, at);
        }
        let (opened_by, start) = match key.proto {
            Proto::ICMP => (OpenedBy::Inside, false),
            Proto::UDP => datagram_opener(&key, from_inside),
            _ => segment_opener(above.flags, from_inside),
        };
        let flow = self.begin(queue, (key, opened_by, scope), at, start);
        self.loose.insert(key, flow);
        flow
    }

    /// A packet said that what caused it reached nobody.
    fn refuse(&mut self, cause: &Frame) {
        let proto = match cause.body {
            Body::Tcp(..) => Proto::TCP,
            Body::Udp(_) => Proto::UDP,
            Body::Unreachable { .. } => return,
        };
        let (key, ..) = orient(&self.shared.home, proto, &cause.from, &cause.to);
        let Some(flow) = self.loose.get(&key).copied() else {
            return;
        };
        if let Some(open) = self.get(flow)
            && !open.marks.syn_ack
            && (open.out.volume.packets == 0 || open.back.volume.packets == 0)
        {
            open.marks.refused = true;
        }
    }

    /// Finds the flow of a connection, or begins it; whether its inside host sends.
    fn find(
        &mut self,
        queue: &mut Queue,
        flow: &mut FlowRef,
        (from, to): (&End, &End),
        (at, flags): (Timestamp, u8),
        by_first: bool,
    ) -> Option<bool> {
        if let Some(open) = self.get(*flow) {
            let deadline = open.deadline();
            if at.secs() < deadline {
                return Some(by_first != flow.flipped);
            }
            self.close(queue, *flow, Timestamp::from_secs(deadline));
        }
        let (key, from_inside, scope) = orient(&self.shared.home, Proto::TCP, from, to);
        if scope == Scope::Transit {
            return None;
        }
        let (opened_by, start) = segment_opener(flags, from_inside);
        *flow = self.begin(queue, (key, opened_by, scope), at, start);
        flow.flipped = by_first != from_inside;
        Some(from_inside)
    }

    fn begin(
        &mut self,
        queue: &mut Queue,
        (key, opened_by, scope): (FlowKey, OpenedBy, Scope),
        at: Timestamp,
        start: bool,
    ) -> FlowRef {
        self.flows += 1;
        let ends = Rc::new(Ends { number: self.flows, key, opened_by, scope, first: at });
        tell(queue, &ends, at, Fact::Opened { start });
        let flow = Flow::new(ends, start);
        let deadline = Timestamp::from_secs(flow.deadline());
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() as u32 - 1
        });
        let mut generation = 0;
        if let Some(place) = self.slots.get_mut(slot as usize) {
            place.flow = Some(flow);
            place.generation += 1;
            generation = place.generation;
        }
        let flow = FlowRef { slot, generation, flipped: false };
        queue.push(deadline, Item::Check(flow));
        flow
    }

    fn get(&mut self, flow: FlowRef) -> Option<&mut Flow> {
        let slot = self.slots.get_mut(flow.slot as usize)?;
        (slot.generation == flow.generation).then_some(slot.flow.as_mut()).flatten()
    }

    /// Looks at a flow whose time may have come.
    pub(crate) fn check(&mut self, queue: &mut Queue, at: Timestamp, flow: FlowRef) {
        let Some(open) = self.get(flow) else {
            return;
        };
        let deadline = open.deadline();
        match deadline <= at.secs() {
            true => self.close(queue, flow, at),
            // One that is over is looked at anyway.
            false if open.marks.is_over() => {}
            false => queue.push(Timestamp::from_secs(deadline), Item::Check(flow)),
        }
    }

    /// Ends a flow; it is told at `at`.
    fn close(&mut self, queue: &mut Queue, flow: FlowRef, at: Timestamp) {
        let Some(slot) = self.slots.get_mut(flow.slot as usize) else {
            return;
        };
        let Some(mut open) = slot.flow.take() else {
            return;
        };
        self.free.push(flow.slot);
        if self.loose.get(&open.ends.key).is_some_and(|loose| loose.slot == flow.slot) {
            self.loose.remove(&open.ends.key);
        }
        let (ends, last) = (Rc::clone(&open.ends), open.last);
        let mut say = |fact: Fact| {
            let told = Told { at: last, ends: Rc::clone(&ends), fact };
            queue.push(at, Item::Fact(Box::new(told)));
        };
        let service = open.talk.finish(&ends, (last, open.marks.start), &mut say);
        say(Fact::Closed(Box::new(open.closed(service))));
    }

    /// The world has ended: every flow is told as it stands.
    pub(crate) fn finish(&mut self, queue: &mut Queue) {
        let end = self.shared.end;
        for slot in 0..self.slots.len() as u32 {
            self.close(queue, FlowRef { slot, ..FlowRef::default() }, end);
        }
    }
}

/// Who opened a connection whose first packet is this, and whether this is its start.
const fn segment_opener(flags: u8, from_inside: bool) -> (OpenedBy, bool) {
    let sender = if from_inside { OpenedBy::Inside } else { OpenedBy::Outside };
    match flags & (SYN | ACK) {
        SYN => (sender, true),
        _ => (OpenedBy::Unknown, false),
    }
}

/// A datagram from a service to a client is the reply to a question that was missed.
const fn datagram_opener(key: &FlowKey, from_inside: bool) -> (OpenedBy, bool) {
    let (from, to) = match from_inside {
        true => (key.inside_port, key.outside_port),
        false => (key.outside_port, key.inside_port),
    };
    let reply = from < 1024 && to >= 1024;
    match from_inside != reply {
        true => (OpenedBy::Inside, !reply),
        false => (OpenedBy::Outside, !reply),
    }
}
