//! What a detector is, and what it may look at.

use std::collections::BTreeMap;

use ostium_event::{Addr, Event, Ja4, What};
use ostium_evidence::{About, Evidence, Group, Peer, Tells};
use ostium_intel::{IndicatorIndex, Lore};
use ostium_profile::keep::KeepError;
use ostium_profile::{Conversation, Host, HostId, Prevalence, Profile, Seen, View as Kind};

/// Turns behaviour into evidence.
///
/// A detector must be deterministic, hold a bounded amount of state for each host it remembers
/// (use [`PerHost`](ostium_profile::PerHost)), and emit evidence of 0 nats or more.
pub trait Detector: Send + Sync {
    /// Its name in reports: lower case, words joined by `-`.
    fn name(&self) -> &'static str;

    /// Which events it wants to hear. A detector that only reads the profile wants none.
    fn interest(&self) -> Interest {
        Interest::NONE
    }

    /// Hears an event of an inside host.
    fn event(&mut self, _seen: &Seen, _event: &Event<'_>, _profile: &Profile) {}

    /// A host was forgotten; its number will be used again.
    fn forget(&mut self, _host: HostId) {}

    /// For how many hosts, or other ends of theirs, it remembers something.
    fn remembered(&self) -> usize {
        0
    }

    /// It may remember so many from now on. Those that it remembers stay until they are forgotten.
    fn set_limit(&mut self, _hosts: usize) {}

    /// Keys of what of a host it will ask how many hosts share: counted over all shards, and told
    /// by `View::prevalence`, before any host is looked at.
    fn shares(&self, _host: HostId, _out: &mut Vec<u64>) {}

    /// What of a host is told to others besides evidence.
    fn tells(&self, _host: HostId, _out: &mut Tells) {}

    /// All that it remembers, for a restart. A detector that only reads the profile remembers
    /// nothing.
    ///
    /// # Errors
    /// When memory is short.
    fn keep(&self) -> Result<Vec<u8>, KeepError> {
        Ok(Vec::new())
    }

    /// Remembers what was kept.
    ///
    /// # Errors
    /// When the bytes make no sense; nothing is changed then.
    fn recall(&mut self, _kept: &[u8]) -> Result<(), KeepError> {
        Ok(())
    }

    /// Looks at a host.
    fn host(&self, _id: HostId, _view: &View<'_>, _out: &mut Vec<Evidence>) {}

    /// Looks at one conversation of a host.
    fn conversation(
        &self,
        _conversation: &Conversation,
        _view: &View<'_>,
        _out: &mut Vec<Evidence>,
    ) {
    }
}

/// A set of kinds of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest(u16);

/// What a detector may look at besides the conversation: one host, and what all hosts share.
pub struct View<'a> {
    /// The shard's profile.
    pub profile: &'a Profile,
    /// The host being looked at.
    pub host: &'a Host,
    /// The host's conversations.
    pub conversations: &'a [&'a Conversation],
    /// What was counted over the host's conversations.
    pub summary: &'a HostSummary,
    /// How many hosts share what, over all shards.
    pub prevalence: &'a Prevalence,
    /// Known indicators.
    pub intel: &'a IndicatorIndex,
    /// What others have found out besides, if anybody tells.
    pub lore: Option<&'a dyn Lore>,
    /// What the input could not show.
    pub blind: Blind,
}

/// What was counted over one host's conversations.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostSummary {
    /// Address views without a name on ports that no well-known service has.
    pub strangers: u32,
    /// Address views without a name that answered over IPv6.
    pub v6_answered: u32,
    /// Distinct names talked to.
    pub names: u32,
    /// TLS client fingerprints with the number of names each was used for, the commonest eight.
    pub clients: [(Option<Ja4>, u32); 8],
}

/// What the input could not show, so that detectors stay mute instead of guessing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blind {
    /// No reply of any outside host was seen.
    pub replies: bool,
    /// No DNS was seen.
    pub dns: bool,
    /// No start of a flow was seen.
    pub starts: bool,
    /// No payload was seen (flow records only).
    pub payload: bool,
}

/// What was seen at all; the opposite of [`Blind`], summed over shards.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Visible {
    /// Flows opened from inside that had ended.
    pub ended: u64,
    /// Those with any reply.
    pub replied: u64,
    /// DNS messages.
    pub dns: u64,
    /// Flows whose start was seen.
    pub starts: u64,
    /// Events that rest on payload.
    pub payload: u64,
}

// === impl Interest ===

impl Interest {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Flows that begin.
    pub const OPENED: Self = Self(1);
    /// Flows that ended.
    pub const CLOSED: Self = Self(2);
    /// Messages after a pause.
    pub const MESSAGE: Self = Self(4);
    /// DNS.
    pub const DNS: Self = Self(8);
    /// Client hellos.
    pub const TLS: Self = Self(16);
    /// Server hellos.
    pub const TLS_SERVER: Self = Self(32);
    /// HTTP requests.
    pub const HTTP: Self = Self(64);
    /// HTTP replies.
    pub const HTTP_REPLY: Self = Self(128);
    /// Banners.
    pub const BANNER: Self = Self(256);
    /// Commands.
    pub const COMMAND: Self = Self(512);
    /// IRC.
    pub const IRC: Self = Self(1024);
    /// Anomalies.
    pub const ANOMALY: Self = Self(2048);
    /// First words of a known tool.
    pub const TOOL: Self = Self(4096);
    /// Flows that go on without an answer.
    pub const GOES_ON: Self = Self(8192);

    /// Both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Is this kind of event in the set?
    pub const fn wants(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    /// The kind of an event.
    pub const fn of(what: &What<'_>) -> Self {
        match what {
            What::FlowOpened { .. } => Self::OPENED,
            What::FlowGoesOn(_) => Self::GOES_ON,
            What::FlowClosed(_) => Self::CLOSED,
            What::Message(_) => Self::MESSAGE,
            What::Dns(_) => Self::DNS,
            What::Tls(_) => Self::TLS,
            What::TlsServer(_) => Self::TLS_SERVER,
            What::Http(_) => Self::HTTP,
            What::HttpReply(_) => Self::HTTP_REPLY,
            What::Banner(_) => Self::BANNER,
            What::Command(_) => Self::COMMAND,
            What::Irc(_) => Self::IRC,
            What::Tool(_) => Self::TOOL,
            What::Anomaly(_) => Self::ANOMALY,
        }
    }
}

// === impl HostSummary ===

impl HostSummary {
    /// Counts over one host's conversations.
    pub fn of(conversations: &[&Conversation]) -> Self {
        let mut summary = Self::default();
        let mut clients: BTreeMap<Ja4, u32> = BTreeMap::new();
        for c in conversations {
            match c.key.view {
                Kind::Address if c.starts > 0 => {
                    let stranger = c.name.is_none() && c.port >= 1024 && c.port != 8080;
                    summary.strangers += u32::from(stranger);
                    summary.v6_answered += u32::from(!c.addr.is_v4() && c.two_way > 0);
                }
                Kind::Name => {
                    summary.names += 1;
                    if let Some(ja4) = c.tls.as_ref().and_then(|tls| tls.ja4) {
                        *clients.entry(ja4).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        let mut clients: Vec<(Ja4, u32)> = clients.into_iter().collect();
        clients.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        for (slot, (ja4, names)) in summary.clients.iter_mut().zip(clients) {
            *slot = (Some(ja4), names);
        }
        summary
    }

    /// Is this a client for everything, such as a browser: used for at least eight names?
    pub fn is_general_client(&self, ja4: &Ja4) -> bool {
        self.clients.iter().any(|(client, names)| client.as_ref() == Some(ja4) && *names >= 8)
    }

    /// Does the host talk to so many bare addresses that it must be a peer-to-peer program?
    pub const fn looks_like_p2p(&self) -> bool {
        self.strangers >= 30
    }
}

// === impl Visible ===

impl Visible {
    /// Adds another shard's.
    pub const fn merge(&mut self, other: &Self) {
        self.ended += other.ended;
        self.replied += other.replied;
        self.dns += other.dns;
        self.starts += other.starts;
        self.payload += other.payload;
    }

    /// What could not be seen.
    pub const fn blind(&self) -> Blind {
        Blind {
            replies: self.ended > 0 && self.replied == 0,
            dns: self.dns == 0,
            starts: self.starts == 0 && self.ended > 0,
            payload: self.payload == 0,
        }
    }
}

// === impl Blind ===

impl Blind {
    /// The blind spots in words, for reports.
    pub fn words(self) -> Vec<&'static str> {
        [
            (self.replies, "replies unseen: scan, flood and failed contact are mute"),
            (self.dns, "dns unseen: name detectors are mute, a missing name says nothing"),
            (self.starts, "connection starts unseen: who opened a flow is unknown"),
            (self.payload, "payload unseen: protocols, names and fingerprints are missing"),
        ]
        .into_iter()
        .filter_map(|(blind, words)| blind.then_some(words))
        .collect()
    }
}

/// Counts what detectors will ask about ([`Detector::shares`]), each once for a host.
pub fn count_shares(
    profile: &Profile,
    detectors: &[Box<dyn Detector>],
    prevalence: &mut Prevalence,
) {
    let mut keys = Vec::new();
    for (id, _) in profile.hosts() {
        detectors.iter().for_each(|detector| detector.shares(id, &mut keys));
        keys.sort_unstable();
        keys.dedup();
        keys.drain(..).for_each(|key| prevalence.count(key));
    }
}

/// An item about one conversation, to be filled in.
pub(crate) fn about_conversation(
    detector: &'static str,
    group: Group,
    technique: &'static str,
    conversation: &Conversation,
) -> Evidence {
    Evidence {
        detector,
        group,
        log_odds: 0.0,
        certain: false,
        about: About::Conversation { id: conversation.id(), peer: conversation.peer() },
        first: conversation.first,
        last: conversation.last,
        technique,
        summary: String::new(),
        numbers: Vec::new(),
        family: None,
    }
}

/// An item about a host as a whole, to be filled in.
pub(crate) fn about_host(
    detector: &'static str,
    group: Group,
    technique: &'static str,
    host: &Host,
    peer: Option<(Addr, u16)>,
) -> Evidence {
    let peer = peer.map(|(addr, port)| Peer {
        name: None,
        addr: Some(addr),
        port: (port > 0).then_some(port),
    });
    Evidence {
        detector,
        group,
        log_odds: 0.0,
        certain: false,
        about: About::Host { peer },
        first: host.first,
        last: host.last,
        technique,
        summary: String::new(),
        numbers: Vec::new(),
        family: None,
    }
}
