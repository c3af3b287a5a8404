//! What cannot wait for the next look: somebody talks to a destination that is watched for.
//!
//! A [`Watcher`] is asked about every name and every new contact as it is heard, and each hit is
//! told at once as an [`Alarm`], with what a TCP reset needs. The verdict on the host takes its
//! usual way; an alarm is only about the destination. What does not fit into the channel is not
//! told: the next packet to the same destination tells it again.
//!
//! A reset is a race: by the time that it is sent, both ends may be further on than the packet that
//! told. So the next packets of a TCP flow that was told of tell it again, each with where the
//! conversation is by then.

mod first_words;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use ostium_event::{
    Addr, AnswerData, DnsStage, Event, FlowKey, OpenedBy, Proto, Scope, Timestamp, ToolKind, What,
};
use ostium_intel::Shape;
use ostium_wire::Meta;

use self::first_words::FirstWords;

/// Knows which destinations are watched for; asked for every event, so it should be quick.
pub trait Watcher: Send + Sync {
    /// Is this name watched, or one that it lies under? Lower case, without a final dot.
    fn name(&self, name: &str) -> bool;

    /// Is this address watched, on this port?
    fn address(&self, addr: Addr, port: u16) -> bool;

    /// Are there patterns of conversations that are watched for?
    fn has_patterns(&self) -> bool {
        false
    }

    /// The number of the pattern that a new conversation matches.
    fn pattern(&self, _shape: &Shape) -> Option<u64> {
        None
    }
}

/// Somebody talks to what is watched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// When.
    pub at: Timestamp,
    /// In which flow.
    pub flow: FlowKey,
    /// What was met.
    pub cause: Cause,
    /// The packet that told, when the flow is TCP.
    pub segment: Option<Segment>,
}

/// What an alarm is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The name was asked of the DNS.
    Asked(Box<str>),
    /// The DNS said where the name is.
    Answered(Box<str>, Box<[Addr]>),
    /// The name stands in a TLS or QUIC hello or an HTTP request of this flow.
    Named(Box<str>),
    /// The flow's other end is watched.
    Contact,
    /// The first words of a program that nothing else speaks, by its family.
    Tool(&'static str),
    /// The conversation goes as those of a family do: the number of the pattern, and the name of
    /// the other end.
    Alike(u64, Option<Box<str>>),
    /// A pool took a miner's work. Whether the owner wants it is the judge's to weigh: the host is
    /// to be judged at once ([`crate::Engine::judge`]).
    Mines,
}

/// Where a TCP conversation is: what a reset must say to be believed (RFC 5961).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The inside host sent it.
    pub from_inside: bool,
    /// Its sequence number.
    pub seq: u32,
    /// Its acknowledgement number; 0 when it acknowledges nothing.
    pub ack: u32,
    /// What it takes in the sequence: bytes of payload, and one each for SYN and FIN.
    pub len: u32,
}

/// Who watches, and who is told.
#[derive(Clone)]
pub(crate) struct Lookout {
    watcher: Arc<dyn Watcher>,
    alarms: SyncSender<Alarm>,
    /// TCP flows that were told of, what for, and how many of their packets tell it again.
    told: HashMap<FlowKey, (Cause, u32)>,
    /// What new conversations have shown so far.
    first_words: FirstWords,
}

/// Packets of a flow that tell again what one of them told.
const AGAIN: u32 = 64;
/// Flows that this is done for at a time: of a flood of them some are enough.
const FOLLOWED: usize = 256;

// === impl Segment ===

impl Segment {
    pub(crate) fn of(meta: &Meta, from_inside: bool) -> Option<Self> {
        let marks = u32::from(meta.flags.syn()) + u32::from(meta.flags.fin());
        (meta.proto == Proto::TCP && meta.fragment.is_none()).then_some(Self {
            from_inside,
            seq: meta.seq,
            ack: meta.ack,
            len: meta.wire_len.saturating_add(marks),
        })
    }
}

// === impl Lookout ===

impl Lookout {
    /// Nothing was told yet.
    pub(crate) fn new(watcher: &Arc<dyn Watcher>, alarms: &SyncSender<Alarm>) -> Self {
        Self {
            watcher: Arc::clone(watcher),
            alarms: alarms.clone(),
            told: HashMap::new(),
            first_words: FirstWords::default(),
        }
    }

    /// A packet of a flow, before it is taken apart.
    #[inline]
    pub(crate) fn packet(&mut self, at: Timestamp, flow: &FlowKey, segment: Option<Segment>) {
        if self.told.is_empty() {
            return;
        }
        let Some((cause, left)) = self.told.get_mut(flow) else { return };
        let alarm = Alarm { at, flow: *flow, cause: cause.clone(), segment };
        *left -= 1;
        if *left == 0 {
            self.told.remove(flow);
        }
        // What does not fit is told by the next packet.
        self.alarms.try_send(alarm).ok();
    }

    /// Hears an event of the packet that `segment` is of.
    pub(crate) fn hear(&mut self, event: &Event<'_>, segment: Option<Segment>) {
        let Some(cause) = self.cause(event).or_else(|| self.alike(event)) else {
            return;
        };
        let can_be_reset = !matches!(cause, Cause::Asked(_) | Cause::Answered(..));
        if segment.is_some() && can_be_reset {
            if self.told.len() >= FOLLOWED {
                self.told.clear();
            }
            // Judged once; what follows is only about where the conversation is.
            let again = if cause == Cause::Mines { Cause::Contact } else { cause.clone() };
            self.told.insert(event.flow, (again, AGAIN));
        }
        let alarm = Alarm { at: event.at, flow: event.flow, cause, segment };
        // Who talks to it goes on doing so: of a flood of alarms some are enough, and nobody listens
        // any more when the service ends.
        self.alarms.try_send(alarm).ok();
    }

    fn cause(&self, event: &Event<'_>) -> Option<Cause> {
        let flow = &event.flow;
        match &event.what {
            What::FlowOpened { .. } => (event.scope == Scope::Egress
                && event.opened_by != OpenedBy::Outside
                && self.watcher.address(flow.outside, flow.outside_port))
            .then_some(Cause::Contact),
            What::Dns(dns) => {
                // The name asked for may stand for the one that is watched.
                let aliases = dns.answers.iter().filter_map(|answer| match answer.data {
                    AnswerData::Cname(name) => Some(name),
                    _ => None,
                });
                let name = std::iter::once(dns.name)
                    .chain(aliases)
                    .find(|name| self.watcher.name(name))?;
                if dns.stage == DnsStage::Query {
                    return Some(Cause::Asked(name.into()));
                }
                let addresses = dns.answers.iter().filter_map(|answer| match answer.data {
                    AnswerData::Addr(addr) => Some(addr),
                    _ => None,
                });
                Some(Cause::Answered(name.into(), addresses.collect()))
            }
            What::Tls(hello) => self.named(event, hello.server_name?),
            What::Http(request) => self.named(event, request.host?),
            What::Tool(tool) => {
                let cause = match tool.kind {
                    ToolKind::Miner => Cause::Mines,
                    _ => Cause::Tool(tool.family),
                };
                (tool.exact && event.scope == Scope::Egress).then_some(cause)
            }
            _ => None,
        }
    }

    /// The pattern that the conversation goes by, as soon as it shows enough.
    fn alike(&mut self, event: &Event<'_>) -> Option<Cause> {
        let shows = matches!(event.what, What::Tls(_) | What::TlsServer(_) | What::Http(_));
        if !shows || !self.watcher.has_patterns() {
            return None;
        }
        let (shape, name) = self.first_words.hear(event)?;
        Some(Cause::Alike(self.watcher.pattern(&shape)?, name))
    }

    fn named(&self, event: &Event<'_>, name: &str) -> Option<Cause> {
        let watched = event.opened_by != OpenedBy::Outside && self.watcher.name(name);
        watched.then(|| Cause::Named(name.into()))
    }
}
