//! The folder of a hub, which one program at a time may change.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use crate::HubError;

/// The file that is locked while a hub runs, or its folder is changed.
const LOCK: &str = "lock";

/// A folder that is ours while this is held.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// What root writes into the folder of another user's hub is that user's, or the hub could not read
/// it.
pub(crate) fn give(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let of = fs::metadata(folder.unwrap_or_else(|| Path::new(".")))?;
    let is = fs::metadata(path)?;
    if (is.uid(), is.gid()) == (of.uid(), of.gid()) || !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    chown(path, Some(of.uid()), Some(of.gid()))
}

// === impl Folder ===

impl Folder {
    /// Takes the folder, made for its owner alone if it is not there.
    ///
    /// # Errors
    /// When a hub runs there, or it cannot be made or written.
    pub fn take(path: &Path) -> Result<Self, HubError> {
        let wrong = |error| HubError::Place(path.display().to_string(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(wrong)?;
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600);
        let lock = lock.open(path.join(LOCK)).map_err(wrong)?;
        give(&path.join(LOCK)).map_err(wrong)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(HubError::Runs(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(wrong(error)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves files of this folder aside, under names with this word at the end; those that are not
    /// there are passed over.
    pub(crate) fn set_aside(&self, names: &[String], word: &str) -> Result<Vec<PathBuf>, HubError> {
        let mut aside = Vec::new();
        for name in names {
            let (from, to) = (self.path.join(name), self.path.join(format!("{name}.{word}")));
            match fs::rename(&from, &to) {
                Ok(()) => aside.push(to),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(HubError::Place(from.display().to_string(), error)),
            }
        }
        Ok(aside)
    }
}
