//! What a leaf certificate says of itself (RFC 5280).

use ostium_event::{Certificate, Timestamp};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};

use crate::bytes::{Text, fingerprint};

const DAY: i64 = 86_400;
/// The longest name that is told.
const NAME_BYTES: usize = 255;

/// The first certificate of a certificate message: empty when there is none, `None` when malformed.
pub(super) fn leaf(body: &[u8]) -> Option<&[u8]> {
    let mut reader = crate::bytes::Reader::new(body);
    reader.u24()?;
    if reader.is_empty() {
        return Some(&[]);
    }
    let length = usize::try_from(reader.u24()?).ok()?;
    reader.take(length)
}

/// Reads a certificate and tells it as seen at `at`; false when it is malformed.
pub(super) fn read(der: &[u8], at: Timestamp, tell: &mut dyn FnMut(Certificate<'_>)) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return false;
    };
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    let begin = certificate.validity().not_before.timestamp();
    let end = certificate.validity().not_after.timestamp();
    let now = i64::try_from(at.secs()).unwrap_or(i64::MAX);
    tell(Certificate {
        subject: shown(subject).as_str(),
        issuer: shown(issuer).as_str(),
        self_signed: subject.as_raw() == issuer.as_raw(),
        valid_days: u32::try_from(end.saturating_sub(begin) / DAY).unwrap_or(0),
        age_days: i32::try_from(now.saturating_sub(begin).div_euclid(DAY)).ok(),
        has_san: Some(has_name(&certificate)),
        fingerprint: fingerprint(der),
    });
    true
}

/// The common name, or the whole name where that is all there is.
fn shown(name: &X509Name<'_>) -> Text<NAME_BYTES> {
    match name.iter_common_name().next() {
        Some(common) => Text::printable(common.as_slice()),
        None => Text::printable(name.to_string().as_bytes()),
    }
}

fn has_name(certificate: &X509Certificate<'_>) -> bool {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return false;
    };
    names.value.general_names.iter().any(|name| matches!(name, GeneralName::DNSName(_)))
}
