//! Where a shard's events meet: tracked flows are parsed, events go to the profile and then to the
//! detectors that want them.

use std::sync::Arc;

use ostium_detect::{Detector, Interest};
use ostium_event::{
    Anomaly, Event, FlowRecord, FlowState, Message, OpenedBy, Scope, Service, What,
};
use ostium_ingest::ConnectionRow;
use ostium_intel::Lore;
use ostium_parse::{Context, FlowParser, Interest as Wish, Side};
use ostium_profile::{Profile, Seen};
use ostium_track::{Drop, FlowInfo, Observer};

use crate::barred::Barred;
use crate::counters::Counters;
use crate::lookout::{Lookout, Segment};

/// Kinds of events, each with the detectors that want it.
const KINDS: usize = 14;
/// The places of detectors, by the kind of event that they want.
type Listeners = [Vec<usize>; KINDS];

/// Profile and detectors of one shard.
pub(crate) struct Hub {
    pub(crate) profile: Profile,
    pub(crate) detectors: Vec<Box<dyn Detector>>,
    pub(crate) counters: Counters,
    /// Where the packet being read is in its conversation; only kept when somebody is on the lookout.
    pub(crate) segment: Option<Segment>,
    pub(crate) lookout: Option<Lookout>,
    /// What others have found out, if anybody tells.
    pub(crate) lore: Option<Arc<dyn Lore>>,
    /// What the site itself stops, if anything.
    pub(crate) barred: Option<Arc<Barred>>,
    listeners: Listeners,
    parser_bytes: usize,
    parser_limit: usize,
}

// === impl Hub ===

impl Hub {
    pub(crate) fn new(
        profile: Profile,
        detectors: Vec<Box<dyn Detector>>,
        parser_limit: usize,
    ) -> Self {
        let all = [
            Interest::OPENED,
            Interest::CLOSED,
            Interest::MESSAGE,
            Interest::DNS,
            Interest::TLS,
            Interest::TLS_SERVER,
            Interest::HTTP,
            Interest::HTTP_REPLY,
            Interest::BANNER,
            Interest::COMMAND,
            Interest::IRC,
            Interest::TOOL,
            Interest::ANOMALY,
            Interest::GOES_ON,
        ];
        let interests: Vec<Interest> = detectors.iter().map(|d| d.interest()).collect();
        let listeners = all.map(|kind| {
            let all = interests.iter().enumerate();
            all.filter(|(_, interest)| interest.wants(kind)).map(|(place, _)| place).collect()
        });
        Self {
            profile,
            detectors,
            counters: Counters::default(),
            segment: None,
            lookout: None,
            lore: None,
            barred: None,
            listeners,
            parser_bytes: 0,
            parser_limit,
        }
    }

    /// Takes an event.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        if let Some(lookout) = &mut self.lookout {
            lookout.hear(event, self.segment);
        }
        if is_barred(self.barred.as_deref(), event) {
            hear_barred(&mut self.profile, &mut self.detectors, &mut self.counters, event);
            return;
        }
        hear(&mut self.profile, &mut self.detectors, &mut self.counters, &self.listeners, event);
    }

    /// Takes a connection of a log: its opening and its close.
    #[inline]
    pub(crate) fn connection(&mut self, row: &ConnectionRow) {
        let alone = self.lookout.is_none();
        let host = row
            .outgoing()
            .filter(|_| alone)
            .and_then(|(flow, record)| self.profile.whole(&flow, record));
        let Some(host) = host else {
            row.events(|event| self.event(event));
            return;
        };
        let Self { profile, detectors, counters, listeners, .. } = self;
        if profile.has_forgotten() {
            forget(profile, detectors);
        }
        let seen = Seen { host, name: None };
        row.events(|event| {
            count(counters, event);
            tell(profile, detectors, listeners, &seen, event);
        });
    }

    /// Bytes of parsers and hosts of detectors that are held.
    pub(crate) fn used(&self) -> (usize, usize) {
        let hosts = self.detectors.iter().map(|detector| detector.remembered()).max();
        (self.parser_bytes, hosts.unwrap_or(0))
    }

    pub(crate) fn set_limits(&mut self, parser_bytes: usize, hosts: usize) {
        self.parser_limit = parser_bytes;
        self.detectors.iter_mut().for_each(|detector| detector.set_limit(hosts));
    }

    /// Lets the parser of a flow read, and accounts for what it keeps.
    fn parse(
        &mut self,
        flow: &FlowInfo,
        parser: &mut FlowParser,
        from_inside: bool,
        read: impl FnOnce(&mut FlowParser, &Context, &mut dyn FnMut(What<'_>)) -> Wish,
    ) -> bool {
        let context = context(flow, from_inside);
        let before = parser.heap_bytes();
        let Self { profile, detectors, counters, listeners, segment, lookout, barred, .. } = self;
        let wish = read(parser, &context, &mut |what| {
            let event = event_of(flow, what);
            if let Some(lookout) = lookout {
                lookout.hear(&event, *segment);
            }
            if is_barred(barred.as_deref(), &event) {
                hear_barred(profile, detectors, counters, &event);
                return;
            }
            hear(profile, detectors, counters, listeners, &event);
        });
        let after = parser.heap_bytes();
        self.parser_bytes = self.parser_bytes.saturating_sub(before).saturating_add(after);
        if self.parser_bytes > self.parser_limit && after > 0 {
            self.parser_bytes = self.parser_bytes.saturating_sub(after);
            self.counters.parsers_evicted += 1;
            parser.give_up();
            return false;
        }
        wish == Wish::More
    }
}

/// An event of a tracked flow.
const fn event_of<'a>(flow: &FlowInfo, what: What<'a>) -> Event<'a> {
    Event { at: flow.at, flow: flow.key, opened_by: flow.opened_by, scope: flow.scope, what }
}

/// Profile first, so that detectors find themselves in a world that knows of the event.
fn hear(
    profile: &mut Profile,
    detectors: &mut [Box<dyn Detector>],
    counters: &mut Counters,
    listeners: &Listeners,
    event: &Event<'_>,
) {
    count(counters, event);
    let Some(seen) = profile.observe(event) else {
        return;
    };
    if profile.has_forgotten() {
        forget(profile, detectors);
    }
    tell(profile, detectors, listeners, &seen, event);
}

/// Is this what became of an attempt that the site itself stops?
#[inline]
fn is_barred(barred: Option<&Barred>, event: &Event<'_>) -> bool {
    barred.is_some_and(|barred| barred.explains(event))
}

/// Detectors do not hear of it: how it went is not the host's doing.
#[cold]
fn hear_barred(
    profile: &mut Profile,
    detectors: &mut [Box<dyn Detector>],
    counters: &mut Counters,
    event: &Event<'_>,
) {
    counters.events += 1;
    counters.flows += u64::from(matches!(event.what, What::FlowClosed(_)));
    profile.observe_barred(event);
    if profile.has_forgotten() {
        forget(profile, detectors);
    }
}

#[inline]
fn count(counters: &mut Counters, event: &Event<'_>) {
    counters.events += 1;
    match &event.what {
        What::FlowClosed(record) => closed(counters, event, record),
        What::FlowOpened { start } => counters.visible.starts += u64::from(*start),
        What::Dns(_) => counters.visible.dns += 1,
        _ => {}
    }
    counters.visible.payload += u64::from(tells_of_payload(&event.what));
}

/// Detectors forget the hosts that the profile has forgotten.
#[cold]
fn forget(profile: &mut Profile, detectors: &mut [Box<dyn Detector>]) {
    for host in profile.take_forgotten() {
        detectors.iter_mut().for_each(|detector| detector.forget(host));
    }
}

#[inline]
fn tell(
    profile: &Profile,
    detectors: &mut [Box<dyn Detector>],
    listeners: &Listeners,
    seen: &Seen,
    event: &Event<'_>,
) {
    let wanted = listeners.get(kind(&event.what)).map(Vec::as_slice).unwrap_or_default();
    for place in wanted {
        if let Some(detector) = detectors.get_mut(*place) {
            detector.event(seen, event, profile);
        }
    }
}

#[inline]
fn closed(counters: &mut Counters, event: &Event<'_>, record: &FlowRecord) {
    counters.flows += 1;
    if event.opened_by == OpenedBy::Inside && event.scope == Scope::Egress {
        counters.visible.ended += 1;
        let replied = record.back.packets > 0 || record.state == FlowState::Refused;
        counters.visible.replied += u64::from(replied);
    }
}

const fn tells_of_payload(what: &What<'_>) -> bool {
    match what {
        What::FlowClosed(record) => !matches!(record.service, Service::Silent | Service::Unknown),
        What::FlowOpened { .. } | What::FlowGoesOn(_) | What::Message(_) => false,
        What::Anomaly(anomaly) => {
            matches!(anomaly, Anomaly::PortMismatch | Anomaly::PortUnknownContent)
        }
        _ => true,
    }
}

const fn kind(what: &What<'_>) -> usize {
    match what {
        What::FlowOpened { .. } => 0,
        What::FlowClosed(_) => 1,
        What::Message(_) => 2,
        What::Dns(_) => 3,
        What::Tls(_) => 4,
        What::TlsServer(_) => 5,
        What::Http(_) => 6,
        What::HttpReply(_) => 7,
        What::Banner(_) => 8,
        What::Command(_) => 9,
        What::Irc(_) => 10,
        What::Tool(_) => 11,
        What::Anomaly(_) => 12,
        What::FlowGoesOn(_) => 13,
    }
}

/// Who speaks, for a parser. Where the start was missed the end with the larger port is taken for
/// the client; parsers correct that by content.
fn context(flow: &FlowInfo, from_inside: bool) -> Context {
    let key = &flow.key;
    let opener_is_inside = match flow.opened_by {
        OpenedBy::Inside => true,
        OpenedBy::Outside => false,
        OpenedBy::Unknown => key.inside_port >= key.outside_port,
    };
    let (opener_port, responder_port) = match opener_is_inside {
        true => (key.inside_port, key.outside_port),
        false => (key.outside_port, key.inside_port),
    };
    Context {
        at: flow.at,
        side: if from_inside == opener_is_inside { Side::Opener } else { Side::Responder },
        opener_is_inside,
        opener_port,
        responder_port,
        from_start: flow.from_start,
    }
}

// === impl Observer ===

impl Observer<FlowParser> for Hub {
    fn opened(&mut self, flow: &FlowInfo, start: bool) {
        self.event(&event_of(flow, What::FlowOpened { start }));
    }

    fn stream(
        &mut self,
        flow: &FlowInfo,
        parser: &mut FlowParser,
        from_inside: bool,
        bytes: &[u8],
    ) -> bool {
        self.parse(flow, parser, from_inside, |p, context, out| p.stream(context, bytes, out))
    }

    fn gap(
        &mut self,
        flow: &FlowInfo,
        parser: &mut FlowParser,
        from_inside: bool,
        missing: u64,
    ) -> bool {
        self.event(&event_of(flow, What::Anomaly(Anomaly::StreamGap)));
        self.parse(flow, parser, from_inside, |p, context, out| p.gap(context, missing, out))
    }

    fn datagram(
        &mut self,
        flow: &FlowInfo,
        parser: &mut FlowParser,
        from_inside: bool,
        bytes: &[u8],
    ) -> bool {
        self.parse(flow, parser, from_inside, |p, context, out| p.datagram(context, bytes, out))
    }

    fn message(&mut self, flow: &FlowInfo, message: Message) {
        self.event(&event_of(flow, What::Message(message)));
    }

    fn goes_on(&mut self, flow: &FlowInfo, parser: &FlowParser, mut record: FlowRecord) {
        record.service = parser.service();
        self.event(&event_of(flow, What::FlowGoesOn(record)));
    }

    fn closed(&mut self, flow: &FlowInfo, parser: &mut FlowParser, mut record: FlowRecord) {
        if !parser.is_done() {
            self.parse(flow, parser, true, |p, context, out| {
                p.finish(context, out);
                Wish::Done
            });
        }
        self.parser_bytes = self.parser_bytes.saturating_sub(parser.heap_bytes());
        record.service = parser.service();
        self.event(&event_of(flow, What::FlowClosed(record)));
    }

    fn anomaly(&mut self, flow: &FlowInfo, anomaly: Anomaly) {
        self.event(&event_of(flow, What::Anomaly(anomaly)));
    }

    fn dropped(&mut self, reason: Drop) {
        match reason {
            Drop::Duplicate => self.counters.duplicates += 1,
            Drop::FlowEvicted => self.counters.flows_evicted += 1,
            Drop::SegmentsEvicted => self.counters.segments_evicted += 1,
            Drop::FragmentEvicted => self.counters.fragments_evicted += 1,
        }
    }
}
