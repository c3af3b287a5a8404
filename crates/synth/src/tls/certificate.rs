//! Certificates in DER (RFC 5280), with keys and signatures of random bytes: they read well and
//! verify nowhere.

use ostium_event::{Span, Timestamp};

use crate::rng::Rng;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims<'a> {
    pub(crate) subject: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) from: Timestamp,
    pub(crate) days: u64,
    /// DNS names; none leaves the extension out.
    pub(crate) names: &'a [&'a str],
}

pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
const UTF8: u8 = 0x0c;
const TIME: u8 = 0x18;

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// sha256WithRSAEncryption
const SHA256_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
/// id-ecPublicKey
const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// prime256v1
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// A certificate of version 3.
pub(crate) fn write(rng: &mut Rng, claims: &Claims<'_>) -> Vec<u8> {
    let mut signature = vec![0];
    signature.extend(rng.bytes(256));
    let body = [to_be_signed(rng, claims), algorithm(), tlv(BITS, &signature)];
    tlv(SEQUENCE, &body.concat())
}

fn to_be_signed(rng: &mut Rng, claims: &Claims<'_>) -> Vec<u8> {
    let mut serial = rng.bytes(16);
    if let Some(first) = serial.first_mut() {
        // Positive, and no shorter than it looks.
        *first = *first & 0x7f | 0x40;
    }
    let end = claims.from.plus(Span::from_secs(claims.days * 86_400));
    let validity = [time(claims.from), time(end)].concat();
    let mut parts = vec![
        tlv(0xa0, &tlv(INTEGER, &[2])),
        tlv(INTEGER, &serial),
        algorithm(),
        name(claims.issuer),
        tlv(SEQUENCE, &validity),
        name(claims.subject),
        key(rng),
    ];
    if !claims.names.is_empty() {
        let names: Vec<u8> =
            claims.names.iter().flat_map(|name| tlv(0x82, name.as_bytes())).collect();
        let value = tlv(OCTETS, &tlv(SEQUENCE, &names));
        let extension = tlv(SEQUENCE, &[tlv(OID, ALTERNATIVE_NAME), value].concat());
        parts.push(tlv(0xa3, &tlv(SEQUENCE, &extension)));
    }
    tlv(SEQUENCE, &parts.concat())
}

pub(super) fn algorithm() -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(OID, SHA256_RSA), vec![5, 0]].concat())
}

fn key(rng: &mut Rng) -> Vec<u8> {
    let kind = [tlv(OID, EC_KEY), tlv(OID, P256)].concat();
    let mut point = vec![0, 4];
    point.extend(rng.bytes(64));
    tlv(SEQUENCE, &[tlv(SEQUENCE, &kind), tlv(BITS, &point)].concat())
}

/// A distinguished name of one common name.
fn name(text: &str) -> Vec<u8> {
    let pair = [tlv(OID, COMMON_NAME), tlv(UTF8, text.as_bytes())].concat();
    tlv(SEQUENCE, &tlv(SET, &tlv(SEQUENCE, &pair)))
}

pub(super) fn time(at: Timestamp) -> Vec<u8> {
    let (year, month, day) = civil(at.secs() / 86_400);
    let second = at.secs() % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    tlv(TIME, text.as_bytes())
}

/// Year, month and day of a number of days since 1970 (years of 400 begin in March).
pub(crate) const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let index = (5 * of_year + 2) / 153;
    let month = if index < 10 { index + 3 } else { index - 9 };
    let january = (month <= 2) as u64;
    (era * 400 + year + january, month, of_year - (153 * index + 2) / 5 + 1)
}

/// Days from 1970 to a date, the inverse of [`civil`]; none for a date before.
pub(crate) const fn day(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) =
        if month > 2 { (year, month - 3) } else { (year.saturating_sub(1), month + 9) };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    let since_zero = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    since_zero.saturating_sub(719_468)
}

pub(super) fn tlv(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 4);
    out.push(tag);
    match body.len() {
        short @ 0..128 => out.push(short as u8),
        middle @ 128..256 => out.extend_from_slice(&[0x81, middle as u8]),
        long => {
            out.push(0x82);
            out.extend_from_slice(&(long as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::prelude::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_710), (2026, 9, 14));
        for number in (0..40_000).step_by(13) {
            let (year, month, of_month) = civil(number);
            assert_eq!(day(year, month, of_month), number);
        }
    }

    #[test]
    fn an_independent_reader_finds_the_claims() {
        let from = Timestamp::from_secs(1_789_372_800);
        for names in [&["a.example", "*.a.example"][..], &[]] {
            let claims =
                Claims { subject: "a.example", issuer: "Some Issuer 3", from, days: 90, names };
            let der = write(&mut Rng::new(1), &claims);
            let (rest, cert) = X509Certificate::from_der(&der).unwrap();
            assert!(rest.is_empty());
            assert_eq!(cert.subject().to_string(), "CN=a.example");
            assert_eq!(cert.issuer().to_string(), "CN=Some Issuer 3");
            let valid = cert.validity();
            assert_eq!(valid.not_before.timestamp(), 1_789_372_800);
            let seconds = valid.not_after.timestamp() - valid.not_before.timestamp();
            assert_eq!(seconds, 90 * 86_400);
            let found = cert.subject_alternative_name().unwrap();
            assert_eq!(found.map_or(0, |f| f.value.general_names.len()), names.len());
        }
    }
}
