//! Why a hub does not run, and what to do.

use std::io;
use std::path::PathBuf;

use crate::{AuthorityError, BooksError, KeysError};

/// Why a hub does not start, or its folder cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Another one runs there.
    #[error("a hub runs in {0}; stop it first, or name another folder: --state DIR")]
    Runs(PathBuf),
    /// A folder, file, socket or address cannot be used.
    #[error("cannot use {0}: {1}")]
    Place(String, #[source] io::Error),
    /// The policy is none, or would be a danger.
    #[error("{0}: {1}; 'ostium hub policy' prints one that is right")]
    Policy(PathBuf, String),
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The network.
    #[error("cannot serve at {0}: {1}")]
    Serve(String, Box<dyn std::error::Error + Send + Sync>),
    /// A backup that is none.
    #[error("{0} is no backup that can be restored: {1}")]
    Backup(PathBuf, String),
}
