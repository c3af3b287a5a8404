//! EVE tls and quic: a client hello and, for tls, the server's.

use ostium_event::{
    Certificate, Event, Fingerprint, Ja4, Proto, Timestamp, TlsClient, TlsServer, TlsVersion, What,
};

use crate::cells::{Cells, Style, slots};
use crate::certs::Validity;
use crate::clock::timestamp;
use crate::ends::Ends;
use crate::error::RowError;
use crate::text::{Scratch, name, optional};
use crate::tls_names::version;
use crate::zeek::{fingerprint_of, of_names, offered};

slots! {
    /// The objects `tls` and `quic`.
    Tls {
        Sni = "sni", Version = "version", Subject = "subject", Issuer = "issuerdn",
        Fingerprint = "fingerprint", Before = "notbefore", After = "notafter", Ja4 = "ja4",
        ClientAlpns = "client_alpns", San = "subjectaltname", Resumed = "session_resumed",
    }
}

fn ja4_of(cells: &Cells<'_>) -> Option<Ja4> {
    std::str::from_utf8(cells.get(Tls::Ja4 as usize)).ok().and_then(Ja4::parse)
}

pub(super) fn events(
    object: &[u8],
    ends: &Ends,
    at: Timestamp,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let cells = Cells::json(object, Tls::NAMES).map_err(|_| RowError::Field("tls"))?;
    let get = |slot: Tls| cells.get(slot as usize);
    let [b0, b1, b2, b3, ..] = &mut scratch.texts;
    let server_name = (!get(Tls::Sni).is_empty()).then(|| name(get(Tls::Sni), Style::Json, b0));
    let ja4 = ja4_of(&cells);
    let first_alpn = cells.list(Tls::ClientAlpns as usize).next();
    let client = TlsClient {
        server_name,
        alpn: optional(first_alpn.unwrap_or_default(), Style::Json, b1),
        version: ja4.map_or(TlsVersion(0), |ja4| offered(&ja4)),
        ja4,
        quic: ends.key.proto == Proto::UDP && ja4.is_some_and(|ja4| ja4.as_str().starts_with('q')),
    };
    out(&ends.event(at, What::Tls(client)));
    let version = version(get(Tls::Version));
    let certificate = of_names(get(Tls::Subject), get(Tls::Issuer), Style::Json, [b2, b3])
        .map(|certificate| dated(certificate, &cells, at));
    if version.0 != 0 || certificate.is_some() {
        let server = TlsServer {
            server_name,
            version,
            cipher: 0,
            fingerprint: Fingerprint::default(),
            certificate,
        };
        out(&ends.event(at, What::TlsServer(server)));
    }
    Ok(())
}

/// A certificate with its validity.
fn dated<'a>(certificate: Certificate<'a>, cells: &Cells<'_>, at: Timestamp) -> Certificate<'a> {
    let get = |slot: Tls| cells.get(slot as usize);
    let validity =
        Validity { not_before: timestamp(get(Tls::Before)), not_after: timestamp(get(Tls::After)) };
    Certificate {
        valid_days: validity.days(),
        age_days: validity.age(at),
        has_san: (!get(Tls::San).is_empty()).then(|| cells.list(Tls::San as usize).count() > 0),
        fingerprint: fingerprint_of(get(Tls::Fingerprint)),
        ..certificate
    }
}

pub(super) fn quic(
    object: &[u8],
    ends: &Ends,
    at: Timestamp,
    scratch: &mut Scratch,
    out: &mut impl FnMut(&Event<'_>),
) -> Result<(), RowError> {
    let cells = Cells::json(object, Tls::NAMES).map_err(|_| RowError::Field("quic"))?;
    let [b0, ..] = &mut scratch.texts;
    let sni = cells.get(Tls::Sni as usize);
    let ja4 = ja4_of(&cells);
    let client = TlsClient {
        server_name: (!sni.is_empty()).then(|| name(sni, Style::Json, b0)),
        alpn: None,
        version: TlsVersion::TLS13,
        ja4,
        quic: true,
    };
    out(&ends.event(at, What::Tls(client)));
    Ok(())
}
