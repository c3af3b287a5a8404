//! A membership over restarts: one file that nobody else may read, whole or as it was before.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::Membership;

/// Where a membership lies, in the state folder of a sensor.
pub const MEMBERSHIP: &str = "hub/membership.json";

/// The form of the file; another one is refused.
const VERSION: u32 = 1;
/// No such file is longer, in bytes.
const LONGEST: u64 = 1 << 20;

/// Why a membership cannot be kept, or read.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file holds no membership.
    #[error("{path} holds no membership of a hub ({why}); join again: ostium join LINE --again")]
    Bad {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// As it is written; bytes are in base64 (RFC 4648).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    hub: String,
    organisation: String,
    sensor: String,
    authority: String,
    certificate: String,
    key: String,
    feed_root: String,
    feed: String,
}

// === impl Membership: kept ===

impl Membership {
    /// Reads the membership in this file; `None` if there is no such file.
    pub fn load(path: &Path) -> Result<Option<Self>, KeepError> {
        let wrong = |error| KeepError::File { path: path.to_owned(), error };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(error)),
        };
        let mut bytes = Vec::new();
        file.take(LONGEST).read_to_end(&mut bytes).map_err(wrong)?;
        let bad = |why| KeepError::Bad { path: path.to_owned(), why };
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        kept.read().map(Some).map_err(bad)
    }

    /// Writes it into this file, for the owner alone; folders that are missing are made so too.
    /// After a crash the file is as before, or whole.
    pub fn save(&self, path: &Path) -> Result<(), KeepError> {
        self.write(path).map_err(|error| KeepError::File { path: path.to_owned(), error })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let fresh = path.with_extension("new");
        // One of a crash may be there, with other rights.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        let mut bytes = serde_json::to_vec_pretty(&Kept::of(self))?;
        bytes.push(b'\n');
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(folder)?.sync_all()
    }
}

// === impl Kept ===

impl Kept {
    fn of(membership: &Membership) -> Self {
        Self {
            version: VERSION,
            hub: membership.hub.clone(),
            organisation: membership.organisation.clone(),
            sensor: membership.sensor.clone(),
            authority: BASE64.encode(&membership.authority),
            certificate: BASE64.encode(&membership.certificate),
            key: BASE64.encode(&membership.key),
            feed_root: BASE64.encode(&membership.feed_root),
            feed: BASE64.encode(&membership.feed),
        }
    }

    fn read(self) -> Result<Membership, String> {
        if self.version != VERSION {
            return Err(format!("its form is {}, and this program knows {VERSION}", self.version));
        }
        let bytes = |name: &str, text: &str| {
            BASE64.decode(text.as_bytes()).map_err(|error| format!("{name}: {error}"))
        };
        let exactly = |name: &str, text: &str, len: usize| {
            let bytes = bytes(name, text)?;
            let fits = bytes.len() == len;
            fits.then_some(bytes).ok_or_else(|| format!("{name} has not {len} bytes"))
        };
        Ok(Membership {
            authority: bytes("authority", &self.authority)?,
            certificate: bytes("certificate", &self.certificate)?,
            key: bytes("key", &self.key)?,
            feed_root: exactly("feed_root", &self.feed_root, 32)?,
            feed: exactly("feed", &self.feed, 16)?,
            hub: self.hub,
            organisation: self.organisation,
            sensor: self.sensor,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn membership() -> Membership {
        Membership {
            hub: "hub.example:7443".to_owned(),
            authority: vec![1; 300],
            certificate: vec![2; 400],
            key: vec![3; 100],
            organisation: "acme".to_owned(),
            sensor: "gate".to_owned(),
            feed_root: vec![4; 32],
            feed: vec![5; 16],
        }
    }

    #[test]
    fn comes_back_as_it_was_and_nobody_else_reads_it() {
        let folder = std::env::temp_dir().join(format!("ostium-keep-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        let path = folder.join(MEMBERSHIP);
        assert_eq!(Membership::load(&path).unwrap(), None);
        membership().save(&path).unwrap();
        assert_eq!(Membership::load(&path).unwrap(), Some(membership()));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        // What a crash has left, and another membership in its place.
        fs::write(path.with_extension("new"), "half").unwrap();
        let other = Membership { organisation: "bolt".to_owned(), ..membership() };
        other.save(&path).unwrap();
        assert_eq!(Membership::load(&path).unwrap(), Some(other));
        assert_eq!(mode(&path), 0o600);
        drop(fs::remove_dir_all(folder));
    }

    #[test]
    fn damage_is_said_with_what_to_do() {
        let path = std::env::temp_dir().join(format!("ostium-damaged-{}", std::process::id()));
        let short = Membership { feed: vec![5; 15], ..membership() };
        short.save(&path).unwrap();
        let error = Membership::load(&path).unwrap_err().to_string();
        assert!(error.contains("feed has not 16 bytes") && error.contains("--again"), "{error}");
        let whole = serde_json::to_string(&Kept::of(&membership())).unwrap();
        let newer = whole.replace("\"version\":1", "\"version\":2");
        for text in ["", "{}", whole.get(..80).unwrap(), &newer, &whole.replace("AQEB", "!!!!")] {
            fs::write(&path, text).unwrap();
            assert!(matches!(Membership::load(&path), Err(KeepError::Bad { .. })), "{text}");
        }
        drop(fs::remove_file(path));
    }
}
