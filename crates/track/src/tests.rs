//! Tests of tracking, with a stage to play packets on: packets are made as decoded facts, and what
//! the tracker tells is kept in order.

mod fragments;
mod handshake;
mod limits;
mod stream;
mod time;

use ostium_event::{
    Addr, Anomaly, FlowKey, FlowRecord, FlowState, Home, Message, OpenedBy, Proto, Span, Timestamp,
};
use ostium_wire::{Meta, TcpFlags};

use crate::{Drop, Facing, FlowInfo, Limits, Observer, Tracker, UNANSWERED};

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const ACK: u8 = 16;

/// 2026-01-01T00:00:00Z.
pub(crate) const START: u64 = 1_767_225_600;

/// One thing that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Opened(OpenedBy, bool),
    Bytes(bool, Vec<u8>),
    Gap(bool, u64),
    Datagram(bool, Vec<u8>),
    Message(Message),
    GoesOn(FlowRecord),
    Closed(FlowRecord),
    Anomaly(Anomaly),
}

/// Keeps all that is told, and checks that each flow is opened before it is used, closed once, and
/// keeps its own parser.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) told: Vec<(FlowKey, Told)>,
    pub(crate) drops: Vec<Drop>,
    pub(crate) quiet: bool,
    open: std::collections::BTreeMap<FlowKey, u64>,
    flows: u64,
}

/// A parser: the number of its flow, from 1, given at the first look.
pub(crate) type Parser = u64;

/// An inside host, an outside peer, and a tracker that sees what passes between them.
pub(crate) struct Stage {
    pub(crate) tracker: Tracker<Parser>,
    pub(crate) log: Log,
    pub(crate) home: Home,
    pub(crate) now: Timestamp,
    ids: u16,
}

pub(crate) const INSIDE: Addr = Addr::v4([10, 0, 0, 5]);
pub(crate) const OUTSIDE: Addr = Addr::v4([203, 0, 113, 9]);
pub(crate) const CLIENT: u16 = 40_000;
pub(crate) const SERVER: u16 = 443;
pub(crate) const ROOMY: Limits = Limits { flows: 10_000, held_bytes: 1 << 20, datagrams: 64 };

// === impl Log ===

impl Log {
    fn tell(&mut self, key: FlowKey, told: Told) {
        self.told.push((key, told));
    }

    fn check(&mut self, key: &FlowKey, parser: &mut Parser) {
        let number = self.open.get(key).copied();
        let number = number.unwrap_or_else(|| panic!("{key:?} is not open"));
        if *parser == 0 {
            *parser = number;
        }
        assert_eq!(*parser, number, "{key:?} has the parser of another flow");
    }

    /// What was told of all flows, without the keys.
    pub(crate) fn all(&self) -> Vec<Told> {
        self.told.iter().map(|(_, told)| told.clone()).collect()
    }

    pub(crate) fn closed(&self) -> Vec<FlowRecord> {
        let record = |told: &(FlowKey, Told)| match told.1 {
            Told::Closed(record) => Some(record),
            _ => None,
        };
        self.told.iter().filter_map(record).collect()
    }

    /// Bytes of one direction; gaps as that many dots.
    pub(crate) fn stream(&self, from_inside: bool) -> Vec<u8> {
        let mut all = Vec::new();
        for (_, told) in &self.told {
            match told {
                Told::Bytes(from, bytes) if *from == from_inside => all.extend_from_slice(bytes),
                Told::Gap(from, n) if *from == from_inside => {
                    all.extend(std::iter::repeat_n(b'.', usize::try_from(*n).unwrap()));
                }
                _ => {}
            }
        }
        all
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Told) -> bool) -> usize {
        self.told.iter().filter(|(_, told)| wanted(told)).count()
    }

    pub(crate) fn anomalies(&self, anomaly: Anomaly) -> usize {
        self.count(|told| *told == Told::Anomaly(anomaly))
    }

    pub(crate) fn dropped(&self, reason: Drop) -> usize {
        self.drops.iter().filter(|drop| **drop == reason).count()
    }
}

impl Observer<Parser> for Log {
    fn opened(&mut self, flow: &FlowInfo, start: bool) {
        self.flows += 1;
        let before = self.open.insert(flow.key, self.flows);
        assert_eq!(before, None, "{:?} opened twice", flow.key);
        self.tell(flow.key, Told::Opened(flow.opened_by, start));
    }

    fn stream(&mut self, flow: &FlowInfo, parser: &mut Parser, from: bool, bytes: &[u8]) -> bool {
        self.check(&flow.key, parser);
        assert!(!bytes.is_empty(), "empty bytes are not worth a call");
        self.tell(flow.key, Told::Bytes(from, bytes.to_vec()));
        !self.quiet
    }

    fn gap(&mut self, flow: &FlowInfo, parser: &mut Parser, from: bool, missing: u64) -> bool {
        self.check(&flow.key, parser);
        assert!(missing > 0, "a gap misses something");
        self.tell(flow.key, Told::Gap(from, missing));
        !self.quiet
    }

    fn datagram(&mut self, flow: &FlowInfo, parser: &mut Parser, from: bool, b: &[u8]) -> bool {
        self.check(&flow.key, parser);
        self.tell(flow.key, Told::Datagram(from, b.to_vec()));
        !self.quiet
    }

    fn message(&mut self, flow: &FlowInfo, message: Message) {
        assert!(self.open.contains_key(&flow.key));
        self.tell(flow.key, Told::Message(message));
    }

    fn goes_on(&mut self, flow: &FlowInfo, _: &Parser, record: FlowRecord) {
        assert!(self.open.contains_key(&flow.key));
        assert!(record.first <= record.last && record.out.packets >= u64::from(UNANSWERED));
        self.tell(flow.key, Told::GoesOn(record));
    }

    fn closed(&mut self, flow: &FlowInfo, parser: &mut Parser, record: FlowRecord) {
        self.check(&flow.key, parser);
        self.open.remove(&flow.key);
        assert!(record.first <= record.last);
        self.tell(flow.key, Told::Closed(record));
    }

    fn anomaly(&mut self, flow: &FlowInfo, anomaly: Anomaly) {
        self.tell(flow.key, Told::Anomaly(anomaly));
    }

    fn dropped(&mut self, reason: Drop) {
        self.drops.push(reason);
    }
}

// === impl Stage ===

impl Stage {
    pub(crate) fn new() -> Self {
        Self::within(ROOMY)
    }

    pub(crate) fn within(limits: Limits) -> Self {
        Self {
            tracker: Tracker::new(limits),
            log: Log::default(),
            home: Home::private(),
            now: Timestamp::from_secs(START),
            ids: 0,
        }
    }

    pub(crate) fn wait(&mut self, span: Span) {
        self.now = self.now.plus(span);
    }

    pub(crate) fn wait_secs(&mut self, secs: u64) {
        self.wait(Span::from_secs(secs));
    }

    /// A packet passes, whose payload is the whole of `bytes`.
    pub(crate) fn pass(&mut self, meta: Meta, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).unwrap();
        let meta = Meta { payload_len: len, wire_len: meta.wire_len.max(len), ..meta };
        let facing = Facing::of(&meta, &self.home);
        self.tracker.packet(self.now, &meta, &facing, bytes, &mut self.log);
    }

    /// A packet between the inside host and the outside peer, ten milliseconds after the last.
    pub(crate) fn tcp(&mut self, from_inside: bool, flags: u8, seq: u32, payload: &[u8]) {
        self.wait(Span::from_millis(10));
        let meta = self.tcp_meta(from_inside, flags, seq);
        self.pass(meta, payload);
    }

    pub(crate) fn tcp_meta(&mut self, from_inside: bool, flags: u8, seq: u32) -> Meta {
        let meta = self.meta(Proto::TCP, from_inside, CLIENT, SERVER);
        Meta { flags: TcpFlags(flags), seq, ..meta }
    }

    /// Facts of a packet; ports are those of the inside and of the outside end.
    pub(crate) fn meta(&mut self, proto: Proto, from_inside: bool, near: u16, far: u16) -> Meta {
        self.ids = self.ids.wrapping_add(1);
        let (src, dst, src_port, dst_port) = match from_inside {
            true => (INSIDE, OUTSIDE, near, far),
            false => (OUTSIDE, INSIDE, far, near),
        };
        Meta { src, dst, src_port, dst_port, proto, ip_id: self.ids, ttl: 64, ..Meta::default() }
    }

    pub(crate) fn udp(&mut self, from_inside: bool, near: u16, far: u16, payload: &[u8]) {
        self.wait(Span::from_millis(10));
        let meta = self.meta(Proto::UDP, from_inside, near, far);
        self.pass(meta, payload);
    }

    /// SYN, SYN-ACK, ACK: sequence numbers go on from 1001 (inside) and 5001 (outside).
    pub(crate) fn handshake(&mut self) {
        self.tcp(true, SYN, 1000, b"");
        self.tcp(false, SYN | ACK, 5000, b"");
        self.tcp(true, ACK, 1001, b"");
    }

    pub(crate) fn finish(mut self) -> Log {
        self.tracker.finish(&mut self.log);
        assert!(self.tracker.is_empty());
        assert_eq!(self.tracker.held_bytes, 0, "held bytes are given back");
        assert!(self.log.open.is_empty(), "left open: {:?}", self.log.open);
        self.log
    }

    /// Ends the input; there was one flow, and this is its record.
    pub(crate) fn only(self) -> FlowRecord {
        let closed = self.finish().closed();
        assert_eq!(closed.len(), 1, "{closed:?}");
        closed[0]
    }

    pub(crate) fn state(self) -> FlowState {
        self.only().state
    }
}
