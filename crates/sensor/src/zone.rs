//! Blocked names for the resolvers of the site. A thread of its own makes the zone out of the whole
//! set, has it served, and writes it.
//!
//! Failure choice: what cannot be written is said in the status and tried again; resolvers keep the
//! zone that they have, and names are stopped by addresses and resets meanwhile.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ostium_event::Timestamp;
use ostium_rpz::query::Kind;
use ostium_rpz::{
    Limits, OnBlock, Peer, Peers, RpzError, Rules, Server, TsigKey, Zone, ZoneConfig,
};
use ostium_sensor_api::ZoneRow;
use ostium_verdict::BlockSet;

use crate::clock::wall;
use crate::config::{Resolver, Rpz};
use crate::service::SensorError;

/// All that the zone is made of.
pub(crate) struct Names {
    /// Blocks of names.
    pub(crate) blocks: BlockSet,
    /// Known names.
    pub(crate) known: Arc<BlockSet>,
    /// Names that are never blocked.
    pub(crate) allowed: Vec<String>,
    /// When that was so.
    pub(crate) now: Timestamp,
}

/// The zone, as the main thread sees it.
pub(crate) struct NameZone {
    names: SyncSender<Names>,
    row: Arc<Mutex<ZoneRow>>,
}

/// Who has the zone.
enum Holder {
    Served(Server),
    Kept(Box<Zone>),
}

/// The thread.
struct Clerk {
    holder: Holder,
    config: Rpz,
    unwritten: bool,
    trouble: Option<String>,
    row: Arc<Mutex<ZoneRow>>,
}

/// The row is made anew, and what could not be written is tried again, this often.
const ROUND: Duration = Duration::from_secs(2);

// === impl NameZone ===

impl NameZone {
    /// Serves and writes the zone from now on; `None` where nobody wants it.
    ///
    /// # Errors
    /// When a name or key is none, or an address cannot be listened on.
    pub(crate) fn start(config: &Rpz, names: Names) -> Result<Option<Self>, SensorError> {
        if !config.is_wanted() {
            return Ok(None);
        }
        let shape = shape(config);
        // An unreadable file is told when it cannot be written either.
        let kept = config.file.as_deref().and_then(|path| ostium_rpz::file::serial_of(path).ok());
        let last = kept.flatten().unwrap_or_else(|| wall().secs() as u32);
        let rules = rules(&names, &shape);
        let zone = Zone::new(shape, last, rules)?;
        let holder = if config.listen.is_empty() {
            Holder::Kept(Box::new(zone))
        } else {
            let peers = Peers::new(config.resolver.iter().map(peer).collect::<Result<_, _>>()?);
            Holder::Served(Server::start(zone, &config.listen, peers, Limits::default())?)
        };
        // One set waits at most: the next is whole too.
        let (sender, receiver) = sync_channel(1);
        let row = Arc::new(Mutex::new(ZoneRow::default()));
        let (config, row_too) = (config.clone(), Arc::clone(&row));
        let mut clerk = Clerk { holder, config, unwritten: true, trouble: None, row: row_too };
        clerk.finish();
        std::thread::Builder::new()
            .name("rpz".to_owned())
            .spawn(move || clerk.work(&receiver))
            .map_err(RpzError::Thread)?;
        Ok(Some(Self { names: sender, row }))
    }

    /// Takes the whole set; `false` when the one before is not done yet.
    pub(crate) fn take(&self, names: Names) -> bool {
        self.names.try_send(names).is_ok()
    }

    /// How it is doing.
    pub(crate) fn row(&self) -> ZoneRow {
        match self.row.lock() {
            Ok(row) => row.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }
}

// === impl Clerk ===

impl Clerk {
    fn work(&mut self, names: &Receiver<Names>) {
        loop {
            match names.recv_timeout(ROUND) {
                Ok(names) => self.publish(&names),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.finish();
        }
    }

    fn publish(&mut self, names: &Names) {
        let rules = rules(names, &shape(&self.config));
        self.unwritten |= match &mut self.holder {
            Holder::Served(server) => server.publish(rules),
            Holder::Kept(zone) => zone.publish(rules),
        };
    }

    /// Writes what is not written, and tells how things are.
    fn finish(&mut self) {
        if let Some(path) = self.config.file.as_deref().filter(|_| self.unwritten) {
            let done = match &self.holder {
                Holder::Served(server) => ostium_rpz::file::write_atomically(&server.zone(), path),
                Holder::Kept(zone) => ostium_rpz::file::write_atomically(zone, path),
            };
            self.trouble = done.err().map(|error| error.to_string());
            self.unwritten = self.trouble.is_some();
        }
        let told = self.told();
        match self.row.lock() {
            Ok(mut row) => *row = told,
            Err(poisoned) => *poisoned.into_inner() = told,
        }
    }

    fn told(&self) -> ZoneRow {
        let of = |zone: &Zone| ZoneRow {
            name: zone.origin().to_owned(),
            serial: zone.serial(),
            names: zone.rules().len() as u64,
            left_out: zone.rules().left_out() as u64,
            trouble: self.trouble.clone(),
            ..ZoneRow::default()
        };
        match &self.holder {
            Holder::Kept(zone) => of(zone),
            Holder::Served(server) => {
                let stats = server.stats();
                let sum = |kinds: &[Kind]| kinds.iter().map(|kind| stats.questions(*kind)).sum();
                ZoneRow {
                    at: server.addresses().iter().map(ToString::to_string).collect(),
                    transfers: sum(&[Kind::Whole, Kind::Steps]),
                    refused: sum(&[Kind::Refused, Kind::BadSignature, Kind::OtherZone]),
                    notified: stats.notified(),
                    unheard: stats.unheard(),
                    ..of(&server.zone())
                }
            }
        }
    }
}

fn rules(names: &Names, shape: &ZoneConfig) -> Rules {
    let mut all = names.blocks.clone();
    all.merge_all(names.known.as_ref().clone());
    Rules::of(&all, names.allowed.iter().map(String::as_str), names.now, shape)
}

fn shape(config: &Rpz) -> ZoneConfig {
    let secs = |span: ostium_event::Span| u32::try_from(span.secs()).unwrap_or(u32::MAX);
    ZoneConfig {
        on_block: config.garden.clone().map_or(OnBlock::Nxdomain, OnBlock::Garden),
        ttl: secs(config.ttl),
        expire: secs(config.expire),
        ..ZoneConfig::new(&config.zone)
    }
}

fn peer(resolver: &Resolver) -> Result<Peer, SensorError> {
    let key = match (&resolver.key, &resolver.secret_file) {
        (Some(name), Some(path)) => {
            let secret = std::fs::read_to_string(path)
                .map_err(|error| SensorError::Place(path.display().to_string(), error))?;
            Some(TsigKey::new(name, secret.trim())?)
        }
        _ => None,
    };
    let notify = (resolver.notify != 0).then_some(resolver.notify);
    Ok(Peer { addr: resolver.address, notify, key })
}
