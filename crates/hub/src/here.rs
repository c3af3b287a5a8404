//! A hub in this process, on loopback: for demonstrations, measurements and tests.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use ostium_correlate::Policy;
use ostium_event::Span;
use ostium_hub_store::Invite;
use ring::digest::{SHA256, digest};

use crate::{Authority, Books, Clock, Desk, Hub, HubError, Keys, Settings, serve};

/// Invitations of such a hub end after ten minutes.
const INVITED: Span = Span::from_secs(600);

/// A hub that serves here.
pub struct Here {
    hub: Hub,
    desk: Desk,
    clock: Clock,
    print: [u8; 32],
    books: thread::JoinHandle<Books>,
}

// === impl Here ===

impl Here {
    /// Starts a hub of this folder, with the policy that holds without one.
    ///
    /// # Errors
    /// When the folder cannot be used, or the port is taken.
    pub async fn start(folder: &Path, listen: SocketAddr, clock: Clock) -> Result<Self, HubError> {
        let books = Books::open(folder, &Keys::at(folder), Policy::default(), clock())?;
        let root = books.root()?.0;
        let authority = Arc::new(Authority::open(folder, clock())?);
        let print = authority.print();
        let failed = |error| HubError::Place(folder.display().to_string(), error);
        let (desk, books) = Desk::open(books, clock).map_err(failed)?;
        let settings = Settings { listen, names: vec![listen.ip().to_string()] };
        let hub = serve(&settings, desk.clone(), authority, root, clock).await;
        let hub = hub.map_err(|error| HubError::Serve(listen.to_string(), error))?;
        Ok(Self { hub, desk, clock, print, books })
    }

    /// Where it listens.
    pub const fn at(&self) -> SocketAddr {
        self.hub.at
    }

    /// The print of its authority.
    pub const fn print(&self) -> [u8; 32] {
        self.print
    }

    /// Who keeps its books.
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// So many sensors of a vouched organisation may join with this secret; was that kept?
    pub async fn invite(
        &self,
        organisation: &str,
        network: u32,
        sensors: u32,
        secret: &str,
    ) -> bool {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        let invite = Invite {
            organisation: organisation.to_owned(),
            vouched: 1.0,
            network,
            expires: (self.clock)().plus(INVITED),
            sensors,
        };
        self.desk.invite(hash, invite).await
    }

    /// Ends it in good order; its books, unless their keeper broke off.
    pub async fn stop(self) -> Option<Books> {
        self.hub.stop().await;
        self.desk.close().await;
        self.books.join().ok()
    }
}
