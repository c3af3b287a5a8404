//! What a body is by its first bytes.

use ostium_event::Body;

const MAGIC: [(&[u8], Body); 22] = [
    (b"\x7fELF", Body::ElfProgram),
    (b"#!", Body::Script),
    (b"@echo off", Body::Script),
    (b"<?php", Body::Script),
    (b"PK\x03\x04", Body::Archive),
    (b"\x1f\x8b", Body::Archive),
    (b"7z\xbc\xaf\x27\x1c", Body::Archive),
    (b"Rar!\x1a\x07", Body::Archive),
    (b"BZh", Body::Archive),
    (b"\xfd7zXZ\0", Body::Archive),
    (b"\x28\xb5\x2f\xfd", Body::Archive),
    (b"MSCF\0\0\0\0", Body::Archive),
    (b"\x89PNG\r\n\x1a\n", Body::Image),
    (b"\xff\xd8\xff", Body::Image),
    (b"GIF87a", Body::Image),
    (b"GIF89a", Body::Image),
    (b"\0\0\x01\0", Body::Image),
    (b"II*\0", Body::Image),
    (b"MM\0*", Body::Image),
    (b"\xef\xbb\xbf<", Body::Markup),
    (b"\xff\xfe", Body::Text),
    (b"\xfe\xff", Body::Text),
];

/// Names a body by its first bytes.
pub(super) fn body(prefix: &[u8]) -> Body {
    if prefix.is_empty() {
        return Body::Unseen;
    }
    // Two letters begin a text as well; a program has bytes after them that no text has.
    if prefix.starts_with(b"MZ") && !is_text(prefix) {
        return Body::WindowsProgram;
    }
    if prefix.starts_with(b"RIFF") && prefix.get(8..12) == Some(b"WEBP") {
        return Body::Image;
    }
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| prefix.starts_with(magic)) {
        return *kind;
    }
    if !is_text(prefix) {
        return Body::Binary;
    }
    match prefix.trim_ascii_start().first() {
        Some(b'<') => Body::Markup,
        Some(b'{' | b'[') => Body::Json,
        _ => Body::Text,
    }
}

/// Is it a program?
pub(super) const fn is_program(body: Body) -> bool {
    matches!(body, Body::WindowsProgram | Body::ElfProgram)
}

/// Does a content type promise something that is no program?
pub(super) fn is_harmless(content_type: &str) -> bool {
    const HARMLESS: [&str; 9] = [
        "image/",
        "text/",
        "audio/",
        "video/",
        "font/",
        "application/javascript",
        "application/x-javascript",
        "application/json",
        "application/xml",
    ];
    HARMLESS.iter().any(|start| {
        content_type.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    })
}

/// UTF-8, perhaps cut inside a character, without control characters.
fn is_text(bytes: &[u8]) -> bool {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole
        && bytes
            .iter()
            .all(|b| *b >= b' ' && *b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_bodies() {
        let cases: [(&[u8], Body); 13] = [
            (b"", Body::Unseen),
            (b"MZ\x90\0\x03\0\0\0", Body::WindowsProgram),
            (b"MZ is a text", Body::Text),
            (b"\x7fELF\x02\x01", Body::ElfProgram),
            (b"#!/bin/sh\n", Body::Script),
            (b"PK\x03\x04\x14", Body::Archive),
            (b"\x89PNG\r\n\x1a\n\0", Body::Image),
            (b"RIFF\0\0\0\0WEBPVP8 ", Body::Image),
            (b"  <!DOCTYPE html", Body::Markup),
            (b"{\"a\": 1}", Body::Json),
            (b"hello", Body::Text),
            (b"caf\xc3", Body::Text),
            (b"\x80\x01\x02", Body::Binary),
        ];
        for (bytes, kind) in cases {
            assert_eq!(body(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn harmless_types() {
        assert!(is_harmless("Image/png"));
        assert!(is_harmless("text/html"));
        assert!(!is_harmless("application/octet-stream"));
        assert!(!is_harmless(""));
    }
}
