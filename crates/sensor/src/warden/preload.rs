//! Known destinations, put into the kernel, and into the zone of the site's resolvers, before
//! anybody calls them.
//!
//! What does not fit is blocked at first contact instead, some milliseconds later. The caps of the
//! rails do not hold here: they guard against a detector's mistake, and a list was chosen by the
//! operator; the rails themselves do.

use std::sync::Arc;

use ostium_enforce::rails::{Decision, Request};
use ostium_event::{Span, Timestamp};
use ostium_intel::{Indicator, IndicatorIndex, IndicatorValue};
use ostium_sensor_api::Matter;
use ostium_verdict::{Block, BlockSet, Mode, Origin, Target, Transport};

use super::Warden;

/// Known destinations that are put into the kernel: reading them back takes two milliseconds
/// for each thousand, and the whole set is compared now and then.
pub(super) const MOST: usize = 10_000;
/// Known names that resolvers are told: the whole set is looked through at every release.
pub(super) const MOST_NAMES: usize = 100_000;
/// How long each stands when nobody puts it there again.
pub(super) const HOLD: Span = Span::from_secs(2 * 3600);

// === impl Warden: preload ===

impl Warden {
    /// Puts known destinations into the set, the surest first.
    pub(crate) fn preload(&mut self, intel: &IndicatorIndex, block_from: u8, now: Timestamp) {
        self.known = BlockSet::default();
        self.known_names = Arc::default();
        self.changed = true;
        if self.ways.mode == Mode::Observe {
            return;
        }
        let sure = |known: &&Indicator| known.confidence >= block_from && known.is_live(now);
        let mut all: Vec<&Indicator> = intel.iter().filter(sure).collect();
        all.sort_by_key(|known| std::cmp::Reverse(known.confidence));
        self.left = 0;
        for known in all {
            for target in targets(&known.value) {
                let origin = Origin::Indicator(Arc::clone(&known.source));
                let block = Block::new(target, origin, self.ways.mode, now, HOLD)
                    .because(known.family.as_deref().unwrap_or("known for command and control"));
                self.add_ahead(&block, now);
            }
        }
        self.preload_learned(now);
        if self.left > 0 {
            let left = self.left;
            let said = format!(
                "{left} known destinations are blocked at first contact; the kernel holds the \
                 surest {MOST}"
            );
            self.news.tell(now, Matter::Sensor, None, said);
        }
    }

    /// Adds one to what is known ahead, unless there is no room or a rail is before it; was it?
    pub(super) fn add_ahead(&mut self, block: &Block, now: Timestamp) -> bool {
        let is_name = matches!(block.target, Target::Name(_));
        if is_name && (self.zone.is_none() || self.known_names.len() >= MOST_NAMES) {
            return false;
        }
        if !is_name && self.known.len() >= MOST {
            self.left += 1;
            return false;
        }
        if !self.may_stand(block, now) {
            return false;
        }
        if is_name {
            Arc::make_mut(&mut self.known_names).merge(block.clone());
        } else {
            self.known.merge(block.clone());
        }
        true
    }

    /// What is known ahead.
    pub(super) fn known_ahead(&self) -> impl Iterator<Item = &Block> {
        self.known.iter().chain(self.known_names.iter())
    }

    fn may_stand(&self, block: &Block, now: Timestamp) -> bool {
        let request = Request::of(block.clone());
        let decision = self.rails.policy.admit(&request, &self.rails.state, now);
        !matches!(decision, Decision::Refuse(_))
    }

    /// Takes out what was allowed or released since; was there any?
    pub(super) fn drop_known(&mut self, now: Timestamp) -> bool {
        let gone = self.known_ahead().filter(|block| !self.may_stand(block, now));
        let gone: Vec<Target> = gone.map(|block| block.target.clone()).collect();
        gone.iter().for_each(|target| self.drop_ahead(target));
        !gone.is_empty()
    }

    /// Takes one out of what is known ahead.
    pub(super) fn drop_ahead(&mut self, target: &Target) {
        let gone = match target {
            Target::Name(_) => Arc::make_mut(&mut self.known_names).remove(target),
            _ => self.known.remove(target),
        };
        self.changed |= gone.is_some();
    }

    /// Known destinations that the kernel was told of.
    pub(crate) fn preloaded(&self) -> usize {
        self.known.len()
    }
}

/// What of an indicator the kernel or a resolver can stop.
pub(super) fn targets(value: &IndicatorValue) -> Vec<Target> {
    match value {
        IndicatorValue::Addr(addr) => vec![Target::Address(*addr)],
        IndicatorValue::Socket(addr, port) => [Transport::Tcp, Transport::Udp]
            .map(|transport| Target::AddressPort(*addr, transport, *port))
            .into(),
        IndicatorValue::Domain(name) => Target::name(name).into_iter().collect(),
        _ => Vec::new(),
    }
}
