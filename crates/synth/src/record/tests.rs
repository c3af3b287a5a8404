//! Facts against the product's own tracking and parsing of the packets that they stand for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use ostium_event::{
    Addr, Anomaly, Event, FlowKey, FlowRecord, Home, Message, OpenedBy, Scope, Span, Timestamp,
    What,
};
use ostium_parse::{Context, FlowParser, Interest, Side};
use ostium_track::{Drop, Facing, FlowInfo, Limits, Observer, Tracker};
use ostium_wire::{LinkType, decode};

use crate::actor::{self, Behaviour, Rhythm, Run};
use crate::habit::Habit;
use crate::host::Host;
use crate::outbox::Outbox;
use crate::packet::{self, ACK, FIN, Packet, RST, SYN, Segment};
use crate::play::Play;
use crate::rng::Rng;
use crate::shared::Shared;
use crate::world::{Member, System, World};

/// Events of each flow, in order.
type Flows = BTreeMap<FlowKey, Vec<String>>;

#[derive(Default)]
struct Seen {
    flows: Flows,
    /// All but endings, which are told when somebody looks, in the order of one machine.
    all: Vec<String>,
}

// === impl Seen ===

impl Seen {
    fn hear(&mut self, event: &Event<'_>) {
        let line = format!(
            "{:?} {:?} {:?} {:?}",
            event.at.nanos(),
            event.opened_by,
            event.scope,
            event.what
        );
        if !matches!(event.what, What::FlowClosed(_)) {
            self.all.push(format!("{:?} {line}", event.flow));
        }
        self.flows.entry(event.flow).or_default().push(line);
    }

    fn say(&mut self, flow: &FlowInfo, what: What<'_>) {
        let (opened_by, scope) = (flow.opened_by, flow.scope);
        self.hear(&Event { at: flow.at, flow: flow.key, opened_by, scope, what });
    }

    fn read(
        &mut self,
        flow: &FlowInfo,
        from_inside: bool,
        read: impl FnOnce(&Context, &mut dyn FnMut(What<'_>)) -> Interest,
    ) -> bool {
        let key = &flow.key;
        let inside = match flow.opened_by {
            OpenedBy::Inside => true,
            OpenedBy::Outside => false,
            OpenedBy::Unknown => key.inside_port >= key.outside_port,
        };
        let context = Context {
            at: flow.at,
            side: if from_inside == inside { Side::Opener } else { Side::Responder },
            opener_is_inside: inside,
            opener_port: if inside { key.inside_port } else { key.outside_port },
            responder_port: if inside { key.outside_port } else { key.inside_port },
            from_start: flow.from_start,
        };
        read(&context, &mut |what| self.say(flow, what)) == Interest::More
    }
}

impl Observer<FlowParser> for Seen {
    fn opened(&mut self, flow: &FlowInfo, start: bool) {
        self.say(flow, What::FlowOpened { start });
    }

    fn stream(&mut self, flow: &FlowInfo, p: &mut FlowParser, inside: bool, bytes: &[u8]) -> bool {
        self.read(flow, inside, |context, out| p.stream(context, bytes, out))
    }

    fn gap(&mut self, _: &FlowInfo, _: &mut FlowParser, _: bool, _: u64) -> bool {
        panic!("no byte is lost");
    }

    fn datagram(
        &mut self,
        flow: &FlowInfo,
        p: &mut FlowParser,
        inside: bool,
        bytes: &[u8],
    ) -> bool {
        self.read(flow, inside, |context, out| p.datagram(context, bytes, out))
    }

    fn message(&mut self, flow: &FlowInfo, message: Message) {
        self.say(flow, What::Message(message));
    }

    fn closed(&mut self, flow: &FlowInfo, p: &mut FlowParser, mut record: FlowRecord) {
        if !p.is_done() {
            self.read(flow, true, |context, out| {
                p.finish(context, out);
                Interest::Done
            });
        }
        record.service = p.service();
        self.say(flow, What::FlowClosed(record));
    }

    fn anomaly(&mut self, flow: &FlowInfo, anomaly: Anomaly) {
        self.say(flow, What::Anomaly(anomaly));
    }

    fn dropped(&mut self, reason: Drop) {
        panic!("nothing is dropped: {reason:?}");
    }
}

/// What the packets of a world come to.
fn tracked(world: &World) -> Seen {
    tracked_packets(world.packets(), &Home::new(&world.home))
}

fn tracked_packets(packets: impl Iterator<Item = Packet>, home: &Home) -> Seen {
    let limits = Limits { flows: 1 << 20, held_bytes: 1 << 20, datagrams: 16 };
    let (mut tracker, mut seen) = (Tracker::new(limits), Seen::default());
    for packet in packets {
        let meta = decode(LinkType::Ethernet, &packet.bytes).unwrap();
        let facing = Facing::of(&meta, home);
        if facing.scope == Scope::Transit {
            continue;
        }
        let syn = meta.flags.syn() && !meta.flags.ack();
        if facing.from_inside && syn && meta.dst.v4_bits() == Some(meta.seq) {
            seen.hear(&Event {
                at: packet.at,
                flow: facing.key,
                opened_by: OpenedBy::Inside,
                scope: facing.scope,
                what: What::Anomaly(Anomaly::SequenceIsAddress),
            });
        }
        tracker.packet(packet.at, &meta, &facing, &packet.bytes, &mut seen);
    }
    tracker.finish(&mut seen);
    seen
}

/// What the world tells without packets.
fn told(world: &World) -> Seen {
    let mut seen = Seen::default();
    world.tell(&mut |event| {
        seen.hear(event);
        ControlFlow::Continue(())
    });
    seen
}

/// A machine that does one thing for some hours.
fn world_of(habit: Habit, hours: f64, seed: u64) -> World {
    World {
        seed,
        start: Timestamp::from_secs(1_789_372_800),
        hours,
        home: vec!["10.20.0.0/24".parse().unwrap(), "2a01:c40:7:1::/64".parse().unwrap()],
        resolver: Addr::v4([10, 20, 0, 1]).into(),
        tap: crate::Tap::default(),
        hosts: vec![Member {
            label: "pc".into(),
            addr: Addr::v4([10, 20, 0, 9]),
            broken_v6: (seed.is_multiple_of(2)).then(|| "2a01:c40:7:1::9".parse().unwrap()),
            system: if seed.is_multiple_of(3) { System::Unix } else { System::Windows },
            infection: None,
            habits: vec![habit],
            ..Member::default()
        }],
    }
}

fn assert_same(name: &str, world: &World) {
    let (tracked, told) = (tracked(world), told(world));
    assert_equal(name, &tracked.flows, &told.flows);
    if world.hosts.len() == 1 {
        let differ = tracked.all.iter().zip(&told.all).find(|(tracked, told)| tracked != told);
        assert_eq!(differ, None, "{name}: order");
    }
}

fn assert_equal(name: &str, tracked: &Flows, told: &Flows) {
    for (key, lines) in tracked {
        let others = told.get(key).map(Vec::as_slice).unwrap_or_default();
        for (n, line) in lines.iter().enumerate() {
            assert_eq!(others.get(n), Some(line), "{name}: {key:?} of {lines:#?}");
        }
        assert_eq!(lines.len(), others.len(), "{name}: {key:?} {others:#?}");
    }
    assert_eq!(tracked.len(), told.len(), "{name}: flows");
    assert!(!tracked.is_empty(), "{name} does nothing");
}

#[test]
fn every_habit_is_told_as_it_is_tracked() {
    for kind in Habit::kinds() {
        for seed in 1..=4 {
            let habit = Habit::read(&kind, toml::Table::new()).unwrap().unwrap();
            assert_same(&kind, &world_of(habit, 2.0, seed));
        }
    }
}

#[test]
fn parameters_that_change_the_path_of_a_habit() {
    for (kind, parameters) in [
        ("timer", "stack = 'plain'\nevery = 60\nexchange = [0, 400_000]"),
        ("timer", "stack = 'openssl'\nevery = 60\nexchange = [300_000, 20]"),
        ("beacon", "stack = 'plain'\nevery = 30"),
        ("beacon", "stack = 'old-net'\nevery = 30"),
        ("browsing", "stack = 'firefox'\npages_per_hour = 60"),
        ("push", "every = '50m'"),
        ("push", "every = '44m'"),
        ("rat", "ping = '46m'"),
        ("scanner", "ports = [80]\nper_second = 20\nmarked = false"),
        ("thief", "bytes = 9_000_000\npart = 3_000_000\nevery = '10m'"),
    ] {
        let table = parameters.parse().unwrap();
        let habit = Habit::read(kind, table).unwrap().unwrap();
        assert_same(&format!("{kind} {parameters}"), &world_of(habit, 5.0, 5));
    }
}

#[test]
fn the_demonstration_is_told_as_it_is_tracked() {
    assert_same("demo", &World { hours: 1.5, ..crate::demo(3) });
}

#[test]
fn the_end_cuts_alike() {
    for step in 0..40 {
        let habit = Habit::read("browsing", toml::Table::new()).unwrap().unwrap();
        let hours = 0.4 + 1e-5 * f64::from(step * step);
        assert_same("browsing", &world_of(habit, hours, 8));
    }
}

/// Single packets in every order that time-outs and handshakes look at.
#[derive(Clone)]
struct Odd;

/// Seconds between packets of one flow, on both sides of every time-out.
const WAITS: [u64; 10] = [1, 29, 31, 39, 41, 119, 121, 899, 901, 2701];

impl Behaviour for Odd {
    type State = usize;

    fn first(&self) -> Span {
        Span::ZERO
    }

    fn wake(
        &self,
        turn: &mut usize,
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let wait = WAITS.get(*turn % WAITS.len()).copied()?;
        let port = 40_000 + (*turn / WAITS.len()) as u16;
        *turn += 1;
        let (own, peer) = (host.end_at(port), host.peer(Addr::v4([88, 198, 7, 7]), 4444));
        let both = [(own, peer), (peer, own)];
        // Short payloads recur in a flow that began before, or begin a new one.
        let mut at = now;
        for _ in 0..rng.size(1, 3) {
            let (from, to) = both[rng.below(2)];
            let frame = match rng.below(5) {
                0 | 1 => {
                    let length = rng.size(0, 40);
                    packet::udp(&from, &to, 1, rng.bytes(length))
                }
                2 => packet::unreachable(&peer, &own, 1, 3, &packet::udp(&own, &peer, 1, b"?")),
                _ => {
                    let flags = [SYN, SYN | ACK, ACK, FIN | ACK, RST, RST | ACK];
                    let flags = flags[rng.below(6)];
                    let seq = [5, 5, 900][rng.below(3)];
                    packet::tcp(&from, &to, 1, &Segment { seq, flags, ..Segment::default() })
                }
            };
            host.out.push(at, frame);
            at = at.plus(Span::from_millis(700));
        }
        Some(now.plus(Span::from_secs(wait)))
    }
}

#[test]
fn single_packets_are_told_as_they_are_tracked() {
    let home: Vec<_> = vec!["10.20.0.0/24".parse().unwrap()];
    let start = Timestamp::from_secs(1_789_372_800);
    let end = start.plus(Span::from_secs(40_000));
    for seed in 0..40 {
        let play = |make: fn(&Rc<Shared>) -> Outbox| {
            let shared = Shared::new(1, Home::new(&home), (start, end));
            let resolver = Addr::v4([10, 20, 0, 1]).into();
            let addr = Addr::v4([10, 20, 0, 9]);
            let host = Host::new(make(&shared), addr, System::Unix, resolver);
            let actor = actor::play(&Odd, Rng::new(seed), start);
            Play::new(vec![Run::new(host, vec![actor], Rhythm::default(), end)])
        };
        let mut packets = play(Outbox::new);
        let packets = std::iter::from_fn(|| {
            let mut bytes = Vec::new();
            let at = packets.write(&mut bytes)?;
            Some(Packet { at, bytes })
        });
        let tracked = tracked_packets(packets, &Home::new(&home));
        let (mut telling, mut seen) = (play(Outbox::telling), Seen::default());
        let mut hear = |_: usize, told: &super::Told| {
            told.fact.tell(told.at, &told.ends, &mut |event| seen.hear(event));
        };
        while telling.tell(Span::ZERO, &mut hear) {}
        telling.finish(&mut hear);
        assert_equal(&format!("seed {seed}"), &tracked.flows, &seen.flows);
        let differ = tracked.all.iter().zip(&seen.all).find(|(tracked, told)| tracked != told);
        assert_eq!(differ, None, "seed {seed}: order");
    }
}
