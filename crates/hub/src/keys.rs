//! The hub's keys, each in a file of its own that nobody else may read.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ostium_feed::{OnlineKey, PublicKey, RootKey};

use crate::folder::give;

/// The root's key; its file may leave the machine.
const ROOT: &str = "root.key";
/// The online key.
const ONLINE: &str = "online.key";
/// The one that is to follow it, until it is certified.
const NEXT: &str = "online.next";

/// Why a key is not there.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file holds no key.
    #[error(
        "{path}: {error}; put the right file back, or make another one with 'ostium hub root rotate'"
    )]
    Bad {
        /// The file.
        path: PathBuf,
        /// What it is not.
        error: ostium_feed::BadKey,
    },
    /// The root's key is needed, and was taken off this machine.
    #[error("{0} is not here: say where the root's key is for this once, --root FILE")]
    RootAway(PathBuf),
    /// The online key that is certified is not here.
    #[error(
        "{0} is not the key that the root has certified: put the right file back, or certify \
         another one with 'ostium hub root rotate'"
    )]
    Uncertified(PathBuf),
}

/// The folder of the keys.
#[derive(Clone, Debug)]
pub struct Keys(PathBuf);

// === impl Keys ===

impl Keys {
    /// The keys in this folder.
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The online key of a hub that is new: the one there, or another.
    pub(crate) fn first_online(&self) -> Result<OnlineKey, KeysError> {
        match self.kept(ONLINE)? {
            Some(key) => Ok(key),
            None => {
                let made = self.sound(ONLINE, OnlineKey::made())?;
                write_secret(&self.0.join(ONLINE), made.secret())?;
                Ok(made)
            }
        }
    }

    /// The online key that is certified. If the hub died while it changed keys, that may be the one
    /// that was to follow.
    pub fn online(&self, certified: PublicKey) -> Result<OnlineKey, KeysError> {
        let is_it = |key: &OnlineKey| key.public() == certified;
        if let Some(key) = self.kept(ONLINE)?.filter(is_it) {
            return Ok(key);
        }
        if self.kept(NEXT)?.as_ref().is_some_and(is_it) {
            return self.promote();
        }
        Err(KeysError::Uncertified(self.0.join(ONLINE)))
    }

    /// The online key that is to follow: another each time.
    pub fn new_next(&self) -> Result<OnlineKey, KeysError> {
        let made = self.sound(NEXT, OnlineKey::made())?;
        write_secret(&self.0.join(NEXT), made.secret())?;
        Ok(made)
    }

    /// The online key that is to follow, if one was made.
    pub fn next(&self) -> Result<Option<OnlineKey>, KeysError> {
        self.kept(NEXT)
    }

    /// Puts the key that was to follow in the place of the old one.
    pub fn promote(&self) -> Result<OnlineKey, KeysError> {
        let (from, to) = (self.0.join(NEXT), self.0.join(ONLINE));
        fs::rename(&from, &to).map_err(|error| KeysError::File { path: from, error })?;
        self.kept(ONLINE)?.ok_or(KeysError::Uncertified(to))
    }

    /// Is the root's key on this machine?
    pub fn has_root(&self) -> bool {
        self.0.join(ROOT).exists()
    }

    /// Where the root's key is, while it is here.
    pub fn root_path(&self) -> PathBuf {
        self.0.join(ROOT)
    }

    /// A root's key in any file.
    pub fn root_in(path: &Path) -> Result<RootKey, KeysError> {
        let bytes =
            fs::read(path).map_err(|error| KeysError::File { path: path.to_owned(), error })?;
        RootKey::read(&bytes).map_err(|error| KeysError::Bad { path: path.to_owned(), error })
    }

    /// A new root's key in a file that is not there yet.
    pub fn make_root(path: &Path) -> Result<RootKey, KeysError> {
        let bad = |error| KeysError::Bad { path: path.to_owned(), error };
        let made = RootKey::made().map_err(bad)?;
        write_new(path, made.secret())?;
        Ok(made)
    }

    /// Moves the root's key into another file, and out of this folder.
    pub fn export_root(&self, to: &Path) -> Result<RootKey, KeysError> {
        let root = self.root()?;
        write_new(to, root.secret())?;
        // What was written is what is needed once the one here is gone.
        if Self::root_in(to)?.public() != root.public() {
            return Err(KeysError::RootAway(to.to_owned()));
        }
        let here = self.0.join(ROOT);
        fs::remove_file(&here).map_err(|error| KeysError::File { path: here, error })?;
        Ok(root)
    }

    /// Puts a root's key in the place of the one in this folder.
    pub fn put_root(&self, root: &RootKey) -> Result<(), KeysError> {
        write_secret(&self.0.join(ROOT), root.secret())
    }

    /// The root's key, which must be on this machine for this once.
    pub fn root(&self) -> Result<RootKey, KeysError> {
        let bytes = self.read(ROOT)?.ok_or_else(|| KeysError::RootAway(self.0.join(ROOT)))?;
        self.sound(ROOT, RootKey::read(&bytes))
    }

    /// The root's key of a hub that is new.
    pub fn new_root(&self) -> Result<RootKey, KeysError> {
        let made = self.sound(ROOT, RootKey::made())?;
        write_secret(&self.0.join(ROOT), made.secret())?;
        Ok(made)
    }

    fn kept(&self, name: &str) -> Result<Option<OnlineKey>, KeysError> {
        let bytes = self.read(name)?;
        bytes.map(|bytes| self.sound(name, OnlineKey::read(&bytes))).transpose()
    }

    fn sound<K>(&self, name: &str, key: Result<K, ostium_feed::BadKey>) -> Result<K, KeysError> {
        key.map_err(|error| KeysError::Bad { path: self.0.join(name), error })
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, KeysError> {
        let path = self.0.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeysError::File { path, error }),
        }
    }
}

/// Into a file that is not there yet, for the owner alone.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeysError> {
    let wrong = |error| KeysError::File { path: path.to_owned(), error };
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(wrong)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(wrong)
}

/// Whole or not at all, for the owner alone.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), KeysError> {
    let wrong = |error| KeysError::File { path: path.to_owned(), error };
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(wrong)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(wrong)?;
    give(&new).and_then(|()| fs::rename(&new, path)).map_err(wrong)
}
