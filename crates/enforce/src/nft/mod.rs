//! nftables: one table of our own, made to agree with the whole set of blocks.
//!
//! Every change is one transaction of `nft -j -f -`: all of it or nothing. The table holds only
//! drops (or rejections) of listed elements, and every element has a timeout in the kernel, so
//! when the sensor dies blocks end by themselves and all else flows. A table of our name without
//! our mark is somebody's: it is refused and never touched. docs/enforcement.md shows what is
//! installed.
//!
//! Where packets are stopped: at prerouting and output with priority raw (-300), which is before
//! connection tracking (-200). There the destination is still the one that the inside host asked
//! for, whatever NAT would make of it; established connections are stopped like new ones, because
//! no rule that accepts what is established has been asked yet; and a flood to a blocked address
//! makes no entries of connection tracking. Quarantine filters at forward and input with -5: after
//! the redirection to the garden (-105), before other filters (0).

mod config;
mod layout;
mod listing;
mod mirror;
mod program;
mod rate;
mod reconcile;
mod set;

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::Timestamp;
use ostium_verdict::{Block, BlockSet, Mode, Target};

pub use config::{Config, Garden, Refusal};
pub use program::{Piece, probe};
pub use set::Set;

use mirror::Mirror;
use rate::Rates;

use crate::netlink::{Elements, Family, Netlink, conntrack};
use crate::{Applied, EnforceError, Enforcer, Limit, Limited, Stopped};

/// The name of our table, in the families inet and (when asked for) bridge.
pub const TABLE: &str = "ostium";

/// Blocks by nftables, hot ones by netlink, established connections by connection tracking.
/// Acts in the network namespace of the process.
#[derive(Debug)]
pub struct Nft {
    config: Config,
    netlink: Option<Netlink>,
    /// What elements had counted before they were given another end.
    carried: BTreeMap<Target, (u64, u64)>,
    /// The generation of nftables when our tables were last known to be whole. As long as it is
    /// that, nobody has changed them, and only elements need be looked at: `nft` reads all of them
    /// whatever it is asked for.
    whole_at: Option<u32>,
    /// What is in our tables, while nobody else changes anything.
    mirror: Option<Mirror>,
    /// Blocked while hot; their connections are cut at the next `apply`.
    uncut: BTreeSet<Target>,
    /// The table of rates.
    rates: Rates,
}

// === impl Nft ===

impl Nft {
    /// An enforcer that has done nothing yet.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn new(config: Config) -> Result<Self, EnforceError> {
        config.check()?;
        Ok(Self {
            config,
            netlink: None,
            carried: BTreeMap::new(),
            whole_at: None,
            mirror: None,
            uncut: BTreeSet::new(),
            rates: Rates::default(),
        })
    }

    /// Deletes the entries of connection tracking of these targets. Their packets are dropped
    /// without that; it takes away the state of NAT and of flowtables.
    ///
    /// # Errors
    /// Without the right, or in a kernel without connection tracking.
    pub fn cut(&mut self, targets: &BTreeSet<Target>) -> Result<conntrack::Cut, EnforceError> {
        let netlink = self.netlink()?;
        let done = conntrack::cut(netlink, targets);
        self.after(done)
    }

    fn netlink(&mut self) -> Result<&mut Netlink, EnforceError> {
        match &mut self.netlink {
            Some(netlink) => Ok(netlink),
            closed => Ok(closed.insert(Netlink::open()?)),
        }
    }

    /// After a failure the socket is opened anew: something may be left in it.
    fn after<T>(&mut self, done: Result<T, EnforceError>) -> Result<T, EnforceError> {
        if done.is_err() {
            self.netlink = None;
        }
        done
    }

    /// We made a transaction when this was the generation. The kernel does not count one that changed
    /// nothing, so it is asked: what is more than one further on, or was not ours before, is somebody
    /// else's work too, and the tables have to be looked at.
    fn changed(&mut self, before: Option<u32>) {
        let known = before.filter(|before| self.whole_at.take() == Some(*before));
        let now = known.and_then(|_| self.generation().ok());
        self.whole_at = now.filter(|now| known.is_some_and(|at| now.wrapping_sub(at) <= 1));
    }

    fn families(&self) -> &'static [Family] {
        if self.config.bridge { &[Family::Inet, Family::Bridge] } else { &[Family::Inet] }
    }

    fn cut_into(&mut self, applied: &mut Applied, added: BTreeSet<Target>) {
        let mut targets = std::mem::take(&mut self.uncut);
        targets.extend(added);
        if !self.config.cut || targets.is_empty() {
            return;
        }
        match self.cut(&targets) {
            Ok(cut) => {
                applied.cut = cut.deleted;
                if cut.more {
                    self.uncut = targets;
                }
            }
            // The packets are dropped all the same, so the block stands.
            Err(error) => applied.uncut = Some(error.to_string()),
        }
    }
}

impl Enforcer for Nft {
    fn apply(&mut self, blocks: &BlockSet, now: Timestamp) -> Result<Applied, EnforceError> {
        let (mut applied, added) = self.reconcile(blocks, now)?;
        self.cut_into(&mut applied, added);
        Ok(applied)
    }

    fn hot(&mut self, block: &Block, now: Timestamp) -> Result<(), EnforceError> {
        if block.mode != Mode::Block || !block.is_live(now) || Set::of(&block.target).is_none() {
            return Ok(());
        }
        let (families, before) = (self.families(), self.generation().ok());
        let mut elements = Elements::new(self.netlink()?);
        for family in families {
            elements.add(*family, &block.target, block.until.since(now));
        }
        let done = elements.commit();
        self.after(done)?;
        self.changed(before);
        let mirror = self.mirror.take();
        self.mirror = mirror.and_then(|mirror| mirror.with(&block.target, block.until));
        if self.config.cut && self.uncut.len() < MOST_UNCUT {
            self.uncut.insert(block.target.clone());
        }
        Ok(())
    }

    fn release(&mut self, target: &Target) -> Result<(), EnforceError> {
        self.carried.remove(target);
        self.uncut.remove(target);
        if let Some(mirror) = &mut self.mirror {
            mirror.remove(target);
        }
        for family in self.families() {
            let before = self.generation().ok();
            let mut elements = Elements::new(self.netlink()?);
            elements.delete(*family, target);
            match elements.commit() {
                Ok(()) => self.changed(before),
                // It had expired, or was never there.
                Err(EnforceError::Gone) => {}
                Err(error) => return self.after(Err(error)),
            }
        }
        Ok(())
    }

    fn counters(&mut self) -> Result<Vec<Stopped>, EnforceError> {
        self.read_counters()
    }

    fn limit(&mut self, limits: &[Limit], now: Timestamp) -> Result<(), EnforceError> {
        self.apply_limits(limits, now)
    }

    fn limited(&mut self) -> Result<Vec<Limited>, EnforceError> {
        self.read_limited()
    }

    fn teardown(&mut self) -> Result<(), EnforceError> {
        self.remove_rates()?;
        self.remove_tables()
    }
}

/// Hot blocks between two `apply`; for more, connections end by their own timers.
const MOST_UNCUT: usize = 10_000;
