//! Applies the WHOLE set of what is to be blocked, and holds the rails that stand before it.
//!
//! The order is: a request passes the [`rails`], joins the [`BlockSet`], and an [`Enforcer`]
//! makes the world agree with the set, however the world came to differ. A change is never
//! patched in without the next `apply` knowing it again; [`Enforcer::hot`] only makes a block true
//! some milliseconds earlier.
//!
//! Bias: unknown means allow. What is not listed passes, what is listed ends by the kernel's own
//! timers when nobody renews it, and nothing waits for a program in user space. Failure choice:
//! a change applies as a whole or not at all, and the error says what to do.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

pub mod netlink;
pub mod nft;
pub mod rails;
pub mod reset;

mod dry;
mod error;
mod limit;

use ostium_event::Timestamp;
use ostium_verdict::{Block, BlockSet, Target};

pub use dry::Dry;
pub use error::EnforceError;
pub use limit::{Limit, Limited};

/// Something that makes the world agree with a set of blocks.
pub trait Enforcer {
    /// Makes the world agree with the whole set; a second time changes nothing.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    fn apply(&mut self, blocks: &BlockSet, now: Timestamp) -> Result<Applied, EnforceError>;

    /// Makes one block true at once, before the next `apply` finds it in the set.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    fn hot(&mut self, block: &Block, now: Timestamp) -> Result<(), EnforceError>;

    /// Takes one block away at once.
    ///
    /// # Errors
    /// When it cannot. That there was no such block is no error.
    fn release(&mut self, target: &Target) -> Result<(), EnforceError>;

    /// What each block has stopped since it was made.
    ///
    /// # Errors
    /// When it cannot be read.
    fn counters(&mut self) -> Result<Vec<Stopped>, EnforceError>;

    /// Makes the world agree with all rates to victims; a second time changes nothing.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    fn limit(&mut self, _limits: &[Limit], _now: Timestamp) -> Result<(), EnforceError> {
        Ok(())
    }

    /// What each rate has let go since it was made.
    ///
    /// # Errors
    /// When it cannot be read.
    fn limited(&mut self) -> Result<Vec<Limited>, EnforceError> {
        Ok(Vec::new())
    }

    /// Takes everything away that this enforcer made, and nothing else.
    ///
    /// # Errors
    /// When it cannot; then nothing has changed.
    fn teardown(&mut self) -> Result<(), EnforceError>;
}

/// What an `apply` changed, in numbers of blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Made.
    pub added: usize,
    /// Taken away.
    pub removed: usize,
    /// Given another end.
    pub refreshed: usize,
    /// Right already.
    pub kept: usize,
    /// In the set, but not for this enforcer: names, other modes, expired.
    pub left: usize,
    /// What the kernel holds was read: something has to go or to be renewed, or somebody else may
    /// have changed it.
    pub looked: bool,
    /// All was made anew, because it was missing, of another configuration, or tampered with.
    pub rebuilt: bool,
    /// Entries of connection tracking that were deleted.
    pub cut: usize,
    /// Why they could not be deleted; the blocks stand all the same.
    pub uncut: Option<String>,
}

/// What one block has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// What is blocked.
    pub target: Target,
    /// Packets.
    pub packets: u64,
    /// Bytes, with headers of IP.
    pub bytes: u64,
}

// === impl Applied ===

impl Applied {
    /// Did anything change?
    pub const fn is_change(&self) -> bool {
        self.rebuilt || self.added + self.removed + self.refreshed > 0
    }
}
