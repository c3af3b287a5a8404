//! A hub with fixed keys, that makes frames as docs/protocol.md says, right ones and wrong ones.

use std::collections::BTreeMap;
use std::error::Error;
use std::rc::Rc;

use ostium_feed::wire::{self, Frame, frame, op};
use ostium_feed::{Basis, Entry};
use ostium_intel::IndicatorValue;
use prost::Message;
use prost::bytes::Bytes;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Which feed.
pub(crate) const FEED: [u8; 16] = [7; 16];
/// Milliseconds since 1970 when a scenario begins.
pub(crate) const NOW: u64 = 1_800_000_000_000;
/// So long a word is fresh.
pub(crate) const FRESH: u64 = 60_000;
/// Milliseconds of a day.
pub(crate) const DAY: u64 = 86_400_000;

pub(crate) const CERTIFICATE: u8 = 1;
pub(crate) const ROOT_CHANGE: u8 = 2;
pub(crate) const DELTA: u8 = 3;
pub(crate) const HEARTBEAT: u8 = 4;
pub(crate) const SNAPSHOT: u8 = 5;

/// A key made of a seed.
#[derive(Clone)]
pub(crate) struct Key(Rc<Ed25519KeyPair>);

/// Keys, chain and set.
#[derive(Clone)]
pub(crate) struct Hub {
    pub(crate) root: Key,
    pub(crate) online: Key,
    pub(crate) serial: u64,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
    pub(crate) head: [u8; 32],
    pub(crate) set: BTreeMap<u64, Bytes>,
    pub(crate) now: u64,
}

// === impl Key ===

impl Key {
    /// That of the seed of 32 such bytes.
    pub(crate) fn new(seed: u8) -> Result<Self, Box<dyn Error>> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]);
        Ok(Self(Rc::new(pair.map_err(|_| "the seed makes no key")?)))
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// The body with its signature.
    pub(crate) fn sign(&self, kind: u8, body: &impl Message) -> wire::Signed {
        self.sign_bytes(kind, body.encode_to_vec())
    }

    pub(crate) fn sign_bytes(&self, kind: u8, body: Vec<u8>) -> wire::Signed {
        let signature = self.0.sign(&message(kind, &body)).as_ref().to_vec();
        wire::Signed { body: body.into(), signature: signature.into() }
    }
}

/// What is signed.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [b"ostium-feed/1\0", &[kind][..], body].concat()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn bytes(from: &[u8]) -> Bytes {
    Bytes::copy_from_slice(from)
}

/// The sum over a set.
fn sum(set: &BTreeMap<u64, Bytes>) -> [u8; 16] {
    let leaf = |entry: &Bytes| {
        hash(entry).iter().take(16).fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte))
    };
    set.values().fold(0u128, |sum, entry| sum.wrapping_add(leaf(entry))).to_be_bytes()
}

// === impl Hub ===

impl Hub {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            root: Key::new(1)?,
            online: Key::new(2)?,
            serial: 1,
            epoch: 1,
            seq: 0,
            head: [0; 32],
            set: BTreeMap::new(),
            now: NOW,
        })
    }

    pub(crate) fn state(&self) -> [u8; 16] {
        sum(&self.set)
    }

    pub(crate) fn certificate_body(&self) -> wire::CertificateBody {
        wire::CertificateBody {
            version: 1,
            feed: bytes(&FEED),
            serial: self.serial,
            epoch: self.epoch,
            online_key: self.online.public().into(),
            not_before_ms: NOW - DAY,
            not_after_ms: NOW + DAY,
        }
    }

    pub(crate) fn certificate(&self) -> Frame {
        of(frame::Step::Certificate(self.root.sign(CERTIFICATE, &self.certificate_body())))
    }

    /// The next delta, which is not published; and the set after it.
    pub(crate) fn delta_body(&self, ops: &[op::What]) -> (wire::DeltaBody, BTreeMap<u64, Bytes>) {
        let mut set = self.set.clone();
        for op in ops {
            match op {
                op::What::Remove(id) => drop(set.remove(id)),
                op::What::Put(entry) => {
                    // The number is all that is needed, whatever else is in there.
                    let id = wire::Entry::decode(entry.clone()).map_or(0, |entry| entry.id);
                    set.insert(id, entry.clone());
                }
            }
        }
        let body = wire::DeltaBody {
            version: 1,
            feed: bytes(&FEED),
            epoch: self.epoch,
            seq: self.seq + 1,
            prev: bytes(&self.head),
            issued_ms: self.now,
            expires_ms: self.now + FRESH,
            ops: ops.iter().map(|op| wire::Op { what: Some(op.clone()) }).collect(),
            state: bytes(&sum(&set)),
        };
        (body, set)
    }

    pub(crate) fn delta(&self, body: &wire::DeltaBody) -> Frame {
        of(frame::Step::Delta(self.online.sign(DELTA, body)))
    }

    /// Publishes the next delta.
    pub(crate) fn publish(&mut self, ops: &[op::What]) -> Frame {
        let (body, set) = self.delta_body(ops);
        self.moved(&body.encode_to_vec(), set)
    }

    /// Publishes this body of a delta, after which the set is this.
    pub(crate) fn moved(&mut self, body: &[u8], set: BTreeMap<u64, Bytes>) -> Frame {
        (self.seq, self.set, self.head) = (self.seq + 1, set, hash(&message(DELTA, body)));
        of(frame::Step::Delta(self.online.sign_bytes(DELTA, body.to_vec())))
    }

    pub(crate) fn heartbeat_body(&self) -> wire::HeartbeatBody {
        wire::HeartbeatBody {
            version: 1,
            feed: bytes(&FEED),
            epoch: self.epoch,
            seq: self.seq,
            head: bytes(&self.head),
            issued_ms: self.now,
            expires_ms: self.now + FRESH,
        }
    }

    pub(crate) fn heartbeat(&self) -> Frame {
        of(frame::Step::Heartbeat(self.online.sign(HEARTBEAT, &self.heartbeat_body())))
    }

    /// The whole set, so many entries in a part: the head's body and the parts.
    pub(crate) fn snapshot_body(&self, each: usize) -> (wire::SnapshotBody, Vec<Bytes>) {
        let entries: Vec<Bytes> = self.set.values().cloned().collect();
        let part = |some: &[Bytes]| {
            Bytes::from(wire::SnapshotPart { entries: some.to_vec() }.encode_to_vec())
        };
        let parts: Vec<Bytes> = entries.chunks(each).map(part).collect();
        let body = wire::SnapshotBody {
            version: 1,
            feed: bytes(&FEED),
            epoch: self.epoch,
            seq: self.seq,
            head: bytes(&self.head),
            issued_ms: self.now,
            expires_ms: self.now + FRESH,
            entries: entries.len() as u64,
            state: bytes(&self.state()),
            parts: parts.iter().map(|part| bytes(&hash(part))).collect(),
        };
        (body, parts)
    }

    /// Head and parts of a snapshot.
    pub(crate) fn snapshot(&self, each: usize) -> (Frame, Vec<Frame>) {
        let (body, parts) = self.snapshot_body(each);
        let parts = parts.into_iter().map(|part| of(frame::Step::Part(part))).collect();
        (self.snapshot_head(&body), parts)
    }

    pub(crate) fn snapshot_head(&self, body: &wire::SnapshotBody) -> Frame {
        of(frame::Step::Snapshot(self.online.sign(SNAPSHOT, body)))
    }

    /// Another root, signed by both.
    pub(crate) fn succeed(&self, new: &Key, serial: u64) -> wire::RootChange {
        let new_root = new.public().into();
        let body = wire::RootBody { version: 1, feed: bytes(&FEED), serial, new_root };
        let old = self.root.sign(ROOT_CHANGE, &body);
        let by_new = new.sign(ROOT_CHANGE, &body).signature;
        wire::RootChange { body: old.body, by_old: old.signature, by_new }
    }
}

/// A frame with this step.
pub(crate) const fn of(step: frame::Step) -> Frame {
    Frame { step: Some(step) }
}

/// An entry for everybody, in earnest.
pub(crate) fn entry(id: u64, value: IndicatorValue) -> Entry {
    Entry {
        id,
        value: value.into(),
        confidence: 90,
        family: "mirai".to_owned(),
        expires: 1_900_000_000,
        basis: Basis::Quorum,
        organisations: 2,
        canary: 0,
    }
}

/// A name is known.
pub(crate) fn name(id: u64, name: &str) -> op::What {
    put(&entry(id, IndicatorValue::Domain(name.to_owned())))
}

/// An entry is put.
pub(crate) fn put(entry: &Entry) -> op::What {
    op::What::Put(entry.encode())
}
