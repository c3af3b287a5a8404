//! Which destinations are watched for: those of indicators, and names that are blocked.

use std::collections::HashSet;
use std::sync::{Arc, RwLock};

use ostium_event::Addr;
use ostium_intel::{Indicator, IndicatorValue};
use ostium_pipeline::{Settings, Watcher};
use ostium_verdict::{BlockSet, Target};

/// What is watched for; changed as a whole, while the shards ask.
pub(crate) struct Watch {
    now: RwLock<Arc<Watched>>,
}

/// What is watched for.
pub(crate) struct Watched {
    settings: Arc<Settings>,
    block_from: u8,
    names: HashSet<Arc<str>>,
    addresses: HashSet<Addr>,
}

// === impl Watch ===

impl Watch {
    pub(crate) fn new(settings: Arc<Settings>, block_from: u8) -> Self {
        let (names, addresses) = (HashSet::new(), HashSet::new());
        Self { now: RwLock::new(Arc::new(Watched { settings, block_from, names, addresses })) }
    }

    /// Other indicators.
    pub(crate) fn settle(&self, settings: Arc<Settings>, block_from: u8) {
        let old = self.now();
        let (names, addresses) = (old.names.clone(), old.addresses.clone());
        self.set(Watched { settings, block_from, names, addresses });
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
        self.set(Watched { settings, block_from, names, addresses });
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
            || now.indicator_of_name(name).is_some()
    }

    fn address(&self, addr: Addr, port: u16) -> bool {
        let now = self.now();
        now.addresses.contains(&addr) || now.indicator_of_address(addr, port).is_some()
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
        let known = || match &self.indicator_of_name(name)?.value {
            IndicatorValue::Domain(over) => Some(Arc::from(over.as_str())),
            _ => None,
        };
        self.blocked_name(name).cloned().or_else(known)
    }

    /// The indicator of a name.
    pub(crate) fn indicator_of_name(&self, name: &str) -> Option<&Indicator> {
        self.settings.intel.domain(name).filter(|i| i.confidence >= self.block_from)
    }

    /// The indicator of an address and port, and whether it is about the whole address.
    pub(crate) fn indicator_of_address(&self, addr: Addr, port: u16) -> Option<(&Indicator, bool)> {
        let intel = &self.settings.intel;
        let exact = intel.socket(addr, port).map(|known| (known, false));
        let whole = || intel.addr(addr).map(|known| (known, true));
        exact.or_else(whole).filter(|(known, _)| known.confidence >= self.block_from)
    }
}
