//! Behaviour of each host, and of each pair of host and destination, in bounded memory.
//!
//! A [`Profile`] belongs to one shard and hears every event of its hosts. It keeps, for each host,
//! several views of whom it talks to (by address and port, by name, by domain, nameless by port, by
//! site, by client fingerprint), so that rotating addresses or names does not hide a rhythm. It
//! stores statistics, never the events. Detectors read it; it judges nothing.
#![forbid(unsafe_code)]

mod ahead;
mod barred;
mod client;
mod conversation;
mod generations;
mod histogram;
mod host;
pub mod keep;
mod key;
mod name;
mod observe;
mod prevalence;
mod profile;
mod roles;
mod shape;
mod sizes;
mod table;
mod timeline;
mod timing;
mod whole;

pub use ahead::Ahead;
pub use client::{HttpFacts, TlsFacts};
pub use conversation::{Conversation, Detail, Rhythms};
pub use generations::Generations;
pub use histogram::Histogram;
pub use host::{DnsUse, Host, HostId};
pub use key::{ConversationKey, View, stable_hash};
pub use name::Name;
pub use prevalence::{Prevalence, client_key, domain_key};
pub use profile::{Limits, Profile, Seen};
pub use roles::{Served, infer_roles};
pub use sizes::Sizes;
pub use table::PerHost;
pub use timeline::Timeline;
pub use timing::{Regularity, Timing};

#[cfg(test)]
mod tests;
