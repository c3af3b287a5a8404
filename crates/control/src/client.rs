//! Asking a service.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::LONGEST_ANSWER;

/// What a service is called, in the words of its errors.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Such as `sensor`.
    pub name: &'static str,
    /// The command that starts one.
    pub start: &'static str,
}

/// A conversation with a service.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
    path: PathBuf,
    service: &'static Service,
}

/// Why a service cannot be asked, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error(
        "no {} listens at {path}; start one with: {}, or say where it is: --socket PATH",
        service.name, service.start
    )]
    Nobody {
        /// Which.
        service: &'static Service,
        /// Its socket.
        path: PathBuf,
    },
    /// The socket is not for this user.
    #[error(
        "no right to ask the {} at {path}: run as root or as a member of the group of the socket",
        service.name
    )]
    NoRight {
        /// Which.
        service: &'static Service,
        /// Its socket.
        path: PathBuf,
    },
    /// The conversation broke off.
    #[error("the {} at {path} does not answer: {source}", service.name)]
    Broken {
        /// Which.
        service: &'static Service,
        /// Its socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The answer cannot be read.
    #[error(
        "the {} at {path} answers something else; is it of another version? ({source})",
        service.name
    )]
    Strange {
        /// Which.
        service: &'static Service,
        /// Its socket.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

// === impl Client ===

impl Client {
    /// Connects to the service that listens there.
    ///
    /// # Errors
    /// When nobody listens, or this user may not ask.
    pub fn connect(path: &Path, service: &'static Service) -> Result<Self, ClientError> {
        let owned = || path.to_owned();
        let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => ClientError::NoRight { service, path: owned() },
            _ => ClientError::Nobody { service, path: owned() },
        })?;
        // A report on many hosts takes some seconds.
        let patience = Some(Duration::from_secs(60));
        let set =
            stream.set_read_timeout(patience).and_then(|()| stream.set_write_timeout(patience));
        set.map_err(|source| ClientError::Broken { service, path: owned(), source })?;
        Ok(Self { stream: BufReader::new(stream), path: owned(), service })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the service goes away, or answers something else.
    pub fn ask<A: DeserializeOwned>(
        &mut self,
        question: &impl Serialize,
    ) -> Result<A, ClientError> {
        let (path, service) = (self.path.clone(), self.service);
        let broken = |source| ClientError::Broken { service, path: path.clone(), source };
        let strange = |source| ClientError::Strange { service, path: path.clone(), source };
        let mut line = serde_json::to_vec(question).map_err(strange)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).map_err(broken)?;
        let mut answer = Vec::new();
        self.stream.by_ref().take(LONGEST_ANSWER).read_until(b'\n', &mut answer).map_err(broken)?;
        if answer.is_empty() {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        serde_json::from_slice(&answer).map_err(strange)
    }
}
