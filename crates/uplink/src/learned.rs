//! What the hub says, as all threads of a sensor ask it.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use ostium_event::{Addr, Ja4};
use ostium_feed::{Bound, Follower, Hit, Position, Reach, Refusal, Taken};

/// What is known of something that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The entry.
    pub hit: Hit,
    /// It is only to be shown: this sensor tries it for all.
    pub for_show: bool,
}

/// The last good set of the feed, as it is to one sensor.
#[derive(Debug)]
pub struct Learned {
    /// The sensor's name: which entries it tries for show.
    sensor: Box<[u8]>,
    follower: RwLock<Follower>,
}

// === impl Learned ===

impl Learned {
    /// What this follower holds, for the sensor of this name.
    pub fn new(sensor: &str, follower: Follower) -> Self {
        Self { sensor: sensor.as_bytes().into(), follower: RwLock::new(follower) }
    }

    /// The entry of a name or of the nearest name above it. Times are seconds since 1970.
    pub fn domain(&self, name: &str, now_s: u64) -> Option<Known> {
        let held = self.held();
        self.known(held.table().domain_if(name, |hit| self.holds(hit, now_s))?, now_s)
    }

    /// The entry of an address or of the smallest network around it.
    pub fn addr(&self, addr: Addr, now_s: u64) -> Option<Known> {
        let held = self.held();
        self.known(held.table().addr_if(addr, |hit| self.holds(hit, now_s))?, now_s)
    }

    /// The entry of exactly this address and port.
    pub fn socket(&self, addr: Addr, port: u16, now_s: u64) -> Option<Known> {
        let hit = self.held().table().socket(addr, port)?;
        self.known(hit, now_s)
    }

    /// The entry of a client fingerprint.
    pub fn ja4(&self, ja4: &Ja4, now_s: u64) -> Option<Known> {
        let hit = self.held().table().ja4(ja4)?;
        self.known(hit, now_s)
    }

    /// The entry of a URL: host in lower case, path with query.
    pub fn url(&self, host: &str, uri: &str, now_s: u64) -> Option<Known> {
        let hit = self.held().table().url(host, uri)?;
        self.known(hit, now_s)
    }

    /// The entry of this number.
    pub fn get(&self, id: u64, now_s: u64) -> Option<Known> {
        let hit = self.held().table().get(id)?;
        self.known(hit, now_s)
    }

    /// Looks at all entries that are there for this sensor.
    pub fn each(&self, now_s: u64, mut look: impl FnMut(&Known)) {
        for hit in self.held().table().iter() {
            if let Some(known) = self.known(hit, now_s) {
                look(&known);
            }
        }
    }

    /// How many entries the set has.
    pub fn len(&self) -> usize {
        self.held().table().len()
    }

    /// Has the set none?
    pub fn is_empty(&self) -> bool {
        self.held().table().is_empty()
    }

    /// Where it is in the feed.
    pub fn at(&self) -> Position {
        self.held().at()
    }

    /// Until when the hub's word holds, in milliseconds since 1970; then the set is stale.
    pub fn fresh_until_ms(&self) -> u64 {
        self.held().fresh_until_ms()
    }

    /// Holds no larger set from now on; what is held stays.
    pub fn settle(&self, bound: Bound) {
        self.follower.write().unwrap_or_else(PoisonError::into_inner).settle(bound);
    }

    /// Takes a frame as it came.
    pub(crate) fn take(&self, frame: &[u8], now_ms: u64) -> Result<Taken, Refusal> {
        self.follower.write().unwrap_or_else(PoisonError::into_inner).take_bytes(frame, now_ms)
    }

    fn holds(&self, hit: &Hit, now_s: u64) -> bool {
        hit.reach(&self.sensor, now_s) != Reach::Not
    }

    fn known(&self, hit: Hit, now_s: u64) -> Option<Known> {
        let reach = hit.reach(&self.sensor, now_s);
        (reach != Reach::Not).then_some(Known { hit, for_show: reach == Reach::Show })
    }

    /// A follower changes whole or not at all, so one that a panic left behind is sound.
    fn held(&self) -> RwLockReadGuard<'_, Follower> {
        self.follower.read().unwrap_or_else(PoisonError::into_inner)
    }
}
