//! An analysis that goes on: packets are taken as they come, hosts are looked at now and then, and
//! what is watched for is told at once.
//!
//! The same shards, profile, detectors and judgement as [`crate::analyze`]. Event time is that of
//! the packets; when none come, whoever runs the engine says how late it is.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use ostium_capture::PacketBlock;
use ostium_event::{Addr, Home, Timestamp};
use ostium_evidence::Tells;
use ostium_intel::Lore;
use ostium_profile::keep::KeepError;
use ostium_report::{Document, Judged, build};
use ostium_track::shard_of;
use ostium_verdict::Verdict;

use crate::analyze::OVERHEAD;
use crate::barred::Barred;
use crate::budget::Budget;
use crate::crowd::Crowd;
use crate::dispatch::Block;
use crate::evaluate::{Part, Read, Whole, facts, judge_host, judge_shard};
use crate::lookout::{Alarm, Lookout, Watcher};
use crate::merge::Tally;
use crate::settings::Settings;
use crate::shard::{SHARDS, Shard};
use crate::shed::Shed;
use crate::workers::Crew;

/// An analysis that goes on.
pub struct Engine {
    settings: Arc<Settings>,
    home: Arc<Home>,
    crew: Crew,
    tally: Tally,
    whole: Arc<Whole>,
    shed: Shed,
    spare: Vec<PacketBlock>,
    latest: Timestamp,
    budget: Budget,
    /// Events of each shard when it was kept last.
    kept: Vec<u64>,
}

/// What an engine has counted since it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets taken, those that were shed included.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets of whole flows that were let go because there was too much to do.
    pub shed_packets: u64,
    /// Packets that could not be analysed, by reason.
    pub anomalies: Vec<(&'static str, u64)>,
    /// Flows that have ended, as of the last [`Engine::gather`].
    pub flows: u64,
    /// Events, as of the last [`Engine::gather`].
    pub events: u64,
    /// What was let go, by reason, as of the last [`Engine::gather`].
    pub dropped: Vec<(&'static str, u64)>,
    /// Event time.
    pub latest: Timestamp,
}

/// Empty buffers kept.
const SPARE: usize = 8;

// === impl Engine ===

impl Engine {
    /// An engine that has heard nothing.
    pub fn new(settings: Arc<Settings>) -> Self {
        let home = Arc::new(settings.home.clone());
        let budget =
            Budget::share_of(settings.memory.saturating_sub(OVERHEAD.min(settings.memory / 2)));
        let crew = Crew::new(settings.threads, budget, true, &home);
        Self {
            settings,
            home,
            crew,
            tally: Tally::new(),
            whole: Arc::new(Whole::of([])),
            shed: Shed::default(),
            spare: Vec::new(),
            latest: Timestamp::ZERO,
            budget,
            kept: vec![0; SHARDS as usize],
        }
    }

    /// From now on hits of `watcher` go to `alarms`.
    pub fn watch(&mut self, watcher: &Arc<dyn Watcher>, alarms: &SyncSender<Alarm>) {
        let lookout = Lookout::new(watcher, alarms);
        self.crew.each(move |_, shard| shard.hub.lookout = Some(lookout.clone()));
    }

    /// From now on detectors ask `lore` what others have found out.
    pub fn heed(&mut self, lore: &Arc<dyn Lore>) {
        let lore = Arc::clone(lore);
        self.crew.each(move |_, shard| shard.hub.lore = Some(Arc::clone(&lore)));
    }

    /// What of each host is told to others besides evidence, of those of which there is anything.
    pub fn tells(&mut self) -> Vec<(Addr, Tells)> {
        let all = self.crew.each(|_, shard| {
            let hosts = shard.hub.profile.hosts();
            let told = hosts.map(|(id, host)| {
                let mut tells = Tells::default();
                shard.hub.detectors.iter().for_each(|detector| detector.tells(id, &mut tells));
                (host.addr, tells)
            });
            told.filter(|(_, tells)| !tells.is_empty()).collect::<Vec<_>>()
        });
        all.into_iter().flatten().collect()
    }

    /// From now on the site itself stops this; nothing, when it is empty.
    pub fn bar(&mut self, barred: &Arc<Barred>) {
        let barred = (!barred.is_empty()).then(|| Arc::clone(barred));
        self.crew.each(move |_, shard| shard.hub.barred.clone_from(&barred));
    }

    /// What a shard remembers, unless it has heard nothing since it was asked last.
    ///
    /// # Errors
    /// When memory is short.
    pub fn keep(&mut self, shard: u32) -> Result<Option<Vec<u8>>, KeepError> {
        let before = self.kept.get(shard as usize).copied().unwrap_or_default();
        let all = self.crew.each(move |number, shard_of| {
            let events = shard_of.hub.counters.events;
            (number == shard && events != before).then(|| (events, shard_of.keep()))
        });
        let Some((events, kept)) = all.into_iter().flatten().next() else {
            return Ok(None);
        };
        let kept = kept?;
        if let Some(before) = self.kept.get_mut(shard as usize) {
            *before = events;
        }
        Ok(Some(kept))
    }

    /// What was given last could not be stored: it will be given again.
    pub fn keep_again(&mut self, shard: u32) {
        if let Some(before) = self.kept.get_mut(shard as usize) {
            *before = u64::MAX;
        }
    }

    /// Has a shard remember what was kept.
    ///
    /// # Errors
    /// When it makes no sense; the shard knows nothing then.
    pub fn recall(&mut self, shard: u32, kept: Vec<u8>) -> Result<(), KeepError> {
        let (budget, home) = (self.budget, Arc::clone(&self.home));
        // It may have been crowded, and hold more than an equal share.
        self.crew.unbind(shard);
        let all = self.crew.each(move |number, this| {
            if number != shard {
                return Ok(());
            }
            let (lookout, lore) = (this.hub.lookout.take(), this.hub.lore.take());
            let barred = this.hub.barred.take();
            let done = this.recall(&kept);
            if done.is_err() {
                *this = Shard::new(budget, true, &home);
            }
            (this.hub.lookout, this.hub.lore) = (lookout, lore);
            this.hub.barred = barred;
            done
        });
        self.crew.share_out();
        all.into_iter().collect()
    }

    /// A buffer to read packets into.
    pub fn buffer(&mut self) -> PacketBlock {
        if let Some(block) = self.spare.pop() {
            return block;
        }
        match self.crew.spare(|block| matches!(block, Block::Packets(_))) {
            Some(Block::Packets(block)) => block,
            _ => PacketBlock::default(),
        }
    }

    /// Takes packets; all of them have been given to their shards when this returns.
    pub fn take(&mut self, block: PacketBlock) {
        let shared = Arc::new(Block::Packets(block));
        let Block::Packets(packets) = &*shared else {
            return;
        };
        for (index, packet) in (0u32..).zip(&packets.packets) {
            self.latest = self.latest.max(packet.at);
            self.tally.packets += 1;
            self.tally.bytes += u64::from(packet.wire_len.max(packet.len));
            if self.shed.lets_go(packet.link, packets.frame(packet)) {
                continue;
            }
            if let Err(anomaly) = self.crew.packet(&self.home, &shared, packets, index) {
                self.tally.anomalies_of(anomaly, 1);
            }
        }
        self.crew.flush();
        if let Some(Block::Packets(block)) = Arc::into_inner(shared)
            && self.spare.len() < SPARE
        {
            self.spare.push(block);
        }
    }

    /// Of the flows that begin now, one in `2^level` is analysed; 0 is all of them.
    pub const fn shed(&mut self, level: u32) {
        self.shed.set(level);
    }

    /// It is `now`, whether or not packets came: flows that are over end.
    pub fn advance(&mut self, now: Timestamp) {
        self.latest = self.latest.max(now);
        self.crew.each(move |_, shard| shard.advance(now));
    }

    /// Whoever runs the engine has set the clock back: what is recent goes by that.
    pub const fn set_back(&mut self, now: Timestamp) {
        self.latest = now;
    }

    /// Puts together what needs all hosts; the next looks go by it.
    pub fn gather(&mut self) {
        let parts = self.crew.each(|_, shard| Part::of(shard));
        self.whole = Arc::new(Whole::of(parts));
    }

    /// Looks at one of `parts` parts of all hosts: those that are not clean.
    pub fn look(&mut self, part: u32, parts: u32) -> Vec<Judged> {
        let judged = self.judged(part, parts);
        judged.filter(|judged| judged.rationale.verdict != Verdict::Clean).collect()
    }

    fn judged(&mut self, part: u32, parts: u32) -> impl Iterator<Item = Judged> + use<> {
        let (settings, whole) = (Arc::clone(&self.settings), Arc::clone(&self.whole));
        let parts = parts.clamp(1, SHARDS);
        let found = self.crew.each(move |number, shard| match number % parts == part % parts {
            true => judge_shard(shard, &settings, &whole),
            false => Vec::new(),
        });
        found.into_iter().flatten()
    }

    /// Looks at one host, clean or not; `None` when it is not known.
    pub fn judge(&mut self, host: Addr) -> Option<Judged> {
        let (settings, whole) = (Arc::clone(&self.settings), Arc::clone(&self.whole));
        let owner = shard_of(host, SHARDS);
        let found = self.crew.each(move |number, shard| {
            (number == owner).then(|| judge_host(shard, host, &settings, &whole)).flatten()
        });
        found.into_iter().flatten().next()
    }

    /// Which destinations several hosts talk to.
    pub fn crowd(&mut self) -> Crowd {
        let now = self.latest;
        Crowd::sum(self.crew.each(move |_, shard| Crowd::of_shard(shard, now)))
    }

    /// The report on all that was heard so far, under the names of its sources.
    pub fn document(&mut self, names: Vec<String>) -> Document {
        self.gather();
        // The clean ones too: they are counted.
        let judged = self.judged(0, 1).collect();
        let read = Read { names, tally: self.tally.clone(), dropped: self.dropped() };
        build(facts(&self.settings, &self.whole, read), judged, self.settings.all)
    }

    /// New settings from now on. What is inside, memory and threads stay as they were.
    pub fn settle(&mut self, settings: Arc<Settings>) {
        self.settings = settings;
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        let counters = self.whole.counters();
        Counts {
            packets: self.tally.packets,
            bytes: self.tally.bytes,
            shed_packets: self.shed.packets(),
            anomalies: self.tally.anomalies().collect(),
            flows: counters.flows,
            events: counters.events,
            dropped: counters.dropped().collect(),
            latest: self.latest,
        }
    }

    /// Event time: that of the latest packet, or as late as it was said to be.
    pub const fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Ends all flows: what they told is in the profile then.
    pub fn end_flows(&mut self) {
        self.crew.each(|_, shard| shard.finish());
    }

    /// Ends all flows and lets everything go; the report on all that was heard.
    pub fn finish(mut self, names: Vec<String>) -> Document {
        self.end_flows();
        self.document(names)
    }

    fn dropped(&self) -> Vec<(String, u64)> {
        let shed = self.shed.packets();
        if shed == 0 { Vec::new() } else { vec![("shed_packet".to_owned(), shed)] }
    }
}
