//! Addresses that many parties share: public resolvers and content delivery networks.

use std::sync::LazyLock;

use ostium_event::{Addr, Home, Prefix};

use crate::lines;

const RESOLVERS: &[&str] = &[include_str!("../../../data/written/public-resolvers.txt")];
const CDNS: &[&str] = &[
    include_str!("../../../data/written/cdn-networks.txt"),
    include_str!("../../../data/derived/cdn-networks.txt"),
];

static RESOLVER_RANGES: LazyLock<Home> = LazyLock::new(|| ranges(RESOLVERS));
static CDN_RANGES: LazyLock<Home> = LazyLock::new(|| ranges(CDNS));

/// Is this the address of a resolver that answers anybody?
pub fn is_public_resolver(addr: Addr) -> bool {
    RESOLVER_RANGES.contains(addr)
}

/// Is this an address of a content delivery network, shared by many tenants?
pub fn is_cdn(addr: Addr) -> bool {
    CDN_RANGES.contains(addr)
}

/// Sorted ranges of all prefixes in the lists; a line that is no prefix is left out.
fn ranges(lists: &[&'static str]) -> Home {
    let prefixes: Vec<Prefix> =
        lists.iter().flat_map(|list| lines(list)).filter_map(|line| line.parse().ok()).collect();
    Home::new(&prefixes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Addr {
        text.parse().unwrap()
    }

    #[test]
    fn knows_resolvers_and_delivery_networks() {
        for text in ["8.8.8.8", "1.1.1.1", "9.9.9.9", "2606:4700:4700::1111", "45.90.28.77"] {
            assert!(is_public_resolver(addr(text)), "{text}");
        }
        for text in ["104.16.1.1", "151.101.1.1", "23.32.1.1", "13.33.1.1", "2606:4700::1"] {
            assert!(is_cdn(addr(text)), "{text}");
        }
        for text in ["8.8.8.9", "192.0.2.1", "10.0.0.1", "2001:db8::1", "45.90.29.1"] {
            assert!(!is_public_resolver(addr(text)), "{text}");
            assert!(!is_cdn(addr(text)), "{text}");
        }
    }

    #[test]
    fn every_line_is_a_prefix() {
        for line in RESOLVERS.iter().chain(CDNS).flat_map(|list| lines(list)) {
            assert!(line.parse::<Prefix>().is_ok(), "{line}");
        }
    }
}
