//! Names, with what is known of them, looked up once.

use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// A name that a host asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Name {
    /// The whole name, lower case.
    pub text: Arc<str>,
    /// The part that somebody registered; `None` for local names and addresses.
    pub domain: Option<Arc<str>>,
    /// Rank class of the registered part among popular names; smaller is more popular.
    pub rank: Option<u32>,
    /// Under a dynamic DNS provider.
    pub dynamic: bool,
    /// Time, update, certificate status, telemetry or push service of a large vendor.
    pub infrastructure: bool,
}

// === impl Name ===

/// Written as its text: what is known of it may be known better after a restart.
impl Serialize for Name {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self::of(&text))
    }
}

impl Name {
    /// What is known of a name.
    pub fn of(text: &str) -> Self {
        let domain = ostium_names::registrable(text);
        Self {
            rank: ostium_names::popularity(text),
            dynamic: ostium_names::is_dynamic_dns(text),
            infrastructure: ostium_names::is_infrastructure(text),
            domain: domain.map(Arc::from),
            text: Arc::from(text),
        }
    }

    /// Is it popular, so that a conversation with it says little?
    pub const fn is_popular(&self) -> bool {
        self.rank.is_some() && !self.dynamic
    }

    /// The registered part, or the whole of a local name.
    pub fn site(&self) -> &Arc<str> {
        self.domain.as_ref().unwrap_or(&self.text)
    }
}
