//! How much may go to victims of many sources, as the hub says.
//!
//! Bias: a rate is never a block, and none stands where a rail, the site's allow list or a release by
//! hand would refuse a block of the same victim. It ends when the hub says so, by its own time, and by
//! the kernel's when nobody is there to end it.

use ostium_enforce::rails::{Decision, Request};
use ostium_enforce::{EnforceError, Limit, Limited};
use ostium_event::{Span, Timestamp};
use ostium_sensor_api::Matter;
use ostium_uplink::Known;
use ostium_verdict::{Block, Mode, Origin, Transport};

use super::Warden;

/// Rates that stand at a time: of a flood of them the first numbers.
const MOST: usize = 256;

/// Rates, and whether they are enforced.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// Those that stand, or would in mode block.
    pub(crate) stand: Vec<Limit>,
    /// What each has let go, as the kernel told last.
    pub(crate) counted: Vec<Limited>,
}

// === impl Warden: limits ===

impl Warden {
    /// Follows what the hub says of victims.
    pub(super) fn follow_limits(&mut self, now: Timestamp) {
        let mut wanted = self.wanted_limits(now);
        for limit in &mut wanted {
            // The end of one that stands does not tremble with the clocks.
            let same = |old: &&Limit| {
                old.is_of(limit) && old.until.secs().abs_diff(limit.until.secs()) <= 2
            };
            if let Some(old) = self.limits.stand.iter().find(same) {
                *limit = *old;
            }
        }
        if wanted == self.limits.stand {
            return;
        }
        let old = std::mem::replace(&mut self.limits.stand, wanted);
        let is_in = |all: &[Limit], limit: &Limit| all.iter().any(|other| other.is_of(limit));
        for gone in old.iter().filter(|limit| !is_in(&self.limits.stand, limit)) {
            let said = format!("no rate holds for {} any more", gone.target());
            self.news.tell(now, Matter::Ended, Some(&gone.target()), said);
        }
        for new in self.limits.stand.iter().filter(|limit| !is_in(&old, limit)) {
            let verb = if self.ways.mode == Mode::Block { "is" } else { "would be" };
            let said = format!(
                "{} {verb} sent no more than {} packets a second by each host: the hub says that \
                 many sites flood it",
                new.target(),
                new.packets_per_second
            );
            self.news.tell(now, Matter::Blocked, Some(&new.target()), said);
        }
        self.changed = true;
    }

    /// The rates that are to stand at this site.
    fn wanted_limits(&self, now: Timestamp) -> Vec<Limit> {
        let watched = self.watch.now();
        let Some(learned) = watched.hub().filter(|_| self.ways.mode != Mode::Observe) else {
            return Vec::new();
        };
        let wall = crate::clock::wall().secs();
        let all = learned.throttles(wall).into_iter();
        let earnest = all.filter(|known| !known.for_show && watched.acts_on(known));
        let may =
            earnest.map(|known| limit(&known, now, wall)).filter(|limit| self.may(limit, now));
        may.take(MOST).collect()
    }

    /// May a block of the victim stand? Then a rate may.
    fn may(&self, limit: &Limit, now: Timestamp) -> bool {
        let left = limit.until.since(now);
        let block = Block::new(limit.target(), Origin::Hub, self.ways.mode, now, left);
        let decision = self.rails.policy.admit(&Request::of(block), &self.rails.state, now);
        !matches!(decision, Decision::Refuse(_))
    }

    /// Makes the rates true, in mode block.
    pub(super) fn limit(&mut self, now: Timestamp) -> Result<(), EnforceError> {
        let enforced = self.ways.mode == Mode::Block;
        let Some(enforcer) = &mut self.enforcer else { return Ok(()) };
        enforcer.limit(if enforced { &self.limits.stand } else { &[] }, now)
    }

    /// The rates that stand, each with what it has let go: packets and bytes.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (&Limit, u64, u64)> {
        self.limits.stand.iter().map(|limit| {
            let counted = self.limits.counted.iter().find(|c| c.target == limit.target());
            counted.map_or((limit, 0, 0), |c| (limit, c.packets, c.bytes))
        })
    }

    /// Asks the kernel what rates have let go.
    pub(crate) fn count_limits(&mut self) {
        let counted = match &mut self.enforcer {
            Some(enforcer) if !self.limits.stand.is_empty() => enforcer.limited(),
            _ => Ok(Vec::new()),
        };
        // What cannot be read is told by the next `apply`.
        self.limits.counted = counted.unwrap_or_default();
    }
}

fn limit(known: &Known<ostium_intel::Throttle>, now: Timestamp, wall: u64) -> Limit {
    let throttle = &known.hit.value;
    let left = u64::from(known.hit.expires).saturating_sub(wall);
    let transport = match throttle.transport {
        ostium_intel::Transport::Tcp => Transport::Tcp,
        ostium_intel::Transport::Udp => Transport::Udp,
    };
    Limit {
        addr: throttle.addr,
        port: throttle.port,
        transport,
        packets_per_second: throttle.packets_per_second.max(ostium_intel::Throttle::FLOOR),
        until: now.plus(Span::from_secs(left)),
    }
}
