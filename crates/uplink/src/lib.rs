//! A sensor's end of the line to a hub.
//!
//! [`Invitation`] is the line that an operator is given; [`join`] turns it into a [`Membership`]:
//! a key made here, and a certificate of the hub's own authority. [`Membership::connect`] opens
//! a connection: HTTP/2 over TLS 1.3, both ends known to each other. Nothing is believed because
//! the line is: the feed is signed for itself (crate `feed`). [`Line`] keeps it all going while a
//! sensor runs; [`Learned`] is what the hub says, asked by all threads.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod connect;
mod invitation;
mod join;
mod keep;
mod kept;
mod learned;
mod line;
mod spool;

pub use ostium_feed::Bound;

pub use invitation::{BadInvitation, Invitation};
pub use join::{Membership, UplinkError, join};
pub use keep::{KeepError, MEMBERSHIP};
pub use learned::{Known, Learned};
pub use line::{Heard, Line, LineError, LineState, Settings};
pub use spool::SpoolError;
