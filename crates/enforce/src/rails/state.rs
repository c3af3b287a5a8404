//! What was decided so far: the set of blocks, what was released, and the last minute.

use std::collections::{BTreeMap, VecDeque};

use ostium_event::{Span, Timestamp};
use ostium_verdict::{Block, BlockSet, Target};
use serde::{Deserialize, Serialize};

use super::Request;
use super::policy::is_under;

/// What was decided so far. Serialised into the checkpoint.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// What is to be blocked.
    pub blocks: BlockSet,
    /// What a person released, and until when that holds.
    released: BTreeMap<Target, Timestamp>,
    /// New blocks of automation in the last minute, oldest first.
    recent: VecDeque<Recent>,
    /// The latest time heard of: clocks that jump back do not make room.
    latest: Timestamp,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Recent {
    at: Timestamp,
    hosts: f64,
    flows: f64,
}

/// More releases are not remembered; the one that ends first goes.
pub const MOST_RELEASES: usize = 10_000;
const MINUTE: Span = Span::from_secs(60);
/// A clock that goes back further than this was wrong before; less are jumps that make no room.
const MENDED: Span = Span::from_secs(3600);

// === impl State ===

impl State {
    /// Takes an admitted request into the set: an operator's in the place of what was there, a
    /// machine's as a union.
    pub fn record(&mut self, request: &Request, now: Timestamp) {
        let now = self.pass(now);
        if request.is_operators() {
            self.released.retain(|target, _| !overlaps(target, &request.block.target));
            self.blocks.put(request.block.clone());
            return;
        }
        if self.is_new(request, now) {
            self.recent.push_back(Recent {
                at: now,
                hosts: request.traffic.host_share(),
                flows: request.traffic.flow_share(),
            });
        }
        self.blocks.merge(request.block.clone());
    }

    /// A person releases a target: its block ends now, and with it every block that covers it or
    /// is covered by it (an address and its ports, a name and those above and below), for else the
    /// target would not be free. Automation does not block any of that again before `sticks` is
    /// over. Gives back what ended. Which addresses a name stood for only the caller knows, who
    /// releases them too.
    pub fn release(&mut self, target: &Target, now: Timestamp, sticks: Span) -> Vec<Block> {
        let now = self.pass(now);
        let until = now.plus(sticks);
        if self.released.len() >= MOST_RELEASES && !self.released.contains_key(target) {
            let first = self.released.iter().min_by_key(|(_, until)| **until);
            if let Some(first) = first.map(|(target, _)| target.clone()) {
                self.released.remove(&first);
            }
        }
        self.released.insert(target.clone(), until);
        let over = self.blocks.iter().map(|block| &block.target);
        let over: Vec<Target> = over.filter(|held| overlaps(held, target)).cloned().collect();
        over.iter().filter_map(|target| self.blocks.remove(target)).collect()
    }

    /// Takes out one block, as if its time were over: who asked for it has taken that back.
    pub fn end(&mut self, target: &Target) -> Option<Block> {
        self.blocks.remove(target)
    }

    /// Takes out, and gives back, what has expired by this time.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Block> {
        let now = self.pass(now);
        self.blocks.expire(now)
    }

    /// What was released, and until when that holds.
    pub fn released(&self) -> impl Iterator<Item = (&Target, Timestamp)> {
        self.released.iter().map(|(target, until)| (target, *until))
    }

    /// This time, or the latest heard of if that is a little later. A clock that was far ahead and
    /// was mended is believed, or nothing could be blocked until it comes there again.
    pub(super) fn clock(&self, now: Timestamp) -> Timestamp {
        if self.was_ahead(now) { now } else { self.latest.max(now) }
    }

    fn was_ahead(&self, now: Timestamp) -> bool {
        self.latest.since(now) > MENDED
    }

    /// Is the target free now?
    pub(super) fn is_new(&self, request: &Request, now: Timestamp) -> bool {
        self.blocks.get(&request.block.target).is_none_or(|block| !block.is_live(now))
    }

    /// New blocks of the last minute, and the sums of their shares of hosts and connections.
    pub(super) fn last_minute(&self, now: Timestamp) -> (usize, f64, f64) {
        let recent = self.recent.iter().filter(|recent| now.since(recent.at) < MINUTE);
        recent.fold((0, 0.0, 0.0), |(count, hosts, flows), recent| {
            (count + 1, hosts + recent.hosts, flows + recent.flows)
        })
    }

    /// Until when a person's release forbids this request.
    pub(super) fn released_until(&self, request: &Request, now: Timestamp) -> Option<Timestamp> {
        let target = &request.block.target;
        let names = request.names.iter().filter_map(|name| Target::name(name));
        let names: Vec<Target> = names.collect();
        let forbids = |released: &Target| {
            // A block of an address would undo the release of a name that it serves.
            overlaps(released, target) || names.iter().any(|name| is_at_or_under(name, released))
        };
        let live = self.released.iter().filter(|(_, until)| now < **until);
        live.filter(|(released, _)| forbids(released)).map(|(_, until)| *until).max()
    }

    /// Time goes on: what is older than a minute, or released no longer, is forgotten.
    pub(super) fn pass(&mut self, now: Timestamp) -> Timestamp {
        if self.was_ahead(now) {
            self.come_back(now);
        }
        self.latest = self.clock(now);
        let now = self.latest;
        while self.recent.front().is_some_and(|recent| now.since(recent.at) >= MINUTE) {
            self.recent.pop_front();
        }
        self.released.retain(|_, until| now < *until);
        now
    }
}

// === impl State: a clock that was ahead ===

impl State {
    /// What was decided in a time to come was decided now, and holds for as long.
    fn come_back(&mut self, now: Timestamp) {
        self.latest = now;
        for recent in &mut self.recent {
            recent.at = recent.at.min(now);
        }
        let ahead: Vec<Block> =
            self.blocks.iter().filter(|block| block.since > now).cloned().collect();
        for mut block in ahead {
            block.until = now.plus(block.until.since(block.since));
            block.since = now;
            self.blocks.put(block);
        }
    }
}

/// Would blocking one block some of the other?
fn overlaps(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Address(a), Target::Address(b) | Target::AddressPort(b, ..))
        | (Target::AddressPort(a, ..), Target::Address(b)) => a == b,
        (Target::Name(a), Target::Name(b)) => is_under(a, b) || is_under(b, a),
        _ => one == other,
    }
}

fn is_at_or_under(name: &Target, over: &Target) -> bool {
    match (name, over) {
        (Target::Name(name), Target::Name(over)) => is_under(name, over),
        _ => false,
    }
}
