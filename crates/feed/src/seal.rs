//! What is signed, and what is hashed.

use std::fmt;

use prost::bytes::Bytes;
use ring::digest::{SHA256, digest};

use crate::key::PublicKey;
use crate::limit::LONGEST_BODY;
use crate::wire::Signed;
use crate::{OnlineKey, Refusal, RootKey};

/// What a body is for; signed with it, so that none passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Certificate = 1,
    RootChange = 2,
    Delta = 3,
    Heartbeat = 4,
    Snapshot = 5,
}

/// SHA-256.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

// === impl Hash ===

impl Hash {
    /// Of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(hash)
    }

    /// From 32 bytes; `None` for any other number.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is signed of a body.
pub(crate) fn message(kind: Kind, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(body.len() + 16);
    message.extend_from_slice(b"ostium-feed/1\0");
    message.push(kind as u8);
    message.extend_from_slice(body);
    message
}

/// A body with the signature of the online key, and the hash of what was signed.
pub(crate) fn seal(key: &OnlineKey, kind: Kind, body: Vec<u8>) -> (Signed, Hash) {
    let message = message(kind, &body);
    let signature = Bytes::from(key.sign(&message));
    (Signed { body: Bytes::from(body), signature }, Hash::of(&message))
}

/// A body with the signature of the root.
pub(crate) fn seal_by_root(key: &RootKey, kind: Kind, body: Vec<u8>) -> Signed {
    let signature = Bytes::from(key.sign(&message(kind, &body)));
    Signed { body: Bytes::from(body), signature }
}

/// The hash of what was signed, if this key signed it.
pub(crate) fn open(key: &PublicKey, kind: Kind, signed: &Signed) -> Result<Hash, Refusal> {
    if signed.body.len() > LONGEST_BODY {
        return Err(Refusal::Oversize);
    }
    let message = message(kind, &signed.body);
    if key.signed(&message, &signed.signature) {
        Ok(Hash::of(&message))
    } else {
        Err(Refusal::Forged)
    }
}
