//! What a hub tells of itself, row by row.

use std::collections::BTreeMap;

use ostium_correlate::{Case, OrgId, State};
use ostium_event::Timestamp;
use serde::{Deserialize, Serialize};

use crate::books::{Books, BooksError};

/// How a hub is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of this interface.
    pub api: u32,
    /// Version of the hub.
    pub version: String,
    /// When it started.
    pub started: u64,
    /// Now.
    pub now: u64,
    /// Where it listens.
    pub listen: String,
    /// How it is best reached.
    pub address: String,
    /// Organisations that have joined.
    pub organisations: usize,
    /// Sensors that have joined, and were not removed.
    pub sensors: usize,
    /// Sensors that follow the feed now.
    pub following: usize,
    /// Where the feed is: how many deltas of this history.
    pub seq: u64,
    /// Entries that are published.
    pub published: usize,
    /// Cases by their state.
    pub cases: BTreeMap<String, u64>,
    /// Cases that wait for the next minute.
    pub waiting: usize,
    /// Reports that were kept since the start.
    pub reports: u64,
    /// Reports that came again.
    pub repeated: u64,
    /// Reports that say nothing that can be weighed, or that the judgement did not take.
    pub refused: BTreeMap<String, u64>,
    /// Reports that sensors lost before they could send them.
    pub lost: u64,
    /// Bytes of the database.
    pub size: u64,
    /// Why nothing is published, while the kill switch is on.
    pub killed: Option<String>,
    /// Why nothing can be kept.
    pub trouble: Option<String>,
    /// The keys of the feed.
    pub keys: KeyRow,
    /// What is to be done soon, one line each.
    pub warnings: Vec<String>,
}

/// The keys of a feed; keys and prints in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Which feed.
    pub feed: String,
    /// The root's public key.
    pub root: String,
    /// Is the root's secret key on this machine?
    pub root_here: bool,
    /// Changes of the root so far.
    pub root_changes: usize,
    /// The online key.
    pub online: String,
    /// The number of its certificate.
    pub serial: u64,
    /// The history that it speaks for.
    pub epoch: u64,
    /// From when on it is certified.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// SHA-256 of the certificate of the sensors' authority.
    pub authority: String,
}

/// An organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrganisationRow {
    /// Its number.
    pub id: u32,
    /// What it is called.
    pub name: String,
    /// The AS number that it is in, 0 if nobody knows.
    pub network: u32,
    /// When it joined.
    pub joined: u64,
    /// How much a member vouches for it.
    pub vouched: f64,
    /// What its word is worth now, 0 to 1.
    pub weight: f64,
    /// Reports that were right, wrong, and doubted.
    pub right: u32,
    /// See `right`.
    pub wrong: u32,
    /// See `right`.
    pub doubted: u32,
    /// What it says weighs nothing.
    pub silenced: bool,
    /// Its address space.
    pub ranges: Vec<String>,
    /// Its sensors.
    pub sensors: usize,
}

/// A sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorRow {
    /// Its number.
    pub id: u32,
    /// Its organisation.
    pub organisation: String,
    /// What it is called.
    pub name: String,
    /// When it joined.
    pub joined: u64,
    /// When it last reported, 0 if it never did.
    pub seen: u64,
    /// The number of its last report that is kept.
    pub reported: u64,
    /// It may report and follow no more.
    pub removed: bool,
}

/// A destination in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndicatorRow {
    /// Its number.
    pub id: u64,
    /// The destination.
    pub value: String,
    /// How far its case is.
    pub state: State,
    /// Since when.
    pub since: u64,
    /// Why.
    pub reason: String,
    /// Organisations that speak of it.
    pub organisations: usize,
    /// What most call its family.
    pub family: Option<String>,
    /// Until when it stands published.
    pub until: Option<u64>,
}

/// All that is known of a destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseRow {
    /// What a list shows of it.
    #[serde(flatten)]
    pub row: IndicatorRow,
    /// How probable it is, with all votes.
    pub probability: f64,
    /// Organisations that support it, and the networks that they are in.
    pub support: usize,
    /// See `support`.
    pub networks: usize,
    /// What keeps it from being published.
    pub rail: Option<String>,
    /// An analyst's word: published, or not.
    pub ordered: Option<bool>,
    /// How it stands published.
    pub stands: Option<StandsRow>,
    /// The last reasons, the oldest first.
    pub reasons: Vec<ReasonRow>,
    /// One vote for each organisation.
    pub votes: Vec<VoteRow>,
    /// What it is called, and how often.
    pub families: BTreeMap<String, u32>,
    /// Outside addresses that the name led to.
    pub addresses: Vec<String>,
}

/// How something stands published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandsRow {
    /// Until when.
    pub until: u64,
    /// By how many organisations.
    pub organisations: u16,
    /// How sure, 0 to 100.
    pub confidence: u8,
    /// Thousandths of the sensors that match it for show; 0 is everybody, in earnest.
    pub canary: u16,
}

/// Why a case came into a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRow {
    /// When.
    pub at: u64,
    /// Into which.
    pub state: State,
    /// Why.
    pub why: String,
}

/// What an organisation says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoteRow {
    /// Which.
    pub organisation: String,
    /// What its word is worth, 0 to 1.
    pub weight: f64,
    /// Nats that are left of its vote, before that weight.
    pub nats: f64,
    /// It holds a host for infected because of this.
    pub convicts: bool,
    /// It says that this is harmless.
    pub denies: bool,
    /// It spoke before anything was published.
    pub independent: bool,
    /// When its sensors saw it first and last.
    pub first: u64,
    /// See `first`.
    pub last: u64,
    /// How many reports.
    pub reports: u32,
    /// Hosts of the day with the most.
    pub hosts: u32,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When.
    pub at: u64,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// To what.
    pub target: String,
    /// Why.
    pub note: String,
}

// === impl OrganisationRow ===

impl OrganisationRow {
    /// All that have joined.
    pub(crate) fn all(books: &Books, now: Timestamp) -> Result<Vec<Self>, BooksError> {
        let sensors = books.sensors()?;
        let policy = books.correlator().policy();
        let all = books.correlator().organisations().values().filter(|one| one.id != OrgId::HUB);
        let row = |one: &ostium_correlate::Organisation| Self {
            id: one.id.0,
            name: one.name.clone(),
            network: one.network,
            joined: one.joined.secs(),
            vouched: one.vouched,
            weight: one.weight(policy, now),
            right: one.standing.right,
            wrong: one.standing.wrong,
            doubted: one.standing.doubted,
            silenced: one.silenced,
            ranges: one.ranges.iter().map(ToString::to_string).collect(),
            sensors: sensors.iter().filter(|s| s.organisation == one.id && !s.revoked).count(),
        };
        Ok(all.map(row).collect())
    }
}

// === impl SensorRow ===

impl SensorRow {
    /// All that have joined.
    pub(crate) fn all(books: &Books) -> Result<Vec<Self>, BooksError> {
        let organisations = books.correlator().organisations();
        let name = |id: &OrgId| organisations.get(id).map(|one| one.name.clone());
        let rows = books.sensors()?.into_iter().map(|sensor| Self {
            id: sensor.id,
            organisation: name(&sensor.organisation).unwrap_or_default(),
            name: sensor.name,
            joined: sensor.joined.secs(),
            seen: sensor.seen.secs(),
            reported: sensor.reported,
            removed: sensor.revoked,
        });
        Ok(rows.collect())
    }
}

// === impl IndicatorRow ===

impl IndicatorRow {
    pub(crate) fn of(books: &Books, case: &Case) -> Self {
        let stands = books.correlator().keep(case.id).and_then(|kept| kept.stands);
        Self {
            id: case.id,
            value: case.subject.to_string(),
            state: case.state,
            since: case.since.secs(),
            reason: case.reasons.last().map(|(.., why)| why.to_string()).unwrap_or_default(),
            organisations: case.votes.len(),
            family: case.family().map(str::to_owned),
            until: stands.map(|(until, ..)| until.secs()),
        }
    }
}

// === impl CaseRow ===

impl CaseRow {
    pub(crate) fn of(books: &Books, case: &Case, now: Timestamp) -> Self {
        let correlator = books.correlator();
        let weighed = correlator.weigh(case, now);
        let stands = correlator.keep(case.id).and_then(|kept| kept.stands);
        let organisations = correlator.organisations();
        let votes = case.votes.iter().map(|(id, vote)| {
            let (weight, nats) = weighed.votes.get(id).copied().unwrap_or_default();
            VoteRow {
                organisation: organisations.get(id).map(|o| o.name.clone()).unwrap_or_default(),
                weight,
                nats,
                convicts: vote.convicts,
                denies: vote.denies,
                independent: vote.independent,
                first: vote.first.secs(),
                last: vote.last.secs(),
                reports: vote.reports,
                hosts: vote.hosts,
            }
        });
        let reason = |(at, state, why): &(Timestamp, State, ostium_correlate::Reason)| ReasonRow {
            at: at.secs(),
            state: *state,
            why: why.to_string(),
        };
        Self {
            row: IndicatorRow::of(books, case),
            probability: weighed.probability,
            support: weighed.organisations,
            networks: weighed.networks,
            rail: correlator.kept(&case.subject).map(|kept| kept.to_string()),
            ordered: case.ordered,
            stands: stands.map(|(until, organisations, confidence, canary)| StandsRow {
                until: until.secs(),
                organisations,
                confidence,
                canary,
            }),
            reasons: case.reasons.iter().map(reason).collect(),
            votes: votes.collect(),
            families: case.families.clone(),
            addresses: case.leads.keys().map(ToString::to_string).collect(),
        }
    }
}
