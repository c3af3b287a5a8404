//! Who asks, as the kernel knows it.

use std::fmt;
use std::os::unix::net::UnixStream;

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::{Uid, User, geteuid};

/// The user at the other end of a unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its number; `None` when the kernel does not say.
    pub uid: Option<u32>,
    /// What it is called on this machine.
    pub name: Option<String>,
}

// === impl Peer ===

impl Peer {
    /// The user of this process.
    pub fn me() -> Self {
        Self::user(Some(geteuid().as_raw()))
    }

    /// Who was at the other end when it connected (`SO_PEERCRED`, unix(7)).
    pub(crate) fn of(stream: &UnixStream) -> Self {
        let uid = getsockopt(stream, sockopt::PeerCredentials).ok().map(|who| who.uid());
        Self::user(uid)
    }

    fn user(uid: Option<u32>) -> Self {
        let user = uid.and_then(|uid| User::from_uid(Uid::from_raw(uid)).ok().flatten());
        Self { uid, name: user.map(|user| user.name) }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.uid) {
            (Some(name), _) => f.write_str(name),
            (None, Some(uid)) => write!(f, "uid {uid}"),
            (None, None) => f.write_str("somebody"),
        }
    }
}
