//! A value as bytes: what is hashed, compared and kept.

use ostium_event::{Addr, Ja4, Prefix};
use ostium_intel::{IndicatorValue, host_of};

/// Kinds of values, as they are hashed.
pub(super) const UNKNOWN: u8 = 0;
pub(super) const DOMAIN: u8 = 1;
pub(super) const ADDR: u8 = 2;
pub(super) const NETWORK: u8 = 3;
pub(super) const SOCKET: u8 = 4;
pub(super) const URL: u8 = 5;
pub(super) const JA4: u8 = 6;
/// A pattern, a throttle, a generator: known, and kept apart.
pub(super) const APART: u8 = 7;

/// The bytes of a value that is asked for: at most an address, its port or its free bits.
pub(super) type Short = ([u8; 18], usize);

/// The bytes by which a value is found, and its kind.
pub(super) fn write(value: &IndicatorValue, to: &mut Vec<u8>) -> u8 {
    match value {
        IndicatorValue::Domain(name) => {
            to.extend_from_slice(name.as_bytes());
            DOMAIN
        }
        IndicatorValue::Addr(addr) => {
            to.extend_from_slice(&addr.bits().to_be_bytes());
            ADDR
        }
        IndicatorValue::Network(prefix) => {
            let (first, last) = prefix.bounds();
            let free = (first.bits() ^ last.bits()).count_ones();
            to.extend_from_slice(&first.bits().to_be_bytes());
            to.push(u8::try_from(free).unwrap_or(128));
            NETWORK
        }
        IndicatorValue::Socket(addr, port) => {
            to.extend_from_slice(&addr.bits().to_be_bytes());
            to.extend_from_slice(&port.to_be_bytes());
            SOCKET
        }
        IndicatorValue::Url(url) => {
            let (site, path) = url.split_at(url.find('/').unwrap_or(url.len()));
            to.extend_from_slice(host_of(site).as_bytes());
            to.extend_from_slice(path.as_bytes());
            URL
        }
        IndicatorValue::Ja4(ja4) => {
            to.extend_from_slice(ja4.as_str().as_bytes());
            JA4
        }
    }
}

/// A value where the table has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    kind: u8,
    bytes: &'a [u8],
}

// === impl Raw ===

impl<'a> Raw<'a> {
    pub(super) const fn new(kind: u8, bytes: &'a [u8]) -> Self {
        Self { kind, bytes }
    }

    /// On its own; `None` for what is no indicator.
    pub fn read(self) -> Option<IndicatorValue> {
        read(self.kind, self.bytes)
    }
}

/// The value of these bytes.
fn read(kind: u8, bytes: &[u8]) -> Option<IndicatorValue> {
    let text = || std::str::from_utf8(bytes).ok();
    let addr = |bytes: &[u8]| Some(Addr::from_bits(u128::from_be_bytes(bytes.try_into().ok()?)));
    Some(match kind {
        DOMAIN => IndicatorValue::Domain(text()?.to_owned()),
        ADDR => IndicatorValue::Addr(addr(bytes)?),
        NETWORK => {
            let (first, free) = (addr(bytes.get(..16)?)?, *bytes.get(16)?);
            let width: u8 = if first.is_v4() { 32 } else { 128 };
            IndicatorValue::Network(Prefix::new(first, width.checked_sub(free)?)?)
        }
        SOCKET => {
            let port = u16::from_be_bytes(bytes.get(16..)?.try_into().ok()?);
            IndicatorValue::Socket(addr(bytes.get(..16)?)?, port)
        }
        URL => IndicatorValue::Url(text()?.to_owned()),
        JA4 => IndicatorValue::Ja4(Ja4::parse(text()?)?),
        _ => return None,
    })
}

pub(super) fn short(addr: Addr, rest: &[u8]) -> Short {
    let mut bytes = [0; 18];
    for (to, from) in bytes.iter_mut().zip(addr.bits().to_be_bytes().iter().chain(rest)) {
        *to = *from;
    }
    (bytes, 16 + rest.len())
}
