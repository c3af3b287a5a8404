//! Whether a line could be opened, while another one is open in the same folder.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use ostium_feed::{FeedId, PublicKey};

use super::{FOLDER, Line, LineError};
use crate::{MEMBERSHIP, Membership};

// === impl Line: check ===

impl Line {
    /// Would [`Line::open`] find what it needs in this state folder? Two lines would write the same
    /// files, so the old one is closed before the new one opens; what can fail is looked at before.
    /// Nothing that is there is changed.
    pub fn check(state: &Path) -> Result<(), LineError> {
        let Some(membership) = Membership::load(&state.join(MEMBERSHIP))? else { return Ok(()) };
        feed_of(&membership)?;
        let folder = state.join(FOLDER);
        for file in ["feed.log", "spool.db", "pseudonym.key"] {
            let path = folder.join(file);
            // The key is only read; a folder in the place of a file can be neither.
            let writes = file != "pseudonym.key";
            match OpenOptions::new().read(true).append(writes).open(&path) {
                Ok(file) if !file.metadata().is_ok_and(|of| of.is_file()) => {
                    let why = io::Error::other("it is no file: move it away");
                    return Err(LineError::Place(path, why));
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(LineError::Place(path, error));
                }
                // What is not there is made.
                Ok(_) | Err(_) => {}
            }
        }
        let new = folder.join("check");
        let made = fs::write(&new, b"ostium").and_then(|()| fs::remove_file(&new));
        made.map_err(|error| LineError::Place(new, error))
    }
}

/// The feed of a membership, and its root.
pub(super) fn feed_of(membership: &Membership) -> Result<(FeedId, PublicKey), LineError> {
    let feed = membership.feed.clone().try_into();
    let feed = feed.map_err(|_| LineError::Broken("the feed's number has not 16 bytes"))?;
    let root = PublicKey::from_slice(&membership.feed_root);
    let root = root.map_err(|_| LineError::Broken("the root's key has not 32 bytes"))?;
    Ok((feed, root))
}
