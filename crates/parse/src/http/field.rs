//! Header fields as text and numbers.

use std::borrow::Cow;

use httparse::Header;

use super::body::Length;

/// The most headers of a head.
pub(super) const MAX_HEADERS: usize = 64;
/// The most bytes of a text that is told.
const MAX_TEXT: usize = 1024;

/// The first value of a header, by its lower-case name.
pub(super) fn value<'h>(headers: &[Header<'h>], name: &str) -> Option<&'h [u8]> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// The first value of a header as text, cut to what is told.
pub(super) fn text<'h>(headers: &[Header<'h>], name: &str) -> Option<Cow<'h, str>> {
    let bytes = value(headers, name)?;
    let bytes = bytes.get(..MAX_TEXT).unwrap_or(bytes);
    Some(match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text),
        Cow::Owned(text) => Cow::Owned(cut(&text).to_owned()),
    })
}

/// At most [`MAX_TEXT`] bytes, cut between characters.
pub(super) fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.split_at_checked(end).map_or("", |(kept, _)| kept)
}

/// The declared length of a body; `None` when there is no declaration that can be read.
pub(super) fn length(headers: &[Header<'_>]) -> Option<Length> {
    if value(headers, "transfer-encoding")
        .is_some_and(|coding| coding.to_ascii_lowercase().ends_with(b"chunked"))
    {
        return Some(Length::Chunked);
    }
    let text = std::str::from_utf8(value(headers, "content-length")?).ok()?;
    text.trim().parse().ok().map(Length::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters() {
        let text = format!("{}é", "x".repeat(MAX_TEXT - 1));
        assert_eq!(cut(&text).len(), MAX_TEXT - 1);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn lengths() {
        let of = |name, value: &'static str| length(&[Header { name, value: value.as_bytes() }]);
        assert_eq!(of("Content-Length", "12"), Some(Length::Bytes(12)));
        assert_eq!(of("content-length", "-1"), None);
        assert_eq!(of("Transfer-Encoding", "gzip, Chunked"), Some(Length::Chunked));
        assert_eq!(of("Host", "x"), None);
    }
}
