//! What of a host is told to others besides evidence: numbers of a flood, prints of made names.

use ostium_event::{Addr, Proto, Timestamp};

/// What of a host is told to others besides evidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tells {
    /// Names that it asked for in vain and that look made.
    pub names: Option<MadeNames>,
    /// What it sends to somebody who does not answer.
    pub rates: Vec<Rate>,
}

/// Names that a host asked for in vain and that look made.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeNames {
    /// First eight bytes of SHA-256 of each, big end first; the latest ones, lowest first.
    pub prints: Vec<u64>,
    /// Kinds of letters, lengths and top levels, such as `a12-16 .biz,.net`.
    pub form: String,
    /// When the first of them was asked for, and the last.
    pub first: Timestamp,
    /// See `first`.
    pub last: Timestamp,
}

/// What a host sends to somebody who does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// To whom.
    pub victim: Addr,
    /// To which port.
    pub port: u16,
    /// How.
    pub proto: Proto,
    /// Packets a second, in the ten seconds of the last minute in which it sent most.
    pub packets_per_second: u64,
    /// Bytes of payload a second, in the same time.
    pub bytes_per_second: u64,
    /// When it was last seen.
    pub last: Timestamp,
}

// === impl Tells ===

impl Tells {
    /// Is there anything to tell?
    pub const fn is_empty(&self) -> bool {
        self.names.is_none() && self.rates.is_empty()
    }
}
