//! The hub's keys, each in a file of its own that nobody else may read.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ostium_feed::{OnlineKey, RootKey};

/// The root's key; its file may leave the machine.
const ROOT: &str = "root.key";
/// The online key.
const ONLINE: &str = "online.key";

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
    #[error("{path}: {error}; put the right file back, or make new keys with 'ostium hub root'")]
    Bad {
        /// The file.
        path: PathBuf,
        /// What it is not.
        error: ostium_feed::BadKey,
    },
    /// The root's key is needed, and was taken off this machine.
    #[error("{0} is not here: bring the root's key for this, and take it away again afterwards")]
    RootAway(PathBuf),
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

    /// The online key, made if there is none.
    pub fn online(&self) -> Result<OnlineKey, KeysError> {
        match self.read(ONLINE)? {
            Some(bytes) => self.sound(ONLINE, OnlineKey::read(&bytes)),
            None => self.new_online(),
        }
    }

    /// Another online key in place of the one there.
    pub fn new_online(&self) -> Result<OnlineKey, KeysError> {
        let made = self.sound(ONLINE, OnlineKey::made())?;
        write_secret(&self.0.join(ONLINE), made.secret())?;
        Ok(made)
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

/// Whole or not at all, for the owner alone.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), KeysError> {
    let wrong = |error| KeysError::File { path: path.to_owned(), error };
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(wrong)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(wrong)?;
    fs::rename(&new, path).map_err(wrong)
}
