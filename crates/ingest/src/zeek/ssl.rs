//! Zeek ssl: one row is a client hello and, when a server answered, its hello and certificate.
//!
//! The log names the version and the protocol (ALPN) that the server chose, not what the client
//! offered: the client's version is known only from a JA4, and the protocol chosen stands in for
//! the first one offered. The certificate is the one given with the row (from x509.log), or what
//! the row itself says of subject and issuer.

use ostium_event::{
    Certificate, Event, Fingerprint, Home, Ja4, Proto, TlsClient, TlsServer, TlsVersion, What,
};

use super::ports;
use crate::block::RowRef;
use crate::cells::{Cells, Style, slots};
use crate::ends::Ends;
use crate::error::RowError;
use crate::text::{Scratch, TextBuf, name, optional, text};
use crate::tls_names::{cipher, common_name, version};

slots! {
    /// Fields of ssl.log.
    Ssl {
        Ts = "ts", Uid = "uid", OrigH = "id.orig_h", OrigP = "id.orig_p",
        RespH = "id.resp_h", RespP = "id.resp_p",
        Version = "version", Cipher = "cipher", ServerName = "server_name",
        NextProtocol = "next_protocol", Established = "established",
        ChainFuids = "cert_chain_fuids", ChainFps = "cert_chain_fps",
        Subject = "subject", Issuer = "issuer", Validation = "validation_status",
        Ja4 = "ja4",
    }
}

/// What names the leaf certificate of a row: its fingerprint, else the id of its file; empty when
/// none was seen.
pub(crate) fn cert_key<'a>(cells: &Cells<'a>) -> &'a [u8] {
    let first = |slot: Ssl| cells.list(slot as usize).next().unwrap_or_default();
    match first(Ssl::ChainFps) {
        b"" => first(Ssl::ChainFuids),
        fingerprint => fingerprint,
    }
}

pub(super) fn events(
    cells: &Cells<'_>,
    home: &Home,
    row: &RowRef<'_>,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let (orig_p, resp_p) = ports(cells)?;
    let ja4 = std::str::from_utf8(cells.get(Ssl::Ja4 as usize)).ok().and_then(Ja4::parse);
    let version = version(cells.get(Ssl::Version as usize));
    let quic = ja4.is_some_and(|ja4| ja4.as_str().starts_with('q'));
    // ssl.log has no transport: DTLS and QUIC run over UDP.
    let proto = if quic || version.0 >> 8 == 0xfe { Proto::UDP } else { Proto::TCP };
    let ends = Ends::of(home, (row.row.orig, orig_p), (row.row.resp, resp_p), proto);
    let [b0, b1, b2, b3, ..] = &mut scratch.texts;
    let server_name = match cells.get(Ssl::ServerName as usize) {
        b"" => None,
        given => Some(name(given, cells.style, b0)),
    };
    let client = TlsClient {
        server_name,
        alpn: optional(cells.get(Ssl::NextProtocol as usize), cells.style, b1),
        version: ja4.map_or(TlsVersion(0), |ja4| offered(&ja4)),
        ja4,
        quic,
    };
    out(&ends.event(row.row.at, What::Tls(client)));
    let status = cells.get(Ssl::Validation as usize);
    let [subject, issuer] = [Ssl::Subject, Ssl::Issuer].map(|slot| cells.get(slot as usize));
    let certificate = match row.cert {
        Some(record) => Some(record.certificate(row.row.at)),
        None => of_names(subject, issuer, cells.style, [b2, b3]),
    };
    let certificate = certificate.map(|certificate| Certificate {
        self_signed: certificate.self_signed || is_self_signed(status),
        ..certificate
    });
    let answered = version.0 != 0
        || cells.is_set(Ssl::Cipher as usize)
        || cells.is_true(Ssl::Established as usize);
    if answered || certificate.is_some() {
        let server = TlsServer {
            server_name,
            version,
            cipher: cipher(cells.get(Ssl::Cipher as usize)),
            fingerprint: Fingerprint::default(),
            certificate,
        };
        out(&ends.event(row.row.at, What::TlsServer(server)));
    }
    Ok(())
}

/// Zeek's words for a leaf that signed itself; a chain that ends in such a root is no such leaf.
fn is_self_signed(status: &[u8]) -> bool {
    matches!(status, b"self signed certificate" | b"self-signed certificate")
}

/// The highest version offered, as a JA4 tells.
pub(crate) fn offered(ja4: &Ja4) -> TlsVersion {
    let digits = ja4.as_str().as_bytes().get(1..3).unwrap_or_default();
    match digits {
        b"s3" => TlsVersion(0x0300),
        digits => version(&[b"T", digits].concat()),
    }
}

/// What the subject and the issuer alone tell of a certificate; `None` without a subject.
pub(crate) fn of_names<'a>(
    subject: &'a [u8],
    issuer: &'a [u8],
    style: Style,
    [a, b]: [&'a mut TextBuf; 2],
) -> Option<Certificate<'a>> {
    let subject = (!subject.is_empty()).then(|| text(subject, style, a))?;
    let issuer = text(issuer, style, b);
    Some(Certificate {
        subject: common_name(subject),
        issuer: common_name(issuer),
        self_signed: subject == issuer,
        valid_days: 0,
        age_days: None,
        has_san: None,
        fingerprint: Fingerprint::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ja4_tells_the_version_offered() {
        let ja4 = |text: &str| Ja4::parse(&format!("{text}1516h2_8daaf6152771_e5627efa2ab1"));
        assert_eq!(offered(&ja4("t13d").unwrap()), TlsVersion::TLS13);
        assert_eq!(offered(&ja4("q12d").unwrap()), TlsVersion::TLS12);
        assert_eq!(offered(&ja4("ts3d").unwrap()), TlsVersion(0x0300));
    }

    #[test]
    fn only_the_leaf_counts_as_self_signed() {
        assert!(is_self_signed(b"self signed certificate"));
        assert!(!is_self_signed(b"self signed certificate in certificate chain"));
        assert!(!is_self_signed(b"ok"));
    }
}
