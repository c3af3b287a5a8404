//! Attributes: length, type, value, padded to four bytes (`struct nlattr`).

/// The value holds attributes (`NLA_F_NESTED`).
const NESTED: u16 = 0x8000;
/// The two flag bits are no part of the type.
const TYPE: u16 = 0x3fff;
const HEAD: usize = 4;

/// Writes attributes one after the other.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attr<'a> {
    /// What it is, without the flags.
    pub kind: u16,
    /// Its value, without padding.
    pub value: &'a [u8],
}

/// Reads attributes one after the other. A length that lies ends it: [`Attrs::is_whole`].
#[derive(Clone, Debug)]
pub struct Attrs<'a> {
    rest: &'a [u8],
    broken: bool,
}

// === impl Writer ===

impl Writer {
    /// An attribute with a value. One that is too long for its length field is cut off.
    pub fn put(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let most = usize::from(u16::MAX) - HEAD;
        let value = value.get(..most).unwrap_or(value);
        let length = u16::try_from(HEAD + value.len()).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// An attribute that holds those that `fill` writes.
    pub fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::default();
        fill(&mut inner);
        self.put(kind | NESTED, &inner.bytes)
    }

    /// A text that ends with a zero byte.
    pub fn text(&mut self, kind: u16, text: &str) -> &mut Self {
        self.put(kind, &[text.as_bytes(), &[0]].concat())
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

// === impl Attrs ===

impl<'a> Attrs<'a> {
    /// The attributes of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, broken: false }
    }

    /// Was all read, and no length lied? Ask at the end.
    pub const fn is_whole(&self) -> bool {
        !self.broken && self.rest.is_empty()
    }

    /// The first value of a kind.
    pub fn find(bytes: &'a [u8], kind: u16) -> Option<&'a [u8]> {
        Self::new(bytes).find_map(|attr| (attr.kind == kind).then_some(attr.value))
    }
}

impl<'a> Iterator for Attrs<'a> {
    type Item = Attr<'a>;

    fn next(&mut self) -> Option<Attr<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let read = |bytes: &'a [u8]| {
            let (length, after) = bytes.split_first_chunk::<2>()?;
            let (kind, _) = after.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_ne_bytes(*length));
            let value = bytes.get(HEAD..length)?;
            // The last one may come without its padding.
            let rest = bytes.get(length.next_multiple_of(4)..).unwrap_or(&[]);
            Some((Attr { kind: u16::from_ne_bytes(*kind) & TYPE, value }, rest))
        };
        match read(self.rest) {
            Some((attr, rest)) => {
                self.rest = rest;
                Some(attr)
            }
            None => {
                self.broken = true;
                self.rest = &[];
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            all in proptest::collection::vec(
                (0u16..0x3fff, proptest::collection::vec(any::<u8>(), 0..40)), 0..12),
        ) {
            let mut writer = Writer::default();
            writer.nest(7, |inner| {
                for (kind, value) in &all {
                    inner.put(*kind, value);
                }
            });
            prop_assert_eq!(writer.bytes().len() % 4, 0);
            let inner = Attrs::find(writer.bytes(), 7).unwrap();
            let mut attrs = Attrs::new(inner);
            let read: Vec<_> = attrs.by_ref().map(|a| (a.kind, a.value.to_vec())).collect();
            prop_assert!(attrs.is_whole());
            prop_assert_eq!(read, all);
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut attrs = Attrs::new(&bytes);
            let length: usize = attrs.by_ref().map(|attr| HEAD + attr.value.len()).sum();
            prop_assert!(length <= bytes.len());
            prop_assert_eq!(attrs.next(), None);
        }
    }

    #[test]
    fn a_length_that_lies_is_told() {
        for bytes in [&[3, 0, 1, 0][..], &[9, 0, 1, 0, 1, 2], &[4, 0, 1]] {
            let mut attrs = Attrs::new(bytes);
            assert_eq!(attrs.next(), None);
            assert!(!attrs.is_whole(), "{bytes:?}");
        }
    }
}
