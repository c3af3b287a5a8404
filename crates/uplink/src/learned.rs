//! What the hub says, as all threads of a sensor ask it.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use ostium_event::{Addr, Ja4};
use ostium_feed::{Bound, Follower, Generator, Hit, Position, Reach, Refusal, Taken};
use ostium_intel::{IndicatorValue, Pattern, Shape, Throttle};

/// What is known of something that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<V = IndicatorValue> {
    /// The entry.
    pub hit: Hit<V>,
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
        self.known(held.table().domain_if(name, |hit| self.holds(hit, now_s))?.whole()?, now_s)
    }

    /// The entry of an address or of the smallest network around it.
    pub fn addr(&self, addr: Addr, now_s: u64) -> Option<Known> {
        let held = self.held();
        self.known(held.table().addr_if(addr, |hit| self.holds(hit, now_s))?.whole()?, now_s)
    }

    /// The entry of exactly this address and port.
    pub fn socket(&self, addr: Addr, port: u16, now_s: u64) -> Option<Known> {
        let hit = self.held().table().socket(addr, port)?.whole()?;
        self.known(hit, now_s)
    }

    /// The entry of a client fingerprint.
    pub fn ja4(&self, ja4: &Ja4, now_s: u64) -> Option<Known> {
        let hit = self.held().table().ja4(ja4)?.whole()?;
        self.known(hit, now_s)
    }

    /// The entry of a URL: host in lower case, path with query.
    pub fn url(&self, host: &str, uri: &str, now_s: u64) -> Option<Known> {
        let hit = self.held().table().url(host, uri)?.whole()?;
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

    /// The first pattern that a conversation matches.
    pub fn alike(&self, shape: &Shape, now_s: u64) -> Option<Known<Box<Pattern>>> {
        let held = self.held();
        let hit = held.table().pattern_if(shape, |hit| self.holds(hit, now_s))?.clone();
        self.known(hit, now_s)
    }

    /// The pattern of this number.
    pub fn pattern(&self, id: u64, now_s: u64) -> Option<Known<Box<Pattern>>> {
        let hit = self.held().table().pattern(id)?.clone();
        self.known(hit, now_s)
    }

    /// All patterns, by number.
    pub fn patterns(&self, now_s: u64) -> Vec<Known<Box<Pattern>>> {
        let held = self.held();
        let all = held.table().patterns();
        all.filter_map(|hit| self.known(hit.clone(), now_s)).collect()
    }

    /// The generator that makes the name of this print.
    pub fn generator(&self, print: u64, now_s: u64) -> Option<Known<Generator>> {
        let held = self.held();
        let hit = held.table().generator_if(print, |hit| self.holds(hit, now_s))?.clone();
        self.known(hit, now_s)
    }

    /// All victims to whom less may be sent, by number.
    pub fn throttles(&self, now_s: u64) -> Vec<Known<Throttle>> {
        let held = self.held();
        let all = held.table().throttles();
        all.filter_map(|hit| self.known(hit.clone(), now_s)).collect()
    }

    /// How many patterns, throttles and generators there are.
    pub fn apart(&self) -> [usize; 3] {
        let held = self.held();
        let table = held.table();
        [table.patterns().count(), table.throttles().count(), table.generators().count()]
    }

    /// Is there any pattern, or any generator?
    pub fn has_apart(&self) -> (bool, bool) {
        let held = self.held();
        let table = held.table();
        (table.patterns().next().is_some(), table.generators().next().is_some())
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

    fn holds<V>(&self, hit: &Hit<V>, now_s: u64) -> bool {
        hit.reach(&self.sensor, now_s) != Reach::Not
    }

    fn known<V>(&self, hit: Hit<V>, now_s: u64) -> Option<Known<V>> {
        let reach = hit.reach(&self.sensor, now_s);
        (reach != Reach::Not).then_some(Known { hit, for_show: reach == Reach::Show })
    }

    /// A follower changes whole or not at all, so one that a panic left behind is sound.
    fn held(&self) -> RwLockReadGuard<'_, Follower> {
        self.follower.read().unwrap_or_else(PoisonError::into_inner)
    }
}
