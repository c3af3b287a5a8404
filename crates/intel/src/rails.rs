//! Rails: indicators that no feed should make a network act on.
//!
//! Feeds carry mistakes: private addresses of a sandbox, the resolver that a sample asked, the
//! search engine that it pinged. What cannot be meant is refused; what is shared by many is set
//! aside, kept to be shown but never matched.

use ostium_event::{Addr, Prefix};

use crate::IndicatorValue;
use crate::value::host_of;

/// Networks wider than this hold bystanders for sure.
const WIDEST_V4: u32 = 32 - 12;
const WIDEST_V6: u32 = 128 - 24;
/// A name more popular than this is not malware's own.
const POPULAR: u32 = 10_000;
/// So popular that every name under it belongs to the same owner's services.
const HOUSEHOLD: u32 = 1_000;

/// Why an indicator is not matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// A private, reserved or special address or network.
    PrivateAddress,
    /// A name that the public DNS does not hold.
    LocalName,
    /// A public suffix alone, such as `co.uk` or `github.io`.
    PublicSuffix,
    /// A network of more than a million addresses (IPv4 wider than /12, IPv6 wider than /24).
    WideNetwork,
    /// A resolver that everybody may ask.
    PublicResolver,
    /// An address of a delivery network, shared by many tenants.
    SharedAddress,
    /// A popular name.
    PopularName,
    /// A service that many honest programs use: updates, time, messengers, address look-ups,
    /// resolvers, dynamic DNS zones.
    CommonService,
}

/// What the rails say of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Match it.
    Match,
    /// Keep it to be shown, do not match it.
    SetAside(Refusal),
    /// Drop it.
    Refuse(Refusal),
}

// === impl Refusal ===

impl Refusal {
    /// A short name for counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrivateAddress => "private address",
            Self::LocalName => "local name",
            Self::PublicSuffix => "public suffix",
            Self::WideNetwork => "wide network",
            Self::PublicResolver => "public resolver",
            Self::SharedAddress => "shared address",
            Self::PopularName => "popular name",
            Self::CommonService => "common service",
        }
    }
}

/// What the rails say of a value.
pub fn check(value: &IndicatorValue) -> Verdict {
    match value {
        IndicatorValue::Domain(name) => check_name(name),
        IndicatorValue::Addr(addr) | IndicatorValue::Socket(addr, _) => check_addr(*addr),
        IndicatorValue::Network(prefix) => check_network(prefix),
        IndicatorValue::Url(url) => check_url(url),
        IndicatorValue::Ja4(_) => Verdict::Match,
    }
}

fn check_name(name: &str) -> Verdict {
    let Some(registrable) = ostium_names::registrable(name) else {
        return Verdict::Refuse(if ostium_names::is_local(name) {
            Refusal::LocalName
        } else {
            Refusal::PublicSuffix
        });
    };
    if name == registrable && ostium_names::is_public_suffix(name) {
        return Verdict::Refuse(Refusal::PublicSuffix);
    }
    let rank = ostium_names::popularity(name).unwrap_or(u32::MAX);
    let whole = name == registrable || name.strip_prefix("www.") == Some(registrable);
    let tenant = !whole && ostium_names::is_shared_hosting(name);
    if (rank <= HOUSEHOLD && !tenant) || (whole && rank <= POPULAR) {
        return Verdict::SetAside(Refusal::PopularName);
    }
    let common = ostium_names::is_infrastructure(name)
        || ostium_names::is_doh_name(name)
        || ostium_names::is_upload_api(name)
        || ostium_names::is_address_lookup(name)
        || ostium_names::is_dynamic_dns_zone(name);
    if common {
        return Verdict::SetAside(Refusal::CommonService);
    }
    Verdict::Match
}

/// Ranges for documents (RFC 5737, RFC 3849) pass: nobody real is there, and synthetic traffic is.
fn check_addr(addr: Addr) -> Verdict {
    if addr.is_private() {
        Verdict::Refuse(Refusal::PrivateAddress)
    } else if ostium_names::is_public_resolver(addr) {
        Verdict::SetAside(Refusal::PublicResolver)
    } else if ostium_names::is_cdn(addr) {
        Verdict::SetAside(Refusal::SharedAddress)
    } else {
        Verdict::Match
    }
}

fn check_network(prefix: &Prefix) -> Verdict {
    let (first, last) = prefix.bounds();
    let free = (last.bits() - first.bits()).count_ones();
    let widest = if first.is_v4() { WIDEST_V4 } else { WIDEST_V6 };
    if first.is_private() || last.is_private() {
        Verdict::Refuse(Refusal::PrivateAddress)
    } else if free > widest {
        Verdict::Refuse(Refusal::WideNetwork)
    } else if ostium_names::is_cdn(first) || ostium_names::is_cdn(last) {
        Verdict::SetAside(Refusal::SharedAddress)
    } else {
        Verdict::Match
    }
}

/// A URL names one thing even on a popular site; only its host must be out in the world.
fn check_url(url: &str) -> Verdict {
    let host = host_of(url);
    match host.parse::<Addr>() {
        Ok(addr) if addr.is_private() => Verdict::Refuse(Refusal::PrivateAddress),
        Err(_) if ostium_names::is_local(host) => Verdict::Refuse(Refusal::LocalName),
        _ if matches!(url.split_once('/'), Some((_, "" | "index.html" | "index.php"))) => {
            front_page(host)
        }
        _ => Verdict::Match,
    }
}

/// The front page of a site is the site.
fn front_page(host: &str) -> Verdict {
    match host.parse::<Addr>() {
        Ok(addr) => check_addr(addr),
        Err(_) => check_name(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse;

    fn verdict(text: &str) -> Verdict {
        check(&parse(text).unwrap())
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, why) in [
            ("10.1.2.3", Refusal::PrivateAddress),
            ("192.168.1.1:4444", Refusal::PrivateAddress),
            ("127.0.0.1", Refusal::PrivateAddress),
            ("10.0.0.0/8", Refusal::PrivateAddress),
            ("http://192.168.1.1/x", Refusal::PrivateAddress),
            ("nas.local", Refusal::LocalName),
            ("co.uk", Refusal::PublicSuffix),
            ("github.io", Refusal::PublicSuffix),
            ("198.0.0.0/8", Refusal::WideNetwork),
            ("0.0.0.0/0", Refusal::PrivateAddress),
        ] {
            assert_eq!(verdict(text), Verdict::Refuse(why), "{text}");
        }
    }

    #[test]
    fn what_many_share_is_set_aside() {
        for (text, why) in [
            ("8.8.8.8", Refusal::PublicResolver),
            ("1.1.1.1:53", Refusal::PublicResolver),
            ("104.16.1.1", Refusal::SharedAddress),
            ("google.com", Refusal::PopularName),
            ("docs.google.com", Refusal::PopularName),
            ("www.bbc.co.uk", Refusal::PopularName),
            ("https://google.com/", Refusal::PopularName),
            ("api.telegram.org", Refusal::CommonService),
            ("ctldl.windowsupdate.com", Refusal::CommonService),
            ("mooo.com", Refusal::CommonService),
        ] {
            let got = verdict(text);
            let popular_too = got == Verdict::SetAside(Refusal::PopularName);
            let aside =
                got == Verdict::SetAside(why) || (why == Refusal::CommonService && popular_too);
            assert!(aside, "{text} {got:?}");
        }
    }

    #[test]
    fn what_is_meant_is_matched() {
        for text in [
            "c2.evil.example",
            "198.51.100.7",
            "203.0.113.0/24",
            "bot.mooo.com",
            "bot.duckdns.org",
            "someone.github.io",
            "https://pastebin.com/raw/abc",
            "t13d1516h2_8daaf6152771_e5627efa2ab1",
        ] {
            assert_eq!(verdict(text), Verdict::Match, "{text}");
        }
    }
}
