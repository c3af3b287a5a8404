//! What an item of evidence is about.

use std::fmt;
use std::sync::Arc;

use ostium_event::Addr;

/// The outside half of a conversation, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Name asked for.
    pub name: Option<Arc<str>>,
    /// Address.
    pub addr: Option<Addr>,
    /// Port.
    pub port: Option<u16>,
}

/// What an item of evidence is about: the host as a whole, or one conversation of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The host's own behaviour; `peer` only illustrates.
    Host {
        /// An example of whom it concerned.
        peer: Option<Peer>,
    },
    /// One conversation. Items with equal ids are about the same conversation.
    Conversation {
        /// Identity of the conversation within the host.
        id: u64,
        /// The other end.
        peer: Peer,
    },
}

// === impl About ===

impl About {
    /// The other end, if there is one.
    pub const fn peer(&self) -> Option<&Peer> {
        match self {
            Self::Host { peer } => peer.as_ref(),
            Self::Conversation { peer, .. } => Some(peer),
        }
    }

    /// The conversation, if it is about one.
    pub const fn conversation(&self) -> Option<u64> {
        match self {
            Self::Host { .. } => None,
            Self::Conversation { id, .. } => Some(*id),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.addr) {
            (Some(name), _) => f.write_str(name)?,
            (None, Some(addr)) if addr.is_v4() || self.port.is_none() => write!(f, "{addr}")?,
            (None, Some(addr)) => write!(f, "[{addr}]")?,
            (None, None) => f.write_str("*")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}
