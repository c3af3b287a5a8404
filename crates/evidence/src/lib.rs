//! What an observation suggests.
//!
//! A detector says how much more likely an observation is on an infected host than on a clean one,
//! in nats (natural log of the likelihood ratio), with the numbers an analyst needs to refute it.
//! Evidence never decides.
#![forbid(unsafe_code)]

mod case;
mod group;
mod peer;
mod tells;

pub use case::{Evidence, HostCase, Role};
pub use group::Group;
pub use peer::{About, Peer};
pub use tells::{MadeNames, Rate, Tells};
