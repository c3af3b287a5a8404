//! How the zone is called and how long its records live.

use std::str::FromStr;

use domain::base::{Name, ToName};

use super::rules::clean;
use crate::RpzError;

/// How a zone is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneConfig {
    /// Its name; any name that is not asked for otherwise, such as `rpz.ostium`.
    pub origin: String,
    /// How questions for blocked names are answered.
    pub on_block: OnBlock,
    /// How long, in seconds, clients may keep what a rule made of an answer: so much longer
    /// does a release take.
    pub ttl: u32,
    /// Seconds after which a resolver asks for the serial, if no NOTIFY has reached it.
    pub refresh: u32,
    /// Seconds after which it asks again when nobody answered.
    pub retry: u32,
    /// Seconds after which it drops the zone when nobody answers: how long blocks of names
    /// outlive a dead sensor.
    pub expire: u32,
    /// How many changes are kept for IXFR; from before them the whole zone is sent.
    pub journal: usize,
    /// How many names may have a rule.
    pub most_names: usize,
}

/// How a question for a blocked name is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnBlock {
    /// There is no such name (`CNAME .`).
    Nxdomain,
    /// It is another name for this one, the walled garden.
    Garden(String),
}

/// The names of a configuration as they are sent.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) origin: Name<Vec<u8>>,
    pub(crate) block: Name<Vec<u8>>,
    pub(crate) pass: Name<Vec<u8>>,
    pub(crate) server: Name<Vec<u8>>,
    pub(crate) person: Name<Vec<u8>>,
}

/// Room for blocked names below it, and for a SOA with a signature in 512 bytes.
const LONGEST_ORIGIN: usize = 80;
/// No name is longer on the wire (RFC 1035, section 2.3.4).
const LONGEST_WIRE: usize = 255;

// === impl ZoneConfig ===

impl ZoneConfig {
    /// The zone of this name: no such name, thirty seconds, forgotten an hour after its sensor
    /// is dead.
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            on_block: OnBlock::Nxdomain,
            ttl: 30,
            refresh: 60,
            retry: 30,
            expire: 3600,
            journal: 100,
            most_names: 1_000_000,
        }
    }

    /// Can `*.NAME.ORIGIN` be a name?
    pub(crate) fn fits(&self, name: &str) -> bool {
        let origin = self.origin.strip_suffix('.').unwrap_or(&self.origin);
        // A label more costs its length; the root and the wildcard three bytes.
        name.len() + 1 + origin.len() + 1 + 1 + 2 <= LONGEST_WIRE
    }
}

// === impl OnBlock ===

impl OnBlock {
    /// The name that a blocked name is made an alias of.
    fn alias(&self) -> &str {
        match self {
            Self::Nxdomain => ".",
            Self::Garden(name) => name,
        }
    }
}

// === impl Names ===

impl Names {
    pub(crate) fn new(config: &ZoneConfig) -> Result<Self, RpzError> {
        let origin = named(&config.origin, "name of the zone", "rpz.ostium", LONGEST_ORIGIN)?;
        let block = match &config.on_block {
            OnBlock::Nxdomain => Name::root(),
            OnBlock::Garden(name) => named(name, "walled garden", "garden.example", 253)?,
        };
        let fixed = |text| named(text, "name", "rpz.ostium", 253);
        let (server, person) = (fixed("localhost")?, fixed("root.localhost")?);
        Ok(Self { origin, block, pass: fixed("rpz-passthru")?, server, person })
    }

    /// The name of a record in the zone.
    pub(crate) fn owner(&self, wild: bool, name: &str) -> Option<Name<Vec<u8>>> {
        let mut wire = Vec::with_capacity(name.len() + self.origin.len() + 3);
        if wild {
            wire.extend(b"\x01*");
        }
        for label in name.split('.') {
            wire.push(u8::try_from(label.len()).ok()?);
            wire.extend(label.as_bytes());
        }
        wire.extend(self.origin.as_slice());
        Name::from_octets(wire).ok()
    }

    /// Is it the name of the zone?
    pub(crate) fn is_origin(&self, name: &impl ToName) -> bool {
        self.origin.name_eq(name)
    }
}

impl ZoneConfig {
    /// What follows CNAME in the file.
    pub(crate) fn alias(&self, action: super::Action) -> String {
        let name = match action {
            super::Action::Pass => "rpz-passthru",
            super::Action::Block => self.on_block.alias(),
        };
        // As it is sent: in lower case, with one dot.
        clean(name).map_or_else(|| ".".to_owned(), |name| format!("{name}."))
    }
}

fn named(
    text: &str,
    place: &'static str,
    such: &'static str,
    most: usize,
) -> Result<Name<Vec<u8>>, RpzError> {
    let bad = || {
        let shown = text.chars().take(300).collect::<String>();
        RpzError::Name(shown.escape_default().to_string(), place, such, most)
    };
    let clean = clean(text).filter(|name| name.len() <= most).ok_or_else(bad)?;
    Name::from_str(&clean).map_err(|_| bad())
}
