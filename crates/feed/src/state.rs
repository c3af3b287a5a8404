//! One number that tells whether two sets are the same.
//!
//! It is the sum, modulo 2^128, of the first half of SHA-256 of every entry's bytes: it changes by
//! one addition or subtraction per change, in any order. It finds accidents, and parts of two
//! signed sets that were mixed; forgery is what signatures are for, since who may sign may choose
//! the sum as well.

use std::fmt;

use ring::digest::{SHA256, digest};

/// The sum over a set; that of the empty set is 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct State(u128);

/// What one entry adds.
pub(crate) type Leaf = u128;

/// What an entry of these bytes adds.
pub(crate) fn leaf(entry: &[u8]) -> Leaf {
    let mut first = [0; 16];
    let hash = digest(&SHA256, entry);
    for (to, from) in first.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    u128::from_be_bytes(first)
}

// === impl State ===

impl State {
    pub(crate) const EMPTY: Self = Self(0);

    pub(crate) const fn add(&mut self, leaf: Leaf) {
        self.0 = self.0.wrapping_add(leaf);
    }

    pub(crate) const fn take(&mut self, leaf: Leaf) {
        self.0 = self.0.wrapping_sub(leaf);
    }

    /// As it stands in a delta: 16 bytes, big end first.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From a delta; `None` if these are not 16 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(u128::from_be_bytes(bytes)))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
