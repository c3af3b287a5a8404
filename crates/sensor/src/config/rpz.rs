//! Blocked names for the resolvers of the site: who may have the zone, and how.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ostium_event::Span;
use serde::Deserialize;

/// How blocked names are given to resolvers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rpz {
    /// What the zone is called.
    pub zone: String,
    /// Where it can be fetched.
    pub listen: Vec<SocketAddr>,
    /// The file that it is written to.
    pub file: Option<PathBuf>,
    /// What blocked names are another name for; there is no such name when it is not set.
    pub garden: Option<String>,
    /// How long clients may keep a refusal.
    pub ttl: Span,
    /// How long a resolver keeps the zone of a dead sensor.
    pub expire: Span,
    /// Who may have it.
    pub resolver: Vec<Resolver>,
}

/// A resolver that may have the zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resolver {
    /// Where it asks from.
    pub address: IpAddr,
    /// The UDP port where it hears NOTIFY; 0 when it is not to be told.
    #[serde(default = "of_the_dns")]
    pub notify: u16,
    /// The name of the key that its questions must be signed with.
    #[serde(default)]
    pub key: Option<String>,
    /// A file with the secret of the key, in base64.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
}

const fn of_the_dns() -> u16 {
    53
}

// === impl Rpz ===

impl Default for Rpz {
    fn default() -> Self {
        Self {
            zone: "rpz.ostium".to_owned(),
            listen: Vec::new(),
            file: None,
            garden: None,
            ttl: Span::from_secs(30),
            expire: Span::from_secs(3600),
            resolver: Vec::new(),
        }
    }
}

impl Rpz {
    /// Is there anybody to give the zone to?
    pub const fn is_wanted(&self) -> bool {
        !self.listen.is_empty() || self.file.is_some()
    }

    /// It would be served, and everybody refused.
    pub(super) const fn is_for_nobody(&self) -> bool {
        !self.listen.is_empty() && self.resolver.is_empty()
    }
}
