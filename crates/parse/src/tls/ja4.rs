//! JA4, the fingerprint of a client hello. Method: FoxIO, JA4 (TLS client), BSD-3-Clause.

use ostium_event::Ja4;
use ring::digest::{Context, SHA256};

use super::hello::{ALPN, ClientHello, SERVER_NAME, is_grease, numbers};

/// The most values of a list; a hello with more has no JA4.
const MAX_CIPHERS: usize = 512;
const MAX_EXTENSIONS: usize = 128;
const MAX_SIGNATURES: usize = 128;
/// Stands for the hash of an empty list.
const NOTHING: [u8; 12] = *b"000000000000";
const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// What carried the hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Carrier {
    /// TLS over TCP.
    Tcp,
    /// QUIC.
    Quic,
}

/// Numbers on the stack.
struct List<const N: usize> {
    items: [u16; N],
    len: usize,
}

/// The fingerprint; `None` when a list is too long to be a client's.
pub(crate) fn ja4(hello: &ClientHello<'_>, carrier: Carrier) -> Option<Ja4> {
    let mut ciphers = List::<MAX_CIPHERS>::of(numbers(hello.ciphers))?;
    let extensions = hello.extensions.map(|(id, _)| id);
    let mut extensions = List::<MAX_EXTENSIONS>::of(extensions)?;
    let signatures = List::<MAX_SIGNATURES>::of(numbers(hello.signatures))?;
    let mut text = [b'_'; 36];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        if let Some(room) = text.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
        at += bytes.len();
    };
    put(match carrier {
        Carrier::Tcp => b"t",
        Carrier::Quic => b"q",
    });
    put(version(hello.version));
    put(if hello.has_name { b"d" } else { b"i" });
    put(&two_digits(ciphers.len));
    put(&two_digits(extensions.len));
    put(&ends(hello.alpn));
    ciphers.sort();
    put(b"_");
    put(&hash(ciphers.items(), &[]));
    extensions.sort();
    extensions.retain(|id| id != SERVER_NAME && id != ALPN);
    put(b"_");
    put(&hash(extensions.items(), signatures.items()));
    Ja4::parse(std::str::from_utf8(&text).ok()?)
}

const fn version(version: u16) -> &'static [u8; 2] {
    match version {
        0x0304 => b"13",
        0x0303 => b"12",
        0x0302 => b"11",
        0x0301 => b"10",
        0x0300 => b"s3",
        0x0002 => b"s2",
        _ => b"00",
    }
}

fn two_digits(count: usize) -> [u8; 2] {
    let count = u8::try_from(count.min(99)).unwrap_or(99);
    [b'0' + count / 10, b'0' + count % 10]
}

/// First and last character of the first protocol; those of its hex form when either is no letter
/// or digit.
fn ends(alpn: Option<&[u8]>) -> [u8; 2] {
    let Some((first, last)) = alpn.and_then(|name| Some((*name.first()?, *name.last()?))) else {
        return *b"00";
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        [first, last]
    } else {
        [digit(first >> 4), digit(last)]
    }
}

fn digit(low: u8) -> u8 {
    DIGITS.get(usize::from(low & 15)).copied().unwrap_or(b'0')
}

fn hex(value: u16) -> [u8; 4] {
    let [high, low] = value.to_be_bytes();
    [digit(high >> 4), digit(high), digit(low >> 4), digit(low)]
}

/// The first twelve hex digits of the hash over both lists; a second list that is empty leaves no
/// trace.
fn hash(first: &[u16], second: &[u16]) -> [u8; 12] {
    if first.is_empty() {
        return NOTHING;
    }
    let mut context = Context::new(&SHA256);
    add(&mut context, first);
    if !second.is_empty() {
        context.update(b"_");
        add(&mut context, second);
    }
    let digest = context.finish();
    let mut text = NOTHING;
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest.as_ref()) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(*byte)]);
    }
    text
}

fn add(context: &mut Context, list: &[u16]) {
    for (index, value) in list.iter().enumerate() {
        if index > 0 {
            context.update(b",");
        }
        context.update(&hex(*value));
    }
}

// === impl List ===

impl<const N: usize> List<N> {
    /// The numbers without those that only test tolerance; `None` when they are too many.
    fn of(numbers: impl Iterator<Item = u16>) -> Option<Self> {
        let mut list = Self { items: [0; N], len: 0 };
        for value in numbers.filter(|value| !is_grease(*value)) {
            *list.items.get_mut(list.len)? = value;
            list.len += 1;
        }
        Some(list)
    }

    fn items(&self) -> &[u16] {
        self.items.get(..self.len).unwrap_or_default()
    }

    fn sort(&mut self) {
        if let Some(items) = self.items.get_mut(..self.len) {
            items.sort_unstable();
        }
    }

    fn retain(&mut self, keep: impl Fn(u16) -> bool) {
        let mut kept = 0;
        for index in 0..self.len {
            let value = self.items.get(index).copied().unwrap_or_default();
            if keep(value)
                && let Some(slot) = self.items.get_mut(kept)
            {
                *slot = value;
                kept += 1;
            }
        }
        self.len = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_the_first_protocol() {
        let cases: [(&[u8], &[u8; 2]); 7] = [
            (b"h2", b"h2"),
            (b"http/1.1", b"h1"),
            (b"x", b"xx"),
            (&[0xab], b"ab"),
            (&[0xab, 0xcd], b"ad"),
            (&[0x30, 0xab], b"3b"),
            (&[0x30, 0xab, 0xcd, 0x31], b"01"),
        ];
        for (name, expected) in cases {
            assert_eq!(&ends(Some(name)), expected, "{name:?}");
        }
        assert_eq!(&ends(None), b"00");
    }

    #[test]
    fn hashes_of_the_method() {
        let extensions =
            [5, 10, 11, 13, 0x12, 0x15, 0x17, 0x1b, 0x23, 0x2b, 0x2d, 0x33, 0x4469, 0xff01];
        assert_eq!(&hash(&extensions, &[]), b"6d807ffa2a79");
        assert_eq!(&hash(&[], &[1]), b"000000000000");
    }

    #[test]
    fn counts_stop_at_99() {
        assert_eq!(&two_digits(120), b"99");
        assert_eq!(&two_digits(7), b"07");
    }
}
