//! Asking a sensor.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Answer, Ask, LONGEST_ANSWER};

/// A conversation with a sensor.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
    path: PathBuf,
}

/// Why a sensor cannot be asked, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error(
        "no sensor listens at {0}; start one with: ostium sensor --interface NAME, or say where it \
         is: --socket PATH"
    )]
    Nobody(PathBuf),
    /// The socket is not for this user.
    #[error(
        "no right to ask the sensor at {0}: run as root or as a member of the group of the socket"
    )]
    NoRight(PathBuf),
    /// The conversation broke off.
    #[error("the sensor at {0} does not answer: {1}")]
    Broken(PathBuf, #[source] io::Error),
    /// The answer cannot be read.
    #[error("the sensor at {0} answers something else; is it of another version? ({1})")]
    Strange(PathBuf, #[source] serde_json::Error),
}

// === impl Client ===

impl Client {
    /// Connects to the sensor that listens there.
    ///
    /// # Errors
    /// When nobody listens, or this user may not ask.
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        let owned = || path.to_owned();
        let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => ClientError::NoRight(owned()),
            _ => ClientError::Nobody(owned()),
        })?;
        // A report on many hosts takes some seconds.
        let patience = Some(Duration::from_secs(60));
        let set =
            stream.set_read_timeout(patience).and_then(|()| stream.set_write_timeout(patience));
        set.map_err(|error| ClientError::Broken(owned(), error))?;
        Ok(Self { stream: BufReader::new(stream), path: owned() })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the sensor goes away, or answers something else.
    pub fn ask(&mut self, ask: &Ask) -> Result<Answer, ClientError> {
        let broken = |error| ClientError::Broken(self.path.clone(), error);
        let strange = |error| ClientError::Strange(self.path.clone(), error);
        let mut line = serde_json::to_vec(ask).map_err(strange)?;
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
