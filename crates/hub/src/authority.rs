//! The hub's own certificate authority: who may call itself which sensor.
//!
//! A sensor makes its key itself and sends a request (PKCS #10); of that only the public key
//! counts. Who it is, the hub writes into the certificate as a URI (RFC 5280, section 4.2.1.6), so
//! that nobody chooses a name.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use ostium_correlate::OrgId;
use ostium_event::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};

use crate::keys::{KeysError, write_secret};

/// The authority's key, and its certificate.
const KEY: &str = "authority.key";
const CERTIFICATE: &str = "authority.der";
/// What the authority is called in its certificate.
const NAME: &str = "Ostium hub";
/// Sensors renew their certificates long before: after two thirds.
const SENSOR_DAYS: u64 = 30;
/// The hub's own certificate is made anew at each start, and after a third of its time.
const SERVER_DAYS: u64 = 90;
/// The authority outlives the machines.
const AUTHORITY_DAYS: u64 = 3_650;

/// Who a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Its organisation.
    pub organisation: OrgId,
    /// Its sensor's number.
    pub sensor: u32,
}

/// Why no certificate was made.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its files.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The request, or a file, is none.
    #[error("certificates: {0}")]
    Certificates(#[from] rcgen::Error),
    /// The request is longer than any.
    #[error("the request for a certificate is longer than any")]
    TooLong,
}

/// The authority of a hub.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

// === impl Identity ===

impl Identity {
    fn uri(&self) -> String {
        format!("ostium:organisation:{}:sensor:{}", self.organisation.0, self.sensor)
    }

    /// The identity in a certificate that the authority has signed; `None` for the hub's own.
    pub fn of(certificate: &[u8]) -> Option<Self> {
        use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let names = certificate.subject_alternative_name().ok()??;
        names.value.general_names.iter().find_map(|name| match name {
            GeneralName::URI(uri) => Self::read(uri),
            _ => None,
        })
    }

    fn read(uri: &str) -> Option<Self> {
        let rest = uri.strip_prefix("ostium:organisation:")?;
        let (organisation, sensor) = rest.split_once(":sensor:")?;
        Some(Self { organisation: OrgId(organisation.parse().ok()?), sensor: sensor.parse().ok()? })
    }
}

// === impl Authority ===

impl Authority {
    /// The authority in this folder, made if there is none.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let (key, certificate) = (folder.join(KEY), folder.join(CERTIFICATE));
        if !key.exists() {
            let pair = KeyPair::generate()?;
            let made = authority_params(now)?.self_signed(&pair)?;
            write_secret(&certificate, made.der())?;
            write_secret(&key, pair.serialized_der())?;
        }
        let read = |path: &Path| {
            fs::read(path).map_err(|error| KeysError::File { path: path.to_owned(), error })
        };
        let pair = KeyPair::try_from(read(&key)?)?;
        let certificate = CertificateDer::from(read(&certificate)?);
        let issuer = Issuer::from_ca_cert_der(&certificate, pair)?;
        Ok(Self { issuer, certificate })
    }

    /// Its certificate (DER).
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// By what an invitation tells it from any other: SHA-256 of its certificate.
    pub fn print(&self) -> [u8; 32] {
        let mut print = [0; 32];
        print.copy_from_slice(digest(&SHA256, &self.certificate).as_ref());
        print
    }

    /// A certificate for a sensor that asks with this request.
    pub fn certify(
        &self,
        request: &[u8],
        who: Identity,
        now: Timestamp,
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        if request.len() > 4_096 {
            return Err(AuthorityError::TooLong);
        }
        let asked = CertificateSigningRequestParams::from_der(
            &CertificateSigningRequestDer::from(request),
        )?;
        let mut params = params(now, SENSOR_DAYS)?;
        params.distinguished_name.push(DnType::CommonName, format!("sensor {}", who.sensor));
        params.subject_alt_names = vec![SanType::URI(who.uri().try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let made = params.signed_by(&asked.public_key, &self.issuer)?;
        Ok(made.der().clone())
    }

    /// A certificate and key for the hub itself, under the names by which sensors reach it.
    pub fn serve_as(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<(CertificateDer<'static>, Vec<u8>), AuthorityError> {
        let pair = KeyPair::generate()?;
        let mut params = params(now, SERVER_DAYS)?;
        params.distinguished_name.push(DnType::CommonName, NAME);
        for name in names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(addr) => SanType::IpAddress(addr),
                Err(_) => SanType::DnsName(name.clone().try_into()?),
            });
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let made = params.signed_by(&pair, &self.issuer)?;
        Ok((made.der().clone(), pair.serialize_der()))
    }
}

fn authority_params(now: Timestamp) -> Result<CertificateParams, AuthorityError> {
    let mut params = params(now, AUTHORITY_DAYS)?;
    params.distinguished_name.push(DnType::CommonName, NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// What all certificates share: from an hour ago, for clocks differ.
fn params(now: Timestamp, days: u64) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    let mut serial = [0; 16];
    let no_chance = |_| rcgen::Error::RingUnspecified;
    SystemRandom::new().fill(&mut serial).map_err(no_chance)?;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = DistinguishedName::new();
    let begins = std::time::Duration::from_secs(now.secs().saturating_sub(3_600));
    let ends = std::time::Duration::from_secs(now.secs().saturating_add(days * 86_400));
    params.not_before = (std::time::SystemTime::UNIX_EPOCH + begins).into();
    params.not_after = (std::time::SystemTime::UNIX_EPOCH + ends).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_it_is_the_hub_decides() {
        let folder = std::env::temp_dir().join(format!("ostium-authority-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let now = Timestamp::from_secs(1_800_000_000);
        let authority = Authority::open(&folder, now).unwrap();
        assert_eq!(Authority::open(&folder, now).unwrap().print(), authority.print());
        // Somebody asks under the name of another.
        let pair = KeyPair::generate().unwrap();
        let mut asked = CertificateParams::default();
        let other = Identity { organisation: OrgId(1), sensor: 1 };
        asked.subject_alt_names = vec![SanType::URI(other.uri().try_into().unwrap())];
        let request = asked.serialize_request(&pair).unwrap();
        let who = Identity { organisation: OrgId(7), sensor: 42 };
        let made = authority.certify(request.der(), who, now).unwrap();
        assert_eq!(Identity::of(&made), Some(who));
        let (own, _) = authority.serve_as(&["hub.example".to_owned()], now).unwrap();
        assert_eq!(Identity::of(&own), None);
        assert_eq!(Identity::of(b"no certificate"), None);
        assert!(authority.certify(&[0; 5_000], who, now).is_err());
        assert!(authority.certify(b"no request", who, now).is_err());
        drop(fs::remove_dir_all(folder));
    }
}
