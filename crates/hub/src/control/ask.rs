//! Questions and answers.

use std::path::PathBuf;

use data_encoding::{BASE64, HEXLOWER};
use ostium_correlate::State;
use ostium_event::Prefix;
use ostium_feed::PublicKey;
use ostium_feed::wire::Frame;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::{ApartRow, AuditRow, CaseRow, IndicatorRow, OrganisationRow, SensorRow, Status};
use crate::books::{NewKeys, Proposal, Renewal};

/// What a hub is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// How it is doing.
    Status,
    /// Who has joined.
    Orgs,
    /// Their sensors.
    Sensors,
    /// What it knows, the newest first.
    Indicators {
        /// Only in this state.
        state: Option<State>,
        /// So many at most.
        limit: usize,
    },
    /// All that is known of a destination.
    Why {
        /// The destination.
        value: String,
    },
    /// To let somebody join.
    Invite {
        /// The organisation.
        organisation: String,
        /// The AS number that it is in, 0 if nobody knows.
        network: u32,
        /// How much a member vouches for it, 0 to 1.
        vouched: f64,
        /// For how long.
        seconds: u64,
        /// How many sensors.
        sensors: u32,
    },
    /// To decide on a case.
    Decide(Case),
    /// To change an organisation, or remove a sensor, or the like.
    Change {
        /// What.
        #[serde(flatten)]
        change: Change,
        /// Why, in one line.
        because: String,
    },
    /// Patterns, victims of many sites, and generators, by number.
    Apart,
    /// What was done, the newest first.
    Audit {
        /// So many at most.
        limit: usize,
    },
    /// To copy all it knows into a file that is not there yet.
    Backup {
        /// The file, as the hub reaches it.
        path: PathBuf,
    },
    /// What the root is to sign.
    Propose {
        /// For what.
        renewal: Renewal,
    },
    /// To put in force what the root has signed.
    Install {
        /// What was signed.
        keys: NewKeysRow,
        /// What for, in a word.
        what: String,
    },
}

/// A case that is decided by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The destination.
    pub value: String,
    /// How.
    pub decide: Decide,
    /// Why, in one line.
    pub because: String,
}

/// How a case is decided by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decide {
    /// It is published, whatever others say.
    Confirm,
    /// It is not.
    Withdraw,
    /// The evidence decides again.
    Leave,
    /// It is never to be published, nor what lies under it.
    Exempt,
    /// That no longer.
    Unexempt,
}

/// What is changed by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// A member vouches for an organisation.
    Vouch {
        /// Its name or number.
        organisation: String,
        /// How much, 0 to 1.
        share: f64,
    },
    /// What an organisation says weighs nothing.
    Silence {
        /// Its name or number.
        organisation: String,
        /// Or weighs again.
        silenced: bool,
    },
    /// The address space of an organisation, in place of what was said before.
    Ranges {
        /// Its name or number.
        organisation: String,
        /// Its networks.
        ranges: Vec<Prefix>,
    },
    /// A sensor may report and follow no more.
    Remove {
        /// Its number, or `ORGANISATION/SENSOR`.
        sensor: String,
    },
    /// All that is published is withdrawn, and nothing more is.
    Kill,
    /// The hub publishes again.
    Resume,
}

/// What a hub answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// How it is doing.
    Status(Box<Status>),
    /// Who has joined.
    Orgs {
        /// Each.
        rows: Vec<OrganisationRow>,
    },
    /// Their sensors.
    Sensors {
        /// Each.
        rows: Vec<SensorRow>,
    },
    /// What it knows.
    Indicators {
        /// The newest.
        rows: Vec<IndicatorRow>,
        /// How many there are.
        in_all: usize,
    },
    /// All that is known of a destination.
    Case(Box<CaseRow>),
    /// Somebody may join by this.
    Invitation {
        /// The best name or address of the hub, and its port.
        hub: String,
        /// SHA-256 of the authority's certificate, in hexadecimal.
        print: String,
        /// The secret. The hub keeps its hash alone.
        secret: String,
        /// When it ends.
        until: u64,
    },
    /// Patterns, victims of many sites, and generators.
    Apart {
        /// Each.
        rows: Vec<ApartRow>,
    },
    /// What was done.
    Audit {
        /// Each.
        rows: Vec<AuditRow>,
    },
    /// What the root is to sign.
    Proposal {
        /// It.
        proposal: ProposalRow,
    },
    /// It was done.
    Done {
        /// What, in one line.
        said: String,
    },
    /// It was not done.
    Refused {
        /// Why, in one line.
        why: String,
    },
}

/// What the root is to sign; bytes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRow {
    feed: String,
    root: String,
    root_serial: u64,
    serial: u64,
    epoch: u64,
    online: String,
}

/// What the root has signed: encoded frames, in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKeysRow {
    root_change: Option<String>,
    certificate: String,
}

// === impl ProposalRow ===

impl From<&Proposal> for ProposalRow {
    fn from(proposal: &Proposal) -> Self {
        Self {
            feed: HEXLOWER.encode(&proposal.feed),
            root: proposal.root.to_string(),
            root_serial: proposal.root_serial,
            serial: proposal.serial,
            epoch: proposal.epoch,
            online: proposal.online.to_string(),
        }
    }
}

impl ProposalRow {
    /// As it was; `None` if it is none.
    pub fn read(&self) -> Option<Proposal> {
        let bytes = |text: &str| HEXLOWER.decode(text.as_bytes()).ok();
        Some(Proposal {
            feed: bytes(&self.feed)?.try_into().ok()?,
            root: PublicKey::from_slice(&bytes(&self.root)?).ok()?,
            root_serial: self.root_serial,
            serial: self.serial,
            epoch: self.epoch,
            online: PublicKey::from_slice(&bytes(&self.online)?).ok()?,
        })
    }
}

// === impl NewKeysRow ===

impl From<&NewKeys> for NewKeysRow {
    fn from(keys: &NewKeys) -> Self {
        let text = |frame: &Frame| BASE64.encode(&frame.encode_to_vec());
        Self {
            root_change: keys.root_change.as_ref().map(text),
            certificate: text(&keys.certificate),
        }
    }
}

impl NewKeysRow {
    /// As they were; `None` if they are none.
    pub fn read(&self) -> Option<NewKeys> {
        let frame = |text: &String| {
            let bytes = BASE64.decode(text.as_bytes()).ok()?;
            Frame::decode(bytes.as_slice()).ok()
        };
        let root_change = match &self.root_change {
            Some(text) => Some(frame(text)?),
            None => None,
        };
        Some(NewKeys { root_change, certificate: frame(&self.certificate)? })
    }
}
