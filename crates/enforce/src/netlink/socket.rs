//! The socket to the kernel.

use std::io::{self, Read};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::message::{Malformed, Messages, Says};
use crate::EnforceError;

/// `AF_NETLINK` and `NETLINK_NETFILTER`: fixed numbers of the kernel's interface.
const AF_NETLINK: i32 = 16;
const NETLINK_NETFILTER: i32 = 12;
/// The kernel fills at most 32 KiB at a time.
const BUFFER: usize = 65_536;
/// The kernel answers while the call is made; a second without a word is a fault.
const PATIENCE: Duration = Duration::from_secs(1);

/// errno values that mean something here.
const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const ENFILE: i32 = 23;

/// A connection with the packet filter of the kernel, of the network namespace it was opened in.
#[derive(Debug)]
pub struct Netlink {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
}

// === impl Netlink ===

impl Netlink {
    /// Opens one. No right is needed for that; the kernel asks for it at the first change.
    ///
    /// # Errors
    /// When the kernel has no netfilter, or the process no file left.
    pub fn open() -> Result<Self, EnforceError> {
        let protocol = Some(Protocol::from(NETLINK_NETFILTER));
        let open = || {
            let socket = Socket::new(Domain::from(AF_NETLINK), Type::RAW, protocol)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            io::Result::Ok(socket)
        };
        let socket = open().map_err(|e| EnforceError::Kernel("open a netlink socket", e))?;
        Ok(Self { socket, sequence: 0, buffer: vec![0; BUFFER] })
    }

    /// A number for the next request.
    pub(super) const fn number(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    pub(super) fn send(&self, bytes: &[u8], doing: &'static str) -> Result<(), EnforceError> {
        match self.socket.send(bytes) {
            Ok(sent) if sent == bytes.len() => Ok(()),
            Ok(_) => Err(EnforceError::Kernel(doing, io::ErrorKind::WriteZero.into())),
            Err(error) => Err(EnforceError::Kernel(doing, error)),
        }
    }

    /// Receives until `hear` has heard enough.
    pub(super) fn receive(
        &mut self,
        doing: &'static str,
        mut hear: impl FnMut(u32, Says<'_>) -> Result<Heard, EnforceError>,
    ) -> Result<(), EnforceError> {
        loop {
            let length = match self.socket.read(&mut self.buffer) {
                Ok(0) => {
                    return Err(EnforceError::Kernel(doing, io::ErrorKind::UnexpectedEof.into()));
                }
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(EnforceError::Kernel(doing, error)),
            };
            for message in Messages::new(self.buffer.get(..length).unwrap_or_default()) {
                let message = message.map_err(|Malformed| {
                    EnforceError::Unreadable("the kernel", "a cut netlink message".to_owned())
                })?;
                if hear(message.sequence, message.says)? == Heard::Enough {
                    return Ok(());
                }
            }
        }
    }
}

/// Whether more is to be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    More,
    Enough,
}

/// What an errno means here.
pub(super) fn meaning(errno: i32, doing: &'static str) -> EnforceError {
    match errno {
        EPERM => EnforceError::NotPermitted(doing, "CAP_NET_ADMIN"),
        ENOENT => EnforceError::Gone,
        ENFILE => EnforceError::KernelFull,
        _ => EnforceError::Kernel(doing, io::Error::from_raw_os_error(errno)),
    }
}
