//! What kind of service stands behind a name.
//!
//! A listed name stands for itself and for all names under it. One table holds all lists, so a
//! question costs one look-up for each label of the name.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use crate::{LONGEST_NAME, lines, plain, registrable};

type Table = HashMap<&'static str, u8, FixedState>;

const DYNAMIC_DNS: u8 = 1;
const DOH: u8 = 1 << 1;
const CDN: u8 = 1 << 2;
const SHARED_HOSTING: u8 = 1 << 3;
const ADDRESS_LOOKUP: u8 = 1 << 4;
const UPLOAD: u8 = 1 << 5;
const INFRASTRUCTURE: u8 = 1 << 6;

const LISTS: &[(u8, &str)] = &[
    (DYNAMIC_DNS, include_str!("../../../data/written/dynamic-dns.txt")),
    (DYNAMIC_DNS, include_str!("../../../data/derived/dynamic-dns.txt")),
    (DOH, include_str!("../../../data/written/doh.txt")),
    (CDN, include_str!("../../../data/written/cdn.txt")),
    (SHARED_HOSTING, include_str!("../../../data/written/shared-hosting.txt")),
    (ADDRESS_LOOKUP, include_str!("../../../data/written/address-lookup.txt")),
    (ADDRESS_LOOKUP, include_str!("../../../data/derived/address-lookup.txt")),
    (UPLOAD, include_str!("../../../data/written/upload.txt")),
    (INFRASTRUCTURE, include_str!("../../../data/written/infrastructure.txt")),
    (INFRASTRUCTURE, include_str!("../../../data/derived/revocation.txt")),
];

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for &(class, list) in LISTS {
        for name in lines(list) {
            *table.entry(name).or_default() |= class;
        }
    }
    table
});

/// Is the name under a zone where anybody gets a host name for a changing address?
pub fn is_dynamic_dns(name: &str) -> bool {
    is_any(name, DYNAMIC_DNS)
}

/// Is it the name of a resolver that answers DNS over HTTPS, TLS or QUIC to anybody?
pub fn is_doh_name(name: &str) -> bool {
    is_any(name, DOH)
}

/// Is the name one of a content delivery network, where many tenants share addresses?
pub fn is_cdn_name(name: &str) -> bool {
    is_any(name, CDN)
}

/// Is the name under a zone where anybody may put content or code: a listed service, or a private
/// suffix of the public suffix list?
pub fn is_shared_hosting(name: &str) -> bool {
    is_any(name, SHARED_HOSTING) || registrable::under_private_suffix(plain(name))
}

/// Does the service behind this name tell callers their own address?
pub fn is_address_lookup(name: &str) -> bool {
    // Services come and go; what they call themselves stays.
    const LABELS: [&str; 8] = [
        "checkip",
        "myip",
        "whatismyip",
        "getmyip",
        "myexternalip",
        "externalip",
        "publicip",
        "whatismyipaddress",
    ];
    is_any(name, ADDRESS_LOOKUP) || plain(name).split('.').any(|label| LABELS.contains(&label))
}

/// Is it a messenger's programming interface, a paste or a file drop: a place that thieves send
/// their loot to, and that many honest programs use too?
pub fn is_upload_api(name: &str) -> bool {
    is_any(name, UPLOAD)
}

/// Is it a name that ordinary systems and programs call on a timer: time, revocation, updates,
/// telemetry, push, captive-portal checks? Timing against these never convicts.
pub fn is_infrastructure(name: &str) -> bool {
    is_any(name, INFRASTRUCTURE)
}

/// Is this very name a dynamic DNS zone, not a host under one?
pub fn is_dynamic_dns_zone(name: &str) -> bool {
    exact(plain(name)) & DYNAMIC_DNS != 0
}

/// Do tenants of this zone get labels made by machines: delivery networks and hosting services?
pub(crate) fn is_hosted_zone(zone: &str) -> bool {
    exact(zone) & (CDN | SHARED_HOSTING) != 0
}

fn exact(name: &str) -> u8 {
    TABLE.get(name).copied().unwrap_or(0)
}

fn is_any(name: &str, class: u8) -> bool {
    let mut rest = plain(name);
    if rest.len() > LONGEST_NAME {
        return false;
    }
    loop {
        if exact(rest) & class != 0 {
            return true;
        }
        match rest.split_once('.') {
            Some((_, parent)) => rest = parent,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_listed_name_stands_for_those_under_it() {
        assert!(is_dynamic_dns("bot.duckdns.org") && is_dynamic_dns("a.b.no-ip.org."));
        assert!(!is_dynamic_dns("notduckdns.org") && !is_dynamic_dns("org"));
        assert!(is_address_lookup("api.ipify.org") && is_address_lookup("checkip.dyndns.org"));
        assert!(is_address_lookup("checkip.some-service.example"));
        assert!(!is_address_lookup("ship.example") && !is_address_lookup("myips.example"));
        assert!(is_address_lookup("icanhazip.com") && !is_address_lookup("example.com"));
        assert!(is_upload_api("api.telegram.org") && !is_upload_api("telegram.org"));
        assert!(is_doh_name("dns.google") && !is_doh_name("google.com"));
        assert!(is_cdn_name("e1.a.akamaiedge.net") && !is_cdn_name("example.net"));
        assert!(is_infrastructure("2.debian.pool.ntp.org"));
        assert!(
            is_infrastructure("ctldl.windowsupdate.com") && is_infrastructure("crl3.digicert.com")
        );
        assert!(!is_infrastructure("windowsupdate.com.example.ru"));
    }

    #[test]
    fn hosting_counts_private_suffixes() {
        assert!(is_shared_hosting("someone.github.io") && is_shared_hosting("x.pages.dev"));
        assert!(!is_shared_hosting("example.com") && !is_shared_hosting("bbc.co.uk"));
    }

    #[test]
    fn lists_hold_plain_names() {
        for (_, list) in LISTS {
            let names: Vec<&str> = lines(list).collect();
            assert!(!names.is_empty());
            assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len());
            for name in names {
                let fine =
                    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
                assert!(name.contains('.') && name.chars().all(fine), "{name}");
                assert!(!name.starts_with('.') && !name.ends_with('.'), "{name}");
            }
        }
    }

    #[test]
    fn hostile_names_are_on_no_list() {
        for name in ["", ".", "...", &"x.".repeat(30_000), "é.ü"] {
            assert!(!is_any(name, u8::MAX), "{name:.20}");
        }
    }
}
