//! One indicator as people write it: defanged or not, with or without scheme, port and brackets.

use std::borrow::Cow;

use ostium_event::{Addr, Ja4, Prefix};

use crate::IndicatorValue;

/// The longest value that is read; URLs of exploit kits are long.
const LONGEST: usize = 2048;
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// How a defanged text is spelt, and what it means.
const FANGS: &[(&str, &str)] = &[
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[:]", ":"),
    ("[://]", "://"),
    ("[/]", "/"),
];

/// Reads one value; `None` when it is nothing that can be matched.
///
/// Accepted: names (`*.name`, `.name` and `||name^` too), addresses, networks in CIDR notation,
/// `address:port`, `[address]:port`, URLs with or without scheme, JA4; all of them defanged. A name
/// with a port is the name; a URL that names nothing but a host is that host.
pub fn parse(text: &str) -> Option<IndicatorValue> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let text = refang(text);
    let text = text.trim_start_matches("||").trim_end_matches('^');
    if let Some(ja4) = Ja4::parse(text) {
        return Some(IndicatorValue::Ja4(ja4));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return is_scheme(scheme).then(|| located(rest))?;
    }
    if text.contains('/') {
        // A network, or a URL without its scheme.
        return match text.parse::<Prefix>() {
            Ok(prefix) => Some(network(prefix)),
            Err(_) if is_bad_network(text) => None,
            Err(_) => located(text),
        };
    }
    authority(text)
}

/// The name or address of a URL without its scheme, `host[:port]/path` or `[address]:port/path`.
pub fn host_of(url: &str) -> &str {
    let site = url.split('/').next().unwrap_or(url);
    match site.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => site.split(':').next().unwrap_or(site),
    }
}

/// The way people write an indicator so that nobody clicks on it.
pub fn defang(value: &IndicatorValue) -> String {
    let text = value.to_string();
    match value {
        IndicatorValue::Ja4(_) => text,
        IndicatorValue::Url(_) => {
            let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
            format!("hxxp://{}{path}", host.replace('.', "[.]"))
        }
        _ => text.replace('.', "[.]"),
    }
}

/// A name in lower case, without wildcard and dots around it; `None` when it is none.
pub(crate) fn name(text: &str) -> Option<String> {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let text = text.trim_matches('.');
    if text.is_empty() || text.len() > LONGEST_NAME || !text.contains('.') {
        return None;
    }
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let label = |l: &str| !l.is_empty() && l.len() <= LONGEST_LABEL && l.bytes().all(fine);
    if !text.split('.').all(label) {
        return None;
    }
    // A top level of digits is a mistyped address.
    let top = text.rsplit('.').next()?;
    if top.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.to_ascii_lowercase())
}

/// An address, a slash and a number that is no prefix length.
fn is_bad_network(text: &str) -> bool {
    text.split_once('/').is_some_and(|(addr, bits)| {
        bits.bytes().all(|b| b.is_ascii_digit()) && addr.parse::<Addr>().is_ok()
    })
}

/// A network of one address is that address.
fn network(prefix: Prefix) -> IndicatorValue {
    let (first, last) = prefix.bounds();
    if first == last { IndicatorValue::Addr(first) } else { IndicatorValue::Network(prefix) }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 10
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-')
}

/// A URL after its scheme.
fn located(rest: &str) -> Option<IndicatorValue> {
    let rest = rest.split('#').next()?;
    let (site, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // Who logs in is no part of where.
    let site = site.rsplit('@').next()?;
    let value = authority(site)?;
    if path.is_empty() {
        return Some(value);
    }
    if path.bytes().any(|b| b.is_ascii_whitespace() || b.is_ascii_control()) {
        return None;
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    Some(IndicatorValue::Url(format!(
        "{}{slash}{path}",
        site.trim_end_matches('.').to_ascii_lowercase()
    )))
}

/// A host with or without a port.
fn authority(text: &str) -> Option<IndicatorValue> {
    if let Some(rest) = text.strip_prefix('[') {
        let (addr, after) = rest.split_once(']')?;
        let addr: Addr = addr.parse().ok()?;
        return match after.strip_prefix(':') {
            Some(text) => Some(IndicatorValue::Socket(addr, port(text)?)),
            None => after.is_empty().then_some(IndicatorValue::Addr(addr)),
        };
    }
    if looks_like_address(text)
        && let Ok(addr) = text.parse::<Addr>()
    {
        return Some(IndicatorValue::Addr(addr));
    }
    let Some((host, after)) = text.rsplit_once([':', '|']) else {
        return name(text).map(IndicatorValue::Domain);
    };
    let port = port(after)?;
    match host.parse::<Addr>() {
        Ok(addr) => Some(IndicatorValue::Socket(addr, port)),
        Err(_) => name(host).map(IndicatorValue::Domain),
    }
}

/// Spares names the trouble of being parsed as addresses.
fn looks_like_address(text: &str) -> bool {
    text.bytes().next_back().is_some_and(|b| b.is_ascii_hexdigit() || b == b':')
        && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.' || b == b':')
}

fn port(text: &str) -> Option<u16> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { text.parse().ok()? } else { 0 };
    (port != 0).then_some(port)
}

/// The text with its fangs back.
fn refang(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.bytes().any(|b| matches!(b, b'[' | b'(' | b'{')) {
        for (spelt, meant) in FANGS {
            if text.contains(spelt) {
                text = Cow::Owned(text.replace(spelt, meant));
            }
        }
    }
    let head = text.get(..4).map(str::to_ascii_lowercase);
    if matches!(head.as_deref(), Some("hxxp" | "h**p" | "h__p" | "meow"))
        && let Some(rest) = text.get(4..)
        // A scheme ends in a colon; `hxxp.example` is a name.
        && rest.trim_start_matches(['s', 'S']).starts_with(':')
    {
        text = Cow::Owned(format!("http{rest}"));
    } else if head.as_deref() == Some("fxp:")
        && let Some(rest) = text.get(3..)
    {
        text = Cow::Owned(format!("ftp{rest}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> Option<String> {
        parse(text).map(|value| format!("{} {value}", value.kind()))
    }

    #[test]
    fn reads_what_people_write() {
        for (text, want) in [
            ("Evil.Example.", "domain-name evil.example"),
            ("*.evil.example", "domain-name evil.example"),
            (".evil.example", "domain-name evil.example"),
            ("||evil.example^", "domain-name evil.example"),
            ("evil[.]example[:]8080", "domain-name evil.example"),
            ("198.51.100.7", "ipv4-addr 198.51.100.7"),
            ("198[.]51(.)100{.}7", "ipv4-addr 198.51.100.7"),
            ("198.51.100.7:443", "socket 198.51.100.7:443"),
            ("198.51.100.7|443", "socket 198.51.100.7:443"),
            ("198.51.100.0/24", "network 198.51.100.0/24"),
            ("198.51.100.7/32", "ipv4-addr 198.51.100.7"),
            ("2001:db8::7", "ipv6-addr 2001:db8::7"),
            ("[2001:db8::7]:443", "socket [2001:db8::7]:443"),
            ("hxxps://evil[.]example/a/B?c=D#e", "url evil.example/a/B?c=D"),
            ("http://u:p@Evil.example:81/A", "url evil.example:81/A"),
            ("http://evil.example?x", "url evil.example/?x"),
            ("http://evil.example", "domain-name evil.example"),
            ("http://198.51.100.7:81", "socket 198.51.100.7:81"),
            ("evil.example/gate.php", "url evil.example/gate.php"),
            ("198.51.100.7/gate.php", "url 198.51.100.7/gate.php"),
            ("t13d1516h2_8daaf6152771_e5627efa2ab1", "ja4 t13d1516h2_8daaf6152771_e5627efa2ab1"),
            ("dead.beef", "domain-name dead.beef"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            " ",
            "evil",
            "1.2.3",
            "1.2.3.4.5",
            "999.1.1.1",
            "evil..example",
            "/gate.php",
            "evil example.com",
            "evil.example:0",
            "evil.example:99999",
            "evil.example:x",
            "a b://evil.example",
            "http://",
            "http:///x",
            "[2001:db8::1",
            "http://evil.example/a b",
            "198.51.100.0/33",
            "évil.example",
            "d41d8cd98f00b204e9800998ecf8427e",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(shown(&format!("{}.com", "a".repeat(64))), None);
        assert_eq!(shown(&"a.".repeat(5000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,120}") {
            if let Some(value) = parse(&text) {
                prop_assert_eq!(parse(&value.to_string()), Some(value));
            }
        }

        #[test]
        fn defanged_comes_back(text in "[a-z0-9]{1,12}\\.(com|ru|example)(:[1-9][0-9]{0,3})?(/[a-z]{1,9}\\.php)?") {
            let value = parse(&text).unwrap();
            prop_assert_eq!(parse(&defang(&value)), Some(value));
        }

        #[test]
        fn defanged_addresses_come_back(bits in any::<u32>(), port in 1u16..) {
            let socket = IndicatorValue::Socket(Addr::v4(bits.to_be_bytes()), port);
            prop_assert_eq!(parse(&defang(&socket)), Some(socket));
        }
    }
}
