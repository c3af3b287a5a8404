//! What can be wrong with the file, and what to do.

use std::path::PathBuf;

/// Why something was not kept or not read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full: what is acknowledged stays, nothing more is taken.
    #[error("the disk is full: nothing more can be kept until there is room")]
    Full,
    /// The file is damaged.
    #[error(
        "{path} is damaged ({what}): restore the last backup with \
         'ostium hub restore BACKUP', and keep the damaged file"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// Another form than this version reads.
    #[error(
        "{path} has form {found}, and this version reads form {known}: use the version that wrote it"
    )]
    OtherForm {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A row that this version cannot read.
    #[error("a row of {0} cannot be read: {1}")]
    Row(&'static str, String),
    /// A path that SQLite cannot be told.
    #[error("{0} is no name that the database can be told: use letters of UTF-8")]
    Name(PathBuf),
    /// There is already one of this name.
    #[error("{0} exists already")]
    Exists(String),
    /// Anything else that SQLite says.
    #[error("the database: {0}")]
    Other(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Other(error),
        }
    }
}
