//! Flows out of arbitrary packets at arbitrary times, and streams put together again.

use std::collections::BTreeSet;

use ostium_event::{Addr, Anomaly, FlowKey, FlowRecord, Home, Message, Proto, Span, Timestamp};
use ostium_track::{Drop, Facing, FlowInfo, Limits, Observer, Tracker};
use ostium_wire::{Fragment, Meta, TcpFlags};

use crate::Bits;

/// What is told, checked on the way.
#[derive(Default)]
struct Log {
    open: BTreeSet<FlowKey>,
    packets: u64,
    counted: u64,
    duplicates: u64,
    /// Where the streams of the inside host and of its peer have come to, and what was put there.
    at: [u64; 2],
    bytes: [Vec<(u64, Vec<u8>)>; 2],
}

const SYN: u8 = 2;
const ACK: u8 = 16;
const INSIDE: Addr = Addr::v4([10, 0, 0, 5]);
const OUTSIDE: Addr = Addr::v4([203, 0, 113, 9]);

/// Packets between a few hosts, at any times, some of them fragments.
pub fn packets(bytes: &[u8]) -> bool {
    let mut bits = Bits(bytes);
    let limits = Limits {
        flows: 16,
        held_bytes: usize::from(bits.byte()) * 16,
        datagrams: 1 + usize::from(bits.byte() & 7),
    };
    let mut tracker: Tracker<u64> = Tracker::new(limits);
    let (home, mut log) = (Home::private(), Log::default());
    let mut now = Timestamp::from_secs(1_700_000_000);
    let mut whole = 0;
    while !bits.is_over() {
        now = moved(now, &mut bits);
        let meta = packet(&mut bits);
        let frame = bits.take(usize::from(bits.0.first().copied().unwrap_or(0)));
        let len = u32::try_from(frame.len()).unwrap_or(0);
        let beyond = if meta.ip_id & 7 == 0 { u32::from(meta.ip_id) } else { 0 };
        let meta = Meta { payload_len: len, wire_len: len + beyond, ..meta };
        whole += u64::from(meta.fragment.is_none());
        tracker.packet(now, &meta, &Facing::of(&meta, &home), frame, &mut log);
        assert!(tracker.len() <= limits.flows, "{} flows", tracker.len());
        assert_eq!(tracker.len(), log.open.len(), "what is open is in the table");
    }
    tracker.finish(&mut log);
    assert!(tracker.is_empty() && log.open.is_empty(), "all that opened has closed");
    assert!(log.counted + log.duplicates >= whole, "each packet is in a flow or dropped by name");
    true
}

/// Time goes on by little, by much, or back.
fn moved(now: Timestamp, bits: &mut Bits<'_>) -> Timestamp {
    let step = bits.byte();
    let much = u64::from(step >> 3);
    match step & 7 {
        0..=3 => now.plus(Span::from_millis(much)),
        4 => now.plus(Span::from_secs(much * much * 10)),
        5 => now.minus(Span::from_secs(much)),
        6 if much == 31 => Timestamp::from_nanos(u64::from(bits.word()) << 48),
        6 => now.minus(Span::from_secs(much * 4000)),
        _ => now,
    }
}

fn packet(bits: &mut Bits<'_>) -> Meta {
    let (who, what) = (bits.byte(), bits.byte());
    let inside = Addr::v4([10, 0, 0, who & 3]);
    let outside = match who & 64 {
        0 => Addr::v4([203, 0, 113, who >> 2 & 3]),
        _ => Addr::v4([10, 0, 0, who >> 2 & 3]),
    };
    let (near, far) = (40_000 + u16::from(who >> 4 & 3), 443);
    let out = who & 128 == 0;
    let proto = match what & 7 {
        0..=4 => Proto::TCP,
        5 => Proto::UDP,
        6 => Proto::ICMP,
        _ => Proto(what),
    };
    let flags = if proto == Proto::TCP { bits.byte() } else { what >> 3 };
    let fragment = (what & 0xf0 == 0xf0).then(|| Fragment {
        id: u32::from(bits.byte() & 7),
        offset: bits.word() & 0x1ff8,
        more: what & 8 != 0,
    });
    let ports = if fragment.is_some() { (0, 0) } else { (near, far) };
    let (src, dst) = if out { (inside, outside) } else { (outside, inside) };
    let (src_port, dst_port) = if out { ports } else { (ports.1, ports.0) };
    let seq = u32::from(bits.word()).wrapping_sub(0x4000);
    Meta {
        src,
        dst,
        src_port,
        dst_port,
        proto,
        flags: TcpFlags(flags),
        seq,
        ip_id: bits.word(),
        ttl: 64,
        fragment,
        ..Meta::default()
    }
}

/// A stream of known bytes in segments that overlap, come early, twice or never: what is told is
/// what was sent, in its place.
pub fn reassembly(bytes: &[u8]) -> bool {
    let mut bits = Bits(bytes);
    let limits = Limits { flows: 16, held_bytes: usize::from(bits.word()), datagrams: 1 };
    // A first number near the end makes the numbers wrap.
    let first = u32::MAX - u32::from(bits.word());
    let mut tracker: Tracker<u64> = Tracker::new(limits);
    let (home, mut log) = (Home::private(), Log::default());
    let mut now = Timestamp::from_secs(1_700_000_000);
    let mut pass = |from_inside: bool, flags: u8, at: u32, payload: &[u8], lost: u32, id: u16| {
        now = now.plus(Span::from_millis(10));
        let ends = [(INSIDE, 40_000), (OUTSIDE, 443)];
        let (from, to) = if from_inside { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
        let len = u32::try_from(payload.len()).unwrap_or(0);
        let meta = Meta {
            src: from.0,
            dst: to.0,
            src_port: from.1,
            dst_port: to.1,
            proto: Proto::TCP,
            flags: TcpFlags(flags),
            seq: first.wrapping_add(at),
            ip_id: id,
            payload_len: len,
            wire_len: len + lost,
            ..Meta::default()
        };
        tracker.packet(now, &meta, &Facing::of(&meta, &home), payload, &mut log);
    };
    pass(true, SYN, u32::MAX, b"", 0, 1);
    pass(false, SYN | ACK, u32::MAX, b"", 0, 2);
    let (mut here, mut id) = ([0u32; 2], 3);
    while !bits.is_over() {
        let (how, step, len) = (bits.byte(), bits.byte(), bits.word() % 3000);
        let side = usize::from(how & 1);
        let at = match how >> 1 & 3 {
            0 | 1 => here[side],
            2 => here[side].saturating_sub(u32::from(step)),
            _ => here[side] + u32::from(step) * 16,
        };
        let lost = if how & 0xf0 == 0xf0 { u32::from(step) } else { 0 };
        let sent: Vec<u8> = (at..at + u32::from(len)).map(|n| sent_at(side, n)).collect();
        pass(side == 0, ACK, at, &sent, lost, id);
        here[side] = here[side].max(at + u32::from(len) + lost);
        id = id.wrapping_add(1);
    }
    tracker.finish(&mut log);
    for (side, pieces) in log.bytes.iter().enumerate() {
        for (at, bytes) in pieces {
            let right = |(n, byte): (usize, &u8)| *byte == sent_at(side, (*at as u32) + n as u32);
            assert!(bytes.iter().enumerate().all(right), "bytes stand where they were sent");
        }
    }
    true
}

/// The byte that a side sends at a place of its stream.
const fn sent_at(side: usize, at: u32) -> u8 {
    (at.wrapping_mul(2_654_435_761) >> 11) as u8 ^ side as u8
}

// === impl Log ===

impl Log {
    fn check(&mut self, flow: &FlowInfo, parser: &mut u64) {
        assert!(self.open.contains(&flow.key), "{:?} is not open", flow.key);
        *parser += 1;
        self.packets += 1;
    }
}

impl Observer<u64> for Log {
    fn opened(&mut self, flow: &FlowInfo, _start: bool) {
        assert!(self.open.insert(flow.key), "{:?} opened twice", flow.key);
    }

    fn stream(&mut self, flow: &FlowInfo, parser: &mut u64, inside: bool, bytes: &[u8]) -> bool {
        self.check(flow, parser);
        assert!(!bytes.is_empty(), "no bytes are not worth a call");
        let side = usize::from(!inside);
        self.bytes[side].push((self.at[side], bytes.to_vec()));
        self.at[side] += bytes.len() as u64;
        true
    }

    fn gap(&mut self, flow: &FlowInfo, parser: &mut u64, inside: bool, missing: u64) -> bool {
        self.check(flow, parser);
        assert!(missing > 0, "a gap misses something");
        self.at[usize::from(!inside)] += missing;
        true
    }

    fn datagram(&mut self, flow: &FlowInfo, parser: &mut u64, _: bool, _: &[u8]) -> bool {
        self.check(flow, parser);
        true
    }

    fn message(&mut self, flow: &FlowInfo, _message: Message) {
        assert!(self.open.contains(&flow.key), "a message of no flow");
    }

    fn closed(&mut self, flow: &FlowInfo, _parser: &mut u64, record: FlowRecord) {
        assert!(self.open.remove(&flow.key), "{:?} closed twice", flow.key);
        assert!(record.first <= record.last, "time runs forward in a record");
        self.counted += record.out.packets + record.back.packets;
    }

    fn anomaly(&mut self, _flow: &FlowInfo, _anomaly: Anomaly) {}

    fn dropped(&mut self, reason: Drop) {
        self.duplicates += u64::from(reason == Drop::Duplicate);
    }
}
