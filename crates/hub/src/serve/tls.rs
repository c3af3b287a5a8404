//! Connections: TLS 1.3 alone, with or without a certificate of the sensor.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ostium_event::Timestamp;
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

/// Handshakes at a time; more wait for their turn in the kernel's queue.
const MOST: usize = 1_024;
/// Whoever has not shaken hands by then is let go.
const PATIENCE: Duration = Duration::from_secs(10);
/// Handshakes that are done and not yet taken.
const READY: usize = 256;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// How the hub shakes hands: sensors show certificates of its own authority, newcomers none.
pub(super) fn config(
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
    config: Arc<ServerConfig>,
    mut stop: watch::Receiver<bool>,
) -> ReceiverStream<io::Result<TlsStream<TcpStream>>> {
    let (ready, taken) = mpsc::channel(READY);
    let acceptor = TlsAcceptor::from(config);
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
            let (acceptor, ready) = (acceptor.clone(), ready.clone());
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
