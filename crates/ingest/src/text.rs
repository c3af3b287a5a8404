//! Text out of logs: escapes undone, bytes that no reader expects replaced.
//!
//! Bias: most text needs no change and is borrowed from the row. Control characters and bytes
//! outside UTF-8 become `?`, so that text can go to a terminal or a report as it is.

use crate::cells::Style;

/// The longest text kept of one field, in bytes.
pub(crate) const TEXT: usize = 1024;
/// The longest name kept: 255 (RFC 1035, 2.3.4) and some for escapes.
pub(crate) const NAME: usize = 300;

/// Buffers that turning rows into events needs: one per thread, used again for every row.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) texts: [TextBuf; 6],
    pub(crate) names: String,
}

/// A buffer for one text that had to be changed.
#[derive(Debug, Default)]
pub(crate) struct TextBuf {
    bytes: Vec<u8>,
    text: String,
}

/// Undoes escapes: `\xHH` and `\\` of Zeek's TSV; those of JSON, and inside them Zeek's `\\xHH`.
pub(crate) fn decode(text: &[u8], style: Style, mut emit: impl FnMut(u8)) {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            emit(byte);
            continue;
        }
        rest = match style {
            Style::Tsv(_) => decode_hex(after, &mut emit),
            Style::Json => decode_json(after, &mut emit),
        };
    }
}

/// What follows a backslash in TSV; anything but `xHH` and a backslash is kept as it stands.
fn decode_hex<'a>(after: &'a [u8], emit: &mut impl FnMut(u8)) -> &'a [u8] {
    match after {
        [b'x', a, b, rest @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
            emit(nibble(*a) << 4 | nibble(*b));
            rest
        }
        [b'\\', rest @ ..] => {
            emit(b'\\');
            rest
        }
        _ => {
            emit(b'\\');
            after
        }
    }
}

fn decode_json<'a>(after: &'a [u8], emit: &mut impl FnMut(u8)) -> &'a [u8] {
    let Some((&byte, rest)) = after.split_first() else {
        return after;
    };
    match byte {
        b'\\' if matches!(rest, [b'x', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()) =>
        {
            return decode_hex(rest, emit);
        }
        b'b' | b'f' | b'n' | b'r' => emit(b'\n'),
        b't' => emit(b'\t'),
        b'u' => return decode_unicode(rest, emit),
        other => emit(other),
    }
    rest
}

/// The four digits of `\uXXXX`, and the second half of a surrogate pair.
fn decode_unicode<'a>(digits: &'a [u8], emit: &mut impl FnMut(u8)) -> &'a [u8] {
    let Some((first, mut rest)) = unit(digits) else {
        emit(b'?');
        return digits;
    };
    let mut code = first;
    if let (0xd800..0xdc00, Some(pair)) = (first, rest.strip_prefix(b"\\u"))
        && let Some((second @ 0xdc00..0xe000, after)) = unit(pair)
    {
        code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        rest = after;
    }
    let letter = char::from_u32(code).unwrap_or('?');
    for &byte in letter.encode_utf8(&mut [0; 4]).as_bytes() {
        emit(byte);
    }
    rest
}

fn unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = digits.split_at_checked(4)?;
    let mut value = 0;
    for &digit in digits {
        value = value << 4 | char::from(digit).to_digit(16)?;
    }
    Some((value, rest))
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

/// The text of a field, at most [`TEXT`] bytes.
#[inline]
pub(crate) fn text<'a>(cell: &'a [u8], style: Style, buffer: &'a mut TextBuf) -> &'a str {
    let cell = cell.get(..TEXT).unwrap_or(cell);
    let simple = cell.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\');
    match std::str::from_utf8(cell) {
        Ok(text) if simple => text,
        _ => buffer.cleaned(cell, style),
    }
}

/// A field's text, or nothing when it is unset.
#[inline]
pub(crate) fn optional<'a>(
    cell: &'a [u8],
    style: Style,
    buffer: &'a mut TextBuf,
) -> Option<&'a str> {
    (!cell.is_empty()).then(|| text(cell, style, buffer))
}

/// Appends a domain name in its normal form: lower case, no final dot, bytes outside `[!-~]` as
/// `?`.
pub(crate) fn push_name(cell: &[u8], style: Style, out: &mut String) {
    let start = out.len();
    let cell = cell.get(..NAME).unwrap_or(cell);
    decode(cell, style, |byte| {
        out.push(match byte {
            b'!'..=b'~' => char::from(byte.to_ascii_lowercase()),
            _ => '?',
        });
    });
    if out.len() > start && out.ends_with('.') {
        out.pop();
    }
}

/// A domain name in its normal form.
#[inline]
pub(crate) fn name<'a>(cell: &'a [u8], style: Style, buffer: &'a mut TextBuf) -> &'a str {
    let cell = cell.strip_suffix(b".").unwrap_or(cell);
    let simple = cell.len() <= NAME
        && cell.iter().all(|byte| matches!(byte, b'!'..=b'@' | b'[' | b']'..=b'~'));
    match std::str::from_utf8(cell) {
        Ok(text) if simple => text,
        _ => {
            buffer.text.clear();
            push_name(cell, style, &mut buffer.text);
            &buffer.text
        }
    }
}

// === impl TextBuf ===

impl TextBuf {
    fn cleaned(&mut self, cell: &[u8], style: Style) -> &str {
        self.bytes.clear();
        self.text.clear();
        let bytes = &mut self.bytes;
        decode(cell, style, |byte| bytes.push(byte));
        for chunk in self.bytes.utf8_chunks() {
            let visible = chunk.valid().chars();
            self.text.extend(visible.map(|c| if c.is_control() { '?' } else { c }));
            self.text.extend(chunk.invalid().iter().map(|_| '?'));
        }
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TSV: Style = Style::Tsv(b',');

    fn cleaned(cell: &[u8], style: Style) -> String {
        text(cell, style, &mut TextBuf::default()).to_owned()
    }

    fn named(cell: &[u8], style: Style) -> String {
        name(cell, style, &mut TextBuf::default()).to_owned()
    }

    #[test]
    fn undoes_escapes() {
        assert_eq!(cleaned(br"a\x2cb\\c\q", TSV), r"a,b\c\q");
        assert_eq!(cleaned(br"\xc3\xa9\xff\x1b", TSV), "\u{e9}??");
        assert_eq!(
            cleaned(br#"a\"\/\\\u00e9\ud83d\ude00\u0000"#, Style::Json),
            "a\"/\\\u{e9}\u{1f600}?"
        );
        assert_eq!(cleaned(br"\ud83d!\u12", Style::Json), "?!?12");
        assert_eq!(cleaned(br"a\\x41", Style::Json), "aA");
        assert_eq!(cleaned(b"caf\xe9", TSV), "caf?");
        assert_eq!(cleaned("caf\u{e9}".as_bytes(), TSV), "caf\u{e9}");
    }

    #[test]
    fn names_are_normal() {
        assert_eq!(named(b"WWW.Example.COM.", TSV), "www.example.com");
        assert_eq!(named(b"www.example.com", TSV), "www.example.com");
        assert_eq!(named(br"a\x00b c.com", TSV), "a?b?c.com");
        assert_eq!(named("\u{e9}.com".as_bytes(), Style::Json), "??.com");
        assert_eq!(named(b".", TSV), "");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(cleaned(&[b'a'; 5000], TSV).len(), TEXT);
        assert_eq!(named(&[b'A'; 5000], TSV).len(), NAME);
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for style in [TSV, Style::Json] {
                prop_assert!(!cleaned(&bytes, style).chars().any(char::is_control));
                prop_assert!(named(&bytes, style).bytes().all(|b| matches!(b, b'!'..=b'~')));
            }
        }

        #[test]
        fn escaped_text_comes_back(original in "\\PC{0,40}") {
            let mut tsv = String::new();
            for byte in original.bytes() {
                tsv.push_str(&format!("\\x{byte:02X}"));
            }
            prop_assert_eq!(cleaned(tsv.as_bytes(), TSV), original);
        }
    }
}
