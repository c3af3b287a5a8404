//! Zeek x509: certificates, one row each, for the handshakes that name them.

use ostium_event::Fingerprint;

use crate::cells::{Cells, slots};
use crate::certs::{CertRecord, Validity};
use crate::clock::timestamp;
use crate::schema::Schema;
use crate::text::{TextBuf, text};
use crate::tls_names::common_name;

slots! {
    /// Fields of x509.log. Since Zeek 4.1 a row is named by its fingerprint, before by the id of
    /// the file that it came in.
    X509 {
        Ts = "ts", Uid = "uid", OrigH = "id.orig_h", OrigP = "id.orig_p",
        RespH = "id.resp_h", RespP = "id.resp_p",
        Id = "id", Fingerprint = "fingerprint",
        Subject = "certificate.subject", Issuer = "certificate.issuer",
        Before = "certificate.not_valid_before", After = "certificate.not_valid_after",
        SanDns = "san.dns",
    }
}

/// The certificate of a row, and by which names a handshake may ask for it.
pub(crate) fn record<'a>(cells: &Cells<'a>, schema: &Schema) -> ([&'a [u8]; 2], CertRecord) {
    let (mut a, mut b) = (TextBuf::default(), TextBuf::default());
    let subject = text(cells.get(X509::Subject as usize), cells.style, &mut a);
    let issuer = text(cells.get(X509::Issuer as usize), cells.style, &mut b);
    let fingerprint = cells.get(X509::Fingerprint as usize);
    let san = X509::SanDns as usize;
    let record = CertRecord {
        subject: common_name(subject).into(),
        issuer: common_name(issuer).into(),
        self_signed: subject == issuer,
        validity: Validity {
            not_before: timestamp(cells.get(X509::Before as usize)),
            not_after: timestamp(cells.get(X509::After as usize)),
        },
        has_san: schema.has(san).then(|| cells.is_set(san) && cells.get(san) != b"[]"),
        fingerprint: fingerprint_of(fingerprint),
    };
    ([fingerprint, cells.get(X509::Id as usize)], record)
}

/// The first twelve digits of a certificate's hash, with or without colons.
pub(crate) fn fingerprint_of(text: &[u8]) -> Fingerprint {
    let digits = text.iter().filter(|byte| **byte != b':').take(12);
    let mut value = 0;
    for &digit in digits {
        match char::from(digit).to_digit(16) {
            Some(digit) => value = value << 4 | u64::from(digit),
            None => return Fingerprint(0),
        }
    }
    Fingerprint(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_with_and_without_colons() {
        assert_eq!(fingerprint_of(b"01:02:03:04:05:06:07"), Fingerprint(0x0102_0304_0506));
        assert_eq!(fingerprint_of(b"0102030405060708"), Fingerprint(0x0102_0304_0506));
        assert_eq!(fingerprint_of(b""), Fingerprint(0));
        assert_eq!(fingerprint_of(b"Fxyz"), Fingerprint(0));
    }
}
