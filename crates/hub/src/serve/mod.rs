//! The hub on the network: TLS 1.3, HTTP/2, gRPC.

mod door;
mod follow;
mod newest;
mod report;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use ostium_hub_api::door_server::DoorServer;
use ostium_hub_api::hub_server::HubServer;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::Server;
use tonic::{Request, Status};

use crate::authority::{Authority, Identity};
use crate::desk::{Clock, Desk};

/// No message of a sensor is longer, in bytes: a thousand reports are some hundred kilobytes. With
/// the batches that wait at the desk this bounds the memory of all.
const LONGEST: usize = 1 << 20;
/// Calls at a time in one connection: reports, the feed, a renewal.
const MOST_CALLS: u32 = 8;

/// How the hub is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The names and addresses by which sensors reach it.
    pub names: Vec<String>,
}

/// A hub that serves.
pub struct Hub {
    /// Where it listens in truth.
    pub at: SocketAddr,
    stop: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

/// What all services share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) desk: Desk,
    pub(crate) authority: Arc<Authority>,
    pub(crate) clock: Clock,
    pub(crate) root: [u8; 32],
    pub(crate) stop: watch::Receiver<bool>,
    /// Who reports now, and who follows.
    pub(crate) reporting: newest::Newest,
    /// See `reporting`.
    pub(crate) following: newest::Newest,
}

/// Begins to serve.
pub async fn serve(
    settings: &Settings,
    desk: Desk,
    authority: Arc<Authority>,
    root: [u8; 32],
    clock: Clock,
) -> Result<Hub, Box<dyn std::error::Error + Send + Sync>> {
    let hands = tls::Hands::new(Arc::clone(&authority), &settings.names, clock())?;
    let listener = TcpListener::bind(settings.listen).await?;
    let at = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let (reporting, following) = Default::default();
    let stop_too = stopped.clone();
    let shared = Shared { desk, authority, clock, root, stop: stop_too, reporting, following };
    let incoming = tls::incoming(listener, hands, clock, stopped.clone());
    let server = Server::builder()
        .max_concurrent_streams(Some(MOST_CALLS))
        .http2_keepalive_interval(Some(std::time::Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(std::time::Duration::from_secs(20)))
        .add_service(DoorServer::new(shared.clone()).max_decoding_message_size(64 << 10))
        .add_service(HubServer::new(shared).max_decoding_message_size(LONGEST));
    let mut stopped = stopped;
    let done = tokio::spawn(async move {
        let end = async move {
            // The sender is dropped with the hub: that is an end too.
            drop(stopped.wait_for(|stop| *stop).await);
        };
        // What goes wrong with one connection ends that one.
        drop(server.serve_with_incoming_shutdown(incoming, end).await);
    });
    Ok(Hub { at, stop, done })
}

// === impl Hub ===

impl Hub {
    /// Ends all connections, in good order.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        drop(self.done.await);
    }
}

// === impl Shared ===

impl Shared {
    /// Who asks, by the certificate of the connection; and may it still?
    pub(crate) async fn who<T>(&self, request: &Request<T>) -> Result<Identity, Status> {
        let certificates = tls::certificates(request);
        let who = certificates.as_ref().and_then(|all| Identity::of(all.first()?));
        let who = who.ok_or_else(|| {
            Status::unauthenticated(
                "this needs a certificate of this hub: enrol with 'ostium join'",
            )
        })?;
        if self.desk.admits(who.sensor, who.organisation).await {
            return Ok(who);
        }
        Err(removed())
    }
}

/// What a sensor is told that may report and follow no more.
fn removed() -> Status {
    Status::permission_denied("this sensor was removed from the hub")
}
