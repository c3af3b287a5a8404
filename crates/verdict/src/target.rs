//! What can be blocked, and how people write it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use ostium_event::{Addr, Proto};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

/// What a block is about. Written as `198.51.100.7`, `198.51.100.7:443/tcp`,
/// `[2001:db8::7]:443/udp`, `host:10.1.2.3` or `c2.example`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// An outside address, with all its ports.
    Address(Addr),
    /// One port of an outside address.
    AddressPort(Addr, Transport, u16),
    /// An inside host: quarantine.
    Host(Addr),
    /// A name, and every name below it; lower case, without the final dot.
    Name(Arc<str>),
}

/// A protocol that has ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// Text that is no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTarget(pub String);

/// No name of the DNS is longer (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

// === impl Target ===

impl Target {
    /// A name as a target: lower case, no final dot; `None` when it is no name of two labels.
    pub fn name(text: &str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let fits = |label: &str| {
            let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            !label.is_empty() && label.len() <= LONGEST_LABEL && label.bytes().all(letter)
        };
        let last = text.rsplit('.').next().unwrap_or(text);
        let good = text.len() <= LONGEST_NAME
            && text.contains('.')
            && text.split('.').all(fits)
            // Else a mistyped address would be taken for a name.
            && !last.bytes().all(|b| b.is_ascii_digit());
        good.then(|| Self::Name(text.to_ascii_lowercase().into()))
    }

    /// Its address, if it has one.
    pub const fn addr(&self) -> Option<Addr> {
        match self {
            Self::Address(addr) | Self::AddressPort(addr, ..) | Self::Host(addr) => Some(*addr),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(addr) => write!(f, "{addr}"),
            Self::AddressPort(addr, transport, port) if addr.is_v4() => {
                write!(f, "{addr}:{port}/{}", transport.name())
            }
            Self::AddressPort(addr, transport, port) => {
                write!(f, "[{addr}]:{port}/{}", transport.name())
            }
            Self::Host(addr) => write!(f, "host:{addr}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        read(text).ok_or_else(|| BadTarget(text.chars().take(300).collect()))
    }
}

fn read(text: &str) -> Option<Target> {
    if let Some(host) = text.strip_prefix("host:") {
        return host.parse().ok().map(Target::Host);
    }
    if let Ok(addr) = text.parse() {
        return Some(Target::Address(addr));
    }
    let (socket, transport) = match text.rsplit_once('/') {
        Some((socket, "tcp")) => (socket, Transport::Tcp),
        Some((socket, "udp")) => (socket, Transport::Udp),
        Some(_) => return None,
        None => return Target::name(text),
    };
    let (addr, port) = match socket.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?,
        None => socket.split_once(':')?,
    };
    let addr: Addr = addr.parse().ok()?;
    // `+443` is a number for Rust and a mistake for people.
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { port.parse().ok()? } else { return None };
    (addr.is_v4() != socket.starts_with('[')).then_some(Target::AddressPort(addr, transport, port))
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

// === impl Transport ===

impl Transport {
    /// `tcp` or `udp`.
    pub const fn name(self) -> &'static str {
        self.proto().name()
    }

    /// Its protocol number.
    pub const fn proto(self) -> Proto {
        match self {
            Self::Tcp => Proto::TCP,
            Self::Udp => Proto::UDP,
        }
    }
}

// === impl BadTarget ===

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' cannot be blocked; write 198.51.100.7, 198.51.100.7:443/tcp, \
             [2001:db8::7]:443/udp, host:10.1.2.3 (quarantine) or c2.example",
            self.0.escape_default()
        )
    }
}

impl std::error::Error for BadTarget {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_written_as_it_is_read() {
        for text in [
            "198.51.100.7",
            "198.51.100.7:443/tcp",
            "2001:db8::7",
            "[2001:db8::7]:53/udp",
            "host:10.1.2.3",
            "host:fd00::9",
            "c2.example",
            "_x.c2.example",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        assert_eq!("C2.Example.".parse::<Target>().unwrap().to_string(), "c2.example");
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in [
            "",
            "localhost",
            "198.51.100.7:443",
            "198.51.100.7:+443/tcp",
            "198.51.100.7:70000/tcp",
            "[198.51.100.7]:443/tcp",
            "2001:db8::7:443/tcp",
            "198.51.100.300",
            "a..example",
            "host:c2.example",
            "198.51.100.7/24",
            "ex ample.com",
            "naïve.example",
        ] {
            let bad = text.parse::<Target>().unwrap_err();
            assert!(bad.to_string().contains("host:10.1.2.3"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,300}") {
            if let Ok(target) = text.parse::<Target>() {
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
            }
        }

        #[test]
        fn any_address_comes_back(bits in any::<u128>(), port in any::<u16>(), udp in any::<bool>()) {
            let transport = if udp { Transport::Udp } else { Transport::Tcp };
            for addr in [Addr::from_bits(bits), Addr::v4((bits as u32).to_be_bytes())] {
                for target in [
                    Target::Address(addr),
                    Target::Host(addr),
                    Target::AddressPort(addr, transport, port),
                ] {
                    prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
                }
            }
        }
    }
}
