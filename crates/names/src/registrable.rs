//! What somebody registered: the public suffix and one label more.
//!
//! Uses the public suffix list (publicsuffix.org) with its private section, so that two tenants of
//! one hosting service are two names. Bias: a top level that the list does not know counts as a
//! suffix, because malware uses roots of its own.

use std::net::Ipv4Addr;

use psl::{Psl, Type};

use crate::{LONGEST_NAME, classes, plain};

/// The registrable part of a name (`a.b.example.co.uk` gives `example.co.uk`); a host under a
/// dynamic DNS zone or a shared hosting suffix is its own name.
///
/// `None` for single labels, addresses, bare public suffixes and names that never leave a network.
pub fn registrable(name: &str) -> Option<&str> {
    if is_local(name) {
        return None;
    }
    let name = plain(name);
    let Some(domain) = psl::domain_str(name) else {
        let suffix = psl::List.suffix(name.as_bytes())?;
        let private = suffix.typ() == Some(Type::Private) && suffix.as_bytes() == name.as_bytes();
        return private.then_some(name);
    };
    if domain.len() < name.len() && classes::is_dynamic_dns_zone(domain) {
        return Some(with_one_more_label(name, domain));
    }
    Some(domain)
}

/// Is this name a public suffix by itself, such as `co.uk` or `github.io`?
pub fn is_public_suffix(name: &str) -> bool {
    let name = plain(name);
    psl::List.suffix(name.as_bytes()).is_some_and(|suffix| suffix.as_bytes() == name.as_bytes())
}

/// Is the public suffix under which this name stands one of a private operator?
pub(crate) fn under_private_suffix(name: &str) -> bool {
    psl::List.suffix(name.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(Type::Private))
}

/// Is this a name that the public DNS does not hold: no dot, an address, a reverse name, a
/// special-use top level (RFC 6761, 6762, 8375, 9476, ICANN's `.internal`) or one that routers and
/// directories make up?
///
/// `.example` (RFC 2606) does not count: no network asks for it, documents and synthetic traffic
/// do.
pub fn is_local(name: &str) -> bool {
    // Before the final dot goes: a name that ends in two has an empty label.
    if name.contains("..") {
        return true;
    }
    let name = plain(name);
    if name.len() > LONGEST_NAME || name.starts_with('.') {
        return true;
    }
    let Some((rest, top)) = name.rsplit_once('.') else {
        return true;
    };
    match top {
        "local" | "localhost" | "localdomain" | "lan" | "home" | "corp" | "internal"
        | "intranet" | "private" | "arpa" | "test" | "invalid" | "onion" | "alt" | "mail"
        | "workgroup" | "domain" | "localnet" | "dhcp" | "loc" | "gateway" | "router" => true,
        // The name that home routers of one make give to themselves, though `.box` was sold since.
        "box" => rest == "fritz" || rest.ends_with(".fritz"),
        _ => top.bytes().all(|b| b.is_ascii_digit()) || name.parse::<Ipv4Addr>().is_ok(),
    }
}

/// The part of `name` that is `domain` and the label before it.
fn with_one_more_label<'a>(name: &'a str, domain: &str) -> &'a str {
    let before = name.len().checked_sub(domain.len() + 1).and_then(|end| name.get(..end));
    let start = before.map_or(0, |rest| rest.rfind('.').map_or(0, |dot| dot + 1));
    name.get(start..).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_what_was_registered() {
        for (name, want) in [
            ("www.example.com", Some("example.com")),
            ("example.com.", Some("example.com")),
            ("a.b.c.example.co.uk", Some("example.co.uk")),
            ("co.uk", None),
            ("com", None),
            ("printer", None),
            ("10.1.2.3", None),
            ("4.3.2.1.in-addr.arpa", None),
            ("nas.local", None),
            ("dc1.ad.corp", None),
            ("name.example.com.fritz.box", None),
            ("someone.github.io", Some("someone.github.io")),
            ("deep.someone.github.io", Some("someone.github.io")),
            ("github.io", Some("github.io")),
            ("bot.mooo.com", Some("bot.mooo.com")),
            ("x.bot.mooo.com", Some("bot.mooo.com")),
            ("mooo.com", Some("mooo.com")),
            ("x.bot.ddns.net", Some("bot.ddns.net")),
            ("seven.madeuproot", Some("seven.madeuproot")),
            ("c2.example", Some("c2.example")),
            ("", None),
            (".", None),
            ("..", None),
            ("a..com", None),
            ("a.com..", None),
        ] {
            assert_eq!(registrable(name), want, "{name}");
        }
    }

    #[test]
    fn a_suffix_is_no_name() {
        assert!(
            is_public_suffix("co.uk") && is_public_suffix("com") && is_public_suffix("github.io")
        );
        assert!(!is_public_suffix("example.com") && !is_public_suffix("bbc.co.uk"));
    }

    #[test]
    fn long_names_are_refused() {
        let long = "a.".repeat(40_000) + "com";
        assert!(is_local(&long));
        assert_eq!(registrable(&long), None);
    }

    proptest! {
        #[test]
        fn any_text_has_an_end_that_is_registrable(name in "\\PC{0,80}|[aA1é.-]{0,12}") {
            if let Some(found) = registrable(&name) {
                prop_assert!(plain(&name).ends_with(found));
                prop_assert_eq!(registrable(found), Some(found));
            }
        }

        #[test]
        fn a_label_in_front_changes_nothing(label in "[a-z]{1,8}", name in "[a-z]{1,9}\\.(com|co\\.uk|ddns\\.net|xyz)") {
            // Such as sa.com and xxuz.com, under which others register.
            prop_assume!(!is_public_suffix(&name) && !classes::is_dynamic_dns_zone(&name));
            let longer = format!("{label}.{name}");
            prop_assert_eq!(registrable(&longer), Some(name.as_str()));
        }
    }
}
