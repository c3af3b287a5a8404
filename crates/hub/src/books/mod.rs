//! The one truth of a hub: reports in, and in the same transaction what follows from them.

mod feed;
pub(crate) mod given;
mod keys;
pub(crate) mod open;
mod orders;
mod take;
mod tell;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use ostium_correlate::{Correlator, OrgId, Standing};
use ostium_feed::wire::Frame;
use ostium_feed::{OnlineKey, Publisher};
use ostium_hub_store::{Store, StoreError};
use prost::bytes::Bytes;

pub use keys::{Certified, NewKeys, Proposal, Renewal, sign};
pub use orders::By;

use crate::{KeysError, Unread};

/// Why the books are not open, or not written.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The file, or the disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The feed refuses what would be published.
    #[error("what would be published is refused: {0}")]
    Feed(#[from] ostium_feed::Refusal),
    /// The policy would be a danger.
    #[error("the policy: {0}")]
    Policy(&'static str),
    /// An order that the judgement does not take.
    #[error("{0}: {1}")]
    Refused(String, ostium_correlate::Refused),
    /// Nothing of this name.
    #[error("{0}")]
    Unknown(String),
    /// A certificate, or a key, that does not fit.
    #[error("{0}")]
    OtherKey(String),
    /// No such sensor, or one whose certificate was withdrawn.
    #[error("no such sensor has joined, or it may report no more")]
    Stranger,
}

/// Frames that are signed and durable, with their numbers: to be sent to everybody who follows.
pub type Frames = Vec<(u64, Frame)>;

/// Reports of one sensor, as they came.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The sensor's number.
    pub sensor: u32,
    /// The message.
    pub message: ostium_hub_api::Batch,
    /// It is the first of its stream: reports that a spool has lost may be missing before it.
    pub opens: bool,
}

/// What a sensor is told of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// All up to this number is durable.
    pub durable: u64,
    /// Reports of it that say nothing that can be weighed.
    pub refused: u32,
    /// Why the first of them was, or the whole batch.
    pub why: String,
    /// Reports before it are missing: the stream cannot go on.
    pub gap: bool,
}

/// What came of some batches.
#[derive(Debug, Default)]
pub struct Taken {
    /// One for each batch, in their order.
    pub receipts: Vec<Receipt>,
    /// What follows from them.
    pub frames: Frames,
}

/// A sensor that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Its organisation.
    pub organisation: OrgId,
    /// What that is called.
    pub name: String,
    /// Its number.
    pub sensor: u32,
}

/// What was counted since the hub started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Reports that are durable.
    pub reports: u64,
    /// Reports that came again.
    pub repeated: u64,
    /// Reports that say nothing, by reason.
    pub unread: BTreeMap<Unread, u64>,
    /// Reports that the judgement did not take, by reason.
    pub refused: BTreeMap<ostium_correlate::Refused, u64>,
    /// Batches that were none.
    pub broken: u64,
    /// Reports that sensors lost before they could send them, by their numbers.
    pub lost: u64,
    /// Frames that were published.
    pub frames: u64,
}

/// A sensor as the books know it.
#[derive(Clone, Debug)]
struct Member {
    organisation: OrgId,
    reported: u64,
    revoked: bool,
}

/// The books of a hub.
#[derive(Debug)]
pub struct Books {
    store: Store,
    online: OnlineKey,
    held: Held,
    totals: Totals,
    /// Why nothing could be written, the last time that it was tried.
    pub(crate) trouble: Option<String>,
}

/// What is in the file, held in memory; read anew when the file could not be written.
#[derive(Debug)]
struct Held {
    correlator: Correlator,
    publisher: Publisher,
    certificate: Frame,
    /// Every change of the root since the first one.
    root_changes: Vec<Frame>,
    /// Deltas of this history up to here were signed by a key that no longer speaks.
    signed_from: u64,
    /// Why nothing is published, while this is so.
    killed: Option<String>,
    members: BTreeMap<u32, Member>,
    /// The set as it stands at the end of the feed.
    set: BTreeMap<u64, Bytes>,
    /// Standings as they are in the file.
    standings: BTreeMap<OrgId, Standing>,
    /// Sensors and organisations get numbers beyond this one.
    given: u32,
}
