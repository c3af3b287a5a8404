//! The one place that reads the clock: real sockets take real time.

use std::time::Instant;

/// Now.
#[allow(clippy::disallowed_methods, reason = "a service reads the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
