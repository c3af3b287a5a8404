//! What is known of one destination.

use std::collections::BTreeMap;
use std::fmt;

use ostium_event::{Addr, Span, Timestamp};
use ostium_intel::{IndicatorValue, Shape};
use serde::{Deserialize, Serialize};

use crate::correlator::Contact;
use crate::{Ground, OrgId};

/// How far a case is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Somebody reported it.
    #[default]
    Observed,
    /// It may well be, and too few say so.
    Suspected,
    /// It is published.
    Confirmed,
    /// It was confirmed, and nobody sees it any more.
    Expired,
    /// It was published, or would have been, and should not be.
    Withdrawn,
}

/// Why a case is in its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// An organisation reported it for the first time.
    Reported,
    /// The evidence reached a threshold.
    Evidence {
        /// The probability, in thousandths.
        probability: u16,
        /// Organisations that support it.
        organisations: u16,
        /// Networks that they are in.
        networks: u16,
    },
    /// Enough support, but a rail keeps it from being published.
    Rail {
        /// The rail, in words.
        rail: String,
    },
    /// More than the cap of a minute were new: it waits.
    Waits,
    /// An analyst decided.
    Analyst {
        /// Who, and why.
        note: String,
    },
    /// An organisation says that it is harmless.
    FalsePositive,
    /// So many hosts of a site use it that a block would be collateral damage.
    Collateral {
        /// Thousandths of that site's hosts.
        crowd: u16,
    },
    /// Nobody has seen it for long.
    Silence,
    /// It was published for as long as anything may be without an analyst.
    Age,
    /// The conversations of several confirmed destinations go alike.
    Alike {
        /// Organisations that tell so.
        organisations: u16,
        /// Networks that they are in.
        networks: u16,
    },
    /// A destination that it was learned from was withdrawn.
    Source,
    /// Harmless traffic goes so too.
    Common,
    /// Those who met it found nothing else about what they met.
    Unproven,
    /// Confirmed names of changing addresses lead to it.
    Led {
        /// How many.
        names: u16,
    },
    /// Infected hosts of several organisations keep contact with it.
    Peers {
        /// How many organisations.
        organisations: u16,
    },
    /// So much leaves several organisations for it.
    Flood {
        /// Organisations that send enough to count.
        organisations: u16,
        /// From all of them, each with no more than one may count for.
        packets_per_second: u64,
    },
}

/// What one organisation says, all its sensors together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// Nats for command and control at `last`; it decays from there.
    pub log_odds: f64,
    /// It holds a host for infected because of this.
    pub convicts: bool,
    /// It says that this is harmless.
    pub denies: bool,
    /// When its sensors saw it first and last, as they say, never later than they were heard.
    pub first: Timestamp,
    /// See `first`.
    pub last: Timestamp,
    /// How many reports.
    pub reports: u32,
    /// Hosts of the day with the most.
    pub hosts: u32,
    /// It spoke before anything was published: only then it is to be praised.
    pub independent: bool,
    /// It rests on published patterns alone.
    #[serde(default)]
    pub by_pattern: bool,
    /// How the conversation goes, as it says.
    #[serde(default)]
    pub shape: Option<Box<Shape>>,
}

/// A destination, what is said of it, and how far the case is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The number under which it is published.
    pub id: u64,
    /// The destination.
    pub subject: IndicatorValue,
    /// How far it is.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// The last few reasons, the oldest first.
    pub reasons: Vec<(Timestamp, State, Reason)>,
    /// One vote for each organisation.
    pub votes: BTreeMap<OrgId, Vote>,
    /// How many said which family.
    pub families: BTreeMap<String, u32>,
    /// Outside addresses that the name led to, who says so, and when last.
    #[serde(default)]
    pub leads: BTreeMap<Addr, BTreeMap<OrgId, Timestamp>>,
    /// The names that lead to this address and stand, and when last that was said.
    #[serde(default)]
    pub bound: BTreeMap<u64, Timestamp>,
    /// Whose infected hosts keep contact with it.
    #[serde(default)]
    pub contacts: BTreeMap<OrgId, Contact>,
    /// On what it rests, if it is published.
    #[serde(default)]
    pub ground: Ground,
    /// An analyst's word: `Some(true)` confirmed, `Some(false)` withdrawn.
    pub ordered: Option<bool>,
    /// When it was first published.
    pub published: Option<Timestamp>,
    /// Who was praised or blamed for it already.
    pub settled: bool,
    /// One organisation alone called it harmless, and its supporters are believed less for it.
    pub doubted: bool,
    /// When it was last seen by anybody whose word has a weight.
    pub seen: Timestamp,
}

/// Reasons kept.
const MOST_REASONS: usize = 16;
/// Families kept.
const MOST_FAMILIES: usize = 8;
/// Addresses kept.
const MOST_ADDRESSES: usize = 64;
/// Organisations kept for each of them.
const MOST_TELLERS: usize = 8;
/// An address of which nobody spoke for so long makes room for another.
const FORGOTTEN: Span = Span::from_secs(86_400);

// === impl State ===

impl State {
    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl Reason ===

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported => f.write_str("it was reported"),
            Self::Evidence { probability, organisations, networks } => write!(
                f,
                "{organisations} organisations in {networks} networks, probability {:.3}",
                f64::from(*probability) / 1_000.0
            ),
            Self::Rail { rail } => write!(f, "not published: {rail}"),
            Self::Waits => f.write_str("waits: too many new ones this minute"),
            Self::Analyst { note } => write!(f, "an analyst decided: {note}"),
            Self::FalsePositive => f.write_str("an organisation says that it is harmless"),
            Self::Collateral { crowd } => {
                write!(f, "{crowd} in 1,000 hosts of a site use it")
            }
            Self::Silence => f.write_str("nobody has seen it for long"),
            Self::Age => f.write_str("published for as long as anything may be"),
            Self::Alike { organisations, networks } => write!(
                f,
                "{organisations} organisations in {networks} networks tell of conversations alike"
            ),
            Self::Source => f.write_str("what it was learned from was withdrawn"),
            Self::Common => f.write_str("harmless traffic goes so too"),
            Self::Led { names } => {
                write!(f, "{names} confirmed names of changing addresses lead to it")
            }
            Self::Peers { organisations } => {
                write!(f, "infected hosts of {organisations} organisations keep contact with it")
            }
            Self::Flood { organisations, packets_per_second } => {
                write!(
                    f,
                    "{organisations} organisations send it {packets_per_second} packets a second"
                )
            }
            Self::Unproven => f.write_str("who met it found nothing else about what they met"),
        }
    }
}

// === impl Case ===

impl Case {
    pub(crate) fn new(id: u64, subject: IndicatorValue, now: Timestamp) -> Self {
        Self {
            id,
            subject,
            state: State::Observed,
            since: now,
            reasons: vec![(now, State::Observed, Reason::Reported)],
            votes: BTreeMap::new(),
            families: BTreeMap::new(),
            leads: BTreeMap::new(),
            bound: BTreeMap::new(),
            contacts: BTreeMap::new(),
            ground: Ground::Quorum,
            ordered: None,
            published: None,
            settled: false,
            doubted: false,
            seen: Timestamp::ZERO,
        }
    }

    /// Goes to a state; the same state for the same kind of reason is not told twice.
    pub(crate) fn go(&mut self, state: State, why: Reason, now: Timestamp) {
        let told = self.reasons.last().is_some_and(|(_, was, old)| {
            *was == state && std::mem::discriminant(old) == std::mem::discriminant(&why)
        });
        if self.state != state {
            self.since = now;
        }
        self.state = state;
        if told {
            return;
        }
        if self.reasons.len() == MOST_REASONS {
            // The first stays: it says since when the case is known.
            self.reasons.remove(1);
        }
        self.reasons.push((now, state, why));
    }

    pub(crate) fn call(&mut self, family: &str) {
        if self.families.contains_key(family) || self.families.len() < MOST_FAMILIES {
            *self.families.entry(family.to_owned()).or_default() += 1;
        }
    }

    /// Is there room for it?
    pub(crate) fn leads_to(&mut self, addr: Addr, says: OrgId, last: Timestamp) -> bool {
        if !self.leads.contains_key(&addr) && self.leads.len() >= MOST_ADDRESSES {
            // What was said longest ago goes, if that is longer ago.
            let age = |who: &BTreeMap<OrgId, Timestamp>| who.values().max().copied();
            let oldest = self.leads.iter().map(|(addr, who)| (age(who), *addr)).min();
            let Some((Some(at), gone)) = oldest.filter(|(at, _)| *at < Some(last)) else {
                return false;
            };
            if at.plus(FORGOTTEN) > last {
                return false;
            }
            self.leads.remove(&gone);
        }
        let who = self.leads.entry(addr).or_default();
        if who.contains_key(&says) || who.len() < MOST_TELLERS {
            let at = who.entry(says).or_insert(last);
            *at = (*at).max(last);
        }
        true
    }

    /// What most call its family.
    pub fn family(&self) -> Option<&str> {
        // Of equals the first in the alphabet, whoever spoke first.
        let most = self.families.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
        Some(most.0.as_str())
    }
}
