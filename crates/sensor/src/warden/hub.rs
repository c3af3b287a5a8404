//! What the hub says, made true; and what it is to be told of.
//!
//! A hub's entry is a reason to block like an indicator of the site's own lists: the rails stand
//! before it, the mode decides, and what the hub withdraws is free at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use ostium_event::{Addr, FlowKey, Timestamp};
use ostium_evidence::Peer;
use ostium_intel::IndicatorValue;
use ostium_sensor_api::Matter;
use ostium_uplink::{Known, Learned};
use ostium_verdict::{Block, Mode, Origin, Target};

use super::Warden;
use super::preload::{HOLD, MOST, MOST_NAMES, targets};

/// What waits to be told to the hub at most; more of the same minute says nothing new.
pub(super) const WAITING: usize = 10_000;

/// What the hub is to be told of.
#[derive(Debug, Default)]
pub(crate) struct ForHub {
    /// Entries that were met, and by whom.
    pub(crate) met: BTreeSet<(IndicatorValue, Addr)>,
    /// Entries that an operator of the site calls harmless.
    pub(crate) pardoned: BTreeSet<IndicatorValue>,
    /// Conversations that went as a pattern says.
    pub(crate) alike: BTreeSet<Alike>,
}

/// A conversation that went as a pattern says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alike {
    /// The other end.
    pub(crate) peer: Peer,
    /// The pattern.
    pub(crate) id: u64,
    pub(crate) family: Option<Arc<str>>,
    pub(crate) confidence: u8,
    /// It is tried.
    pub(crate) for_show: bool,
    /// Who had it; nobody, when an operator calls it harmless.
    pub(crate) host: Option<Addr>,
}

// === impl Warden: the hub ===

impl Warden {
    /// A hub speaks from now on, or none any more.
    pub(crate) fn learn(&mut self, learned: Option<Arc<Learned>>) {
        self.watch.learn(learned);
    }

    /// What the hub is to be told of; told once.
    pub(crate) fn for_hub(&mut self) -> ForHub {
        std::mem::take(&mut self.for_hub)
    }

    /// These entries came, changed or went: what is known ahead is put into the kernel and into the
    /// zone now, and what the hub has withdrawn is free.
    pub(crate) fn hub_changed(&mut self, ids: &[u64], now: Timestamp) {
        let watched = self.watch.now();
        let Some(learned) = watched.learned() else { return };
        let mut went = false;
        for id in ids {
            let entry = learned.get(*id, crate::clock::wall().secs());
            went |= entry.is_none();
            if let Some(known) = entry.filter(|known| watched.acts_on(known) && !known.for_show) {
                self.add_known(&known, now, true);
            }
        }
        if went {
            self.drop_withdrawn(now);
        }
    }

    /// The hub's set is another one.
    pub(crate) fn hub_is_new(&mut self, now: Timestamp) {
        self.drop_withdrawn(now);
    }

    /// Everything that the hub says and that can be stopped ahead.
    pub(super) fn preload_learned(&mut self, now: Timestamp) {
        let watched = self.watch.now();
        let Some(learned) = watched.hub() else { return };
        let wall = crate::clock::wall().secs();
        // By number: a feed has a million entries, and few of them fit.
        let (mut addresses, mut names) = (Vec::new(), Vec::new());
        learned.each(wall, |known| {
            let all = match &known.hit.value {
                IndicatorValue::Domain(_) if self.zone.is_some() => &mut names,
                IndicatorValue::Addr(_) | IndicatorValue::Socket(..) => &mut addresses,
                _ => return,
            };
            if !known.for_show && watched.acts_on(known) {
                all.push((std::cmp::Reverse(known.hit.confidence), known.hit.id));
            }
        });
        self.left += addresses.len().saturating_sub(MOST) as u64;
        for (mut all, most) in [(addresses, MOST), (names, MOST_NAMES)] {
            all.sort_unstable();
            all.truncate(most);
            for (_, id) in all {
                if let Some(known) = learned.get(id, wall) {
                    self.add_known(&known, now, false);
                }
            }
        }
    }

    /// Adds one to what is known ahead, if there is room; `at_once` puts it into the kernel now.
    fn add_known(&mut self, known: &Known, now: Timestamp, at_once: bool) {
        if self.ways.mode == Mode::Observe {
            return;
        }
        let left = u64::from(known.hit.expires).saturating_sub(crate::clock::wall().secs());
        let hold = HOLD.min(ostium_event::Span::from_secs(left));
        let family = known.hit.family.as_deref();
        for target in targets(&known.hit.value) {
            let block = Block::new(target, Origin::Hub, self.ways.mode, now, hold)
                .because(family.unwrap_or_else(|| known.hit.basis.name()));
            if self.add_ahead(&block, now) && at_once {
                self.make_true(&block, now);
                self.changed = true;
                let verb = if self.ways.mode == Mode::Block { "is" } else { "would be" };
                let (target, why) = (&block.target, &block.because);
                let said = format!("{target} {verb} stopped from now on, on the hub's word: {why}");
                self.news.tell(now, Matter::Blocked, Some(target), said);
            }
        }
    }

    /// Ends all blocks that stand on a word of the hub that it has taken back.
    fn drop_withdrawn(&mut self, now: Timestamp) {
        let stands = |block: &Block| block.origin != Origin::Hub || self.hub_says(block);
        let gone: Vec<Target> = self
            .blocks()
            .chain(self.known_ahead())
            .filter(|block| !stands(block))
            .map(|block| block.target.clone())
            .collect();
        for target in gone {
            self.end_silently(&target, now);
            let said = format!("{target} is free: the hub has withdrawn it");
            self.news.tell(now, Matter::Ended, Some(&target), said);
        }
    }

    /// Does the hub still say so?
    fn hub_says(&self, block: &Block) -> bool {
        let watched = self.watch.now();
        let Some(learned) = watched.hub() else { return false };
        let now = crate::clock::wall().secs();
        let pattern = super::alike::pattern_of(block);
        if pattern.and_then(|id| learned.pattern(id, now)).is_some_and(|known| !known.for_show) {
            return true;
        }
        let named = |name: &str| learned.domain(name, now).is_some_and(|k| !k.for_show);
        match &block.target {
            Target::Name(name) => named(name),
            Target::Address(addr) => {
                let led = super::orders::led(block).any(named);
                led || learned.addr(*addr, now).is_some_and(|known| !known.for_show)
            }
            Target::AddressPort(addr, _, port) => {
                let known = learned.socket(*addr, *port, now).or_else(|| learned.addr(*addr, now));
                known.is_some_and(|known| !known.for_show)
            }
            Target::Host(_) => true,
        }
    }

    /// A host asked for a name, or called it, that the hub may know.
    pub(super) fn meet_name(&mut self, name: &str, host: Addr) {
        let watched = self.watch.now();
        let Some(learned) = watched.hub() else { return };
        if let Some(known) = learned.domain(name, crate::clock::wall().secs()) {
            self.meet(known, host);
        }
    }

    pub(super) fn meet_address(&mut self, flow: &FlowKey) {
        let watched = self.watch.now();
        let Some(learned) = watched.hub() else { return };
        let now = crate::clock::wall().secs();
        let exact = learned.socket(flow.outside, flow.outside_port, now);
        if let Some(known) = exact.or_else(|| learned.addr(flow.outside, now)) {
            self.meet(known, flow.inside);
        }
    }

    fn meet(&mut self, known: Known, host: Addr) {
        if self.for_hub.met.len() < WAITING {
            self.for_hub.met.insert((known.hit.value, host));
        }
    }

    /// An operator says that this is harmless: so the hub learns, if it said otherwise.
    pub(super) fn pardon(&mut self, target: &Target) {
        let watched = self.watch.now();
        let Some(learned) = watched.hub() else { return };
        let now = crate::clock::wall().secs();
        self.pardon_alike(target, learned, now);
        let known = match target {
            Target::Name(name) => learned.domain(name, now),
            Target::Address(addr) => learned.addr(*addr, now),
            Target::AddressPort(addr, _, port) => {
                learned.socket(*addr, *port, now).or_else(|| learned.addr(*addr, now))
            }
            Target::Host(_) => None,
        };
        self.for_hub.pardoned.extend(known.map(|known| known.hit.value));
    }
}
