//! Certificates seen in x509 rows, for the ssl rows that name them.
//!
//! The thread that merges files calls [`CertIndex::learn`] for every x509 row and
//! [`CertIndex::find`] for every ssl row, in the order of the merge: x509 rows carry a time one
//! minute early, so a certificate is there before the handshake that shows it. The result is the
//! same whatever the number of workers. Bounded: 32,768 to 65,536 certificates, the oldest half is
//! forgotten at once; a handshake whose certificate was forgotten has what its own row says.

use std::collections::HashMap;
use std::sync::Arc;

use ostium_event::{Certificate, Fingerprint, Timestamp};

use crate::block::{Row, RowKind};
use crate::error::RowError;
use crate::schema::Schema;
use crate::zeek::{cert_key, record};

/// Names remembered in each of two generations; about 200 bytes each.
const GENERATION: usize = 1 << 15;
/// The longest name of a certificate that is believed: a SHA-512 with colons has 191 digits.
const KEY: usize = 192;
const DAY: u64 = 86_400;
/// 1990-01-01: logs of captures with a relative clock are from before.
const REAL: Timestamp = Timestamp::from_secs(7_305 * DAY);

/// What is known of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertRecord {
    pub(crate) subject: Box<str>,
    pub(crate) issuer: Box<str>,
    pub(crate) self_signed: bool,
    pub(crate) validity: Validity,
    pub(crate) has_san: Option<bool>,
    pub(crate) fingerprint: Fingerprint,
}

/// From when until when a certificate is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Option<Timestamp>,
}

/// The certificates seen lately.
#[derive(Debug, Default)]
pub struct CertIndex {
    young: HashMap<Box<[u8]>, Arc<CertRecord>>,
    old: HashMap<Box<[u8]>, Arc<CertRecord>>,
}

// === impl CertRecord ===

impl CertRecord {
    /// As an event shows it at a point in time.
    pub fn certificate(&self, now: Timestamp) -> Certificate<'_> {
        Certificate {
            subject: &self.subject,
            issuer: &self.issuer,
            self_signed: self.self_signed,
            valid_days: self.validity.days(),
            age_days: self.validity.age(now),
            has_san: self.has_san,
            fingerprint: self.fingerprint,
        }
    }
}

// === impl Validity ===

impl Validity {
    /// Days from beginning to end; 0 when unknown.
    pub(crate) fn days(&self) -> u32 {
        let span = self.not_before.zip(self.not_after);
        span.map_or(0, |(from, to)| u32::try_from(to.since(from).secs() / DAY).unwrap_or(u32::MAX))
    }

    /// Days from the beginning to a point in time; `None` when the log's clock began at zero.
    pub(crate) fn age(&self, now: Timestamp) -> Option<i32> {
        let days =
            |later: Timestamp, earlier| i32::try_from(later.since(earlier).secs() / DAY).ok();
        let from = self.not_before.filter(|_| now >= REAL)?;
        if from > now { days(from, now).map(|days| -days) } else { days(now, from) }
    }
}

// === impl CertIndex ===

impl CertIndex {
    /// Takes in an x509 row.
    ///
    /// # Errors
    /// When the row cannot be read, or nothing names the certificate.
    pub fn learn(&mut self, schema: &Schema, row: &Row, bytes: &[u8]) -> Result<(), RowError> {
        if row.kind != RowKind::X509 {
            return Ok(());
        }
        let cells = schema.cells(row.kind, bytes).ok_or(RowError::Json)?;
        let (keys, record) = record(&cells, schema);
        let record = Arc::new(record);
        let mut named = false;
        for key in keys.into_iter().filter(|key| (1..=KEY).contains(&key.len())) {
            named = true;
            if self.young.len() >= GENERATION {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(key.into(), Arc::clone(&record));
        }
        if named { Ok(()) } else { Err(RowError::Field("fingerprint")) }
    }

    /// The leaf certificate that an ssl row names, if it was learnt.
    pub fn find(&self, schema: &Schema, row: &Row, bytes: &[u8]) -> Option<Arc<CertRecord>> {
        if row.kind != RowKind::Ssl || (self.young.is_empty() && self.old.is_empty()) {
            return None;
        }
        let key = cert_key(&schema.cells(row.kind, bytes)?);
        self.young.get(key).or_else(|| self.old.get(key)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{self, LogKind};
    use ostium_event::Addr;

    #[test]
    fn ages_in_days() {
        let validity = Validity {
            not_before: Some(Timestamp::from_secs(10_010 * DAY)),
            not_after: Some(Timestamp::from_secs(10_100 * DAY)),
        };
        let age = |day: u64| validity.age(Timestamp::from_secs(day * DAY));
        assert_eq!((age(10_015), age(10_007)), (Some(5), Some(-3)));
        assert_eq!(age(1), None, "the clock is not real");
        assert_eq!(validity.days(), 90);
        assert_eq!(Validity::default().days(), 0);
    }

    #[test]
    fn memory_is_bounded_and_the_last_generation_is_kept() {
        let nobody = (Addr::UNSPECIFIED, Addr::UNSPECIFIED);
        let row = |kind| schema::row(kind, false, 1, Timestamp::ZERO, nobody, 0);
        let x509 = Schema::json(LogKind::ZeekX509, false);
        let ssl = Schema::json(LogKind::ZeekSsl, false);
        let mut certs = CertIndex::default();
        let find = |certs: &CertIndex, number: usize| {
            let line = format!("{{\"cert_chain_fps\":[\"f{number}\"]}}");
            let found = certs.find(&ssl, &row(RowKind::Ssl), line.as_bytes());
            found.map(|record| record.subject.to_string())
        };
        for number in 0..2 * GENERATION + 1 {
            let line = format!(
                "{{\"fingerprint\":\"f{number}\",\"certificate.subject\":\"CN=s{number}\"}}"
            );
            certs.learn(&x509, &row(RowKind::X509), line.as_bytes()).unwrap();
        }
        assert!(certs.young.len() + certs.old.len() <= 2 * GENERATION);
        assert_eq!(find(&certs, 2 * GENERATION), Some(format!("s{}", 2 * GENERATION)));
        assert_eq!(find(&certs, GENERATION), Some(format!("s{GENERATION}")));
        assert_eq!(find(&certs, 0), None);
        let nameless = b"{\"certificate.subject\":\"CN=s\"}";
        assert!(certs.learn(&x509, &row(RowKind::X509), nameless).is_err());
    }
}
