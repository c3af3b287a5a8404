//! A hub for tests, on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use ostium_correlate::Policy;
use ostium_event::Timestamp;
use ostium_hub::{Authority, Books, Desk, Hub, Keys, Settings, serve};
use ostium_hub_api as wire;
use ostium_hub_store::Invite;
use ostium_uplink::Invitation;
use ring::digest::{SHA256, digest};

#[allow(clippy::disallowed_methods, reason = "a hub over real sockets lives in real time")]
pub(crate) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_nanos(u64::try_from(since.as_nanos()).unwrap())
}

pub(crate) struct World {
    pub(crate) folder: PathBuf,
    desk: Desk,
    pub(crate) hub: Hub,
    print: [u8; 32],
    books: std::thread::JoinHandle<Books>,
}

impl World {
    pub(crate) async fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("ostium-line-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self::open(folder, "127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn open(folder: PathBuf, listen: SocketAddr) -> Self {
        let books = Books::open(&folder, &Keys::at(&folder), Policy::default(), clock()).unwrap();
        let root = books.root().unwrap().0;
        let authority = Arc::new(Authority::open(&folder, clock()).unwrap());
        let print = authority.print();
        let (desk, books) = Desk::open(books, clock).unwrap();
        let settings = Settings { listen, names: vec!["127.0.0.1".to_owned()] };
        let hub = serve(&settings, desk.clone(), authority, root, clock).await.unwrap();
        Self { folder, desk, hub, print, books }
    }

    pub(crate) async fn invite(&self, organisation: &str, network: u32) -> Invitation {
        let secret = format!("secret of {organisation}");
        let hash = digest(&SHA256, secret.as_bytes()).as_ref().try_into().unwrap();
        let invite = Invite {
            organisation: organisation.to_owned(),
            vouched: 1.0,
            network,
            expires: clock().plus(ostium_event::Span::from_secs(600)),
            sensors: 1,
        };
        assert!(self.desk.invite(hash, invite).await);
        Invitation { hub: self.hub.at.to_string(), print: self.print, secret }
    }

    pub(crate) async fn close(self) -> Books {
        self.hub.stop().await;
        self.desk.close().await;
        self.books.join().unwrap()
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
