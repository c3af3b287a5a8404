//! The side that publishes: a chain of signed deltas, heartbeats, and snapshots that agree with it.

use prost::Message;
use prost::bytes::Bytes;

use crate::limit::{LONGEST_BODY, MOST_OPS, PART};
use crate::seal::{Hash, Kind, message, seal, seal_by_root};
use crate::state::{State, leaf};
use crate::wire::{self, Frame, frame, op};
use crate::{Entry, FeedId, OnlineKey, Position, PublicKey, Refusal, RootKey, VERSION};

/// What changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new entry, or another in place of the one with its number.
    Put(Entry),
    /// The entry of this number is withdrawn.
    Remove(u64),
}

/// The chain's end, as the publisher knows it. What it makes must be durable before anybody sees
/// it: two deltas with one number would be a fork, and every follower would refuse the second.
#[derive(Clone, Debug)]
pub struct Publisher {
    at: Position,
    /// How long nobody needs to hear from us to hold the set for fresh.
    fresh_ms: u64,
}

/// A whole set in frames: a signed head and its parts.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The head.
    pub head: Frame,
    /// The parts, in order.
    pub parts: Vec<Frame>,
}

// === impl Publisher ===

impl Publisher {
    /// A chain that goes on from this position.
    pub const fn new(at: Position, fresh_ms: u64) -> Self {
        Self { at, fresh_ms }
    }

    /// The end of the chain.
    pub const fn at(&self) -> Position {
        self.at
    }

    /// The next delta. `state` is the sum over the set after these changes.
    ///
    /// The chain only moves when the caller says that the frame is durable, by [`Publisher::moved`].
    pub fn delta(
        &self,
        key: &OnlineKey,
        changes: &[Change],
        state: State,
        now_ms: u64,
    ) -> Result<(Frame, Position), Refusal> {
        if changes.len() > MOST_OPS {
            return Err(Refusal::Oversize);
        }
        let ops = changes.iter().map(|change| wire::Op {
            what: Some(match change {
                Change::Put(entry) => op::What::Put(entry.encode()),
                Change::Remove(id) => op::What::Remove(*id),
            }),
        });
        let body = wire::DeltaBody {
            version: VERSION,
            feed: bytes(&self.at.feed),
            epoch: self.at.epoch,
            seq: self.at.seq + 1,
            prev: bytes(&self.at.head.0),
            issued_ms: now_ms,
            expires_ms: now_ms.saturating_add(self.fresh_ms),
            ops: ops.collect(),
            state: bytes(&state.to_bytes()),
        };
        let body = body.encode_to_vec();
        if body.len() > LONGEST_BODY {
            return Err(Refusal::Oversize);
        }
        let (signed, head) = seal(key, Kind::Delta, body);
        let after = Position { seq: self.at.seq + 1, head, state, ..self.at };
        Ok((Frame { step: Some(frame::Step::Delta(signed)) }, after))
    }

    /// The delta that led here is durable: the chain goes on from it.
    pub const fn moved(&mut self, to: Position) {
        self.at = to;
    }

    /// Nothing has changed, and the publisher is alive.
    pub fn heartbeat(&self, key: &OnlineKey, now_ms: u64) -> Frame {
        let body = wire::HeartbeatBody {
            version: VERSION,
            feed: bytes(&self.at.feed),
            epoch: self.at.epoch,
            seq: self.at.seq,
            head: bytes(&self.at.head.0),
            issued_ms: now_ms,
            expires_ms: now_ms.saturating_add(self.fresh_ms),
        };
        let (signed, _) = seal(key, Kind::Heartbeat, body.encode_to_vec());
        Frame { step: Some(frame::Step::Heartbeat(signed)) }
    }

    /// The whole set, in the order given, as it is at the end of the chain.
    pub fn snapshot(
        &self,
        key: &OnlineKey,
        entries: impl IntoIterator<Item = Bytes>,
        now_ms: u64,
    ) -> Result<Snapshot, Refusal> {
        let (mut parts, mut hashes) = (Vec::new(), Vec::new());
        let (mut count, mut state, mut size) = (0, State::default(), 0);
        let mut part = wire::SnapshotPart::default();
        let mut close = |part: &mut wire::SnapshotPart| {
            let encoded = Bytes::from(std::mem::take(part).encode_to_vec());
            hashes.push(bytes(&Hash::of(&encoded).0));
            parts.push(Frame { step: Some(frame::Step::Part(encoded)) });
        };
        for entry in entries {
            count += 1;
            state.add(leaf(&entry));
            size += entry.len();
            part.entries.push(entry);
            if size >= PART {
                close(&mut part);
                size = 0;
            }
        }
        if !part.entries.is_empty() {
            close(&mut part);
        }
        if state != self.at.state {
            return Err(Refusal::OtherState);
        }
        let body = wire::SnapshotBody {
            version: VERSION,
            feed: bytes(&self.at.feed),
            epoch: self.at.epoch,
            seq: self.at.seq,
            head: bytes(&self.at.head.0),
            issued_ms: now_ms,
            expires_ms: now_ms.saturating_add(self.fresh_ms),
            entries: count,
            state: bytes(&state.to_bytes()),
            parts: hashes,
        };
        let (signed, _) = seal(key, Kind::Snapshot, body.encode_to_vec());
        Ok(Snapshot { head: Frame { step: Some(frame::Step::Snapshot(signed)) }, parts })
    }
}

// === impl Position: where a frame leads ===

impl Position {
    /// Where a delta leads to, by its own bytes: for who made it, and trusts them. `None` for other
    /// frames.
    pub fn after(frame: &[u8]) -> Option<Self> {
        let Some(frame::Step::Delta(signed)) = Frame::decode(frame).ok()?.step else {
            return None;
        };
        let body = wire::DeltaBody::decode(signed.body.clone()).ok()?;
        Some(Self {
            feed: body.feed.as_ref().try_into().ok()?,
            epoch: body.epoch,
            seq: body.seq,
            head: Hash::of(&message(Kind::Delta, &signed.body)),
            state: State::from_slice(&body.state)?,
        })
    }
}

// === impl State: what changes add up to ===

impl State {
    /// The sum after `changes`; `old` gives the bytes that stood for a number before.
    #[must_use]
    pub fn after(mut self, changes: &[Change], old: impl Fn(u64) -> Option<Bytes>) -> Self {
        // Later changes of one number see the earlier ones.
        let mut since = std::collections::BTreeMap::<u64, Option<Bytes>>::new();
        for change in changes {
            let (id, new) = match change {
                Change::Put(entry) => (entry.id, Some(entry.encode())),
                Change::Remove(id) => (*id, None),
            };
            let before = since.get(&id).cloned().unwrap_or_else(|| old(id));
            if let Some(before) = &before {
                self.take(leaf(before));
            }
            if let Some(new) = &new {
                self.add(leaf(new));
            }
            since.insert(id, new);
        }
        self
    }
}

// === impl RootKey: what the root says ===

impl RootKey {
    /// This key speaks for the feed, from one time to another, in this epoch.
    pub fn certify(
        &self,
        feed: FeedId,
        serial: u64,
        epoch: u64,
        online: PublicKey,
        (not_before_ms, not_after_ms): (u64, u64),
    ) -> Frame {
        let body = wire::CertificateBody {
            version: VERSION,
            feed: bytes(&feed),
            serial,
            epoch,
            online_key: bytes(&online.0),
            not_before_ms,
            not_after_ms,
        };
        let signed = seal_by_root(self, Kind::Certificate, body.encode_to_vec());
        Frame { step: Some(frame::Step::Certificate(signed)) }
    }

    /// Another root from now on; both sign.
    pub fn succeed(&self, new: &Self, feed: FeedId, serial: u64) -> Frame {
        let new_root = bytes(&new.public().0);
        let body = wire::RootBody { version: VERSION, feed: bytes(&feed), serial, new_root };
        let body = body.encode_to_vec();
        let by_new = seal_by_root(new, Kind::RootChange, body.clone()).signature;
        let signed = seal_by_root(self, Kind::RootChange, body);
        let change = wire::RootChange { body: signed.body, by_old: signed.signature, by_new };
        Frame { step: Some(frame::Step::RootChange(change)) }
    }
}

fn bytes(from: &[u8]) -> Bytes {
    Bytes::copy_from_slice(from)
}
