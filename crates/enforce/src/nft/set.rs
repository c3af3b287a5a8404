//! The sets of our table, and which target is an element of which.

use ostium_verdict::Target;
use serde_json::{Value, json};

/// A set of our table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Set {
    /// Destination addresses of IPv4.
    Block4,
    /// Destination addresses of IPv6.
    Block6,
    /// Destination addresses of IPv4 with protocol and port.
    Port4,
    /// Destination addresses of IPv6 with protocol and port.
    Port6,
    /// Inside hosts of IPv4 in quarantine.
    Host4,
    /// Inside hosts of IPv6 in quarantine.
    Host6,
}

// === impl Set ===

impl Set {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Block4, Self::Block6, Self::Port4, Self::Port6, Self::Host4, Self::Host6];

    /// The set that holds this target; none holds names.
    pub const fn of(target: &Target) -> Option<Self> {
        Some(match target {
            Target::Address(addr) if addr.is_v4() => Self::Block4,
            Target::Address(_) => Self::Block6,
            Target::AddressPort(addr, ..) if addr.is_v4() => Self::Port4,
            Target::AddressPort(..) => Self::Port6,
            Target::Host(addr) if addr.is_v4() => Self::Host4,
            Target::Host(_) => Self::Host6,
            Target::Name(_) => return None,
        })
    }

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block4 => "block4",
            Self::Block6 => "block6",
            Self::Port4 => "port4",
            Self::Port6 => "port6",
            Self::Host4 => "host4",
            Self::Host6 => "host6",
        }
    }

    /// Of IPv4?
    pub const fn is_v4(self) -> bool {
        matches!(self, Self::Block4 | Self::Port4 | Self::Host4)
    }

    /// The type of its elements, for nft.
    pub(super) fn kind(self) -> Value {
        let addr = if self.is_v4() { "ipv4_addr" } else { "ipv6_addr" };
        match self {
            Self::Port4 | Self::Port6 => json!([addr, "inet_proto", "inet_service"]),
            _ => json!(addr),
        }
    }
}

/// A target as nft writes it in a set.
pub(super) fn value(target: &Target) -> Value {
    match target {
        Target::Address(addr) | Target::Host(addr) => json!(addr.to_string()),
        Target::AddressPort(addr, transport, port) => {
            json!({"concat": [addr.to_string(), transport.name(), port]})
        }
        Target::Name(name) => json!(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_one_set_and_the_set_its_name() {
        for (text, name) in [
            ("198.51.100.7", "block4"),
            ("2001:db8::7", "block6"),
            ("198.51.100.7:443/tcp", "port4"),
            ("[2001:db8::7]:53/udp", "port6"),
            ("host:10.0.0.1", "host4"),
            ("host:fd00::1", "host6"),
        ] {
            assert_eq!(Set::of(&text.parse().unwrap()).map(Set::name), Some(name));
        }
        assert_eq!(Set::of(&"c2.example".parse().unwrap()), None);
    }
}
