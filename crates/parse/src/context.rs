//! The words between a caller and a parser: which side spoke, when, and what to do next.

use ostium_event::{Timestamp, What};

/// Receives what a parser saw.
pub type Sink<'s> = dyn FnMut(What<'_>) + 's;

/// Which side sent bytes. A caller that did not see the start guesses; parsers go by content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Who opened the flow: the client.
    Opener,
    /// The other one: the server.
    Responder,
}

/// Where and when bytes were seen.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// When the bytes were seen.
    pub at: Timestamp,
    /// Who sent them.
    pub side: Side,
    /// The opener is the inside host.
    pub opener_is_inside: bool,
    /// Port of the opener.
    pub opener_port: u16,
    /// Port of the responder: the one that promises a protocol.
    pub responder_port: u16,
    /// The start of the flow was seen (a SYN, or a first UDP packet), so the first bytes are the
    /// first of a conversation and the sides are certain.
    pub from_start: bool,
}

/// Does the parser want more of this flow?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// Yes.
    More,
    /// No: the caller may stop reassembling it.
    Done,
}

/// What a protocol wants after it has read bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// More bytes.
    More,
    /// Nothing any more.
    Done,
    /// Another protocol begins; this many of the last bytes given belong to it.
    Restart(usize),
}

/// Do first bytes belong to a protocol? An answer other than `Maybe` never changes when more bytes
/// follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Match {
    /// They do not.
    No,
    /// Too few to say.
    Maybe,
    /// They do.
    Yes,
}

/// The first bytes of both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'a> {
    /// Of the side that speaks now.
    pub(crate) this: &'a [u8],
    /// Of the other side, when it spoke before and was not recognised by that alone.
    pub(crate) other: &'a [u8],
}

/// Bytes of each side that recognition may look at; with all of them it must decide.
pub(crate) const HEAD_BYTES: usize = 512;

// === impl Side ===

impl Side {
    /// The other side.
    pub const fn other(self) -> Self {
        match self {
            Self::Opener => Self::Responder,
            Self::Responder => Self::Opener,
        }
    }
}

// === impl Context ===

impl Context {
    /// Sent by the inside host.
    pub(crate) const fn is_from_inside(&self) -> bool {
        matches!(self.side, Side::Opener) == self.opener_is_inside
    }

    /// Is either port this one?
    pub(crate) const fn on_port(&self, port: u16) -> bool {
        self.opener_port == port || self.responder_port == port
    }
}

// === impl Match ===

impl Match {
    /// `Yes` or `No`.
    pub(crate) const fn from_bool(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    /// Does `bytes` begin with `pattern`?
    pub(crate) fn prefix(bytes: &[u8], pattern: &[u8]) -> Self {
        if bytes.len() >= pattern.len() {
            Self::from_bool(bytes.starts_with(pattern))
        } else if pattern.starts_with(bytes) {
            Self::Maybe
        } else {
            Self::No
        }
    }
}

/// Two of something, one for each side.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Both<T> {
    opener: T,
    responder: T,
}

// === impl Both ===

impl<T> Both<T> {
    /// That of `side`.
    pub(crate) const fn of(&self, side: Side) -> &T {
        match side {
            Side::Opener => &self.opener,
            Side::Responder => &self.responder,
        }
    }

    /// The sum of something about both.
    pub(crate) fn sum(&self, of: impl Fn(&T) -> usize) -> usize {
        of(&self.opener) + of(&self.responder)
    }

    /// That of `side`, to change.
    pub(crate) const fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Opener => &mut self.opener,
            Side::Responder => &mut self.responder,
        }
    }
}
