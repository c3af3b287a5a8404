//! The words of a shape, out of what was seen on the wire.
//!
//! Bias: nothing that a person may have typed stays. Of a path only the kinds and lengths of its
//! words are left, of a query the same of the names of its fields, and of a certificate how long it
//! holds and whether somebody else vouches for it.

use std::borrow::Cow;

use ostium_event::Fingerprint;

/// Ends of paths that say which program answers; others are words like any.
const ENDINGS: [&str; 20] = [
    "php", "asp", "aspx", "ashx", "jsp", "cgi", "htm", "html", "js", "css", "json", "xml", "txt",
    "png", "jpg", "gif", "ico", "bin", "dat", "exe",
];
/// Characters of a URI that are looked at, when the values of its query are left out.
pub const URI_LOOKED_AT: usize = 96;

/// The print of a TLS server: how its hello goes, and of a certificate that was seen whether it
/// signed itself and for how many days it holds. Empty when the hello is not known.
pub fn server_print(hello: Fingerprint, certificate: Option<(bool, u32)>) -> String {
    match (hello.is_known(), certificate) {
        (false, _) => String::new(),
        (true, None) => hello.to_string(),
        (true, Some((self_signed, days))) => {
            format!("{hello}-{}{days}", if self_signed { 's' } else { 'c' })
        }
    }
}

/// A URI without its fragment and without the values of its query: of `/gate.php?id=7&x` what is
/// left is `/gate.php?id=&`.
pub fn without_values(uri: &str) -> Cow<'_, str> {
    let uri = uri.split('#').next().unwrap_or_default();
    let Some((path, query)) = uri.split_once('?') else { return Cow::Borrowed(uri) };
    let mut kept = String::with_capacity(path.len() + 32);
    kept.push_str(path);
    let mut sign = '?';
    for field in query.split('&') {
        if kept.len() > 4 * URI_LOOKED_AT {
            break;
        }
        kept.push(sign);
        sign = '&';
        // Without a name it may be anything.
        if let Some((name, _)) = field.split_once('=') {
            kept.push_str(name);
            kept.push('=');
        }
    }
    Cow::Owned(kept)
}

/// The form of a path and of the names of its query's fields: each word is its kind and its length,
/// `w` letters, `d` digits, `x` eight and more hexadecimal digits, `m` letters with digits, `u`
/// anything else; signs of ASCII and common endings stay. `/gate.php?id=7` is `/w4.php?w2=`.
pub fn uri_form(uri: &str) -> String {
    let uri = without_values(uri);
    let cut = uri.char_indices().nth(URI_LOOKED_AT).and_then(|(at, _)| uri.get(..at));
    // What was cut may have lost the end of a name.
    let uri = without_values(cut.unwrap_or(&uri));
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    let mut form = String::with_capacity(2 * uri.len());
    match path.rsplit_once('.').filter(|(_, ending)| ENDINGS.contains(ending)) {
        Some((front, ending)) => {
            words(front, &mut form);
            form.push('.');
            form.push_str(ending);
        }
        None => words(path, &mut form),
    }
    if uri.contains('?') {
        form.push('?');
        words(query, &mut form);
    }
    form
}

fn words(text: &str, form: &mut String) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || c.is_ascii_control();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if is_word(first) {
            form.push(kind(piece));
            form.push_str(&piece.chars().count().to_string());
        } else {
            form.push(first);
        }
        rest = after;
    }
}

fn kind(word: &str) -> char {
    let all = |of: fn(&u8) -> bool| word.as_bytes().iter().all(of);
    if all(u8::is_ascii_alphabetic) {
        'w'
    } else if all(u8::is_ascii_digit) {
        'd'
    } else if word.len() >= 8 && all(u8::is_ascii_hexdigit) {
        'x'
    } else if all(u8::is_ascii_alphanumeric) {
        'm'
    } else {
        'u'
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::LONGEST_MARK;

    #[test]
    fn words_become_their_kinds() {
        for (uri, form) in [
            ("/", "/"),
            ("/gate.php?id=7", "/w4.php?w2="),
            ("/gate.php?id=8&name=alice", "/w4.php?w2=&w4="),
            ("/api/3f2a9c0de1/tasks", "/w3/x10/w5"),
            ("/a1b2/20261130/x.alice", "/m4/d8/w1.w5"),
            ("/files/?alice", "/w5/?"),
            ("/caf\u{e9}/\u{1}b#part", "/u4/u2"),
            ("", ""),
        ] {
            assert_eq!(uri_form(uri), form, "{uri}");
        }
    }

    #[test]
    fn a_server_is_its_hello_and_what_vouches_for_it() {
        let hello = Fingerprint(0xa1_b2);
        assert_eq!(server_print(hello, None), "00000000a1b2");
        assert_eq!(server_print(hello, Some((true, 3_650))), "00000000a1b2-s3650");
        assert_eq!(server_print(hello, Some((false, 90))), "00000000a1b2-c90");
        assert_eq!(server_print(Fingerprint(0), Some((true, 1))), "");
    }

    proptest! {
        /// Whatever was sent: it fits, is no control character, and no long word of it is left.
        #[test]
        fn nothing_that_was_typed_stays(uri in "\\PC{0,300}", word in "[g-v]{6,12}") {
            let form = uri_form(&format!("/{word}{uri}"));
            prop_assert!(form.len() <= LONGEST_MARK);
            prop_assert!(form.is_ascii() && !form.chars().any(char::is_control));
            prop_assert!(!form.contains(&word));
        }
    }
}
