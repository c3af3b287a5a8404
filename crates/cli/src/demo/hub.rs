//! A hub on loopback, in this process.

use std::path::Path;
use std::sync::Arc;
use std::thread;

use ostium_correlate::Policy;
use ostium_event::{Span, Timestamp};
use ostium_hub::{Authority, Books, Desk, Hub, Keys, Settings, serve};
use ostium_hub_store::Invite;
use ostium_uplink::{Invitation, MEMBERSHIP, join};
use ring::digest::{SHA256, digest};
use tokio::runtime::{Builder, Runtime};

use crate::fail::Fail;

/// The hub, and what it runs on.
pub(super) struct HubHere {
    runtime: Runtime,
    hub: Hub,
    desk: Desk,
    print: [u8; 32],
    books: thread::JoinHandle<Books>,
}

// === impl HubHere ===

impl HubHere {
    /// Starts a hub in this folder.
    pub(super) fn start(folder: &Path) -> Result<Self, Fail> {
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            Fail::new(format!("the demonstration's hub: {what}: {error}"))
        };
        std::fs::create_dir_all(folder).map_err(|error| failed("its folder", &error))?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| failed("its threads", &error))?;
        let books = Books::open(folder, &Keys::at(folder), Policy::default(), clock());
        let books = books.map_err(|error| failed("its books", &error))?;
        let root = books.root().map_err(|error| failed("its root", &error))?.0;
        let authority = Authority::open(folder, clock());
        let authority = Arc::new(authority.map_err(|error| failed("its authority", &error))?);
        let print = authority.print();
        let (desk, books) = Desk::open(books, clock).map_err(|error| failed("its desk", &error))?;
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = Settings { listen, names: vec!["127.0.0.1".to_owned()] };
        let hub = runtime.block_on(serve(&settings, desk.clone(), authority, root, clock));
        let hub = hub.map_err(|error| failed("its port", &error))?;
        Ok(Self { runtime, hub, desk, print, books })
    }

    /// Where it listens.
    pub(super) fn at(&self) -> std::net::SocketAddr {
        self.hub.at
    }

    /// Enrols the sensor whose state is in this folder, as one of this organisation: what `ostium
    /// hub invite` and `ostium join` do.
    pub(super) fn enrol(&self, name: &str, network: u32, state: &Path) -> Result<(), Fail> {
        let failed =
            |error: &dyn std::fmt::Display| Fail::new(format!("{name} cannot join: {error}"));
        let secret = format!("the demonstration's secret of {name}");
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        let expires = clock().plus(Span::from_secs(600));
        let invite =
            Invite { organisation: name.to_owned(), vouched: 1.0, network, expires, sensors: 1 };
        if !self.runtime.block_on(self.desk.invite(hash, invite)) {
            return Err(failed(&"the hub does not answer"));
        }
        let invitation = Invitation { hub: self.at().to_string(), print: self.print, secret };
        let joined = self.runtime.block_on(join(&invitation, "gate"));
        let membership = joined.map_err(|error| failed(&error))?;
        membership.save(&state.join(MEMBERSHIP)).map_err(|error| failed(&error))
    }

    /// Has this done whenever the hub publishes.
    pub(super) fn on_change(&self, mut hear: impl FnMut() + Send + 'static) {
        let desk = self.desk.clone();
        self.runtime.spawn(async move {
            let mut seen = 0;
            while let Some(seq) = desk.published(seen).await {
                seen = seq;
                hear();
            }
        });
    }

    /// Ends it in good order.
    pub(super) fn stop(self) -> Option<Books> {
        let Self { runtime, hub, desk, books, .. } = self;
        runtime.block_on(async {
            hub.stop().await;
            desk.close().await;
        });
        books.join().ok()
    }
}

#[allow(clippy::disallowed_methods, reason = "a hub lives in real time")]
pub(super) fn clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
