//! One thing that is known to be bad, and who says so.

use std::fmt;
use std::sync::Arc;

use ostium_event::{Addr, Ja4, Prefix, Timestamp};

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum IndicatorValue {
    /// A name, lower case, without the final dot; it matches itself and all names under it.
    Domain(String),
    /// An address, whatever the port.
    Addr(Addr),
    /// A network.
    Network(Prefix),
    /// An address with its port.
    Socket(Addr, u16),
    /// A URL without its scheme and fragment: `host[:port]/path?query`, the host in lower case.
    Url(String),
    /// A fingerprint of a TLS client.
    Ja4(Ja4),
}

/// Something known, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// What to look for.
    pub value: IndicatorValue,
    /// How sure the source is, 0 to 100.
    pub confidence: u8,
    /// The malware family, as the source calls it.
    pub family: Option<String>,
    /// The feed or file that it came from.
    pub source: Arc<str>,
    /// When it stops being true; `None` when the source does not say.
    pub expires: Option<Timestamp>,
}

// === impl IndicatorValue ===

impl IndicatorValue {
    /// The kind, in the words of STIX where it has one.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Domain(_) => "domain-name",
            Self::Addr(addr) if addr.is_v4() => "ipv4-addr",
            Self::Addr(_) => "ipv6-addr",
            Self::Network(_) => "network",
            Self::Socket(..) => "socket",
            Self::Url(_) => "url",
            Self::Ja4(_) => "ja4",
        }
    }
}

impl fmt::Display for IndicatorValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(text) | Self::Url(text) => f.write_str(text),
            Self::Addr(addr) => addr.fmt(f),
            Self::Network(prefix) => prefix.fmt(f),
            Self::Socket(addr, port) if addr.is_v4() => write!(f, "{addr}:{port}"),
            Self::Socket(addr, port) => write!(f, "[{addr}]:{port}"),
            Self::Ja4(ja4) => ja4.fmt(f),
        }
    }
}

// === impl Indicator ===

impl Indicator {
    /// An indicator that never expires, of no family.
    pub fn new(value: IndicatorValue, confidence: u8, source: &str) -> Self {
        Self {
            value,
            confidence: confidence.min(100),
            family: None,
            source: source.into(),
            expires: None,
        }
    }

    /// Is it still true at this time?
    pub fn is_live(&self, at: Timestamp) -> bool {
        self.expires.is_none_or(|expires| at < expires)
    }
}
