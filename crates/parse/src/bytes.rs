//! Reading bytes without panics, and small texts on the stack.

use ostium_event::Fingerprint;
use ring::digest;

/// Takes big-endian numbers and vectors off the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// Printable text of at most `N` bytes, on the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

/// The first 48 bits of the SHA-256 of `bytes`.
pub(crate) fn fingerprint(bytes: &[u8]) -> Fingerprint {
    truncated(&digest::digest(&digest::SHA256, bytes))
}

/// The first 48 bits of a digest.
pub(crate) fn truncated(digest: &digest::Digest) -> Fingerprint {
    let first = digest.as_ref().iter().take(6);
    Fingerprint(first.fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// Two bytes as a number; `None` when there are fewer.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Reader::new(bytes.get(at..)?).u16()
}

// === impl Reader ===

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        let (first, rest) = self.rest.split_first_chunk::<2>()?;
        self.rest = rest;
        Some(u16::from_be_bytes(*first))
    }

    pub(crate) fn u24(&mut self) -> Option<u32> {
        let (first, rest) = self.rest.split_first_chunk::<3>()?;
        self.rest = rest;
        let [a, b, c] = *first;
        Some(u32::from_be_bytes([0, a, b, c]))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_be_bytes(*first))
    }

    /// Bytes with their count before them in one byte.
    pub(crate) fn vec8(&mut self) -> Option<&'a [u8]> {
        let count = self.u8()?;
        self.take(usize::from(count))
    }

    /// Bytes with their count before them in two bytes.
    pub(crate) fn vec16(&mut self) -> Option<&'a [u8]> {
        let count = self.u16()?;
        self.take(usize::from(count))
    }

    /// A variable-length integer of QUIC (RFC 9000, section 16).
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let first = self.u8()?;
        let more = (1u32 << (first >> 6)) - 1;
        let mut value = u64::from(first & 0x3f);
        for _ in 0..more {
            value = value << 8 | u64::from(self.u8()?);
        }
        Some(value)
    }
}

// === impl Text ===

impl<const N: usize> Text<N> {
    /// `bytes` cut to `N`, with everything outside printable ASCII as `?`.
    pub(crate) fn printable(bytes: &[u8]) -> Self {
        Self::map(bytes, |byte| byte)
    }

    /// As [`Text::printable`], in lower case.
    pub(crate) fn lower(bytes: &[u8]) -> Self {
        Self::map(bytes, |byte| byte.to_ascii_lowercase())
    }

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn map(bytes: &[u8], change: impl Fn(u8) -> u8) -> Self {
        let mut text = Self { bytes: [0; N], len: bytes.len().min(N) };
        for (to, from) in text.bytes.iter_mut().zip(bytes) {
            *to = match from {
                b' '..=b'~' => change(*from),
                _ => b'?',
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_of_the_rfc() {
        let read = |bytes: &[u8]| Reader::new(bytes).varint();
        assert_eq!(read(&[0x25]), Some(37));
        assert_eq!(read(&[0x7b, 0xbd]), Some(15_293));
        assert_eq!(read(&[0x9d, 0x7f, 0x3e, 0x7d]), Some(494_878_333));
        assert_eq!(read(&[0x7b]), None);
    }

    #[test]
    fn text_is_cut_and_printable() {
        assert_eq!(Text::<4>::lower(b"AB\x01\xffC").as_str(), "ab??");
        assert_eq!(Text::<4>::printable(b"").as_str(), "");
    }

    #[test]
    fn fingerprint_is_the_first_48_bits() {
        assert_eq!(fingerprint(b"abc").to_string(), "ba7816bf8f01");
    }
}
