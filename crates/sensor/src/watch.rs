//! Which destinations are watched for: those of indicators, and names that are blocked.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock, RwLock};

use ostium_event::{Addr, Timestamp};
use ostium_intel::{Indicator, IndicatorValue, Lore, Shape, Told};
use ostium_pipeline::{Settings, Watcher};
use ostium_uplink::{Known, Learned};
use ostium_verdict::{BlockSet, Origin, Target};

use crate::clock::wall;

/// What the hub's word is called where indicators have a source.
static HUB: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("the hub"));

/// What is watched for; changed as a whole, while the shards ask.
pub(crate) struct Watch {
    now: RwLock<Arc<Watched>>,
}

/// What is watched for.
pub(crate) struct Watched {
    settings: Arc<Settings>,
    block_from: u8,
    /// What the hub says.
    learned: Option<Arc<Learned>>,
    names: HashSet<Arc<str>>,
    addresses: HashSet<Addr>,
}

/// Who knows something of what was met, and what.
pub(crate) struct Word<'a> {
    pub(crate) indicator: Cow<'a, Indicator>,
    pub(crate) origin: Origin,
    /// It is about the whole address, or the name.
    pub(crate) whole: bool,
    /// The hub has it tried for show by some sensors, of which this is one.
    pub(crate) for_show: bool,
}

// === impl Watch ===

impl Watch {
    pub(crate) fn new(settings: Arc<Settings>, block_from: u8) -> Self {
        let (names, addresses, learned) = (HashSet::new(), HashSet::new(), None);
        let now = Watched { settings, block_from, learned, names, addresses };
        Self { now: RwLock::new(Arc::new(now)) }
    }

    /// A hub speaks, or none any more.
    pub(crate) fn learn(&self, learned: Option<Arc<Learned>>) {
        let Watched { settings, block_from, names, addresses, .. } = &*self.now();
        let (settings, block_from) = (Arc::clone(settings), *block_from);
        let (names, addresses) = (names.clone(), addresses.clone());
        self.set(Watched { settings, block_from, learned, names, addresses });
    }

    /// Other indicators.
    pub(crate) fn settle(&self, settings: Arc<Settings>, block_from: u8) {
        let old = self.now();
        let (names, addresses) = (old.names.clone(), old.addresses.clone());
        let learned = old.learned.clone();
        self.set(Watched { settings, block_from, learned, names, addresses });
    }

    /// Other blocks.
    pub(crate) fn blocks(&self, blocks: &BlockSet) {
        let old = self.now();
        let (mut names, mut addresses) = (HashSet::new(), HashSet::new());
        for block in blocks.iter() {
            match &block.target {
                Target::Name(name) => drop(names.insert(Arc::clone(name))),
                Target::Address(addr) | Target::AddressPort(addr, ..) => {
                    addresses.insert(*addr);
                }
                Target::Host(_) => {}
            }
        }
        let (settings, block_from) = (Arc::clone(&old.settings), old.block_from);
        let learned = old.learned.clone();
        self.set(Watched { settings, block_from, learned, names, addresses });
    }

    fn set(&self, watched: Watched) {
        let fresh = Arc::new(watched);
        match self.now.write() {
            Ok(mut now) => *now = fresh,
            Err(poisoned) => *poisoned.into_inner() = fresh,
        }
    }

    pub(crate) fn now(&self) -> Arc<Watched> {
        match self.now.read() {
            Ok(now) => Arc::clone(&now),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }
}

impl Watcher for Watch {
    fn name(&self, name: &str) -> bool {
        let now = self.now();
        let mut over = std::iter::successors(Some(name), |name| Some(name.split_once('.')?.1));
        (!now.names.is_empty() && over.any(|name| now.names.contains(name)))
            || now.word_of_name(name).is_some()
    }

    fn address(&self, addr: Addr, port: u16) -> bool {
        let now = self.now();
        now.addresses.contains(&addr) || now.word_of_address(addr, port).is_some()
    }

    fn has_patterns(&self) -> bool {
        self.knows().0
    }

    fn pattern(&self, shape: &Shape) -> Option<u64> {
        let now = self.now();
        Some(now.hub()?.alike(shape, wall().secs())?.hit.id)
    }
}

impl Lore for Watch {
    fn pattern(&self, shape: &Shape) -> Option<Told> {
        let now = self.now();
        now.hub()?.alike(shape, wall().secs()).map(told)
    }

    fn generator(&self, print: u64) -> Option<Told> {
        let now = self.now();
        now.hub()?.generator(print, wall().secs()).map(told)
    }

    fn knows(&self) -> (bool, bool) {
        self.now().hub().map_or((false, false), |learned| learned.has_apart())
    }
}

/// An entry as detectors ask for it.
fn told<V>(known: Known<V>) -> Told {
    let Known { hit, for_show } = known;
    Told {
        id: hit.id,
        family: hit.family,
        confidence: hit.confidence,
        organisations: hit.organisations,
        for_show,
    }
}

// === impl Watched ===

impl Watched {
    /// The blocked name that this name is, or lies under.
    pub(crate) fn blocked_name(&self, name: &str) -> Option<&Arc<str>> {
        let mut over = std::iter::successors(Some(name), |name| Some(name.split_once('.')?.1));
        over.find_map(|name| self.names.get(name))
    }

    /// The name that is blocked, or else known, and that this name is or lies under.
    pub(crate) fn name_over(&self, name: &str) -> Option<Arc<str>> {
        let known = || match &self.word_of_name(name)?.indicator.value {
            IndicatorValue::Domain(over) => Some(Arc::from(over.as_str())),
            _ => None,
        };
        self.blocked_name(name).cloned().or_else(known)
    }

    /// What is known of a name: by the site's own lists first, then by the hub.
    pub(crate) fn word_of_name(&self, name: &str) -> Option<Word<'_>> {
        let own = self.settings.intel.domain(name).filter(|i| i.confidence >= self.block_from);
        let learned = || self.hub()?.domain(name, wall().secs());
        own.map(|own| Word::own(own, true)).or_else(|| self.heard(learned()?, true))
    }

    /// What is known of an address and port, and whether it is about the whole address.
    pub(crate) fn word_of_address(&self, addr: Addr, port: u16) -> Option<Word<'_>> {
        let intel = &self.settings.intel;
        let exact = intel.socket(addr, port).map(|known| (known, false));
        let whole = || intel.addr(addr).map(|known| (known, true));
        let sure = |(known, _): &(&Indicator, bool)| known.confidence >= self.block_from;
        if let Some((own, whole)) = exact.or_else(whole).filter(sure) {
            return Some(Word::own(own, whole));
        }
        let (learned, now) = (self.hub()?, wall().secs());
        if let Some(known) = learned.socket(addr, port, now) {
            return self.heard(known, false);
        }
        self.heard(learned.addr(addr, now)?, true)
    }

    /// What the hub says, if it says anything at all.
    pub(crate) fn hub(&self) -> Option<&Arc<Learned>> {
        self.learned.as_ref().filter(|learned| !learned.is_empty())
    }

    /// The hub's set, though nothing is in it any more.
    pub(crate) const fn learned(&self) -> Option<&Arc<Learned>> {
        self.learned.as_ref()
    }

    /// Is an entry of the hub so sure that this site acts on it?
    pub(crate) const fn acts_on<V>(&self, known: &Known<V>) -> bool {
        known.hit.confidence >= self.block_from
    }

    fn heard(&self, known: Known, whole: bool) -> Option<Word<'static>> {
        self.acts_on(&known).then(|| {
            let indicator = Indicator {
                value: known.hit.value,
                confidence: known.hit.confidence,
                family: known.hit.family.map(|family| family.to_string()),
                source: Arc::clone(&HUB),
                expires: Some(Timestamp::from_secs(known.hit.expires.into())),
            };
            let (origin, for_show) = (Origin::Hub, known.for_show);
            Word { indicator: Cow::Owned(indicator), origin, whole, for_show }
        })
    }
}

// === impl Word ===

impl<'a> Word<'a> {
    fn own(known: &'a Indicator, whole: bool) -> Self {
        let origin = Origin::Indicator(Arc::clone(&known.source));
        Self { indicator: Cow::Borrowed(known), origin, whole, for_show: false }
    }

    /// Does it hold at this time? The hub's entries end by the machine's clock, which was asked.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.origin == Origin::Hub || self.indicator.is_live(now)
    }
}
