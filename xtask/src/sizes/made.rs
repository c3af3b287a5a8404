//! What is made and measured.

use std::error::Error;
use std::hint::black_box;

use ostium_detect::Interest;
use ostium_event::{
    Addr, Anomaly, Dns, DnsStage, Event, FlowKey, FlowRecord, FlowState, Home, Message, OpenedBy,
    Proto, RecordType, Scope, Service, Span, Timestamp, TlsClient, TlsVersion, Volume, What,
};
use ostium_parse::FlowParser;
use ostium_profile::{Limits, Profile};
use ostium_track::{Drop, Facing, FlowInfo, Limits as TrackLimits, Observer, Tracker};
use ostium_wire::{Meta, TcpFlags};

use super::resident;

/// A kind of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Flow,
    Light,
    Full,
    Talkative,
    Host,
    Detectors,
}

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600;
const HOST: Addr = Addr::v4([10, 0, 0, 5]);
const SYN: TcpFlags = TcpFlags(2);

// === impl Thing ===

impl Thing {
    pub(crate) const ALL: [Self; 6] =
        [Self::Flow, Self::Light, Self::Full, Self::Talkative, Self::Host, Self::Detectors];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Light => "light",
            Self::Full => "full",
            Self::Talkative => "talkative",
            Self::Host => "host",
            Self::Detectors => "detectors",
        }
    }

    /// By how many bytes resident memory grows with each.
    pub(crate) fn grow(self, count: usize) -> Result<f64, Box<dyn Error>> {
        match self {
            Self::Flow => flows(count),
            Self::Light => conversations(count / 4, 1, false),
            Self::Full => conversations(count / 20, 5, false),
            Self::Talkative => conversations(count / 20, 5, true),
            Self::Host => hosts(count),
            Self::Detectors => detectors(count / 20),
        }
    }
}

/// Hears nothing, and keeps what it is told of.
struct Deaf;

impl Observer<FlowParser> for Deaf {
    fn opened(&mut self, _: &FlowInfo, _: bool) {}
    fn stream(&mut self, _: &FlowInfo, _: &mut FlowParser, _: bool, _: &[u8]) -> bool {
        true
    }
    fn gap(&mut self, _: &FlowInfo, _: &mut FlowParser, _: bool, _: u64) -> bool {
        true
    }
    fn datagram(&mut self, _: &FlowInfo, _: &mut FlowParser, _: bool, _: &[u8]) -> bool {
        true
    }
    fn message(&mut self, _: &FlowInfo, _: Message) {}
    fn closed(&mut self, _: &FlowInfo, _: &mut FlowParser, _: FlowRecord) {}
    fn anomaly(&mut self, _: &FlowInfo, _: Anomaly) {}
    fn dropped(&mut self, _: Drop) {}
}

/// An outside address for each number, each in a site of its own as far as they go.
const fn peer(n: usize) -> Addr {
    let n = n as u32;
    Addr::v4((0x1400_0000 + (n << 8) + (n >> 18)).to_be_bytes())
}

/// Flows of one packet, in a table that has seen nothing before.
fn flows(count: usize) -> Result<f64, Box<dyn Error>> {
    let home = Home::private();
    let before = resident()?;
    let limits = TrackLimits { flows: count + 1, held_bytes: 1 << 20, datagrams: 16 };
    let mut tracker: Tracker<FlowParser> = Tracker::new(limits);
    let at = Timestamp::from_secs(START);
    for n in 0..count {
        let meta = Meta {
            src: HOST,
            dst: peer(n),
            src_port: 40_000,
            dst_port: 443,
            proto: Proto::TCP,
            flags: SYN,
            ip_id: n as u16,
            ..Meta::default()
        };
        let facing = Facing::of(&meta, &home);
        tracker.packet(at, &meta, &facing, b"", &mut Deaf);
    }
    let grown = resident()? - before;
    Ok(grown / black_box(&tracker).len().max(1) as f64)
}

fn event<'a>(at: Timestamp, flow: FlowKey, opened_by: OpenedBy, what: What<'a>) -> Event<'a> {
    Event { at, flow, opened_by, scope: Scope::Egress, what }
}

fn flow(inside: Addr, outside: Addr, turn: usize) -> FlowKey {
    let inside_port = 20_000 + turn as u16;
    FlowKey { inside, outside, inside_port, outside_port: 443, proto: Proto::TCP }
}

/// Addresses that one host calls so many times, a minute apart.
fn conversations(count: usize, starts: usize, talkative: bool) -> Result<f64, Box<dyn Error>> {
    let before = resident()?;
    let limits = Limits { hosts: 16, conversation_bytes: usize::MAX, names: 16 };
    let mut profile = Profile::new(limits);
    for n in 0..count {
        for turn in 0..starts {
            let at = Timestamp::from_secs(START + 60 * turn as u64);
            let flow = flow(HOST, peer(n), turn);
            let mut hear = |what| profile.observe(&event(at, flow, OpenedBy::Inside, what));
            hear(What::FlowOpened { start: true });
            if talkative {
                hear(What::Tls(TlsClient {
                    server_name: None,
                    alpn: None,
                    version: TlsVersion::TLS13,
                    ja4: None,
                    quic: false,
                }));
                for from_inside in [true, false] {
                    let quiet = Span::from_secs(1);
                    hear(What::Message(Message { from_inside, bytes: 100, quiet, flow_first: at }));
                }
            }
        }
    }
    let grown = resident()? - before;
    Ok(grown / profile.conversations().count().max(1) as f64)
}

fn inside(n: usize) -> Addr {
    Addr::v4((0x0a00_0000 + n as u32).to_be_bytes())
}

/// Hosts that were called from outside, and so have no conversation.
fn hosts(count: usize) -> Result<f64, Box<dyn Error>> {
    let before = resident()?;
    let limits = Limits { hosts: count + 1, conversation_bytes: usize::MAX, names: 16 };
    let mut profile = Profile::new(limits);
    for n in 0..count {
        let at = Timestamp::from_secs(START);
        let opened = What::Anomaly(Anomaly::FragmentLost);
        profile.observe(&event(at, flow(inside(n), peer(1), 0), OpenedBy::Outside, opened));
    }
    let grown = resident()? - before;
    match profile.conversations().count() {
        0 => Ok(grown / profile.hosts().count().max(1) as f64),
        n => Err(format!("{n} conversations were made besides").into()),
    }
}

/// What detectors keep of a host after a contact in vain, a name in vain and an odd question: all
/// is heard twice, at first by the profile alone.
fn detectors(count: usize) -> Result<f64, Box<dyn Error>> {
    let limits = Limits { hosts: count + 1, conversation_bytes: usize::MAX, names: count * 4 };
    let mut profile = Profile::new(limits);
    let mut play = |detectors: &mut [Box<dyn ostium_detect::Detector>]| {
        for n in 0..count {
            for event in odd(inside(n)) {
                let Some(seen) = profile.observe(&event) else { continue };
                let wants = Interest::of(&event.what);
                for detector in detectors.iter_mut().filter(|d| d.interest().wants(wants)) {
                    detector.event(&seen, &event, &profile);
                }
            }
        }
    };
    play(&mut []);
    let before = resident()?;
    let mut all = ostium_detect::all(count, true, &ostium_event::Home::private());
    play(&mut all);
    let grown = resident()? - before;
    black_box(&all);
    Ok(grown / count.max(1) as f64)
}

fn odd(host: Addr) -> [Event<'static>; 3] {
    let at = Timestamp::from_secs(START);
    let record = FlowRecord {
        first: at,
        last: at,
        out: Volume { packets: 1, bytes: 0 },
        back: Volume { packets: 0, bytes: 0 },
        state: FlowState::Unanswered,
        service: Service::Silent,
        start_seen: true,
    };
    let resolver = FlowKey { proto: Proto::UDP, outside_port: 53, ..flow(host, peer(9), 0) };
    let asks = |name, rcode| {
        What::Dns(Dns {
            stage: DnsStage::Both,
            id: 1,
            name,
            record_type: RecordType::A,
            rcode: Some(rcode),
            answers: &[],
            reply_bytes: 60,
        })
    };
    [
        event(at, flow(host, peer(1), 0), OpenedBy::Inside, What::FlowClosed(record)),
        event(at, resolver, OpenedBy::Inside, asks("xkqjzvwpfhtg.example", 3)),
        event(at, resolver, OpenedBy::Inside, asks("a1b2c3d4e5.quiet-river.example", 0)),
    ]
}
