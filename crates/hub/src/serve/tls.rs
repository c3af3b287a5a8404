//! Connections: TLS 1.3 alone, with or without a certificate of the sensor.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ostium_event::{Span, Timestamp};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};

use crate::authority::Authority;
use crate::desk::Clock;

/// Handshakes at a time; more wait for their turn in the kernel's queue.
const MOST: usize = 1_024;
/// Whoever has not shaken hands by then is let go.
const PATIENCE: Duration = Duration::from_secs(10);
/// Handshakes that are done and not yet taken.
const READY: usize = 256;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The hub's own certificate is made anew so often, long before it ends.
const ANEW: Span = Span::from_secs(30 * 86_400);

/// How the hub shakes hands now.
pub(super) struct Hands {
    authority: Arc<Authority>,
    names: Vec<String>,
    config: Arc<ServerConfig>,
    made: Timestamp,
}

// === impl Hands ===

impl Hands {
    /// Under these names, from now on.
    pub(super) fn new(
        authority: Arc<Authority>,
        names: &[String],
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let config = config(&authority, names, now)?;
        Ok(Self { authority, names: names.to_vec(), config, made: now })
    }

    /// With a certificate that holds for long enough.
    fn config(&mut self, now: Timestamp) -> Arc<ServerConfig> {
        // If none can be made now the old one is good for some weeks more.
        if now.since(self.made).nanos() >= ANEW.nanos()
            && let Ok(config) = config(&self.authority, &self.names, now)
        {
            (self.config, self.made) = (config, now);
        }
        Arc::clone(&self.config)
    }
}

/// How the hub shakes hands: sensors show certificates of its own authority, newcomers none.
fn config(
    authority: &Authority,
    names: &[String],
    now: Timestamp,
) -> Result<Arc<ServerConfig>, Fault> {
    let (certificate, key) = authority.serve_as(names, now)?;
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()?;
    let chain = vec![certificate, authority.certificate().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Connections whose handshake is done. A slow one holds up no other.
pub(super) fn incoming(
    listener: TcpListener,
    mut hands: Hands,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) -> ReceiverStream<io::Result<TlsStream<TcpStream>>> {
    let (ready, taken) = mpsc::channel(READY);
    let room = Arc::new(Semaphore::new(MOST));
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                // Out of files, most likely: others end in the meantime.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Ok(turn) = Arc::clone(&room).acquire_owned().await else { return };
            let (acceptor, ready) = (TlsAcceptor::from(hands.config(clock())), ready.clone());
            tokio::spawn(async move {
                // A connection without it is only slower.
                drop(stream.set_nodelay(true));
                let shaken = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await;
                if let Ok(Ok(stream)) = shaken {
                    drop(ready.send(Ok(stream)).await);
                }
                drop(turn);
            });
        }
    });
    ReceiverStream::new(taken)
}

/// The certificates that the other end has shown.
pub(super) fn certificates<T>(request: &Request<T>) -> Option<Arc<Vec<CertificateDer<'static>>>> {
    request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>()?.peer_certs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_certificate_is_made_anew_long_before_it_ends() {
        let folder = std::env::temp_dir().join(format!("ostium-hands-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let at = |days: u64| Timestamp::from_secs(1_800_000_000 + days * 86_400);
        let authority = Arc::new(Authority::open(&folder, at(0)).unwrap());
        let mut hands = Hands::new(authority, &["hub.example".to_owned()], at(0)).unwrap();
        let first = hands.config(at(0));
        assert!(Arc::ptr_eq(&first, &hands.config(at(29))));
        let second = hands.config(at(31));
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &hands.config(at(60))));
        drop(std::fs::remove_dir_all(folder));
    }
}
