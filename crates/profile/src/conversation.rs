//! One view of whom a host talks to, and how.

use std::borrow::Cow;
use std::sync::Arc;

use ostium_event::{Addr, FlowRecord, FlowState, Message, Service, Span, Timestamp};
use ostium_evidence::Peer;

use crate::client::{HttpFacts, TlsFacts};
use crate::key::{ConversationKey, View, stable_hash};
use crate::name::Name;
use crate::prevalence::domain_key;
use crate::sizes::Sizes;
use crate::timeline::Timeline;
use crate::timing::Timing;

/// Starts that a conversation needs before it earns its full statistics.
const EARN: usize = 4;
/// A record of the same two ports that follows within this time is the same connection.
const REJOIN: Span = Span::from_secs(300);
/// Bursts merged: the fine series lets fast clocks live, the coarse one sees through doubled and
/// tripled requests.
const FINE: Span = Span::from_millis(500);
const COARSE: Span = Span::from_secs(5);
/// Starts merged into bursts after which the fine series is kept too.
const MERGED: u32 = 3;

/// Statistics of one conversation.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Conversation {
    /// Its identity.
    pub key: ConversationKey,
    /// First event.
    pub first: Timestamp,
    /// Last event.
    pub last: Timestamp,
    /// Name of the other end.
    pub name: Option<Arc<Name>>,
    /// Last address of the other end.
    pub addr: Addr,
    /// Last port of the other end.
    pub port: u16,
    /// Starts by the inside host.
    pub starts: u32,
    /// Flows opened by the other end.
    pub inbound: u32,
    /// Flows that ended, opened from inside.
    pub ended: u32,
    /// Those of them that were unanswered or refused.
    pub failed: u32,
    /// Those of them that carried payload both ways.
    pub two_way: u32,
    /// How often the other end's address changed.
    pub address_changes: u32,
    /// Payload sent.
    pub out_bytes: u64,
    /// Payload received.
    pub back_bytes: u64,
    /// Longest flow.
    pub longest: Span,
    /// When the longest flow began.
    pub longest_first: Timestamp,
    /// Payload of the longest flow, sent and received.
    pub longest_bytes: (u64, u64),
    /// Requests were sent through a proxy.
    pub via_proxy: bool,
    /// One bit for each service spoken.
    services: u16,
    /// Starts before the one that earns the full statistics.
    early: [Timestamp; EARN - 1],
    inside_port: u16,
    /// Series of times in boxes, besides the coarse one of the detail.
    series: u8,
    /// Its address shares its site with others that this host called; `None`: not asked yet.
    pub(crate) has_neighbours: Option<bool>,
    /// Where the view of its port was last: a guess, to be held against the key there.
    #[serde(skip)]
    pub(crate) port_view: u32,
    /// What it earned.
    pub detail: Option<Box<Detail>>,
    /// From TLS.
    pub tls: Option<Box<TlsFacts>>,
    /// From HTTP.
    pub http: Option<Box<HttpFacts>>,
}

/// What a conversation of some length earns.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Detail {
    /// Starts.
    pub starts: Rhythms,
    /// Messages inside connections, sent.
    pub sent: Option<Box<Timing>>,
    /// Messages inside connections, received.
    pub received: Option<Box<Timing>>,
    /// Messages sent after a pause.
    pub sent_sizes: Sizes,
    /// Messages received after a pause.
    pub received_sizes: Sizes,
    /// Payload sent, by flow.
    pub sizes: Sizes,
    /// When it started, bursts merged, and when it sent messages.
    pub timeline: Timeline,
}

/// One series, with bursts merged in two ways.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Rhythms {
    /// Half a second; kept once the coarse series has merged so much that it may hide a fast clock.
    pub fine: Option<Box<Timing>>,
    /// Five seconds.
    pub coarse: Timing,
}

// === impl Conversation ===

impl Conversation {
    pub(crate) const fn new(key: ConversationKey, at: Timestamp, addr: Addr, port: u16) -> Self {
        Self {
            key,
            first: at,
            last: at,
            name: None,
            addr,
            port,
            starts: 0,
            inbound: 0,
            ended: 0,
            failed: 0,
            two_way: 0,
            address_changes: 0,
            out_bytes: 0,
            back_bytes: 0,
            longest: Span::ZERO,
            longest_first: at,
            longest_bytes: (0, 0),
            via_proxy: false,
            services: 0,
            early: [Timestamp::ZERO; EARN - 1],
            inside_port: 0,
            series: 0,
            has_neighbours: None,
            port_view: 0,
            detail: None,
            tls: None,
            http: None,
        }
    }

    /// The other end is called this now.
    pub(crate) fn call(&mut self, name: Option<&Arc<Name>>) {
        if let Some(name) = name
            && self.name.as_ref().is_none_or(|old| old.text != name.text)
        {
            self.name = Some(Arc::clone(name));
        }
    }

    pub(crate) fn start(&mut self, at: Timestamp, addr: Addr, port: u16) {
        if self.addr != addr {
            self.address_changes = self.address_changes.saturating_add(1);
            self.addr = addr;
        }
        self.port = port;
        self.last = self.last.max(at);
        self.starts = self.starts.saturating_add(1);
        if let Some(detail) = &mut self.detail {
            self.series += u8::from(detail.start(at));
            return;
        }
        if let Some(slot) = self.early.get_mut(self.starts as usize - 1) {
            *slot = at;
            return;
        }
        self.earn(Some(at));
    }

    /// Gives the conversation its full statistics, which begin with its first starts.
    fn earn(&mut self, fourth: Option<Timestamp>) -> &mut Detail {
        if self.detail.is_none() {
            let detail = self.first_starts(fourth);
            self.series += u8::from(detail.starts.fine.is_some());
            self.detail = Some(Box::new(detail));
        }
        self.detail.get_or_insert_default()
    }

    /// What it earned; before it does, what its first starts tell.
    pub fn known(&self) -> Cow<'_, Detail> {
        match &self.detail {
            Some(detail) => Cow::Borrowed(detail),
            None => Cow::Owned(self.first_starts(None)),
        }
    }

    fn first_starts(&self, fourth: Option<Timestamp>) -> Detail {
        let mut first = [Timestamp::MAX; EARN];
        let early = self.early.iter().take(self.starts as usize).chain(&fourth);
        first.iter_mut().zip(early).for_each(|(slot, at)| *slot = *at);
        first.sort_unstable();
        let mut detail = Detail::default();
        for at in first.iter().filter(|at| **at != Timestamp::MAX) {
            detail.start(*at);
        }
        detail
    }

    pub(crate) fn message(&mut self, at: Timestamp, message: &Message) {
        self.last = self.last.max(at);
        let detail = self.earn(None);
        let (series, sizes) = match message.from_inside {
            true => (&mut detail.sent, &mut detail.sent_sizes),
            false => (&mut detail.received, &mut detail.received_sizes),
        };
        if message.from_inside {
            detail.timeline.add(at);
        }
        let boxed = u8::from(series.is_none());
        series.get_or_insert_with(|| Box::new(Timing::new(FINE))).add(at);
        sizes.add(u64::from(message.bytes));
        self.series += boxed;
    }

    pub(crate) fn end(&mut self, record: &FlowRecord) {
        self.last = self.last.max(record.last);
        self.ended = self.ended.saturating_add(1);
        let failed = matches!(record.state, FlowState::Unanswered | FlowState::Refused);
        self.failed += u32::from(failed);
        self.two_way += u32::from(record.out.bytes > 0 && record.back.bytes > 0);
        self.out_bytes = self.out_bytes.saturating_add(record.out.bytes);
        self.back_bytes = self.back_bytes.saturating_add(record.back.bytes);
        self.services |= 1 << record.service as u16;
        if record.duration() > self.longest {
            self.longest = record.duration();
            self.longest_first = record.first;
            self.longest_bytes = (record.out.bytes, record.back.bytes);
        }
        if let Some(detail) = &mut self.detail {
            detail.sizes.add(record.out.bytes);
        }
    }

    /// Was this service spoken?
    pub const fn spoke(&self, service: Service) -> bool {
        self.services & (1 << service as u16) != 0
    }

    /// Was nothing but this service spoken?
    pub const fn spoke_only(&self, service: Service) -> bool {
        let silent = 1 << Service::Silent as u16;
        self.services & !silent == 1 << service as u16
    }

    /// The other end, for people.
    pub fn peer(&self) -> Peer {
        let name = match self.key.view {
            View::Domain => self.name.as_ref().map(|n| Arc::clone(n.site())),
            _ => self.name.as_ref().map(|n| Arc::clone(&n.text)),
        };
        let one = matches!(self.key.view, View::Address | View::Name) || self.address_changes == 0;
        Peer { name, addr: one.then_some(self.addr), port: (self.port > 0).then_some(self.port) }
    }

    /// Identity within the host, the same for the views that are one conversation: all ports and
    /// addresses of one domain, all ports of one address without a name.
    pub fn id(&self) -> u64 {
        match (self.key.view, &self.name) {
            (View::Address | View::Name | View::Domain, Some(name)) => domain_key(name.site()),
            (View::Address, None) => stable_hash(&self.addr.bits().to_be_bytes()),
            _ => self.key.of_anyone(),
        }
    }

    /// Is this the connection whose start was counted last, cut in two by a time-out of whoever
    /// recorded it?
    pub(crate) fn goes_on(&mut self, at: Timestamp, inside_port: u16) -> bool {
        let same = self.starts > 0
            && self.inside_port == inside_port
            && at.since(self.last) < REJOIN
            && inside_port != 0;
        self.inside_port = inside_port;
        same
    }

    /// Bytes held on the heap, about; asked before and after every change, so it looks into no box.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        let detail = self.detail.as_ref().map_or(0, |_| size_of::<Detail>())
            + usize::from(self.series) * size_of::<Timing>();
        let tls = self.tls.as_ref().map_or(0, |_| size_of::<TlsFacts>() + 128);
        detail + tls + self.http.as_ref().map_or(0, |_| size_of::<HttpFacts>() + 160)
    }

    /// Looks at each of its lines of memory; the number means nothing.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        let Self { starts, inside_port, out_bytes, longest_bytes, early, last, addr, .. } = self;
        let early = early.iter().fold(0, |sum, at| sum ^ at.nanos());
        let ends = u64::from(*starts) ^ u64::from(*inside_port) ^ addr.bits() as u64;
        ends ^ out_bytes ^ longest_bytes.1 ^ early ^ last.nanos()
    }

    /// How suspicious it is to forget this conversation; the least goes first.
    pub(crate) fn keep_rank(&self) -> (bool, bool, Timestamp) {
        let passed = self.detail.as_ref().is_some_and(|d| {
            d.starts.fine.as_ref().map_or(0, |fine| fine.looks_passed())
                + d.starts.coarse.looks_passed()
                > 0
        });
        (passed, self.detail.is_some(), self.last)
    }
}

// === impl Detail ===

impl Detail {
    /// Looks at the lines of memory that a start and an end need; the number means nothing.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        self.starts.coarse.touch() ^ self.sizes.touch() ^ self.timeline.touch()
    }

    /// Adds a start; `true` when the fine series began with it.
    fn start(&mut self, at: Timestamp) -> bool {
        let merged = self.starts.coarse.merged();
        let boxed = self.starts.add(at);
        // A further member of a burst is no further call.
        if self.starts.coarse.merged() == merged {
            self.timeline.add(at);
        }
        boxed
    }
}

impl Default for Detail {
    fn default() -> Self {
        Self {
            starts: Rhythms { fine: None, coarse: Timing::new(COARSE) },
            sent: None,
            received: None,
            sent_sizes: Sizes::default(),
            received_sizes: Sizes::default(),
            sizes: Sizes::default(),
            timeline: Timeline::default(),
        }
    }
}

// === impl Rhythms ===

impl Rhythms {
    /// Adds a start; `true` when the fine series began with it.
    fn add(&mut self, at: Timestamp) -> bool {
        self.coarse.add(at);
        if let Some(fine) = &mut self.fine {
            fine.add(at);
        } else if self.coarse.merged() >= MERGED {
            let mut fine = Timing::new(FINE);
            fine.add(at);
            self.fine = Some(Box::new(fine));
            return true;
        }
        false
    }
}
