//! What can go wrong with the zone, and what to do about it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a zone cannot be made, served or written.
#[derive(Debug, thiserror::Error)]
pub enum RpzError {
    /// Text that is no name of the DNS, or too long for its place.
    #[error(
        "'{0}' cannot be the {1}; write a name such as {2}, of letters, digits, '-' and '_', \
         at most {3} characters long"
    )]
    Name(String, &'static str, &'static str, usize),
    /// A key that cannot sign.
    #[error("the secret of the TSIG key '{0}' is unusable: {1}; make one with `tsig-keygen`")]
    Key(String, &'static str),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {0} for resolvers: {1}; choose an address of this machine and a port \
         that no other program has"
    )]
    Listen(SocketAddr, #[source] io::Error),
    /// A thread could not be started.
    #[error("cannot start a thread for the response policy zone: {0}")]
    Thread(#[source] io::Error),
    /// The file cannot be written; the old one is as it was.
    #[error(
        "cannot {action} {}: {source}; the zone file was left as it was",
        path.display()
    )]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
