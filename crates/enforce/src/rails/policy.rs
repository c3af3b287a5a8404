//! What a site wants, and the decision on one request.

use std::collections::BTreeSet;
use std::sync::Arc;

use ostium_event::{Addr, Home, Prefix, Span, Timestamp};
use ostium_intel::{IndicatorValue, Refusal, Verdict, rails};
use ostium_verdict::Target;

use super::{Decision, Reason, Request, State};

/// What a site allows, is, and bears.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Networks that are never blocked.
    pub allow_networks: Vec<Prefix>,
    /// Names that are never blocked, with all names below; lower case, no final dot.
    pub allow_names: BTreeSet<String>,
    /// What is inside.
    pub home: Home,
    /// Addresses of the gateway itself.
    pub own: Vec<Addr>,
    /// Resolvers of the site.
    pub resolvers: Vec<Addr>,
    /// So many new blocks within a minute, not counting an operator's.
    pub new_per_minute: usize,
    /// New blocks of one minute concern at most this share of the inside hosts, 0 to 1.
    pub host_share: f64,
    /// New blocks of one minute stop at most this share of the connections, 0 to 1.
    pub flow_share: f64,
    /// A destination of no more hosts than this is stopped whatever its share: in a small network
    /// one infected host is more than any percentage, and its own beacons are no collateral.
    pub few_hosts: u64,
    /// So long automation does not block what an operator released.
    pub release_sticks: Span,
}

impl Default for Policy {
    /// The private ranges as home, ten new blocks a minute, 5 % of hosts, 2 % of connections, two
    /// hosts, seven days.
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            allow_names: BTreeSet::new(),
            home: Home::private(),
            own: Vec::new(),
            resolvers: Vec::new(),
            new_per_minute: 10,
            host_share: 0.05,
            flow_share: 0.02,
            few_hosts: 2,
            release_sticks: Span::from_secs(7 * 86_400),
        }
    }
}

// === impl Policy ===

impl Policy {
    /// Decides a request. Nothing is remembered: [`super::Rails::request`] does both.
    pub fn admit(&self, request: &Request, state: &State, now: Timestamp) -> Decision {
        let now = state.clock(now);
        if let Some(reason) = self.never(request) {
            return Decision::Refuse(reason);
        }
        if !request.block.is_live(now) {
            return Decision::Refuse(Reason::Ended);
        }
        if request.is_operators() {
            return Decision::Admit;
        }
        let released = || state.released_until(request, now).map(Reason::Released);
        if let Some(reason) = self.rail(request).or_else(released) {
            return Decision::Refuse(reason);
        }
        self.cap(request, state, now).map_or(Decision::Admit, Decision::Hold)
    }

    /// What not even an operator blocks: the allow list, and what would cut off the gateway.
    fn never(&self, request: &Request) -> Option<Reason> {
        if let Some(entry) = self.allowed(request) {
            return Some(Reason::AllowList(entry));
        }
        let addr = request.block.target.addr()?;
        if addr.is_special() {
            Some(Reason::Special)
        } else if self.own.contains(&addr) {
            Some(Reason::OwnAddress)
        } else {
            None
        }
    }

    /// The entry of the allow list that keeps a request away.
    pub fn allowed(&self, request: &Request) -> Option<String> {
        let addr = request.block.target.addr();
        let network = addr.and_then(|addr| self.allow_networks.iter().find(|n| n.contains(addr)));
        if let Some(network) = network {
            return Some(network.to_string());
        }
        if let Target::Name(name) = &request.block.target {
            // A block reaches all names below, so an allowed name below forbids it.
            let below = |entry: &&String| is_under(entry, name);
            let hit = self.allowed_name(name);
            return hit.or_else(|| self.allow_names.iter().find(below)).cloned();
        }
        request.names.iter().find_map(|name| self.allowed_name(name)).cloned()
    }

    fn allowed_name(&self, name: &str) -> Option<&String> {
        let name = plain(name);
        let mut over = std::iter::successors(Some(&*name), |n| Some(n.split_once('.')?.1));
        over.find_map(|name| self.allow_names.get(name))
    }

    /// What a machine does not block.
    fn rail(&self, request: &Request) -> Option<Reason> {
        match &request.block.target {
            Target::Address(addr) => self.rail_of_address(*addr, &request.names),
            Target::AddressPort(addr, ..) => self.rail_of_address(*addr, &request.names),
            Target::Host(addr) if !self.home.contains(*addr) => Some(Reason::NotInside),
            Target::Host(addr) => self.resolvers.contains(addr).then_some(Reason::Resolver),
            Target::Name(name) => refusal_of_name(name).map(Reason::Rail),
        }
    }

    fn rail_of_address(&self, addr: Addr, names: &[Arc<str>]) -> Option<Reason> {
        if self.resolvers.contains(&addr) {
            return Some(Reason::Resolver);
        }
        if self.home.contains(addr) {
            return Some(Reason::Home);
        }
        if let Some(refusal) = refusal(&IndicatorValue::Addr(addr)) {
            return Some(Reason::Rail(refusal));
        }
        names.iter().find_map(|name| {
            let refused = refusal_of_name(name);
            // Behind a name of dynamic DNS stands one machine, whoever owns the zone.
            let shared =
                ostium_names::is_shared_hosting(name) && !ostium_names::is_dynamic_dns(name);
            match refused {
                Some(refusal) => Some(Reason::Serves(Arc::clone(name), refusal)),
                None => shared.then(|| Reason::SharedHosting(Arc::clone(name))),
            }
        })
    }

    /// What makes a request wait.
    fn cap(&self, request: &Request, state: &State, now: Timestamp) -> Option<Reason> {
        if !state.is_new(request, now) {
            return None;
        }
        let (count, hosts, flows) = state.last_minute(now);
        if count >= self.new_per_minute {
            return Some(Reason::TooMany(self.new_per_minute));
        }
        if request.traffic.hosts <= self.few_hosts {
            return None;
        }
        let hosts = hosts + request.traffic.host_share();
        let flows = flows + request.traffic.flow_share();
        if hosts > self.host_share {
            Some(Reason::TooManyHosts(100.0 * hosts))
        } else {
            (flows > self.flow_share).then_some(Reason::TooMuchTraffic(100.0 * flows))
        }
    }
}

/// Lower case, no final dot.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Is `name` the same as `over`, or below it?
pub(super) fn is_under(name: &str, over: &str) -> bool {
    name.strip_suffix(over).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn refusal_of_name(name: &str) -> Option<Refusal> {
    let name = plain(name);
    if ostium_names::is_cdn_name(&name) {
        return Some(Refusal::SharedAddress);
    }
    refusal(&IndicatorValue::Domain(name))
}

fn refusal(value: &IndicatorValue) -> Option<Refusal> {
    match rails::check(value) {
        Verdict::Match => None,
        Verdict::SetAside(refusal) | Verdict::Refuse(refusal) => Some(refusal),
    }
}
