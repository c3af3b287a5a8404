//! IP addresses in 16 bytes, IPv4 in its mapped form, so that hashing and comparing cost the same.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An IPv4 or IPv6 address. IPv4 sorts before all of global IPv6.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addr(u128);

const V4_PREFIX: u128 = 0xffff_0000_0000;

// === impl Addr ===

impl Addr {
    /// The unspecified IPv6 address.
    pub const UNSPECIFIED: Self = Self(0);

    /// From the four bytes of IPv4, network order.
    pub const fn v4(bytes: [u8; 4]) -> Self {
        Self(V4_PREFIX | u32::from_be_bytes(bytes) as u128)
    }

    /// From the sixteen bytes of IPv6, network order.
    pub const fn v6(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The 128 bits; IPv4 is `::ffff:a.b.c.d`.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// From the 128 bits of [`Addr::bits`].
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Is it IPv4?
    pub const fn is_v4(self) -> bool {
        self.0 >> 32 == 0xffff
    }

    /// The 32 bits of an IPv4 address.
    #[allow(clippy::cast_possible_truncation, reason = "the low 32 bits are the address")]
    pub const fn v4_bits(self) -> Option<u32> {
        if self.is_v4() { Some(self.0 as u32) } else { None }
    }

    /// Multicast, broadcast, loopback, link-local or unspecified: never a destination of interest.
    pub fn is_special(self) -> bool {
        match self.v4_bits() {
            Some(bits) => {
                let first = bits >> 24;
                first == 0 || first == 127 || first >= 224 || bits >> 16 == 0xa9fe
            }
            None => {
                let top = self.0 >> 120;
                top == 0xff || self.0 <= 1 || self.0 >> 118 == 0b11_1111_1010
            }
        }
    }

    /// An address that cannot be routed on the internet: private, shared, documentation, special.
    pub fn is_private(self) -> bool {
        if self.is_special() {
            return true;
        }
        match self.v4_bits() {
            Some(bits) => {
                bits >> 24 == 10
                    || bits >> 20 == 0xac1
                    || bits >> 16 == 0xc0a8
                    || bits >> 22 == 0x6440 >> 6
            }
            None => self.0 >> 121 == 0b111_1110,
        }
    }

    /// The network around an address that one operator usually holds whole: /24 of IPv4, /48 of
    /// IPv6.
    pub const fn site(self) -> Self {
        if self.is_v4() { Self(self.0 & !0xff) } else { Self(self.0 >> 80 << 80) }
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        IpAddr::from(*self).fmt(f)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Addr> for IpAddr {
    fn from(addr: Addr) -> Self {
        match addr.v4_bits() {
            Some(bits) => Self::V4(Ipv4Addr::from(bits)),
            None => Self::V6(Ipv6Addr::from(addr.0)),
        }
    }
}

impl From<IpAddr> for Addr {
    fn from(addr: IpAddr) -> Self {
        match addr {
            IpAddr::V4(v4) => Self::v4(v4.octets()),
            IpAddr::V6(v6) => Self::v6(v6.octets()),
        }
    }
}

impl FromStr for Addr {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<IpAddr>().map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Addr {
        text.parse().unwrap()
    }

    #[test]
    fn prints_as_people_write() {
        for text in ["10.1.2.3", "2001:db8::1", "::1", "255.255.255.255"] {
            assert_eq!(addr(text).to_string(), text);
        }
    }

    #[test]
    fn knows_private_ranges() {
        for text in ["10.0.0.1", "172.16.0.1", "172.31.9.9", "192.168.1.1", "100.64.0.1", "fd00::1"]
        {
            assert!(addr(text).is_private(), "{text}");
        }
        for text in ["172.32.0.1", "100.128.0.1", "11.0.0.1", "2606:4700::1", "8.8.8.8"] {
            assert!(!addr(text).is_private(), "{text}");
        }
        for text in ["224.0.0.251", "127.0.0.1", "169.254.1.1", "fe80::1", "ff02::1", "0.0.0.0"] {
            assert!(addr(text).is_special(), "{text}");
        }
        assert!(!addr("fec0::1").is_special());
    }

    #[test]
    fn site_is_24_or_48() {
        assert_eq!(addr("93.184.216.34").site(), addr("93.184.216.0"));
        assert_eq!(addr("2001:db8:1:2::3").site(), addr("2001:db8:1::"));
    }
}
