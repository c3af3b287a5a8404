//! Asking the rails, and making true at once what they admit.

use std::sync::Arc;

use ostium_enforce::Enforcer as _;
use ostium_enforce::rails::{Decision, Reason, Request, Traffic};
use ostium_event::{Addr, FlowKey, Proto, Span, Timestamp};
use ostium_intel::{Indicator, Refusal};
use ostium_pipeline::{Alarm, Cause};
use ostium_sensor_api::Matter;
use ostium_verdict::{Block, Mode, Origin, Target, Transport};

use super::Warden;
use crate::watch::Word;

/// Whether a request came true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    True,
    /// Others share the address: only single connections may be ended.
    Shared,
    Not,
}

/// Who says that something is bad, why, and how long that can hold.
struct Known {
    origin: Origin,
    why: String,
    hold: Span,
    /// The hub has it tried for show: nothing is blocked by it.
    for_show: bool,
}

/// Where a name leads is blocked for so long at most: whoever owns the name chooses where it leads.
const LED: Span = Span::from_secs(3600);
/// Whose word it is when an operator's blocked name led there. Not the operator's own: the rails
/// have not been asked about that address.
const NAMED_BY_HAND: &str = "names blocked by hand";

// === impl Warden: alarms ===

impl Warden {
    /// Somebody talks to what is watched for.
    pub(crate) fn alarm(&mut self, alarm: &Alarm, now: Timestamp) {
        let flow = &alarm.flow;
        match &alarm.cause {
            Cause::Asked(name) => {
                // A tunnel asks a new name every time: told is the one that is blocked or known.
                let over = self.watch.now().name_over(name).unwrap_or_else(|| Arc::from(&**name));
                let below = if *over == **name { "" } else { "a name below " };
                let said = format!("{} asked the DNS for {below}{over}", flow.inside);
                self.contact(now, Target::name(&over).as_ref(), said);
                self.meet_name(name, flow.inside);
            }
            Cause::Answered(name, addresses) => {
                let Some(known) = self.known_name(name, now) else {
                    return;
                };
                for addr in addresses {
                    self.stop(Target::Address(*addr), &known, Some(name), now);
                }
            }
            Cause::Named(name) => {
                let Some(known) = self.known_name(name, now) else {
                    return;
                };
                let said = format!("{} talks to {name}: {}", flow.inside, known.why);
                self.contact(now, Target::name(name).as_ref(), said);
                self.meet_name(name, flow.inside);
                let came = self.stop(Target::Address(flow.outside), &known, Some(name), now);
                self.reset(alarm, came, now);
            }
            Cause::Contact => {
                if let Some(block) = self.block_of(flow) {
                    let (target, because) = (block.target.clone(), block.because.clone());
                    let said = format!("{} calls {target}: {because}", flow.inside);
                    self.contact(now, Some(&target), said);
                    self.meet_address(flow);
                    // Its time was chosen when it was made; that somebody calls does not change it.
                    self.reset(alarm, Came::True, now);
                    return;
                }
                let Some((target, known)) = self.known_address(flow, now) else {
                    return;
                };
                let said = format!("{} calls {}: {}", flow.inside, peer(flow), known.why);
                self.contact(now, Some(&target), said);
                self.meet_address(flow);
                let came = self.stop(target, &known, None, now);
                self.reset(alarm, came, now);
            }
            Cause::Alike(id, name) => self.alike(*id, name.as_deref(), alarm, now),
            // By the verdict; here the connection is ended that gave it away.
            Cause::Mines if self.block_of(flow).is_some() => self.reset(alarm, Came::True, now),
            Cause::Mines => {}
            Cause::Tool(family) => {
                let why = format!("the first words of {family}");
                let said = format!("{} talks to {}: {why}", flow.inside, peer(flow));
                let target = socket(flow);
                self.contact(now, Some(&target), said);
                let (origin, hold) = (Origin::Detector, self.ways.hold);
                let known = Known { origin, why, hold, for_show: false };
                let came = self.stop(target, &known, None, now);
                self.reset(alarm, came, now);
            }
        }
    }

    pub(super) fn contact(&mut self, now: Timestamp, target: Option<&Target>, said: String) {
        self.news.tell(now, Matter::Contact, target, said);
    }

    /// Who says that a name is bad.
    fn known_name(&self, name: &str, now: Timestamp) -> Option<Known> {
        let watched = self.watch.now();
        let hold = self.ways.hold.min(LED);
        if let Some(over) = watched.blocked_name(name)
            && let Some(block) = self.rails.state.blocks.get(&Target::Name(Arc::clone(over)))
        {
            let origin = match &block.origin {
                Origin::Operator => Origin::Indicator(NAMED_BY_HAND.into()),
                other => other.clone(),
            };
            let why = format!("{over} is blocked ({})", block.because);
            let hold = hold.min(block.until.since(now));
            return Some(Known { origin, why, hold, for_show: false });
        }
        let word = watched.word_of_name(name).filter(|word| word.is_live(now))?;
        let Word { origin, for_show, .. } = word;
        Some(Known { origin, why: words(&word.indicator, name), hold, for_show })
    }

    /// The block of a flow's other end.
    fn block_of(&self, flow: &FlowKey) -> Option<&Block> {
        let targets = [Target::Address(flow.outside), socket(flow)];
        targets.iter().find_map(|target| self.rails.state.blocks.get(target))
    }

    /// What of an address is to be blocked, and who says that it is bad.
    fn known_address(&self, flow: &FlowKey, now: Timestamp) -> Option<(Target, Known)> {
        let watched = self.watch.now();
        let word = watched.word_of_address(flow.outside, flow.outside_port)?;
        if !word.is_live(now) {
            return None;
        }
        let Word { origin, for_show, whole, .. } = word;
        let target = if whole { Target::Address(flow.outside) } else { socket(flow) };
        let why = words(&word.indicator, &peer(flow));
        Some((target, Known { origin, why, hold: self.ways.hold, for_show }))
    }

    /// Asks for a block as the site's mode has it.
    fn stop(&mut self, target: Target, known: &Known, name: Option<&str>, now: Timestamp) -> Came {
        if self.ways.mode == Mode::Observe {
            return Came::Not;
        }
        if known.for_show {
            let said =
                format!("{target} would be blocked if this were not for show: {}", known.why);
            self.news.tell(now, Matter::Held, Some(&target), said);
            return Came::Not;
        }
        let block = Block::new(target, known.origin.clone(), self.ways.mode, now, known.hold);
        // So that a release of the name finds what was blocked for it.
        let by_name = name.map(led_by);
        let block = block.because(&known.why).with_evidence(by_name.as_deref());
        let mut request = Request::of(block);
        request.names.extend(name.map(Arc::from));
        self.ask(request, now)
    }

    /// Asks the rails; what they admit is made true at once.
    pub(super) fn ask(&mut self, mut request: Request, now: Timestamp) -> Came {
        let target = request.block.target.clone();
        let held = self.rails.state.blocks.get(&target);
        if held.is_some_and(|held| held.is_live(now) && half_left(held, now)) {
            return Came::True;
        }
        if let Some(addr) = target.addr() {
            self.add_traffic(&mut request, addr);
        }
        match self.rails.request(&request, now) {
            Decision::Admit => {
                self.touch();
                self.make_true(&request.block, now);
                let verb = match request.block.mode {
                    Mode::Block => "is blocked",
                    Mode::Simulate | Mode::Observe => "would be blocked",
                };
                let said = format!("{target} {verb}: {}", request.block.because);
                self.news.tell(now, Matter::Blocked, Some(&target), said);
                Came::True
            }
            Decision::Hold(reason) => {
                let said = format!("{target} is not blocked yet: {reason}");
                self.news.tell(now, Matter::Held, Some(&target), said);
                Came::Not
            }
            Decision::Refuse(reason) => {
                let said = format!("{target} is not blocked: {reason}");
                self.news.tell(now, Matter::Refused, Some(&target), said);
                if is_shared(&reason, &request) { Came::Shared } else { Came::Not }
            }
        }
    }

    pub(super) fn make_true(&mut self, block: &Block, now: Timestamp) {
        if matches!(block.target, Target::Name(_)) {
            self.watch.blocks(&self.rails.state.blocks);
            self.zone_is_old = true;
            self.tell_zone(now);
        }
        let dry = self.dry.hot(block, now);
        let done = match (&mut self.enforcer, block.mode) {
            (Some(enforcer), Mode::Block) => enforcer.hot(block, now),
            _ => dry,
        };
        // That one block went in does not say that the whole set is right.
        if done.is_err() {
            self.note(now, done);
        }
    }

    fn add_traffic(&self, request: &mut Request, addr: Addr) {
        request.traffic = Traffic {
            all_hosts: self.crowd.hosts,
            all_flows: self.crowd.flows,
            hosts: 1,
            flows: 1,
        };
        if let Some(shared) = self.crowd.of(addr) {
            request.traffic.hosts = shared.hosts;
            request.traffic.flows = shared.flows;
            request.names.extend(shared.names.iter().map(|name| Arc::from(&**name)));
        }
    }
}

/// Is it refused only because others are there too? Then what was asked for is still bad; not so when
/// it is allowed, released, or good itself.
fn is_shared(reason: &Reason, request: &Request) -> bool {
    match reason {
        Reason::Rail(refusal) => *refusal == Refusal::SharedAddress,
        Reason::SharedHosting(_) => true,
        // The first name is the one that led there.
        Reason::Serves(name, _) => request.names.first().is_some_and(|own| own != name),
        _ => false,
    }
}

/// Evidence of a block that was made because a name led there.
pub(super) fn led_by(name: &str) -> String {
    format!("the name {name} led there")
}

/// Is more than half of its time left? Then it need not be renewed.
fn half_left(block: &Block, now: Timestamp) -> bool {
    block.until.since(now).nanos() > block.until.since(block.since).nanos() / 2
}

/// The other end of a flow, as a target.
pub(super) fn socket(flow: &FlowKey) -> Target {
    match flow.proto {
        Proto::TCP => Target::AddressPort(flow.outside, Transport::Tcp, flow.outside_port),
        Proto::UDP => Target::AddressPort(flow.outside, Transport::Udp, flow.outside_port),
        _ => Target::Address(flow.outside),
    }
}

fn peer(flow: &FlowKey) -> String {
    socket(flow).to_string()
}

/// What an indicator says, in one line.
fn words(known: &Indicator, what: &str) -> String {
    let family = known.family.as_deref().map(|f| format!(" of {f}")).unwrap_or_default();
    format!("{what} is known{family} ({}, confidence {})", known.source, known.confidence)
}
