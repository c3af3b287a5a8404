//! TLS and QUIC hellos, and certificates.

use std::fmt;

/// A protocol version number as on the wire: 0x0301 is TLS 1.0, 0x0304 is TLS 1.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TlsVersion(pub u16);

/// A JA4 client fingerprint, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`.
///
/// Method: FoxIO, JA4 (TLS client), BSD-3-Clause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ja4([u8; 36]);

/// Twelve hex digits of a SHA-256: Ostium's own fingerprint of a server, certificate or header
/// order.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fingerprint(pub u64);

/// A client hello.
#[derive(Clone, Copy, Debug)]
pub struct TlsClient<'a> {
    /// The server name asked for, lower case; `None` when the client named none.
    pub server_name: Option<&'a str>,
    /// First protocol of ALPN.
    pub alpn: Option<&'a str>,
    /// Highest version offered.
    pub version: TlsVersion,
    /// JA4, where the input shows it.
    pub ja4: Option<Ja4>,
    /// It came in a QUIC initial.
    pub quic: bool,
}

/// A server hello, and the certificate where it is not encrypted (TLS 1.2 and before).
#[derive(Clone, Copy, Debug)]
pub struct TlsServer<'a> {
    /// The server name that the client had asked for, where the record says.
    pub server_name: Option<&'a str>,
    /// Version chosen.
    pub version: TlsVersion,
    /// Cipher suite chosen.
    pub cipher: u16,
    /// Ostium's server fingerprint: version, cipher, extensions in order; 0 when unknown.
    pub fingerprint: Fingerprint,
    /// The leaf certificate.
    pub certificate: Option<Certificate<'a>>,
}

/// What a leaf certificate says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    /// Common name, or the whole distinguished name where that is all there is.
    pub subject: &'a str,
    /// The issuer's common name, or its whole distinguished name.
    pub issuer: &'a str,
    /// Issuer and subject are the same.
    pub self_signed: bool,
    /// Days from the beginning to the end of its validity; 0 when unknown.
    pub valid_days: u32,
    /// Days from the beginning of its validity to now; `None` when unknown.
    pub age_days: Option<i32>,
    /// It names at least one DNS name as subject alternative name; `None` when unknown.
    pub has_san: Option<bool>,
    /// A fingerprint of the whole certificate; 0 when unknown.
    pub fingerprint: Fingerprint,
}

// === impl TlsVersion ===

impl TlsVersion {
    /// TLS 1.3.
    pub const TLS13: Self = Self(0x0304);
    /// TLS 1.2.
    pub const TLS12: Self = Self(0x0303);
}

// === impl Ja4 ===

impl Ja4 {
    /// From its 36 characters; `None` when the text is no JA4.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 36] = text.as_bytes().try_into().ok()?;
        let part = |b: &[u8]| b.iter().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(c));
        let ok = matches!(bytes[0], b't' | b'q' | b'd')
            && bytes[..10].iter().all(u8::is_ascii_alphanumeric)
            && bytes[10] == b'_'
            && part(&bytes[11..23])
            && bytes[23] == b'_'
            && part(&bytes[24..]);
        ok.then_some(Self(bytes))
    }

    /// Its 36 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Is the highest version that it offers one that RFC 8996 retired: SSL, TLS 1.0 or TLS 1.1?
    pub fn is_retired(&self) -> bool {
        matches!(self.as_str().get(1..3), Some("s2" | "s3" | "10" | "11"))
    }
}

impl fmt::Display for Ja4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Ja4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// === impl Fingerprint ===

impl Fingerprint {
    /// Is there one?
    pub const fn is_known(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_ja4_is_a_ja4() {
        let good = "t13d1516h2_8daaf6152771_e5627efa2ab1";
        assert_eq!(Ja4::parse(good).unwrap().as_str(), good);
        for bad in ["", "t13d1516h2", "x13d1516h2_8daaf6152771_e5627efa2ab1", &good.to_uppercase()]
        {
            assert!(Ja4::parse(bad).is_none(), "{bad}");
        }
    }
}
