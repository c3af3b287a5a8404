//! One thing that is known, as the feed carries it.

use ostium_event::{Addr, Ja4, Prefix};
use ostium_intel::IndicatorValue;
use prost::Message;
use prost::bytes::Bytes;

use crate::Refusal;
use crate::limit::LONGEST_ENTRY;
use crate::wire;

/// On what an entry rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The hub does not say, or this reader does not know the word.
    #[default]
    Unspecified,
    /// Several organisations saw it.
    Quorum,
    /// A person at the hub says so.
    Analyst,
    /// The hub's own sinkhole was called.
    Sinkhole,
    /// A list that the hub reads.
    List,
    /// It talks as the confirmed ones of a family do.
    Pattern,
}

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; the hub never gives it to another value.
    pub id: u64,
    /// What to look for.
    pub value: IndicatorValue,
    /// 0 to 100.
    pub confidence: u8,
    /// The malware family, empty if nobody knows.
    pub family: String,
    /// Seconds since 1970: matched before, not afterwards.
    pub expires: u32,
    /// On what it rests.
    pub basis: Basis,
    /// How many organisations saw it.
    pub organisations: u16,
    /// Sensors, in thousandths, that match it, only for show; 0 is everybody, in earnest.
    pub canary: u16,
}

// === impl Basis ===

impl Basis {
    /// One word, or a few.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Quorum => "several organisations saw it",
            Self::Analyst => "an analyst of the hub says so",
            Self::Sinkhole => "the hub's sinkhole was called",
            Self::List => "a list that the hub reads",
            Self::Pattern => "it talks as a known family does",
        }
    }

    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    pub(crate) const fn of(number: u8) -> Self {
        match number {
            1 => Self::Quorum,
            2 => Self::Analyst,
            3 => Self::Sinkhole,
            4 => Self::List,
            5 => Self::Pattern,
            _ => Self::Unspecified,
        }
    }
}

// === impl Entry ===

impl Entry {
    /// The bytes that are signed and summed.
    pub fn encode(&self) -> Bytes {
        use wire::entry::Value;
        let value = match &self.value {
            IndicatorValue::Domain(name) => Value::Domain(name.clone()),
            IndicatorValue::Addr(addr) => Value::Address(bytes_of(*addr)),
            IndicatorValue::Network(prefix) => {
                let (address, bits) = network_of(prefix);
                Value::Network(wire::Network { address, bits })
            }
            IndicatorValue::Socket(addr, port) => {
                Value::Socket(wire::Socket { address: bytes_of(*addr), port: (*port).into() })
            }
            IndicatorValue::Url(url) => Value::Url(url.clone()),
            IndicatorValue::Ja4(ja4) => Value::Ja4(ja4.to_string()),
        };
        let entry = wire::Entry {
            id: self.id,
            value: Some(value),
            confidence: self.confidence.into(),
            family: self.family.clone(),
            expires: self.expires.into(),
            basis: self.basis.number().into(),
            organisations: self.organisations.into(),
            canary: self.canary.into(),
        };
        Bytes::from(entry.encode_to_vec())
    }

    /// Reads an entry. `Ok((id, None))` is one of a kind that this reader does not know: it counts
    /// in the sum and matches nothing.
    pub fn decode(bytes: &[u8]) -> Result<(u64, Option<Self>), Refusal> {
        use wire::entry::Value;
        if bytes.len() > LONGEST_ENTRY {
            return Err(Refusal::Oversize);
        }
        let entry =
            wire::Entry::decode(bytes).map_err(|_| Refusal::Malformed("an entry is broken"))?;
        let bad = || Refusal::Malformed("an entry's value is none");
        let value = match entry.value {
            None => return Ok((entry.id, None)),
            Some(Value::Domain(name)) => IndicatorValue::Domain(sane(name, 255).ok_or_else(bad)?),
            Some(Value::Address(bytes)) => IndicatorValue::Addr(addr_of(&bytes).ok_or_else(bad)?),
            Some(Value::Socket(socket)) => {
                let port = u16::try_from(socket.port).map_err(|_| bad())?;
                IndicatorValue::Socket(addr_of(&socket.address).ok_or_else(bad)?, port)
            }
            Some(Value::Network(network)) => {
                let bits = u8::try_from(network.bits).map_err(|_| bad())?;
                let addr = addr_of(&network.address).ok_or_else(bad)?;
                IndicatorValue::Network(Prefix::new(addr, bits).ok_or_else(bad)?)
            }
            Some(Value::Url(url)) => IndicatorValue::Url(sane(url, 2_048).ok_or_else(bad)?),
            Some(Value::Ja4(ja4)) => IndicatorValue::Ja4(Ja4::parse(&ja4).ok_or_else(bad)?),
        };
        let basis = u8::try_from(entry.basis).map_or(Basis::Unspecified, Basis::of);
        let known = Self {
            id: entry.id,
            value,
            confidence: u8::try_from(entry.confidence.min(100)).unwrap_or(100),
            family: sane(entry.family, 64).unwrap_or_default(),
            expires: u32::try_from(entry.expires).unwrap_or(u32::MAX),
            basis,
            organisations: u16::try_from(entry.organisations).unwrap_or(u16::MAX),
            canary: u16::try_from(entry.canary).unwrap_or(u16::MAX).min(1_000),
        };
        Ok((entry.id, Some(known)))
    }
}

/// Text that is neither empty nor too long nor steers a terminal.
fn sane(text: String, longest: usize) -> Option<String> {
    let fine = !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control);
    fine.then_some(text)
}

/// 4 or 16 bytes.
fn bytes_of(addr: Addr) -> Bytes {
    match addr.v4_bits() {
        Some(bits) => Bytes::copy_from_slice(&bits.to_be_bytes()),
        None => Bytes::copy_from_slice(&addr.bits().to_be_bytes()),
    }
}

fn addr_of(bytes: &[u8]) -> Option<Addr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Addr::v4(v4));
    }
    <[u8; 16]>::try_from(bytes).ok().map(Addr::v6)
}

fn network_of(prefix: &Prefix) -> (Bytes, u32) {
    let (first, last) = prefix.bounds();
    let free = (last.bits() ^ first.bits()).count_ones();
    (bytes_of(first), if first.is_v4() { 32 } else { 128 } - free)
}
