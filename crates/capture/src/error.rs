//! Why a capture cannot be read at all, or an interface not be heard.

use ostium_wire::UnknownLink;

use crate::live::LiveError;

/// A capture that cannot be read at all, or an interface that cannot be heard. What is damaged further on is counted instead.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The first bytes are neither pcap nor pcapng.
    #[error("this is neither pcap nor pcapng (first bytes {0:02x?})")]
    Magic([u8; 4]),
    /// The file ends inside its header.
    #[error("the file ends inside its header, after {0} bytes; capture or copy it again")]
    Header(u64),
    /// No interface has a link layer that can be decoded.
    #[error(transparent)]
    Link(#[from] UnknownLink),
    /// The input cannot be read.
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
    /// An interface cannot be heard.
    #[error(transparent)]
    Live(#[from] LiveError),
}
