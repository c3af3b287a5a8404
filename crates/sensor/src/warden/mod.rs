//! Who decides on blocks and has them enforced.
//!
//! Requests come from alarms (a watched destination was met), from verdicts (a host is infected,
//! and this is whom it called) and from operators. The rails decide; what they admit joins the one
//! set of blocks, is made true at once, and the whole set is applied now and then, so that what
//! somebody changed by hand is mended. Time is an argument; nothing here reads a clock.

mod act;
mod alike;
mod hub;
mod limits;
mod names;
mod orders;
mod preload;
mod resets;
mod verdicts;

pub(crate) use hub::Alike;
pub(crate) use verdicts::why;

use std::collections::BTreeSet;
use std::sync::Arc;

use ostium_enforce::rails::{Policy, Rails, State};
use ostium_enforce::{Dry, EnforceError, Enforcer, Stopped, reset};
use ostium_event::{Addr, Span, Timestamp};
use ostium_pipeline::{Barred, Crowd};
use ostium_sensor_api::Matter;
use ostium_verdict::{Block, BlockSet, Mode, Target};

use self::hub::ForHub;
use self::limits::Limits;
use crate::config::Resets;
use crate::news::News;
use crate::watch::Watch;
use crate::zone::NameZone;

/// How a site wants things done.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    pub(crate) mode: Mode,
    pub(crate) hold: Span,
    pub(crate) quarantine: bool,
    pub(crate) resets: Resets,
    /// What a host in quarantine may still reach.
    pub(crate) garden: Vec<Addr>,
}

/// Who decides on blocks.
pub(crate) struct Warden {
    pub(crate) rails: Rails,
    pub(crate) ways: Ways,
    pub(crate) news: News,
    /// Who blocks, in mode block; nobody at a tap.
    pub(crate) enforcer: Option<Box<dyn Enforcer + Send>>,
    dry: Dry,
    pub(crate) resetter: Option<reset::Sender>,
    watch: Arc<Watch>,
    crowd: Crowd,
    /// Known destinations that the kernel stops at the first packet; made anew, never kept.
    known: BlockSet,
    /// Those that it had no room for.
    left: u64,
    /// Known names, that the resolvers of the site refuse; the same of them.
    known_names: Arc<BlockSet>,
    /// Who gives blocked names to those resolvers.
    pub(crate) zone: Option<NameZone>,
    /// What is blocked has changed since the zone was told.
    zone_is_old: bool,
    infected: BTreeSet<Addr>,
    /// What the hub is to be told of.
    for_hub: ForHub,
    /// How much may go to victims of many sources, and what was said of those that are only shown.
    limits: Limits,
    /// What operators allowed by hand: a new configuration does not take it away.
    allowed: Vec<Target>,
    /// The set has changed since it was applied, and since it was kept.
    changed: bool,
    unkept: bool,
    /// And since the engine was told what is barred.
    untold: bool,
    applied: Timestamp,
    pub(crate) trouble: Option<String>,
}

/// The whole set is applied again after so long, in case somebody changed what is in the kernel.
const MEND: Span = Span::from_secs(10);

// === impl Warden ===

impl Warden {
    pub(crate) fn new(rails: Rails, ways: Ways, watch: Arc<Watch>) -> Self {
        Self {
            rails,
            ways,
            news: News::default(),
            enforcer: None,
            dry: Dry::new(),
            resetter: None,
            watch,
            crowd: Crowd::default(),
            known: BlockSet::default(),
            left: 0,
            known_names: Arc::default(),
            zone: None,
            zone_is_old: false,
            infected: BTreeSet::new(),
            for_hub: ForHub::default(),
            limits: Limits::default(),
            allowed: Vec::new(),
            changed: true,
            unkept: false,
            untold: true,
            applied: Timestamp::ZERO,
            trouble: None,
        }
    }

    /// Which destinations several hosts talk to.
    pub(crate) fn crowd(&mut self, crowd: Crowd) {
        self.crowd = crowd;
    }

    /// Time goes on: blocks end, what changed is applied, and what somebody changed is mended.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        for ended in self.rails.state.expire(now) {
            let said = format!("{} is no longer blocked: its time is over", ended.target);
            self.news.tell(now, Matter::Ended, Some(&ended.target), said);
            self.touch();
        }
        self.follow_limits(now);
        // A clock that was set back must not make it wait.
        let due = now < self.applied || now.since(self.applied) >= MEND;
        if self.changed || due {
            self.apply(now);
        }
        self.tell_zone(now);
    }

    /// Makes the whole set true.
    fn apply(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.changed) {
            self.watch.blocks(&self.rails.state.blocks);
            self.zone_is_old = true;
        }
        self.applied = now;
        let blocks = self.whole();
        let dry = self.dry.apply(&blocks, now).map(drop);
        let done = match (&mut self.enforcer, self.ways.mode) {
            (Some(enforcer), Mode::Block) => enforcer.apply(&blocks, now).map(drop),
            // The site no longer blocks: what it blocked before passes.
            (Some(enforcer), _) => enforcer.apply(&BlockSet::default(), now).map(drop),
            (None, _) => dry,
        };
        let done = done.and_then(|()| self.limit(now));
        self.note(now, done);
    }

    /// All that is to be blocked.
    pub(crate) fn whole(&self) -> BlockSet {
        let mut blocks = self.rails.state.blocks.clone();
        blocks.merge_all(self.known.clone());
        blocks
    }

    /// Keeps what went wrong, and says it once.
    fn note(&mut self, now: Timestamp, done: Result<(), EnforceError>) {
        let trouble = done.err().map(|error| error.to_string());
        if trouble != self.trouble {
            match &trouble {
                Some(why) => self.news.tell(now, Matter::Sensor, None, why.clone()),
                None => self.news.tell(now, Matter::Sensor, None, "blocks are enforced again"),
            }
            self.trouble = trouble;
        }
    }

    /// What blocks have stopped, or would have.
    pub(crate) fn stopped(&mut self) -> Vec<Stopped> {
        let counted = match (&mut self.enforcer, self.ways.mode) {
            (Some(enforcer), Mode::Block) => enforcer.counters(),
            _ => self.dry.counters(),
        };
        // What cannot be read is told by the next `apply`.
        counted.unwrap_or_default()
    }

    /// Blocks, in order of their targets.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.rails.state.blocks.iter()
    }

    /// What the site stops, if that has changed since it was asked for last. Of a capture that is
    /// replayed, that is what was blocked when it was made.
    pub(crate) fn barred(&mut self, replays: bool) -> Option<Arc<Barred>> {
        if !std::mem::take(&mut self.untold) {
            return None;
        }
        let enforces = self.enforcer.is_some() || self.resetter.is_some();
        let stops = replays || (enforces && self.ways.mode == Mode::Block);
        let blocks = self.blocks().filter(|block| stops && block.mode == Mode::Block);
        Some(Arc::new(Barred::of(blocks, self.ways.garden.clone())))
    }

    /// What is to be kept over a restart, if that has changed since it was asked for last.
    pub(crate) fn unkept(&mut self) -> Option<&State> {
        std::mem::take(&mut self.unkept).then_some(&self.rails.state)
    }

    /// What could not be kept is to be kept the next time.
    pub(crate) const fn keep_again(&mut self) {
        self.unkept = true;
    }

    /// Another policy and other ways from now on. Blocks that were made for show stay for show.
    pub(crate) fn settle(&mut self, policy: Policy, ways: Ways) {
        self.rails.policy = policy;
        for target in std::mem::take(&mut self.allowed) {
            self.allow(target);
        }
        self.ways = ways;
        self.touch();
    }

    fn touch(&mut self) {
        self.changed = true;
        self.unkept = true;
        self.untold = true;
    }
}

#[cfg(test)]
mod tests;
