//! Where heads of HTTP/1 messages begin and end (RFC 9112, section 2).

use memchr::memchr_iter;

use crate::context::{HEAD_BYTES, Match};

/// The longest head.
pub(super) const MAX_HEAD: usize = 16 * 1024;
/// The longest method.
const MAX_METHOD: usize = 32;
/// Methods that are believed before the end of a long first line.
const METHODS: [&[u8]; 9] =
    [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"PATCH", b"PROPFIND"];

/// Do these bytes begin a request or a reply?
pub(super) fn begins(bytes: &[u8]) -> Match {
    let bytes = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    match Match::prefix(bytes, b"HTTP/1.") {
        Match::No => request(bytes),
        Match::Maybe if request(bytes) == Match::Yes => Match::Yes,
        decided => decided,
    }
}

/// Where the head ends: after the first empty line. Bytes before `from` are known to hold none.
pub(super) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let bytes = bytes.get(..MAX_HEAD).unwrap_or(bytes);
    let tail = bytes.get(from..)?;
    for at in memchr_iter(b'\n', tail) {
        match tail.get(at + 1..) {
            Some([b'\n', ..]) => return Some(from + at + 2),
            Some([b'\r', b'\n', ..]) => return Some(from + at + 3),
            _ => {}
        }
    }
    None
}

/// A method, a space, a target, a space, `HTTP/1.`
fn request(bytes: &[u8]) -> Match {
    let method_len = bytes.iter().take_while(|b| is_token(**b)).count();
    if method_len > MAX_METHOD {
        return Match::No;
    }
    match bytes.get(method_len) {
        None if method_len > 0 || bytes.is_empty() => return Match::Maybe,
        Some(b' ') if method_len > 0 => {}
        _ => return Match::No,
    }
    let end = bytes.iter().position(|b| *b == b'\n');
    let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    // Before the end of the line is seen this is a reason to let go; so it is one after, too.
    if line.iter().any(|b| *b < b' ' && *b != b'\r') {
        return Match::No;
    }
    match end {
        Some(_) => {
            let line = line.trim_ascii_end();
            let version = line.len().saturating_sub(9);
            Match::from_bool(
                version > method_len
                    && line.get(version..).is_some_and(|end| end.starts_with(b" HTTP/1.")),
            )
        }
        None if bytes.len() < HEAD_BYTES => Match::Maybe,
        None => Match::from_bool(METHODS.contains(&bytes.get(..method_len).unwrap_or_default())),
    }
}

const fn is_token(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'^' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_answer_stays_when_more_follows(
            line in "(GET|HTTP/1|M-S|h) ?[ -~\t\r\x01]{0,20}( HTTP/1.1)?[ \t\r]?\n[a-z\n]{0,4}",
        ) {
            let whole = begins(line.as_bytes());
            for cut in 0..line.len() {
                let answer = begins(&line.as_bytes()[..cut]);
                prop_assert!(answer == Match::Maybe || answer == whole, "{:?} at {}", line, cut);
            }
        }
    }

    #[test]
    fn first_lines() {
        for yes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"get /x HTTP/1.0\n",
            b"M-SEARCH * HTTP/1.1\r\n",
            b"GET /a b HTTP/1.1\r\n",
            b"HTTP/1.1 200 OK\r\n",
        ] {
            assert_eq!(begins(yes), Match::Yes, "{yes:?}");
            let line = yes.iter().position(|b| *b == b'\n').unwrap();
            for cut in 1..line {
                assert_ne!(begins(&yes[..cut]), Match::No, "{yes:?} {cut}");
            }
        }
        for no in [
            &b"GET /\r\n"[..],
            b"PRI * HTTP/2.0\r\n",
            b"OPTIONS rtsp://x RTSP/1.0\r\n",
            b" GET / HTTP/1.1\r\n",
            b"GET\t/ HTTP/1.1\r\n",
            b"EHLO x\r\n",
            b"GET HTTP/1.1\r\n",
            b"A \x01",
            b"GET /\x01 HTTP/1.1\r\n",
        ] {
            assert_eq!(begins(no), Match::No, "{no:?}");
        }
    }

    #[test]
    fn a_long_target_needs_a_known_method() {
        let long = |method: &str| format!("{method} /{}", "x".repeat(600)).into_bytes();
        assert_eq!(begins(&long("GET")), Match::Yes);
        assert_eq!(begins(&long("HELLO")), Match::No);
    }

    #[test]
    fn ends_of_heads() {
        assert_eq!(end(b"a\r\nb\r\n\r\nbody", 0), Some(8));
        assert_eq!(end(b"a\nb\n\nbody", 0), Some(5));
        assert_eq!(end(b"a\r\nb\r\n", 0), None);
    }
}
