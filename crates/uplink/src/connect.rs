//! TLS 1.3 to the hub whose authority is known, by its certificate or by its print.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tower_service::Service;

use crate::UplinkError;

/// Whoever has not answered by then is not there.
const PATIENCE: Duration = Duration::from_secs(10);

/// By what the hub is known.
pub(crate) enum Known {
    /// The print of its authority; that comes along in the handshake.
    Print([u8; 32]),
    /// Its authority's certificate; and ours, with its key.
    Authority { authority: Vec<u8>, own: Option<(Vec<u8>, Vec<u8>)> },
}

/// A channel to the hub.
pub(crate) async fn open(hub: &str, known: &Known) -> Result<Channel, UplinkError> {
    let config = config(known)?;
    let (host, _) = hub.rsplit_once(':').ok_or(UplinkError::Address)?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|_| UplinkError::Address)?;
    let connector = Connector { hub: hub.to_owned(), name, tls: TlsConnector::from(config) };
    // The scheme says nothing: the connector shakes hands itself.
    let endpoint = Endpoint::from_shared(format!("http://{hub}"))
        .map_err(|_| UplinkError::Address)?
        .connect_timeout(PATIENCE)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20))
        .keep_alive_while_idle(true);
    Ok(endpoint.connect_with_connector(connector).await?)
}

fn config(known: &Known) -> Result<Arc<ClientConfig>, UplinkError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?;
    let mut config = match known {
        Known::Print(print) => {
            let verifier = Arc::new(ByPrint { print: *print, provider });
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Known::Authority { authority, own } => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(authority.clone()))?;
            let builder = builder.with_root_certificates(roots);
            match own {
                None => builder.with_no_client_auth(),
                Some((certificate, key)) => {
                    let chain = vec![CertificateDer::from(certificate.clone())];
                    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.clone()));
                    builder.with_client_auth_cert(chain, key)?
                }
            }
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Believes an authority whose print is known, and the hub that it certifies under the name asked.
#[derive(Debug)]
struct ByPrint {
    print: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ByPrint {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let is_it = |other: &&CertificateDer<'_>| digest(&SHA256, other).as_ref() == self.print;
        let unknown =
            || rustls::Error::General("the hub is not the one of the invitation".to_owned());
        let authority = others.iter().find(is_it).ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(
            Arc::new(roots),
            Arc::clone(&self.provider),
        )
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(end, others, name, stapled, now)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 alone is spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Opens the connection for the channel.
#[derive(Clone)]
struct Connector {
    hub: String,
    name: ServerName<'static>,
    tls: TlsConnector,
}

type Opened = TokioIo<TlsStream<TcpStream>>;

impl Service<Uri> for Connector {
    type Response = Opened;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Opened>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { hub, name, tls } = self.clone();
        Box::pin(async move {
            let stream = TcpStream::connect(&hub).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(tls.connect(name, stream).await?))
        })
    }
}
