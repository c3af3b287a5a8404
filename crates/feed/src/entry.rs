//! One thing that is known, as the feed carries it.

use ostium_event::{Addr, Ja4, Prefix};
use ostium_intel::IndicatorValue;
use prost::Message;
use prost::bytes::Bytes;

use crate::Refusal;
use crate::limit::LONGEST_ENTRY;
use crate::value::{
    Value, generator_of, generator_to, pattern_of, pattern_to, throttle_of, throttle_to,
};
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
    /// A confirmed name of changing addresses led to it.
    Flux,
    /// Infected hosts of several organisations keep contact with it.
    Peers,
}

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; the hub never gives it to another value.
    pub id: u64,
    /// What to look for.
    pub value: Value,
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
            Self::Flux => "a known name leads to it",
            Self::Peers => "infected hosts of several organisations keep contact with it",
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
            6 => Self::Flux,
            7 => Self::Peers,
            _ => Self::Unspecified,
        }
    }
}

// === impl Entry ===

impl Entry {
    /// The bytes that are signed and summed.
    pub fn encode(&self) -> Bytes {
        use wire::entry::Value as Wire;
        let value = match &self.value {
            Value::Indicator(value) => indicator_to(value),
            Value::Pattern(pattern) => Wire::Pattern(pattern_to(pattern)),
            Value::Throttle(throttle) => Wire::Throttle(throttle_to(throttle)),
            Value::Generator(generator) => Wire::Generator(generator_to(generator)),
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
        if bytes.len() > LONGEST_ENTRY {
            return Err(Refusal::Oversize);
        }
        let entry =
            wire::Entry::decode(bytes).map_err(|_| Refusal::Malformed("an entry is broken"))?;
        let Some(value) = entry.value else { return Ok((entry.id, None)) };
        let value = value_of(value).ok_or(Refusal::Malformed("an entry's value is none"))?;
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

fn indicator_to(value: &IndicatorValue) -> wire::entry::Value {
    use wire::entry::Value as Wire;
    match value {
        IndicatorValue::Domain(name) => Wire::Domain(name.clone()),
        IndicatorValue::Addr(addr) => Wire::Address(bytes_of(*addr)),
        IndicatorValue::Network(prefix) => {
            let (address, bits) = network_of(prefix);
            Wire::Network(wire::Network { address, bits })
        }
        IndicatorValue::Socket(addr, port) => {
            Wire::Socket(wire::Socket { address: bytes_of(*addr), port: (*port).into() })
        }
        IndicatorValue::Url(url) => Wire::Url(url.clone()),
        IndicatorValue::Ja4(ja4) => Wire::Ja4(ja4.to_string()),
    }
}

/// `None` if it is of a known kind and no value.
fn value_of(value: wire::entry::Value) -> Option<Value> {
    use wire::entry::Value as Wire;
    Some(Value::Indicator(match value {
        Wire::Domain(name) => IndicatorValue::Domain(sane(name, 255)?),
        Wire::Address(bytes) => IndicatorValue::Addr(addr_of(&bytes)?),
        Wire::Socket(socket) => {
            IndicatorValue::Socket(addr_of(&socket.address)?, u16::try_from(socket.port).ok()?)
        }
        Wire::Network(network) => {
            let bits = u8::try_from(network.bits).ok()?;
            IndicatorValue::Network(Prefix::new(addr_of(&network.address)?, bits)?)
        }
        Wire::Url(url) => IndicatorValue::Url(sane(url, 2_048)?),
        Wire::Ja4(ja4) => IndicatorValue::Ja4(Ja4::parse(&ja4)?),
        Wire::Pattern(pattern) => return Some(Value::Pattern(Box::new(pattern_of(pattern)?))),
        Wire::Throttle(throttle) => return Some(Value::Throttle(throttle_of(&throttle)?)),
        Wire::Generator(generator) => return Some(Value::Generator(generator_of(generator)?)),
    }))
}

/// Text that is neither empty nor too long nor steers a terminal.
pub(crate) fn sane(text: String, longest: usize) -> Option<String> {
    let fine = !text.is_empty() && text.len() <= longest && !text.chars().any(char::is_control);
    fine.then_some(text)
}

/// 4 or 16 bytes.
pub(crate) fn bytes_of(addr: Addr) -> Bytes {
    match addr.v4_bits() {
        Some(bits) => Bytes::copy_from_slice(&bits.to_be_bytes()),
        None => Bytes::copy_from_slice(&addr.bits().to_be_bytes()),
    }
}

pub(crate) fn addr_of(bytes: &[u8]) -> Option<Addr> {
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
