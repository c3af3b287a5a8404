//! The flow table and the path of a packet through it.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use ostium_event::{Anomaly, FlowKey, Message, OpenedBy, Proto, Span, Timestamp};
use ostium_wire::{Meta, transport, unreachable_flow};

use crate::close::timeout;
use crate::defrag::{Defrag, Outcome};
use crate::flow::{Flow, FlowInfo, Half, Marks};
use crate::observe::{Drop, Observer};
use crate::orient::Facing;
use crate::reassemble;
use crate::slots::Slots;
use crate::wheel::Wheel;

/// What a tracker may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Flows at once.
    pub flows: usize,
    /// Bytes of segments that wait for a gap to fill.
    pub held_bytes: usize,
    /// Datagrams that wait for fragments.
    pub datagrams: usize,
}

/// The flows of one shard.
pub struct Tracker<P> {
    pub(crate) flows: Slots<Flow<P>>,
    pub(crate) table: HashTable<u32>,
    pub(crate) hasher: RandomState,
    pub(crate) wheel: Wheel,
    pub(crate) due: Vec<u32>,
    pub(crate) held_bytes: usize,
    pub(crate) defrag: Defrag,
    limits: Limits,
    hand: usize,
}

/// A pause after which a payload counts as a new message.
const MESSAGE_PAUSE: Span = Span::from_secs(1);
/// Packets that nobody answers after which a flow is told of while it goes on, each time anew: what
/// floods slower than one of these in a second is no flood.
pub const UNANSWERED: u32 = 100;
/// How far time may run back before the wheel follows it.
const REWIND: u32 = 60;

// === impl Tracker ===

impl<P: Default> Tracker<P> {
    /// An empty table.
    pub fn new(limits: Limits) -> Self {
        Self {
            flows: Slots::new(),
            table: HashTable::new(),
            hasher: RandomState::default(),
            wheel: Wheel::new(),
            due: Vec::new(),
            held_bytes: 0,
            defrag: Defrag::new(limits.datagrams),
            limits: Limits { flows: limits.flows.max(16), ..limits },
            hand: 0,
        }
    }

    /// Flows in the table.
    pub const fn len(&self) -> usize {
        self.flows.len()
    }

    /// No flow is in the table.
    pub const fn is_empty(&self) -> bool {
        self.flows.len() == 0
    }

    /// What is held of all that is limited.
    pub const fn used(&self) -> Limits {
        let datagrams = self.defrag.len();
        Limits { flows: self.flows.len(), held_bytes: self.held_bytes, datagrams }
    }

    /// Other limits from now on; flows that are too many end.
    pub fn set_limits<O: Observer<P>>(&mut self, limits: Limits, observer: &mut O) {
        self.limits = Limits { flows: limits.flows.max(16), ..limits };
        self.defrag.set_limit(limits.datagrams);
        // Each step looks further on, and some find none.
        for _ in 0..self.flows.bound() {
            if self.flows.len() <= self.limits.flows {
                break;
            }
            self.evict(observer);
        }
    }

    /// Takes one packet of this shard.
    pub fn packet<O: Observer<P>>(
        &mut self,
        at: Timestamp,
        meta: &Meta,
        facing: &Facing,
        frame: &[u8],
        observer: &mut O,
    ) {
        self.tick(at, observer);
        let Some(fragment) = meta.fragment else {
            return self.whole(at, meta, facing, meta.payload(frame), observer);
        };
        let info = FlowInfo {
            at,
            key: facing.key,
            opened_by: OpenedBy::Unknown,
            scope: facing.scope,
            first: at,
            from_start: false,
        };
        for lost in self.defrag.give_up(at) {
            observer.anomaly(&lost, Anomaly::FragmentLost);
        }
        let bytes = meta.payload(frame);
        let (outcome, notes) = self.defrag.take(&info, meta, fragment, bytes);
        if notes.overlap {
            observer.anomaly(&info, Anomaly::FragmentOverlap);
        }
        if notes.evicted {
            observer.dropped(Drop::FragmentEvicted);
        }
        let Outcome::Whole(datagram) = outcome else {
            return;
        };
        let len = u32::try_from(datagram.len()).unwrap_or(u32::MAX);
        let joined =
            Meta { payload_start: 0, payload_len: len, wire_len: len, fragment: None, ..*meta };
        match transport(&datagram, joined) {
            Ok(meta) => {
                // Only now are the ports known; the two ends, and so the shard, stay the same.
                let facing = facing.with_ports(&meta);
                self.whole(at, &meta, &facing, meta.payload(&datagram), observer);
            }
            Err(anomaly) => observer.anomaly(&info, anomaly),
        }
    }

    /// Takes one packet that is whole.
    fn whole<O: Observer<P>>(
        &mut self,
        at: Timestamp,
        meta: &Meta,
        facing: &Facing,
        payload: &[u8],
        observer: &mut O,
    ) {
        if is_unreachable(meta) {
            self.unreachable(payload);
        }
        let hash = self.hasher.hash_one(facing.key);
        let found = self.find(hash, &facing.key);
        let fresh = match found {
            Some(id) if self.is_reopened(id, meta) => {
                self.end(id, observer);
                None
            }
            found => found,
        };
        let id = match fresh {
            Some(id) => id,
            None => self.open(at, hash, meta, facing, observer),
        };
        let before = self.flows.get(id).and_then(|f| f.held.as_ref()).map_or(0, |h| h.bytes());
        let room = self.limits.held_bytes.saturating_sub(self.held_bytes);
        let Some(flow) = self.flows.get_mut(id) else {
            return;
        };
        if flow.half(facing.from_inside).copies.is_copy(at, meta, payload) {
            observer.dropped(Drop::Duplicate);
            return;
        }
        count(flow, at, meta, facing.from_inside);
        if meta.proto == Proto::TCP {
            handshake(flow, meta, facing.from_inside);
        }
        if !payload.is_empty() || meta.wire_len > 0 {
            data(flow, at, meta, payload, facing.from_inside, room, observer);
        }
        if is_of_note(flow, facing.from_inside) {
            observer.goes_on(&flow.info(at), &flow.parser, flow.record());
        }
        let after = flow.held.as_ref().map_or(0, |h| h.bytes());
        self.held_bytes = self.held_bytes.saturating_sub(before).saturating_add(after);
        if flow.marks.is_over() {
            self.hasten(id, at);
        }
    }

    /// A SYN on a flow that is over, or with another sequence number, begins a new flow.
    fn is_reopened(&self, id: u32, meta: &Meta) -> bool {
        let Some(flow) = self.flows.get(id) else {
            return false;
        };
        if meta.proto != Proto::TCP || !meta.flags.syn() || meta.flags.ack() {
            return false;
        }
        if flow.marks.is_over() {
            return true;
        }
        let from_inside = meta.src == flow.key.inside && meta.src_port == flow.key.inside_port;
        let (half, known) = match from_inside {
            true => (&flow.out, Marks::SEQ_OUT),
            false => (&flow.back, Marks::SEQ_BACK),
        };
        flow.marks.has(known)
            && flow.marks.has(Marks::SYN_ACK)
            && half.next != meta.seq.wrapping_add(1)
    }

    #[inline]
    fn find(&self, hash: u64, key: &FlowKey) -> Option<u32> {
        self.table
            .find(hash, |&id| self.flows.get(id).is_some_and(|flow| flow.key == *key))
            .copied()
    }

    fn open<O: Observer<P>>(
        &mut self,
        at: Timestamp,
        hash: u64,
        meta: &Meta,
        facing: &Facing,
        observer: &mut O,
    ) -> u32 {
        if self.flows.len() >= self.limits.flows {
            self.evict(observer);
        }
        let (opened_by, start) = who_opened(meta, facing);
        let mut flow = Flow {
            key: facing.key,
            first: at,
            last: at,
            last_payload: at,
            out: Half::default(),
            back: Half::default(),
            marks: Marks::default(),
            opened_by,
            scope: facing.scope,
            due: 0,
            parser: P::default(),
            held: None,
        };
        if start {
            flow.marks.set(Marks::START);
        }
        observer.opened(&flow.info(at), start);
        let due = secs(at).saturating_add(timeout(&flow));
        let id = self.flows.insert(flow);
        let due = self.wheel.enter(id, due);
        if let Some(flow) = self.flows.get_mut(id) {
            flow.due = due;
        }
        let (flows, hasher) = (&self.flows, &self.hasher);
        let rehash = |&id: &u32| flows.get(id).map_or(0, |flow| hasher.hash_one(flow.key));
        self.table.insert_unique(hash, id, rehash);
        id
    }

    /// An ICMP unreachable turns away the flow that it quotes, in whichever direction it was opened.
    fn unreachable(&mut self, quoted: &[u8]) {
        let Some(told) = unreachable_flow(quoted) else {
            return;
        };
        for (inside, outside, inside_port, outside_port) in [
            (told.src, told.dst, told.src_port, told.dst_port),
            (told.dst, told.src, told.dst_port, told.src_port),
        ] {
            let key = FlowKey { inside, outside, inside_port, outside_port, proto: told.proto };
            let Some(id) = self.find(self.hasher.hash_one(key), &key) else {
                continue;
            };
            if let Some(flow) = self.flows.get_mut(id)
                && !flow.marks.has(Marks::SYN_ACK)
                && (flow.out.packets == 0 || flow.back.packets == 0)
            {
                flow.marks.set(Marks::REFUSED);
            }
        }
    }

    /// Makes room: of sixteen neighbours the one that is over, unanswered, or longest quiet goes.
    fn evict<O: Observer<P>>(&mut self, observer: &mut O) {
        let bound = self.flows.bound().max(1);
        let victim = (0..bound.min(64))
            .map(|step| ((self.hand + step) % bound) as u32)
            .filter_map(|id| self.flows.get(id).map(|flow| (id, flow)))
            .take(16)
            .min_by_key(|(_, flow)| {
                let answered = flow.out.packets > 0 && flow.back.packets > 0;
                (!flow.marks.is_over(), answered, flow.last)
            })
            .map(|(id, _)| id);
        self.hand = (self.hand + 16) % bound;
        if let Some(id) = victim {
            observer.dropped(Drop::FlowEvicted);
            self.end(id, observer);
        }
    }

    fn tick<O: Observer<P>>(&mut self, at: Timestamp, observer: &mut O) {
        let now = secs(at);
        if self.wheel.is_behind(now) {
            self.expire(now, observer);
        } else if now.saturating_add(REWIND) < self.wheel.now() {
            self.wheel.rewind(now);
        }
    }
}

/// Who opened a flow whose first packet is this, and whether this is its true start.
fn who_opened(meta: &Meta, facing: &Facing) -> (OpenedBy, bool) {
    let (sender, receiver) = match facing.from_inside {
        true => (OpenedBy::Inside, OpenedBy::Outside),
        false => (OpenedBy::Outside, OpenedBy::Inside),
    };
    match meta.proto {
        // Answers to a SYN that nobody saw may be backscatter: they say nothing of who opened.
        Proto::TCP if meta.flags.syn() && meta.flags.ack() => (OpenedBy::Unknown, false),
        Proto::TCP if meta.flags.syn() => (sender, true),
        Proto::TCP => (OpenedBy::Unknown, false),
        // A datagram from a service to a client is the reply to a question that was missed.
        Proto::UDP if meta.src_port < 1024 && meta.dst_port >= 1024 => (receiver, false),
        Proto::ICMP | Proto::ICMP6 if is_reply(meta) => (receiver, false),
        _ => (sender, true),
    }
}

const fn is_reply(meta: &Meta) -> bool {
    matches!(
        (meta.proto, meta.flags.0),
        (Proto::ICMP, 0 | 3 | 4 | 5 | 11 | 12 | 14) | (Proto::ICMP6, 1..=4 | 129)
    )
}

const fn is_unreachable(meta: &Meta) -> bool {
    matches!((meta.proto, meta.flags.0), (Proto::ICMP, 3) | (Proto::ICMP6, 1))
}

#[inline]
fn count<P>(flow: &mut Flow<P>, at: Timestamp, meta: &Meta, from_inside: bool) {
    flow.last = flow.last.max(at);
    let half = flow.half(from_inside);
    half.packets = half.packets.saturating_add(1);
    half.bytes = half.bytes.saturating_add(u64::from(meta.wire_len));
}

/// Is a flow that goes on to be told of at this packet?
#[inline]
fn is_of_note<P>(flow: &Flow<P>, from_inside: bool) -> bool {
    let (sent, heard) = (flow.out.packets, flow.back.packets);
    match from_inside {
        true => heard == 0 && sent.is_multiple_of(UNANSWERED) && flow.opened_by == OpenedBy::Inside,
        false => heard == 1 && sent >= UNANSWERED && flow.opened_by == OpenedBy::Inside,
    }
}

/// Follows SYN, SYN-ACK, ACK, FIN and RST.
#[inline]
fn handshake<P>(flow: &mut Flow<P>, meta: &Meta, from_inside: bool) {
    let flags = meta.flags;
    let by_opener = match flow.opened_by {
        OpenedBy::Inside => from_inside,
        OpenedBy::Outside => !from_inside,
        OpenedBy::Unknown => false,
    };
    if flags.syn() {
        let known = if from_inside { Marks::SEQ_OUT } else { Marks::SEQ_BACK };
        // One that is repeated after data may not send the stream back to its beginning.
        if !flow.marks.has(known) || !flow.marks.has(Marks::PAYLOAD) {
            flow.half(from_inside).next = meta.seq.wrapping_add(1);
        }
        flow.marks.set(known);
        if flags.ack() {
            flow.marks.set(Marks::SYN_ACK);
        }
    } else if flags.ack() && !flags.rst() && by_opener {
        flow.marks.set(Marks::ACKED);
    }
    if flags.fin() {
        flow.marks.set(if from_inside { Marks::FIN_OUT } else { Marks::FIN_BACK });
    }
    if flags.rst() {
        flow.marks.set(Marks::RST);
        if !by_opener && !flow.marks.has(Marks::SYN_ACK) && !flow.marks.has(Marks::ACKED) {
            flow.marks.set(Marks::REFUSED);
        }
    }
}

/// Takes payload: tells of a message after a pause, and passes the bytes on.
#[inline]
fn data<P, O: Observer<P>>(
    flow: &mut Flow<P>,
    at: Timestamp,
    meta: &Meta,
    payload: &[u8],
    from_inside: bool,
    room: usize,
    observer: &mut O,
) {
    let tcp = meta.proto == Proto::TCP;
    let after_syn;
    let meta = if tcp && meta.flags.syn() {
        // Payload of a SYN begins at the number after it (TCP Fast Open, RFC 7413).
        after_syn = Meta { seq: meta.seq.wrapping_add(1), ..*meta };
        &after_syn
    } else {
        meta
    };
    // A keep-alive probe repeats the last byte that was acknowledged (RFC 9293 3.8.4).
    if tcp && meta.wire_len == 1 && flow.half(from_inside).next == meta.seq.wrapping_add(1) {
        return;
    }
    let quiet = at.since(flow.last_payload);
    if quiet >= MESSAGE_PAUSE && flow.marks.has(Marks::PAYLOAD) {
        let message = Message { from_inside, bytes: meta.wire_len, quiet, flow_first: flow.first };
        observer.message(&flow.info(at), message);
    }
    flow.marks.set(Marks::PAYLOAD);
    flow.last_payload = at;
    if tcp {
        if flow.marks.has(Marks::QUIET) && flow.held.is_none() {
            flow.half(from_inside).next = meta.seq.wrapping_add(meta.wire_len);
            return;
        }
        reassemble::segment(flow, at, meta, payload, from_inside, room, observer);
        return;
    }
    if !flow.marks.has(Marks::QUIET) && !payload.is_empty() {
        let info = flow.info(at);
        if !observer.datagram(&info, &mut flow.parser, from_inside, payload) {
            flow.marks.set(Marks::QUIET);
        }
    }
}

#[inline]
pub(crate) fn secs(at: Timestamp) -> u32 {
    u32::try_from(at.secs()).unwrap_or(u32::MAX - 8192)
}
