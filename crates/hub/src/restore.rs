//! A backup put in the place of the database.
//!
//! Sensors may have followed further than the backup tells, so the feed goes on in a new history,
//! for which the root signs: nobody is led back. Numbers that were given after it are not given again.

use std::fs;
use std::path::{Path, PathBuf};

use ostium_correlate::Policy;
use ostium_event::Timestamp;
use ostium_feed::RootKey;
use ostium_hub_store::Store;

use crate::books::given::Given;
use crate::books::open::FILE;
use crate::books::{Books, By, Certified, Renewal, sign};
use crate::folder::give;
use crate::{Folder, HubError, Keys};

/// What came of it.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Where the old database lies now.
    pub aside: Vec<PathBuf>,
    /// Organisations and sensors that it knows.
    pub organisations: usize,
    /// See `organisations`.
    pub sensors: usize,
    /// Who speaks for the feed from now on.
    pub certified: Certified,
}

/// Restores a backup. If anything goes wrong, all is as it was.
///
/// # Errors
/// When it is no backup, or of another root.
pub fn restore(
    folder: &Folder,
    backup: &Path,
    root: &RootKey,
    by: &By,
    now: Timestamp,
) -> Result<Restored, HubError> {
    let bad = |why: String| HubError::Backup(backup.to_owned(), why);
    let wrong = |error| HubError::Place(folder.path().display().to_string(), error);
    if !backup.is_file() {
        return Err(bad("there is no such file".to_owned()));
    }
    Store::read_only(backup)
        .and_then(|store| store.check())
        .map_err(|error| bad(error.to_string()))?;
    let fresh = folder.path().join("restored.db");
    fs::copy(backup, &fresh).map_err(wrong)?;
    give(&fresh).and_then(|()| fs::File::open(&fresh)?.sync_all()).map_err(wrong)?;
    let given = Given::by(&folder.path().join(FILE));
    let names = [FILE.to_owned(), format!("{FILE}-wal"), format!("{FILE}-shm")];
    let word = format!("before-{}", now.secs());
    let aside = folder.set_aside(&names, &word)?;
    let done = fs::rename(&fresh, folder.path().join(FILE))
        .map_err(wrong)
        .and_then(|()| begin_anew(folder, root, given, by, now));
    match done {
        Ok((organisations, sensors, certified)) => {
            Ok(Restored { aside, organisations, sensors, certified })
        }
        Err(error) => {
            for name in &names {
                // What is not there cannot be in the way.
                drop(fs::remove_file(folder.path().join(name)));
                let old = folder.path().join(format!("{name}.{word}"));
                if old.exists() {
                    fs::rename(old, folder.path().join(name)).map_err(wrong)?;
                }
            }
            Err(error)
        }
    }
}

fn begin_anew(
    folder: &Folder,
    root: &RootKey,
    given: Given,
    by: &By,
    now: Timestamp,
) -> Result<(usize, usize, Certified), HubError> {
    let keys = Keys::at(folder.path());
    let mut books = Books::open_to_certify(folder.path(), &keys, Policy::default())?;
    books.go_beyond(given, now)?;
    let signed = sign(&books.propose(&keys, Renewal::Restore, now)?, root, None, now)?;
    let certified = books.install(&keys, &signed, "restore", by, now)?;
    let organisations = books.correlator().organisations().len().saturating_sub(1);
    Ok((organisations, books.admitted(), certified))
}

#[cfg(test)]
mod tests;
