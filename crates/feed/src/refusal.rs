//! Why a frame is not believed.

/// Why a follower did not take a frame. What it had before stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The signature is not of the key that may sign this.
    #[error("the signature is not of the key that may sign this")]
    Forged,
    /// A body or part is longer than any may be.
    #[error("it is longer than any may be")]
    Oversize,
    /// The bytes are no message of the protocol.
    #[error("it is no message of the protocol: {0}")]
    Malformed(&'static str),
    /// A version that this reader does not know.
    #[error("it is of version {0}, and this sensor reads version 1: upgrade it")]
    UnknownVersion(u32),
    /// Of another feed.
    #[error("it is of another feed")]
    OtherFeed,
    /// No certificate has been seen, or it is not yet or no longer valid.
    #[error("no certificate of the root is valid for the key that signed it")]
    Uncertified,
    /// An older certificate, or root, than one that was seen.
    #[error("it goes back to certificate {got}, and {have} was seen")]
    OldCertificate {
        /// The serial that was seen.
        have: u64,
        /// The serial that was given.
        got: u64,
    },
    /// An older epoch or an older place than one that was reached.
    #[error("it goes back to {got:?}, and {have:?} was reached")]
    Rollback {
        /// Epoch and sequence number that were reached.
        have: (u64, u64),
        /// Epoch and sequence number that were given.
        got: (u64, u64),
    },
    /// What was taken before.
    #[error("it was taken before")]
    Replay,
    /// Something between was not given; ask again from the position.
    #[error("deltas are missing between {have} and {got}")]
    Gap {
        /// The last that was taken.
        have: u64,
        /// What was given.
        got: u64,
    },
    /// The same place in another history.
    #[error("it continues another history than the one that was followed")]
    Fork,
    /// It was issued in the future.
    #[error("it was issued in the future: is a clock wrong?")]
    FromTheFuture,
    /// It was over before it came.
    #[error("it was over before it came: somebody holds the feed back, or a clock is wrong")]
    Expired,
    /// A part that does not belong to the snapshot that was begun.
    #[error("it does not belong to the snapshot that was begun")]
    MixedParts,
    /// The set after it is not the one that was signed.
    #[error("the set after it is not the one that was signed")]
    OtherState,
    /// It is larger than this follower was told to hold.
    #[error(
        "the set would be larger than is held here ({entries} entries and {bytes} bytes): if the \
         hub is meant to publish so much, allow more"
    )]
    TooMuch {
        /// Entries that are held at most.
        entries: u64,
        /// Bytes that they may take.
        bytes: u64,
    },
}

// === impl Refusal ===

impl Refusal {
    /// A short name for counters.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Oversize => "oversize",
            Self::Malformed(_) => "malformed",
            Self::UnknownVersion(_) => "unknown_version",
            Self::OtherFeed => "other_feed",
            Self::Uncertified => "uncertified",
            Self::OldCertificate { .. } => "old_certificate",
            Self::Rollback { .. } => "rollback",
            Self::Replay => "replay",
            Self::Gap { .. } => "gap",
            Self::Fork => "fork",
            Self::FromTheFuture => "from_the_future",
            Self::Expired => "expired",
            Self::MixedParts => "mixed_parts",
            Self::OtherState => "other_state",
            Self::TooMuch { .. } => "too_much",
        }
    }
}
