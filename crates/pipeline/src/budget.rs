//! How memory is shared out.
//!
//! Sizes are measured upper bounds of what one item takes with its place in its table; what is
//! held in boxes (conversation details, parser buffers, segments) is counted as it grows.

use ostium_profile::Limits as ProfileLimits;
use ostium_track::Limits as TrackLimits;

use crate::shard::SHARDS;

/// What one shard may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) track: TrackLimits,
    pub(crate) profile: ProfileLimits,
    /// Hosts that each detector may remember.
    pub(crate) detector_hosts: usize,
    /// Bytes of parser buffers.
    pub(crate) parser_bytes: usize,
}

/// Bytes of one flow with its table entry.
const FLOW: u64 = 320;
const HOST: u64 = 320;
const NAME: u64 = 200;
/// Bytes of what detectors keep of one host, at the most.
const DETECTED: u64 = 12_000;

// === impl Budget ===

impl Budget {
    /// A shard's share of `memory` bytes.
    pub(crate) fn share_of(memory: u64) -> Self {
        let share = (memory / u64::from(SHARDS)).max(256 << 10);
        let part = |percent: u64, size: u64| {
            usize::try_from(share * percent / 100 / size).unwrap_or(usize::MAX).max(32)
        };
        Self {
            track: TrackLimits {
                flows: part(25, FLOW),
                held_bytes: part(5, 1),
                datagrams: part(3, 65_536).min(256),
            },
            profile: ProfileLimits {
                hosts: part(5, HOST),
                conversation_bytes: part(35, 1),
                names: part(6, NAME),
            },
            detector_hosts: part(12, DETECTED),
            parser_bytes: part(7, 1),
        }
    }
}
