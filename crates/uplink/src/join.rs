//! Joining a hub, and opening the line as a member.

use ostium_hub_api as wire;
use ostium_hub_api::door_client::DoorClient;
use ostium_hub_api::hub_client::HubClient;
use rcgen::{CertificateParams, KeyPair};
use tonic::transport::Channel;

use crate::Invitation;
use crate::connect::{Known, open};

/// No batch and no frame is longer, in bytes.
const LONGEST: usize = 4 << 20;

/// Why there is no line to the hub.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// The address is none.
    #[error("the hub's address is no HOST:PORT")]
    Address,
    /// The hub does not answer, or is not the right one.
    #[error("cannot reach the hub: {0}")]
    Unreachable(#[from] tonic::transport::Error),
    /// TLS.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A key or a request for a certificate.
    #[error("certificates: {0}")]
    Certificates(#[from] rcgen::Error),
    /// What the hub says.
    #[error("the hub refuses: {}", .0.message())]
    Refused(Box<tonic::Status>),
}

impl From<tonic::Status> for UplinkError {
    fn from(status: tonic::Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

/// What a sensor keeps of its hub. The key was made here and leaves with nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Membership {
    /// Host and port of the hub.
    pub hub: String,
    /// The hub's authority (DER).
    pub authority: Vec<u8>,
    /// Our certificate (DER).
    pub certificate: Vec<u8>,
    /// Our key (PKCS #8, DER).
    pub key: Vec<u8>,
    /// The organisation, as the hub calls it.
    pub organisation: String,
    /// The sensor, as the hub calls it.
    pub sensor: String,
    /// Whose signature the feed's certificates bear.
    pub feed_root: Vec<u8>,
    /// Which feed.
    pub feed: Vec<u8>,
}

/// Joins the hub that this invitation is of, under this name.
pub async fn join(invitation: &Invitation, sensor: &str) -> Result<Membership, UplinkError> {
    let key = KeyPair::generate()?;
    let request = CertificateParams::default().serialize_request(&key)?;
    let channel = open(&invitation.hub, &Known::Print(invitation.print)).await?;
    let asked = wire::EnrolRequest {
        version: wire::VERSION,
        secret: invitation.secret.clone(),
        request: request.der().to_vec().into(),
        sensor: sensor.to_owned(),
    };
    let enrolled = DoorClient::new(channel).enrol(asked).await?.into_inner();
    Ok(Membership {
        hub: invitation.hub.clone(),
        authority: enrolled.authority.to_vec(),
        certificate: enrolled.certificate.to_vec(),
        key: key.serialize_der(),
        organisation: enrolled.organisation,
        sensor: enrolled.sensor,
        feed_root: enrolled.feed_root.to_vec(),
        feed: enrolled.feed.to_vec(),
    })
}

// === impl Membership ===

impl Membership {
    /// Opens the line to the hub.
    pub async fn connect(&self) -> Result<HubClient<Channel>, UplinkError> {
        let own = Some((self.certificate.clone(), self.key.clone()));
        let known = Known::Authority { authority: self.authority.clone(), own };
        let channel = open(&self.hub, &known).await?;
        Ok(HubClient::new(channel).max_decoding_message_size(LONGEST))
    }

    /// The same with a new key and a new certificate, before the old one ends.
    pub async fn renewed(&self) -> Result<Self, UplinkError> {
        let key = KeyPair::generate()?;
        let request = CertificateParams::default().serialize_request(&key)?;
        let asked = wire::RenewRequest { request: request.der().to_vec().into() };
        let renewed = self.connect().await?.renew(asked).await?.into_inner();
        let certificate = renewed.certificate.to_vec();
        Ok(Self { certificate, key: key.serialize_der(), ..self.clone() })
    }
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the key.
        write!(f, "Membership({} of {})", self.organisation, self.hub)
    }
}
