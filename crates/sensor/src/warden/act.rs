//! Asking the rails, and making true at once what they admit.

use std::sync::Arc;

use ostium_enforce::Enforcer as _;
use ostium_enforce::rails::{Decision, Request, Traffic};
use ostium_event::{Addr, FlowKey, Proto, Timestamp};
use ostium_intel::Indicator;
use ostium_pipeline::{Alarm, Cause};
use ostium_sensor_api::Matter;
use ostium_verdict::{Block, Mode, Origin, Target, Transport};

use super::Warden;

/// Whether a request came true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    True,
    Not,
}

// === impl Warden: alarms ===

impl Warden {
    /// Somebody talks to what is watched for.
    pub(crate) fn alarm(&mut self, alarm: &Alarm, now: Timestamp) {
        let flow = &alarm.flow;
        match &alarm.cause {
            Cause::Asked(name) => {
                let said = format!("{} asked the DNS for {name}", flow.inside);
                self.contact(now, Target::name(name).as_ref(), said);
            }
            Cause::Answered(name, addresses) => {
                let Some((origin, why)) = self.known_name(name, now) else {
                    return;
                };
                for addr in addresses {
                    self.stop(Target::Address(*addr), &origin, &why, Some(name), now);
                }
            }
            Cause::Named(name) => {
                let Some((origin, why)) = self.known_name(name, now) else {
                    return;
                };
                let said = format!("{} talks to {name}: {why}", flow.inside);
                self.contact(now, Target::name(name).as_ref(), said);
                let came = self.stop(Target::Address(flow.outside), &origin, &why, Some(name), now);
                self.reset(alarm, came, now);
            }
            Cause::Contact => {
                let Some((target, origin, why)) = self.known_address(flow, now) else {
                    return;
                };
                let said = format!("{} calls {}: {why}", flow.inside, peer(flow));
                self.contact(now, Some(&target), said);
                let came = self.stop(target, &origin, &why, None, now);
                self.reset(alarm, came, now);
            }
            Cause::Tool(family) => {
                let why = format!("the first words of {family}");
                let said = format!("{} talks to {}: {why}", flow.inside, peer(flow));
                let target = socket(flow);
                self.contact(now, Some(&target), said);
                let came = self.stop(target, &Origin::Detector, &why, None, now);
                self.reset(alarm, came, now);
            }
        }
    }

    fn contact(&mut self, now: Timestamp, target: Option<&Target>, said: String) {
        self.news.tell(now, Matter::Contact, target, said);
    }

    /// Who says that a name is bad, and why.
    fn known_name(&self, name: &str, now: Timestamp) -> Option<(Origin, String)> {
        let watched = self.watch.now();
        if let Some(over) = watched.blocked_name(name)
            && let Some(block) = self.rails.state.blocks.get(&Target::Name(Arc::clone(over)))
        {
            return Some((block.origin.clone(), format!("{over} is blocked ({})", block.because)));
        }
        let known = watched.indicator_of_name(name).filter(|known| known.is_live(now))?;
        Some((Origin::Indicator(Arc::clone(&known.source)), words(known, name)))
    }

    /// Who says that an address is bad, what of it is to be blocked, and why.
    fn known_address(&self, flow: &FlowKey, now: Timestamp) -> Option<(Target, Origin, String)> {
        for target in [Target::Address(flow.outside), socket(flow)] {
            if let Some(block) = self.rails.state.blocks.get(&target) {
                return Some((target, block.origin.clone(), block.because.clone()));
            }
        }
        let watched = self.watch.now();
        let (known, whole) = watched.indicator_of_address(flow.outside, flow.outside_port)?;
        if !known.is_live(now) {
            return None;
        }
        let target = if whole { Target::Address(flow.outside) } else { socket(flow) };
        let origin = Origin::Indicator(Arc::clone(&known.source));
        Some((target, origin, words(known, &peer(flow))))
    }

    /// Asks for a block as the site's mode has it.
    pub(super) fn stop(
        &mut self,
        target: Target,
        origin: &Origin,
        why: &str,
        name: Option<&str>,
        now: Timestamp,
    ) -> Came {
        if self.ways.mode == Mode::Observe {
            return Came::Not;
        }
        let block = Block::new(target, origin.clone(), self.ways.mode, now, self.ways.hold);
        // So that a release of the name finds what was blocked for it.
        let by_name = name.map(led_by);
        let block = block.because(why).with_evidence(by_name.as_deref());
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
                Came::Not
            }
        }
    }

    fn make_true(&mut self, block: &Block, now: Timestamp) {
        if matches!(block.target, Target::Name(_)) {
            self.watch.blocks(&self.rails.state.blocks);
        }
        let dry = self.dry.hot(block, now);
        let done = match (&mut self.enforcer, block.mode) {
            (Some(enforcer), Mode::Block) => enforcer.hot(block, now),
            _ => dry,
        };
        self.note(now, done);
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

/// Evidence of a block that was made because a name led there.
pub(super) fn led_by(name: &str) -> String {
    format!("the name {name} led there")
}

/// Is more than half of its time left? Then it need not be renewed.
fn half_left(block: &Block, now: Timestamp) -> bool {
    block.until.since(now).nanos() > block.until.since(block.since).nanos() / 2
}

/// The other end of a flow, as a target.
fn socket(flow: &FlowKey) -> Target {
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
