//! What operators ask.

use std::path::Path;

use ostium_event::Timestamp;
use ostium_hub_store::{Audit, Sensor};

use super::{Books, BooksError};

// === impl Books: tell ===

impl Books {
    /// All sensors, those that were removed too.
    pub fn sensors(&self) -> Result<Vec<Sensor>, BooksError> {
        Ok(self.store.sensors()?)
    }

    /// The last things done, the newest first.
    pub fn audit(&self, most: usize) -> Result<Vec<Audit>, BooksError> {
        Ok(self.store.audit(most)?)
    }

    /// Is there room for some reports again? Tried with as many bytes.
    pub(crate) fn can_keep(&mut self, now: Timestamp) -> bool {
        let mut bytes = vec![0; 64 << 10];
        // SQLite writes no page that is as it was.
        bytes.splice(..8, now.secs().to_be_bytes());
        self.store.write(|to| to.meta("tried", &bytes)).is_ok()
    }

    /// Bytes of the file.
    pub fn size(&self) -> Result<u64, BooksError> {
        Ok(self.store.size()?)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Sensors that may report and follow.
    pub fn admitted(&self) -> usize {
        self.held.members.values().filter(|member| !member.revoked).count()
    }

    /// Entries that are published.
    pub fn entries(&self) -> usize {
        self.held.set.len()
    }

    /// Why nothing is published, while the kill switch is on.
    pub fn killed(&self) -> Option<&str> {
        self.held.killed.as_deref()
    }
}
