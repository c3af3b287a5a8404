//! IP addresses from text, without allocation.
//!
//! Bias: agrees with the standard library on what is an address, and drops an IPv6 zone
//! (`fe80::1%eth0`).

use ostium_event::Addr;

/// An IPv4 or IPv6 address.
#[inline]
pub(crate) fn address(text: &[u8]) -> Option<Addr> {
    match v4(text) {
        Some(bits) => Some(Addr::v4(bits.to_be_bytes())),
        None => v6(text),
    }
}

#[inline]
fn v4(text: &[u8]) -> Option<u32> {
    match v4_prefix(text)? {
        (bits, []) => Some(bits),
        _ => None,
    }
}

/// Four numbers at the beginning of a text, and what follows the last of them.
#[inline]
pub(crate) fn v4_prefix(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut bits, mut rest) = (0u32, text);
    for dots in 0..4 {
        // A leading zero would make 010 either 8 or 10.
        let (octet, after) = match rest {
            [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', after @ ..] => {
                let digits = [a, b, c].map(|digit| u32::from(digit - b'0'));
                (digits[0] * 100 + digits[1] * 10 + digits[2], after)
            }
            [a @ b'1'..=b'9', b @ b'0'..=b'9', after @ ..] => {
                (u32::from(a - b'0') * 10 + u32::from(b - b'0'), after)
            }
            [a @ b'0'..=b'9', after @ ..] => (u32::from(a - b'0'), after),
            _ => return None,
        };
        if octet > 255 {
            return None;
        }
        bits = bits << 8 | octet;
        rest = match (after, dots) {
            (after, 3) => return Some((bits, after)),
            ([b'.', after @ ..], _) => after,
            _ => return None,
        };
    }
    None
}

/// Groups are shifted in from the right; the place of `::` is kept and opened up at the end.
fn v6(text: &[u8]) -> Option<Addr> {
    let mut rest = match memchr::memchr(b'%', text.get(..64.min(text.len()))?) {
        Some(zone) => text.get(..zone)?,
        None => text,
    };
    let (mut bits, mut groups) = (0u128, 0u32);
    let mut gap = None;
    if let Some(after) = rest.strip_prefix(b"::") {
        gap = Some(0);
        rest = after;
    }
    while !rest.is_empty() {
        let digits = rest.iter().take(5).take_while(|b| b.is_ascii_hexdigit());
        let count = digits.count();
        if let Some(b'.') = rest.get(count) {
            bits = bits << 32 | u128::from(v4(rest)?);
            groups += 2;
            break;
        }
        if count == 0 || count > 4 || groups >= 8 {
            return None;
        }
        let (group, after) = rest.split_at_checked(count)?;
        bits = bits << 16 | group.iter().fold(0, |sum, &digit| sum << 4 | hex(digit));
        groups += 1;
        rest = match after {
            [] => after,
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(groups);
                after
            }
            [b':', after @ ..] if !after.is_empty() => after,
            _ => return None,
        };
    }
    spread(bits, groups, gap).map(Addr::from_bits)
}

fn spread(bits: u128, groups: u32, gap: Option<u32>) -> Option<u128> {
    match gap {
        None => (groups == 8).then_some(bits),
        Some(0) => (groups <= 7).then_some(bits),
        Some(before) => {
            let after = 16 * (groups - before);
            let low = bits & ((1u128 << after.min(127)) - 1);
            (groups <= 7).then_some(bits >> after << (128 - 16 * before) | low)
        }
    }
}

fn hex(digit: u8) -> u128 {
    u128::from(char::from(digit).to_digit(16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn library(text: &str) -> Option<Addr> {
        text.parse().ok()
    }

    #[test]
    fn reads_what_people_write() {
        for text in [
            "0.0.0.0",
            "255.255.255.255",
            "10.1.2.3",
            "::",
            "::1",
            "1::",
            "fe80::1cf4:44d2:904a:14f7",
            "2001:718:2:1611:0:1:0:90",
            "::ffff:192.0.2.1",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "64:ff9b::192.0.2.33",
            "1:2:3:4:5:6:192.0.2.33",
            "ff02::1:3",
        ] {
            assert_eq!(address(text.as_bytes()), Some(library(text).unwrap()), "{text}");
        }
        assert_eq!(address(b"fe80::1%eth0"), library("fe80::1"));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "-",
            "10.0.0",
            "10.0.0.256",
            "10.0.0.1.",
            ".10.0.0.1",
            "10..0.1",
            "010.0.0.1",
            "1:2",
            ":::",
            "1:::2",
            "::1::",
            "12345::",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            ":1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:",
            "::1.2.3",
            "1:2:3:4:5:6:7:1.2.3.4",
            "g::",
            "10.0.0.1 ",
            "1::2:",
            "%",
        ] {
            assert_eq!(address(text.as_bytes()), None, "{text}");
            assert_eq!(library(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_on_addresses(bits: u128) {
            let addr = Addr::from_bits(bits);
            prop_assert_eq!(address(addr.to_string().as_bytes()), Some(addr));
        }

        #[test]
        fn agrees_on_text(text in "[0-9a-f:.]{0,24}") {
            prop_assert_eq!(address(text.as_bytes()), library(&text));
        }

        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = address(&bytes);
        }
    }
}
