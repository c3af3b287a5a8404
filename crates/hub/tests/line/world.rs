//! A hub for tests, on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;

use ostium_event::Timestamp;
use ostium_hub::{Books, Here, wall};
use ostium_hub_api as wire;
use ostium_uplink::Invitation;

pub(crate) fn clock() -> Timestamp {
    wall()
}

pub(crate) struct World {
    pub(crate) folder: PathBuf,
    pub(crate) hub: Here,
}

impl World {
    pub(crate) async fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("ostium-line-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self::open(folder, "127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn open(folder: PathBuf, listen: SocketAddr) -> Self {
        let hub = Here::start(&folder, listen, clock).await.unwrap();
        Self { folder, hub }
    }

    pub(crate) async fn invite(&self, organisation: &str, network: u32) -> Invitation {
        let secret = format!("secret of {organisation}");
        assert!(self.hub.invite(organisation, network, 1, &secret).await);
        Invitation { hub: self.hub.at().to_string(), print: self.hub.print(), secret }
    }

    pub(crate) async fn close(self) -> Books {
        self.hub.stop().await.unwrap()
    }
}

pub(crate) fn report(name: &str) -> wire::Report {
    let what = wire::subject::What::Domain(name.to_owned());
    wire::Report {
        subject: Some(wire::Subject { what: Some(what) }),
        first: clock().secs(),
        last: clock().secs(),
        verdict: wire::Verdict::Infected.into(),
        log_odds: 6.8,
        ..wire::Report::default()
    }
}
