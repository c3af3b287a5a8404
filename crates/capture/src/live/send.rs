//! Frames out of an interface: for tests, and for answers by a port that has no address.

use crate::error::CaptureError;
use crate::live::LiveError;
use crate::sys::{Socket, look};

/// Sends whole frames by one interface.
#[derive(Debug)]
pub struct FrameSender {
    socket: Socket,
    interface: String,
    index: i32,
}

// === impl FrameSender ===

impl FrameSender {
    /// Opens an interface for sending.
    ///
    /// # Errors
    /// When there is none of this name, or this process has no `CAP_NET_RAW`.
    pub fn open(interface: &str) -> Result<Self, CaptureError> {
        let refused = |source| LiveError::kernel("send by", interface, source);
        let socket = Socket::new().map_err(refused)?;
        let facts = look(&socket, interface).map_err(refused)?;
        let index = facts.ok_or_else(|| LiveError::missing(interface))?.index;
        Ok(Self { socket, interface: interface.to_owned(), index })
    }

    /// Sends one frame, which begins with the link layer's header.
    ///
    /// # Errors
    /// When the kernel refuses it: too long or too short, the interface is down or gone, or its
    /// queue is full.
    pub fn send(&self, frame: &[u8]) -> Result<(), CaptureError> {
        let sent = self.socket.send(self.index, frame);
        Ok(sent.map_err(|source| LiveError::kernel("send by", &self.interface, source))?)
    }
}
