//! What time it is: the machine's clock, or that of a replayed capture.

use std::time::{SystemTime, UNIX_EPOCH};

use ostium_event::Timestamp;

/// Where time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The machine's clock.
    Wall,
    /// The latest packet: a replay tells of another day.
    Packets,
}

// === impl Clock ===

impl Clock {
    /// Now, given the time of the latest packet.
    pub(crate) fn now(self, latest: Timestamp) -> Timestamp {
        match self {
            Self::Wall => wall(),
            Self::Packets => latest,
        }
    }
}

/// The machine's clock.
#[allow(clippy::disallowed_methods, reason = "a service reads the clock")]
pub(crate) fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
