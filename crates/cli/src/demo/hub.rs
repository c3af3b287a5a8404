//! A hub on loopback, in this process, and the runtime that it lives on.

use std::path::Path;

use ostium_hub::{Books, Here, wall};
use ostium_uplink::{Invitation, MEMBERSHIP, join};
use tokio::runtime::{Builder, Runtime};

use crate::fail::Fail;

/// The hub, and what it runs on.
pub(super) struct HubHere {
    runtime: Runtime,
    hub: Here,
}

// === impl HubHere ===

impl HubHere {
    /// Starts a hub in this folder.
    pub(super) fn start(folder: &Path) -> Result<Self, Fail> {
        let failed = |error: &dyn std::fmt::Display| {
            Fail::new(format!("cannot start the demonstration's hub: {error}"))
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let hub = runtime.block_on(Here::start(folder, listen, wall));
        Ok(Self { hub: hub.map_err(|error| failed(&error))?, runtime })
    }

    /// Where it listens.
    pub(super) const fn at(&self) -> std::net::SocketAddr {
        self.hub.at()
    }

    /// Enrols the sensor whose state is in this folder, as one of this organisation: what `ostium
    /// hub invite` and `ostium join` do.
    pub(super) fn enrol(&self, name: &str, network: u32, state: &Path) -> Result<(), Fail> {
        let failed =
            |error: &dyn std::fmt::Display| Fail::new(format!("{name} cannot join: {error}"));
        let secret = format!("the demonstration's secret of {name}");
        if !self.runtime.block_on(self.hub.invite(name, network, 1, &secret)) {
            return Err(failed(&"the hub does not answer"));
        }
        let (hub, print) = (self.at().to_string(), self.hub.print());
        let invitation = Invitation { hub, print, secret };
        let joined = self.runtime.block_on(join(&invitation, "gate"));
        let membership = joined.map_err(|error| failed(&error))?;
        membership.save(&state.join(MEMBERSHIP)).map_err(|error| failed(&error))
    }

    /// Has this done whenever the hub publishes.
    pub(super) fn on_change(&self, mut hear: impl FnMut() + Send + 'static) {
        let desk = self.hub.desk().clone();
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
        self.runtime.block_on(self.hub.stop())
    }
}
