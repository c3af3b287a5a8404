//! Keys: the root's, which leaves the machine, and the online one, which signs every minute.

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// Bytes that are no Ed25519 key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is no Ed25519 key: {0}")]
pub struct BadKey(&'static str);

/// An Ed25519 public key (RFC 8032).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; 32]);

/// The root's key: certifies online keys, and another root.
pub struct RootKey(Pair);

/// The online key: signs deltas, heartbeats and snapshots.
pub struct OnlineKey(Pair);

struct Pair {
    pkcs8: Vec<u8>,
    pair: Ed25519KeyPair,
}

// === impl PublicKey ===

impl PublicKey {
    /// From 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, BadKey> {
        bytes.try_into().map(Self).map_err(|_| BadKey("not 32 bytes"))
    }

    /// Did this key sign the message?
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

// === impl Pair ===

impl Pair {
    fn made() -> Result<Self, BadKey> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| BadKey("this machine has no random numbers"))?;
        Self::read(document.as_ref())
    }

    fn read(pkcs8: &[u8]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| BadKey("not in PKCS #8"))?;
        Ok(Self { pkcs8: pkcs8.to_vec(), pair })
    }

    fn public(&self) -> PublicKey {
        // A public key of Ed25519 has 32 bytes; all zeros would verify nothing.
        PublicKey::from_slice(self.pair.public_key().as_ref()).unwrap_or(PublicKey([0; 32]))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

/// What both keys can do.
macro_rules! key {
    ($key:ident) => {
        impl $key {
            /// A new one, by chance.
            pub fn made() -> Result<Self, BadKey> {
                Pair::made().map(Self)
            }

            /// One that was kept (PKCS #8, DER).
            pub fn read(pkcs8: &[u8]) -> Result<Self, BadKey> {
                Pair::read(pkcs8).map(Self)
            }

            /// To be kept where nobody else reads it (PKCS #8, DER).
            pub fn secret(&self) -> &[u8] {
                &self.0.pkcs8
            }

            /// What others check its signatures with.
            pub fn public(&self) -> PublicKey {
                self.0.public()
            }

            pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
                self.0.sign(message)
            }
        }

        impl fmt::Debug for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Never the secret.
                f.debug_tuple(stringify!($key)).field(&self.public()).finish()
            }
        }
    };
}

key!(RootKey);
key!(OnlineKey);
