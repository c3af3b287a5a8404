//! A scene: what some hosts do, written down in any order and played in the order of time.

use ostium_event::{
    Addr, DnsStage, Event, FlowKey, FlowState, OpenedBy, Proto, RecordType, Scope, Service, Span,
    Timestamp, What,
};
use ostium_evidence::Tells;
use ostium_intel::{Indicator, IndicatorIndex, IndicatorValue, Lore};
use ostium_profile::{Conversation, HostId, Limits, Prevalence, Profile};

use super::{Chance, Findings, Reply, Said, Talk};
use crate::{Blind, Detector, HostSummary, Interest, View, Visible, all, count_shares};

pub(crate) const MINUTE: f64 = 60.0;
pub(crate) const HOUR: f64 = 3600.0;
pub(crate) const DAY: f64 = 86_400.0;

/// Scenes begin at a full hour.
const BEGIN: u64 = 1_700_006_400;
/// The resolver of the network, outside.
pub(crate) const RESOLVER: Addr = Addr::v4([9, 9, 9, 9]);
/// Names that everybody goes to.
const POPULAR: &[&str] = &[
    "www.wikipedia.org",
    "github.com",
    "www.bbc.co.uk",
    "www.nytimes.com",
    "stackoverflow.com",
    "www.amazon.com",
    "www.reddit.com",
    "www.python.org",
];

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) at: Timestamp,
    pub(crate) flow: FlowKey,
    pub(crate) opened_by: OpenedBy,
    pub(crate) scope: Scope,
    pub(crate) said: Said,
}

/// What some hosts do.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) acts: Vec<Act>,
    pub(crate) limits: Limits,
    intel: Vec<Indicator>,
    blind: Option<Blind>,
    inside: Addr,
    next_port: u16,
}

/// A scene that was played.
pub(crate) struct World {
    pub(crate) profile: Profile,
    detectors: Vec<Box<dyn Detector>>,
    intel: IndicatorIndex,
    lore: Option<std::sync::Arc<dyn Lore>>,
    prevalence: Prevalence,
    blind: Blind,
}

/// An address from its text.
pub(crate) fn address(text: &str) -> Addr {
    text.parse().unwrap()
}

// === impl Scene ===

impl Scene {
    /// Nothing happens yet; what is written down next is done by host 7.
    pub(crate) fn new() -> Self {
        Self {
            acts: Vec::new(),
            limits: Limits { hosts: 1_000, conversation_bytes: 64 << 20, names: 100_000 },
            intel: Vec::new(),
            blind: None,
            inside: Self::inside(7),
            next_port: 40_000,
        }
    }

    /// Host 7 lives an ordinary life until `until` seconds, so that replies and the DNS are seen.
    pub(crate) fn ordinary(until: f64) -> Self {
        let mut scene = Self::new();
        scene.lives(until, 1);
        scene
    }

    pub(crate) const fn inside(host: u8) -> Addr {
        Addr::v4([10, 0, 0, host])
    }

    /// So many seconds after the scene's begin.
    pub(crate) fn moment(at: f64) -> Timestamp {
        when(at)
    }

    /// What is written down from now on is done by this host.
    pub(crate) fn by(&mut self, host: u8) -> &mut Self {
        self.inside = Self::inside(host);
        self
    }

    /// The host browses popular names at random times.
    pub(crate) fn lives(&mut self, until: f64, seed: u64) {
        let mut chance = Chance::new(seed);
        let mut at = chance.between(0.0, 100.0);
        while at < until {
            for _ in 0..=chance.below(4) {
                let place = chance.below(POPULAR.len() as u64);
                let addr = Addr::v4([192, 0, 2, 10 + place as u8]);
                let name = POPULAR[place as usize];
                self.resolves(at, name, addr);
                let talk = Talk::tcp(addr, 443).browser(name).bytes(2_000, 90_000);
                self.talk(at + 0.1, talk.lasting(chance.between(1.0, 60.0)));
                at += chance.between(0.5, 20.0);
            }
            at += chance.between(60.0, 1_500.0);
        }
    }

    /// An indicator is known.
    pub(crate) fn knows(&mut self, value: IndicatorValue, confidence: u8) {
        let mut indicator = Indicator::new(value, confidence, "feed");
        indicator.family = Some("some-family".to_owned());
        self.knows_of(indicator);
    }

    pub(crate) fn knows_of(&mut self, indicator: Indicator) {
        self.intel.push(indicator);
    }

    /// What the input is said to be blind for, whatever was seen.
    pub(crate) fn blind(&mut self, blind: Blind) {
        self.blind = Some(blind);
    }

    /// A flow with all that is said in it.
    pub(crate) fn talk(&mut self, at: f64, talk: Talk) {
        let Talk { mut key, opened_by, scope, mut record, secs, start_seen, said } = talk;
        key.inside = self.inside;
        if key.inside_port == 0 {
            key.inside_port = self.port();
        }
        record.first = when(at);
        record.last = record.first.plus(Span::from_secs_f64(secs));
        record.start_seen = start_seen;
        let mut act = |after: f64, said: Said| {
            self.acts.push(Act {
                at: record.first.plus(Span::from_secs_f64(after)),
                flow: key,
                opened_by,
                scope,
                said,
            });
        };
        act(0.0, Said::Opened(start_seen));
        for (after, said) in said {
            act(after, said);
        }
        act(secs, Said::Closed(record));
    }

    /// A question to the DNS and its reply, as packets show them. Without a code there is no reply.
    pub(crate) fn asks(&mut self, at: f64, name: &str, kind: RecordType, reply: Reply) {
        let port = self.port();
        if reply.rcode.is_some() {
            self.dns(at + 0.02, port, DnsStage::Reply, name, kind, reply.clone());
        }
        self.dns(at, port, DnsStage::Query, name, kind, reply);
    }

    /// A question for an address, told by one event alone.
    pub(crate) fn asks_once(&mut self, at: f64, stage: DnsStage, name: &str, reply: Reply) {
        let port = self.port();
        self.dns(at, port, stage, name, RecordType::A, reply);
    }

    fn dns(
        &mut self,
        at: f64,
        port: u16,
        stage: DnsStage,
        name: &str,
        kind: RecordType,
        reply: Reply,
    ) {
        self.acts.push(Act {
            at: when(at),
            flow: FlowKey {
                inside: self.inside,
                outside: RESOLVER,
                inside_port: port,
                outside_port: 53,
                proto: Proto::UDP,
            },
            opened_by: OpenedBy::Inside,
            scope: Scope::Egress,
            said: Said::Dns(stage, name.to_owned(), kind, reply),
        });
    }

    /// A name leads to an address.
    pub(crate) fn resolves(&mut self, at: f64, name: &str, addr: Addr) {
        self.asks(at, name, RecordType::A, Reply::addr(addr));
    }

    /// A name does not exist.
    pub(crate) fn nxdomain(&mut self, at: f64, name: &str) {
        self.asks(at, name, RecordType::A, Reply::error(3));
    }

    /// A name is resolved, then talked to by TLS as a browser does.
    pub(crate) fn visits(&mut self, at: f64, name: &str, addr: Addr) {
        self.resolves(at, name, addr);
        self.talk(at + 0.1, Talk::tcp(addr, 443).browser(name));
    }

    /// Plays the scene to a profile and every detector.
    pub(crate) fn play(&self) -> World {
        let mut acts: Vec<&Act> = self.acts.iter().collect();
        acts.sort_by_key(|act| act.at);
        self.play_in_order(acts.into_iter())
    }

    /// Plays the scene in the order in which it was written down, whatever the time.
    pub(crate) fn play_as_written(&self) -> World {
        self.play_in_order(self.acts.iter())
    }

    /// The same, and after so many acts all that is remembered goes through its bytes.
    pub(crate) fn play_as_written_with_restart(&self, after: usize) -> World {
        self.play_through(self.acts.iter(), Some(after))
    }

    /// What is found about host 7.
    pub(crate) fn findings(&self) -> Findings {
        self.play().findings(7)
    }

    fn play_in_order<'a>(&self, acts: impl Iterator<Item = &'a Act>) -> World {
        self.play_through(acts, None)
    }

    /// Nothing is known yet.
    fn nothing(&self) -> (Profile, Vec<Box<dyn Detector>>) {
        let home = ostium_event::Home::private();
        let detectors = all(self.limits.hosts, !self.intel.is_empty(), &home);
        (Profile::new(self.limits), detectors)
    }

    fn play_through<'a>(
        &self,
        acts: impl Iterator<Item = &'a Act>,
        restart: Option<usize>,
    ) -> World {
        let (mut profile, mut detectors) = self.nothing();
        let mut visible = Visible::default();
        for (number, act) in acts.enumerate() {
            if restart == Some(number) {
                let (profile_before, detectors_before) = (profile, detectors);
                (profile, detectors) = self.nothing();
                profile.recall(&profile_before.keep().unwrap()).unwrap();
                for (before, after) in detectors_before.iter().zip(&mut detectors) {
                    let kept = before.keep().unwrap();
                    if !kept.is_empty() {
                        after.recall(&kept).unwrap();
                    }
                }
            }
            act.said.tell(|what| {
                let event = Event {
                    at: act.at,
                    flow: act.flow,
                    opened_by: act.opened_by,
                    scope: act.scope,
                    what,
                };
                see(&mut visible, &event);
                hear(&mut profile, &mut detectors, &event);
            });
        }
        let mut prevalence = profile.prevalence();
        count_shares(&profile, &detectors, &mut prevalence);
        World {
            prevalence,
            profile,
            detectors,
            intel: IndicatorIndex::build(self.intel.clone()),
            lore: None,
            blind: self.blind.unwrap_or_else(|| visible.blind()),
        }
    }

    fn port(&mut self) -> u16 {
        self.next_port = if self.next_port >= 65_000 { 40_000 } else { self.next_port + 1 };
        self.next_port
    }
}

fn when(at: f64) -> Timestamp {
    Timestamp::from_secs(BEGIN).plus(Span::from_secs_f64(at))
}

/// Profile first, then the detectors that want to hear it.
fn hear(profile: &mut Profile, detectors: &mut [Box<dyn Detector>], event: &Event<'_>) {
    let Some(seen) = profile.observe(event) else {
        return;
    };
    for host in profile.take_forgotten() {
        detectors.iter_mut().for_each(|d| d.forget(host));
    }
    for detector in detectors {
        if detector.interest().wants(Interest::of(&event.what)) {
            detector.event(&seen, event, profile);
        }
    }
}

/// What can be seen at all.
fn see(visible: &mut Visible, event: &Event<'_>) {
    match &event.what {
        What::FlowClosed(record) => {
            if event.opened_by == OpenedBy::Inside && event.scope == Scope::Egress {
                let replied = record.back.packets > 0 || record.state == FlowState::Refused;
                visible.ended += 1;
                visible.replied += u64::from(replied);
            }
            visible.payload +=
                u64::from(!matches!(record.service, Service::Silent | Service::Unknown));
        }
        What::FlowOpened { start } => visible.starts += u64::from(*start),
        What::Dns(_) => visible.dns += 1,
        _ => {}
    }
}

// === impl World ===

impl World {
    /// The same, with what others have found out.
    pub(crate) fn heeding(mut self, lore: std::sync::Arc<dyn Lore>) -> Self {
        self.lore = Some(lore);
        self
    }

    /// What of a host is told to others besides evidence.
    pub(crate) fn tells(&self, host: u8) -> Tells {
        self.look(host, |id, _| {
            let mut tells = Tells::default();
            self.detectors.iter().for_each(|detector| detector.tells(id, &mut tells));
            tells
        })
    }

    /// What is found about a host.
    pub(crate) fn findings(&self, host: u8) -> Findings {
        self.look(host, |id, view| {
            let mut found = Vec::new();
            for detector in &self.detectors {
                detector.host(id, view, &mut found);
                for conversation in view.conversations {
                    detector.conversation(conversation, view, &mut found);
                }
            }
            Findings(found)
        })
    }

    /// Lets a look at a host's conversations be taken as a detector takes it.
    pub(crate) fn look<R>(&self, host: u8, at: impl FnOnce(HostId, &View<'_>) -> R) -> R {
        let addr = Scene::inside(host);
        let (id, known) =
            self.profile.hosts().find(|(_, h)| h.addr == addr).expect("the host did something");
        let conversations = self.conversations(id);
        let summary = HostSummary::of(&conversations);
        let view = View {
            profile: &self.profile,
            host: known,
            conversations: &conversations,
            summary: &summary,
            prevalence: &self.prevalence,
            intel: &self.intel,
            lore: self.lore.as_deref(),
            blind: self.blind,
        };
        at(id, &view)
    }

    fn conversations(&self, id: HostId) -> Vec<&Conversation> {
        self.profile.conversations().filter(|c| c.key.host == id).collect()
    }
}
