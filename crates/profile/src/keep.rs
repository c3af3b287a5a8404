//! What is remembered, as bytes: behaviour outlasts a restart.
//!
//! The bytes are postcard's, without names of fields: they are only read by what wrote them, so
//! whoever stores them stores a version with them. Bytes that make no sense are an error, and what
//! was to be read is as it was.

use std::sync::Arc;

use ostium_event::Addr;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::conversation::Conversation;
use crate::generations::Generations;
use crate::host::Host;
use crate::key::stable_hash;
use crate::name::Name;
use crate::profile::Profile;
use crate::roles::Served;
use crate::table::Table;

/// What was kept cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("what was remembered cannot be read: {0}")]
pub struct KeepError(#[from] postcard::Error);

/// What a profile remembers.
type Kept = (
    Table<Host>,
    Table<Conversation>,
    Generations<u64, Arc<Name>>,
    Generations<(Addr, Addr), Arc<Name>>,
    Generations<Addr, Served>,
    Generations<u64, u32>,
    (Box<[u64]>, u64, u64, u32),
);

/// Something as bytes.
///
/// # Errors
/// When memory is short.
pub fn bytes_of(what: &impl Serialize) -> Result<Vec<u8>, KeepError> {
    Ok(postcard::to_stdvec(what)?)
}

/// Something from its bytes.
///
/// # Errors
/// When they are not those of such a thing.
pub fn of_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, KeepError> {
    Ok(postcard::from_bytes(bytes)?)
}

/// Arrays of any length.
pub mod array {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};

    /// Writes it as a list.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer, T: Serialize, const N: usize>(
        all: &[T; N],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(all)
    }

    /// Reads a list that has its length.
    ///
    /// # Errors
    /// When it is longer or shorter.
    pub fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>, const N: usize>(
        from: D,
    ) -> Result<[T; N], D::Error> {
        let all = Vec::deserialize(from)?;
        all.try_into().map_err(|all: Vec<T>| D::Error::invalid_length(all.len(), &"another number"))
    }
}

// === impl Profile: over a restart ===

impl Profile {
    /// All that it remembers.
    ///
    /// # Errors
    /// When memory is short.
    pub fn keep(&self) -> Result<Vec<u8>, KeepError> {
        let numbers =
            (&self.anomalies, self.evicted_hosts, self.evicted_conversations, self.lives());
        bytes_of(&(
            &self.hosts,
            &self.conversations,
            &self.names,
            &self.resolved,
            &self.served,
            &self.sites,
            numbers,
        ))
    }

    /// Remembers what was kept instead of what it knows, within its own limits.
    ///
    /// # Errors
    /// When the bytes make no sense; nothing is changed then.
    pub fn recall(&mut self, bytes: &[u8]) -> Result<(), KeepError> {
        let (hosts, conversations, names, resolved, served, sites, numbers): Kept =
            of_bytes(bytes)?;
        self.hosts.take_over(hosts);
        self.conversations.take_over(conversations);
        self.names.take_over(names);
        self.resolved.take_over(resolved);
        self.served.take_over(served);
        self.sites.take_over(sites);
        let (anomalies, evicted_hosts, evicted_conversations, lives) = numbers;
        if anomalies.len() == self.anomalies.len() {
            self.anomalies = anomalies;
        }
        (self.evicted_hosts, self.evicted_conversations) = (evicted_hosts, evicted_conversations);
        self.share_names();
        self.settle_in(lives);
        Ok(())
    }

    /// A name that many hold is held once, as before.
    fn share_names(&mut self) {
        let names = &self.names;
        let shared = |name: &mut Arc<Name>| {
            let known = names.peek(&stable_hash(name.text.as_bytes()));
            if let Some(known) = known.filter(|known| known.text == name.text) {
                *name = Arc::clone(known);
            }
        };
        self.resolved.each_mut(shared);
        for conversation in self.conversations.iter_mut() {
            conversation.name.iter_mut().for_each(shared);
        }
    }
}
