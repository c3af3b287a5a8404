//! What is inside: the home networks of a site.

use std::fmt;
use std::str::FromStr;

use crate::{Addr, Scope};

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    first: u128,
    last: u128,
}

/// Text that is no network: `10.0.0.0/8`, `192.168.1.7` and `2001:db8::/32` are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPrefix(pub String);

/// The networks that are inside, as sorted ranges that do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    ranges: Vec<Prefix>,
    written: Vec<Prefix>,
    /// For each first byte of an IPv4 address, what is known by it alone: most packets need no more.
    by_first_byte: [Share; 256],
}

/// How much of some addresses is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    None,
    Some,
    All,
}

// === impl Prefix ===

impl Prefix {
    /// The network of `bits` leading bits around `addr`; bits count as in the address's family.
    pub fn new(addr: Addr, bits: u8) -> Option<Self> {
        let width = if addr.is_v4() { 32 } else { 128 };
        let free = u32::from(width - width.min(bits));
        if bits > width {
            return None;
        }
        let mask = if free == 128 { u128::MAX } else { (1u128 << free) - 1 };
        Some(Self { first: addr.bits() & !mask, last: addr.bits() | mask })
    }

    /// Is the address in this network?
    pub const fn contains(&self, addr: Addr) -> bool {
        self.first <= addr.bits() && addr.bits() <= self.last
    }

    /// The first and the last address.
    pub const fn bounds(&self) -> (Addr, Addr) {
        (Addr::from_bits(self.first), Addr::from_bits(self.last))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = Addr::from_bits(self.first);
        let width = if first.is_v4() { 32 } else { 128 };
        let free = (self.last - self.first).count_ones();
        write!(f, "{first}/{}", width - free.min(width))
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let bad = || BadPrefix(text.to_owned());
        let (addr, bits) = match text.split_once('/') {
            Some((addr, bits)) => (addr, Some(bits.parse::<u8>().map_err(|_| bad())?)),
            None => (text, None),
        };
        let addr: Addr = addr.trim().parse().map_err(|_| bad())?;
        let bits = bits.unwrap_or_else(|| if addr.is_v4() { 32 } else { 128 });
        Self::new(addr, bits).ok_or_else(bad)
    }
}

impl fmt::Display for BadPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no network; write one as 10.0.0.0/8 or 2001:db8::/32", self.0)
    }
}

impl std::error::Error for BadPrefix {}

// === impl Home ===

impl Home {
    /// The networks given; an empty list is a home with nobody inside.
    pub fn new(prefixes: &[Prefix]) -> Self {
        let mut ranges = prefixes.to_vec();
        ranges.sort_unstable();
        let mut merged: Vec<Prefix> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.first <= last.last => last.last = last.last.max(range.last),
                _ => merged.push(range),
            }
        }
        let by_first_byte = std::array::from_fn(|byte| {
            let around = Prefix::new(Addr::v4([byte as u8, 0, 0, 0]), 8);
            around.map_or(Share::Some, |block| share(&merged, block))
        });
        Self { ranges: merged, written: prefixes.to_vec(), by_first_byte }
    }

    /// The private ranges of RFC 1918, RFC 4193 and the shared range of RFC 6598.
    pub fn private() -> Self {
        let ranges = [
            (Addr::v4([10, 0, 0, 0]), 8),
            (Addr::v4([172, 16, 0, 0]), 12),
            (Addr::v4([192, 168, 0, 0]), 16),
            (Addr::v4([100, 64, 0, 0]), 10),
            (Addr::from_bits(0xfc << 120), 7),
        ];
        let prefixes: Vec<Prefix> =
            ranges.iter().filter_map(|&(addr, bits)| Prefix::new(addr, bits)).collect();
        Self::new(&prefixes)
    }

    /// Is the address inside?
    #[inline]
    pub fn contains(&self, addr: Addr) -> bool {
        let first = addr.v4_bits().map(|bits| usize::from(bits.to_be_bytes()[0]));
        match first.and_then(|byte| self.by_first_byte.get(byte)) {
            Some(Share::None) => false,
            Some(Share::All) => true,
            _ => self.in_ranges(addr),
        }
    }

    fn in_ranges(&self, addr: Addr) -> bool {
        if self.ranges.len() <= 8 {
            return self.ranges.iter().any(|range| range.contains(addr));
        }
        let after = self.ranges.partition_point(|range| range.first <= addr.bits());
        after > 0 && self.ranges.get(after - 1).is_some_and(|range| range.contains(addr))
    }

    /// Does a conversation between these two leave the network?
    pub fn scope(&self, a: Addr, b: Addr) -> Scope {
        match (self.contains(a), self.contains(b)) {
            (true, true) => Scope::Internal,
            (false, false) => Scope::Transit,
            _ => Scope::Egress,
        }
    }

    /// Is there a network of more than two addresses? Otherwise single hosts were named, and their
    /// neighbours count as outside.
    pub fn has_networks(&self) -> bool {
        self.written.iter().any(|prefix| prefix.last - prefix.first > 1)
    }

    /// The networks as they were given.
    pub fn prefixes(&self) -> &[Prefix] {
        &self.written
    }
}

/// How much of a block lies in ranges that do not overlap.
fn share(ranges: &[Prefix], block: Prefix) -> Share {
    if ranges.iter().any(|range| range.first <= block.first && block.last <= range.last) {
        Share::All
    } else if ranges.iter().any(|range| range.first <= block.last && block.first <= range.last) {
        Share::Some
    } else {
        Share::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_cidr() {
        for text in ["10.0.0.0/8", "192.168.1.7/32", "2001:db8::/32", "0.0.0.0/0"] {
            assert_eq!(prefix(text).to_string(), text);
        }
        assert_eq!(prefix("10.1.2.3/8").to_string(), "10.0.0.0/8");
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1", "home"] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }

    #[test]
    fn single_hosts_are_no_network() {
        assert!(Home::private().has_networks());
        assert!(Home::new(&[prefix("192.168.1.9/32"), prefix("10.0.0.0/24")]).has_networks());
        assert!(!Home::new(&[prefix("192.168.1.9/32"), prefix("fd00::1/128")]).has_networks());
    }

    #[test]
    fn the_whole_of_ipv4_does_not_hold_ipv6() {
        let home = Home::new(&[prefix("0.0.0.0/0")]);
        assert!(home.contains("8.8.8.8".parse().unwrap()));
        assert!(!home.contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn the_first_byte_decides_only_where_it_can() {
        let home = Home::new(&[prefix("10.0.0.0/7"), prefix("12.255.0.0/16"), prefix("fd00::/8")]);
        for (addr, inside) in [
            ("9.255.255.255", false),
            ("10.0.0.0", true),
            ("11.255.255.255", true),
            ("12.0.0.0", false),
            ("12.254.255.255", false),
            ("12.255.0.0", true),
            ("13.0.0.0", false),
            ("fd00::1", true),
            ("::", false),
            ("::a00:1", false),
        ] {
            assert_eq!(home.contains(addr.parse().unwrap()), inside, "{addr}");
        }
    }

    #[test]
    fn many_ranges_agree_with_few() {
        let many: Vec<Prefix> = (0..40).map(|n| prefix(&format!("10.{n}.0.0/24"))).collect();
        let home = Home::new(&many);
        for n in 0..60u8 {
            for last in [0u8, 1] {
                let addr = Addr::v4([10, n, last, 9]);
                assert_eq!(home.contains(addr), n < 40 && last == 0, "{addr}");
            }
        }
    }
}
