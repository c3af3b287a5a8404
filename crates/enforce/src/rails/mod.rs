//! Rails: what is never blocked, how much is blocked at once, and what a person has released.
//!
//! Pure policy: a request and the state so far give a decision, explained in one line. The order
//! is the law: the allow list beats everybody; what would cut off the gateway itself is refused to
//! everybody; then a person's word stands; then come the rails for machines, and last the caps,
//! which do not refuse but hold: what is held may be asked for again.
//!
//! Bias: a block too few is a host still infected, as it was; a block too many is an outage that
//! we made. So whatever is shared, popular or unclear is left alone.

mod policy;
mod state;

use std::fmt;
use std::sync::Arc;

use ostium_event::Timestamp;
use ostium_intel::Refusal;
use ostium_verdict::{Block, Origin};

pub use policy::Policy;
pub use state::{MOST_RELEASES, State};

/// A block that is asked for, and what is known of its target.
#[derive(Clone, Debug)]
pub struct Request {
    /// The block.
    pub block: Block,
    /// The names under which an address was seen, from answers of DNS, TLS and HTTP.
    pub names: Vec<Arc<str>>,
    /// How much of the last minutes' traffic the block would stop.
    pub traffic: Traffic,
}

/// How much of the last minutes' traffic belongs to one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Inside hosts that spoke with it.
    pub hosts: u64,
    /// Inside hosts that spoke with anybody.
    pub all_hosts: u64,
    /// Connections with it.
    pub flows: u64,
    /// Connections with anybody.
    pub all_flows: u64,
}

/// What the rails say of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Block it.
    Admit,
    /// Not now; ask again later.
    Hold(Reason),
    /// No.
    Refuse(Reason),
}

/// Why a request is not admitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// On the allow list, by this entry.
    AllowList(String),
    /// An address of the gateway itself.
    OwnAddress,
    /// Loopback, multicast, link-local, unspecified.
    Special,
    /// A destination inside the home networks.
    Home,
    /// A host to be quarantined that is not inside.
    NotInside,
    /// A resolver of the site.
    Resolver,
    /// What no feed should make a network act on.
    Rail(Refusal),
    /// The address also serves a name that is not to be blocked.
    Serves(Arc<str>, Refusal),
    /// The address is one of a hosting service that many share, by this name.
    SharedHosting(Arc<str>),
    /// A person released it, and that holds until this time.
    Released(Timestamp),
    /// The block would end before it begins.
    Ended,
    /// So many new blocks were admitted in the last minute.
    TooMany(usize),
    /// The hosts that new blocks of the last minute concern, with this one, in percent of all.
    TooManyHosts(f64),
    /// The connections that new blocks of the last minute stop, with this one, in percent of all.
    TooMuchTraffic(f64),
}

/// The policy of a site and all that was decided so far.
#[derive(Clone, Debug)]
pub struct Rails {
    /// What the site wants.
    pub policy: Policy,
    /// What was decided so far; goes into the checkpoint.
    pub state: State,
}

// === impl Rails ===

impl Rails {
    /// Rails where nothing was decided yet.
    pub fn new(policy: Policy) -> Self {
        Self { policy, state: State::default() }
    }

    /// Decides a request; what is admitted joins the set of blocks.
    pub fn request(&mut self, request: &Request, now: Timestamp) -> Decision {
        let now = self.state.pass(now);
        let decision = self.policy.admit(request, &self.state, now);
        if decision == Decision::Admit {
            self.state.record(request, now);
        }
        decision
    }
}

// === impl Request ===

impl Request {
    /// A request of which nothing else is known.
    pub const fn of(block: Block) -> Self {
        let traffic = Traffic { hosts: 0, all_hosts: 0, flows: 0, all_flows: 0 };
        Self { block, names: Vec::new(), traffic }
    }

    /// Does a person ask?
    pub fn is_operators(&self) -> bool {
        self.block.origin == Origin::Operator
    }
}

// === impl Traffic ===

impl Traffic {
    /// Share of the inside hosts, 0 to 1.
    pub fn host_share(self) -> f64 {
        share(self.hosts, self.all_hosts)
    }

    /// Share of the connections, 0 to 1.
    pub fn flow_share(self) -> f64 {
        share(self.flows, self.all_flows)
    }
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { (part as f64 / all as f64).min(1.0) }
}

// === impl Decision ===

impl Decision {
    /// The decision on a request, in one line.
    pub fn explain(&self, request: &Request) -> String {
        let (target, origin) = (&request.block.target, &request.block.origin);
        match self {
            Self::Admit => format!("{target}: admitted ({origin}: {})", request.block.because),
            Self::Hold(reason) => format!("{target}: held ({origin}): {reason}"),
            Self::Refuse(reason) => format!("{target}: not blocked ({origin}): {reason}"),
        }
    }
}

// === impl Reason ===

impl Reason {
    /// A short name for counters.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AllowList(_) => "allow list",
            Self::OwnAddress => "own address",
            Self::Special => "special address",
            Self::Home => "home network",
            Self::NotInside => "not inside",
            Self::Resolver => "resolver",
            Self::Rail(refusal) => refusal.as_str(),
            Self::Serves(..) => "serves another name",
            Self::SharedHosting(_) => "shared hosting",
            Self::Released(_) => "released",
            Self::Ended => "ended",
            Self::TooMany(_) => "too many new blocks",
            Self::TooManyHosts(_) => "too many hosts",
            Self::TooMuchTraffic(_) => "too much traffic",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowList(entry) => write!(f, "the allow list has {entry}"),
            Self::OwnAddress => f.write_str("it is an address of this gateway"),
            Self::Special => f.write_str("loopback, multicast and link-local are no destinations"),
            Self::Home => f.write_str("it is in the home networks; quarantine a host instead"),
            Self::NotInside => f.write_str("only hosts in the home networks can be quarantined"),
            Self::Resolver => f.write_str("it is a resolver of this site"),
            Self::Rail(refusal) => write!(f, "rail: {}", refusal.as_str()),
            Self::Serves(name, refusal) => {
                write!(f, "it also serves {name} ({})", refusal.as_str())
            }
            Self::SharedHosting(name) => {
                write!(f, "many share it: it serves {name}; block the name instead")
            }
            Self::Released(until) => write!(
                f,
                "an operator released it; automation may block it again from unix time {}",
                until.secs()
            ),
            Self::Ended => f.write_str("its time is over already"),
            Self::TooMany(count) => {
                write!(f, "{count} new blocks within a minute are the limit; ask again later")
            }
            Self::TooManyHosts(percent) => write!(
                f,
                "with the other new blocks of this minute it concerns {percent:.1} % of the hosts"
            ),
            Self::TooMuchTraffic(percent) => write!(
                f,
                "with the other new blocks of this minute it stops {percent:.1} % of connections"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
