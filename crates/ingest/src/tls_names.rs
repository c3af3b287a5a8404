//! Names that logs give to TLS versions, cipher suites and certificate holders, and those of media
//! types.
//!
//! Numbers: IANA, TLS parameters. Bias: a name that is not known becomes 0.

use ostium_event::{Body, TlsVersion};

/// `TLSv12`, `TLS 1.2`, `TLSv1`, `SSLv3`, `DTLSv12`, and the like.
pub(crate) fn version(name: &[u8]) -> TlsVersion {
    let digits = name.iter().filter(|byte| byte.is_ascii_digit());
    let number = digits.take(3).fold(0u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let major = name.first().copied().unwrap_or_default().to_ascii_uppercase();
    TlsVersion(match (major, number) {
        (b'T', 1 | 10) => 0x0301,
        (b'T', 11) => 0x0302,
        (b'T', 12) => 0x0303,
        (b'T', 13) => 0x0304,
        (b'S', 3 | 30) => 0x0300,
        (b'S', 2 | 20) => 0x0002,
        (b'D', 1 | 10) => 0xfeff,
        (b'D', 12) => 0xfefd,
        (b'D', 13) => 0xfefc,
        _ => 0,
    })
}

/// The number of a cipher suite's IANA name; 0 when it is not in the table.
pub(crate) fn cipher(name: &[u8]) -> u16 {
    CIPHERS
        .binary_search_by(|(known, _)| known.as_bytes().cmp(name))
        .ok()
        .and_then(|at| CIPHERS.get(at))
        .map_or(0, |(_, number)| *number)
}

/// Suites that servers still choose, sorted by name.
const CIPHERS: &[(&str, u16)] = &[
    ("TLS_AES_128_CCM_SHA256", 0x1304),
    ("TLS_AES_128_GCM_SHA256", 0x1301),
    ("TLS_AES_256_GCM_SHA384", 0x1302),
    ("TLS_CHACHA20_POLY1305_SHA256", 0x1303),
    ("TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", 0x0016),
    ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", 0x0033),
    ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", 0x0067),
    ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009e),
    ("TLS_DHE_RSA_WITH_AES_256_CBC_SHA", 0x0039),
    ("TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", 0x006b),
    ("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", 0x009f),
    ("TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xccaa),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xc009),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xc023),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", 0xc00a),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 0xc024),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c),
    ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9),
    ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", 0xc012),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xc013),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", 0xc027),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f),
    ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", 0xc014),
    ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 0xc028),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030),
    ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8),
    ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", 0xc011),
    ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", 0x000a),
    ("TLS_RSA_WITH_AES_128_CBC_SHA", 0x002f),
    ("TLS_RSA_WITH_AES_128_CBC_SHA256", 0x003c),
    ("TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009c),
    ("TLS_RSA_WITH_AES_256_CBC_SHA", 0x0035),
    ("TLS_RSA_WITH_AES_256_CBC_SHA256", 0x003d),
    ("TLS_RSA_WITH_AES_256_GCM_SHA384", 0x009d),
    ("TLS_RSA_WITH_RC4_128_MD5", 0x0004),
    ("TLS_RSA_WITH_RC4_128_SHA", 0x0005),
];

/// The common name in a distinguished name, or all of it where there is none. Written as in RFC
/// 4514 (`CN=a,O=b\, c`), with spaces after the commas, or with slashes as OpenSSL once did.
pub(crate) fn common_name(name: &str) -> &str {
    let slash = name.starts_with('/');
    let mut escaped = false;
    let mut start = 0;
    let split = name.char_indices().filter_map(move |(at, letter)| {
        let ends = !escaped && letter == if slash { '/' } else { ',' };
        escaped = !escaped && letter == '\\';
        ends.then_some(at)
    });
    for end in split.chain(std::iter::once(name.len())) {
        let part = name.get(start..end).unwrap_or_default().trim_start();
        match part.strip_prefix("CN=") {
            Some("") | None => {}
            Some(value) => return value,
        }
        start = end + 1;
    }
    name
}

/// What a media type, as told from the first bytes by Zeek, is.
pub(crate) fn body(media: &[u8]) -> Body {
    let media = media.split(|byte| *byte == b';').next().unwrap_or_default();
    let has = |word: &str| memchr::memmem::find(media, word.as_bytes()).is_some();
    match media {
        b"" => Body::Unseen,
        b"text/html" | b"text/xml" | b"application/xml" | b"application/xhtml+xml" => Body::Markup,
        b"text/json" | b"application/json" => Body::Json,
        b"application/x-dosexec" | b"application/x-msdownload" => Body::WindowsProgram,
        b"application/vnd.microsoft.portable-executable" => Body::WindowsProgram,
        b"application/x-executable" | b"application/x-sharedlib" => Body::ElfProgram,
        b"application/x-elf" | b"application/x-object" => Body::ElfProgram,
        b"text/x-shellscript" | b"text/x-python" | b"text/x-perl" | b"text/x-ruby" => Body::Script,
        b"text/x-lua" | b"text/x-php" | b"text/x-awk" | b"text/x-tcl" => Body::Script,
        _ if media.starts_with(b"image/") => Body::Image,
        _ if has("+xml") => Body::Markup,
        _ if media.starts_with(b"text/") || has("javascript") => Body::Text,
        _ if ["zip", "7z-comp", "x-rar", "x-tar", "x-xz", "cab-compressed", "archive"]
            .iter()
            .any(|word| has(word)) =>
        {
            Body::Archive
        }
        _ => Body::Binary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_by_every_name() {
        for (name, number) in [
            ("TLSv12", 0x0303),
            ("TLS 1.2", 0x0303),
            ("TLSv1", 0x0301),
            ("TLSv10", 0x0301),
            ("TLS 1.3", 0x0304),
            ("SSLv3", 0x0300),
            ("DTLSv12", 0xfefd),
            ("UNDETERMINED", 0),
            ("", 0),
        ] {
            assert_eq!(version(name.as_bytes()), TlsVersion(number), "{name}");
        }
    }

    #[test]
    fn ciphers_are_sorted_and_found() {
        assert!(CIPHERS.is_sorted());
        assert_eq!(cipher(b"TLS_AES_128_GCM_SHA256"), 0x1301);
        assert_eq!(cipher(b"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"), 0xc014);
        assert_eq!(cipher(b"TLS_MADE_UP"), 0);
    }

    #[test]
    fn common_names() {
        for (name, want) in [
            ("CN=a.example,O=b", "a.example"),
            ("C=BE, O=Big\\, Inc, CN=a.example", "a.example"),
            ("/C=US/O=x/CN=a.example", "a.example"),
            ("O=no name", "O=no name"),
            ("O=fake\\,CN=x", "O=fake\\,CN=x"),
            ("CN=", "CN="),
            ("", ""),
        ] {
            assert_eq!(common_name(name), want, "{name}");
        }
    }

    #[test]
    fn bodies_by_media_type() {
        assert_eq!(body(b"application/x-dosexec"), Body::WindowsProgram);
        assert_eq!(body(b"text/html; charset=utf-8"), Body::Markup);
        assert_eq!(body(b"text/plain"), Body::Text);
        assert_eq!(body(b"application/x-gzip"), Body::Archive);
        assert_eq!(body(b"image/png"), Body::Image);
        assert_eq!(body(b"application/ocsp-response"), Body::Binary);
        assert_eq!(body(b""), Body::Unseen);
    }
}
