//! Batches in: kept, weighed, and what follows signed, all in one transaction.

use ostium_correlate::{Decision, Ground, OrgId, Refused, Said, Value};
use ostium_event::{Span, Timestamp};
use ostium_feed::wire::Frame;
use ostium_feed::{Basis, Change, Entry, Position, State};
use ostium_hub_store::{StoreError, Writer};
use prost::Message;

use super::open::bytes_of;
use super::{Batch, Books, BooksError, Frames, Held, Receipt, Taken};
use crate::read_report;

/// A batch that was read, and is to be kept.
struct Read {
    /// Which of the batches it is.
    place: usize,
    sensor: u32,
    organisation: OrgId,
    first: u64,
    last: u64,
    /// How many came, and those of them that can be weighed.
    count: u64,
    said: Vec<Said>,
    body: Vec<u8>,
}

/// Frames that are made, and where the feed is after them.
struct Made {
    frames: Vec<(u64, Frame)>,
    changes: Vec<Change>,
    at: Position,
}

/// What else is written in the same transaction.
pub(super) type Also<'a> = &'a dyn Fn(&Writer<'_>) -> Result<(), StoreError>;

/// Changes in one frame: were each an entry of the greatest length, a reader would still take it.
const MOST_CHANGES: usize = 250;
/// No sensor counts so far: ten million reports a second take ten thousand years.
const LAST: u64 = 1 << 61;
/// Reports are kept for so long, to be weighed anew or looked into.
const KEEP_REPORTS: Span = Span::from_secs(30 * 86_400);
/// Frames that are kept; a follower further behind gets the whole set.
const KEEP_FRAMES: u64 = 100_000;

// === impl Books: take ===

impl Books {
    /// Takes batches. When this returns `Ok`, what the receipts say is on the disk, and so is what
    /// the frames say; when it fails, nothing has happened.
    pub fn take(&mut self, batches: &[Batch], now: Timestamp) -> Result<Taken, BooksError> {
        let mut receipts = Vec::with_capacity(batches.len());
        let mut reads = Vec::new();
        for batch in batches {
            let (receipt, read) = self.read(batch, receipts.len());
            receipts.push(receipt);
            reads.extend(read);
        }
        if reads.is_empty() {
            return Ok(Taken { receipts, frames: Vec::new() });
        }
        for read in &reads {
            let refused = self.weigh(read, now);
            if let Some(receipt) = receipts.get_mut(read.place) {
                refused.into_iter().for_each(|why| receipt.refuse(&why.to_string()));
            }
        }
        let frames = self.settle(&reads, now)?;
        self.totals.reports += reads.iter().map(|read| read.count).sum::<u64>();
        Ok(Taken { receipts, frames })
    }

    /// Time goes on: what is due is decided, though nobody reports.
    pub fn tick(&mut self, now: Timestamp) -> Result<Vec<(u64, Frame)>, BooksError> {
        self.settle(&[], now)
    }

    /// Lets go what was kept for long enough; how many rows went.
    pub fn forget(&mut self, now: Timestamp) -> Result<usize, BooksError> {
        let at = self.at();
        let before = at.seq.saturating_sub(KEEP_FRAMES);
        Ok(self.store.write(|to| to.forget(now.minus(KEEP_REPORTS), at.epoch, before))?)
    }

    /// Reads a batch; its receipt as it will be true when it is kept.
    fn read(&mut self, batch: &Batch, place: usize) -> (Receipt, Option<Read>) {
        let Some(member) = self.held.members.get_mut(&batch.sensor).filter(|m| !m.revoked) else {
            let why = BooksError::Stranger.to_string();
            return (Receipt { why, ..Receipt::default() }, None);
        };
        let durable = member.reported;
        let refuse =
            |why: &str| (Receipt { durable, why: why.to_owned(), ..Receipt::default() }, None);
        let message = &batch.message;
        let count = message.reports.len() as u64;
        let last = message.first.saturating_add(count).saturating_sub(1);
        if message.first == 0 && count == 0 {
            // It asks how far we are.
            return refuse("");
        }
        if message.first == 0 || count == 0 || last > LAST {
            self.totals.broken += 1;
            return refuse("a batch holds reports, numbered from 1 on");
        }
        if last <= durable {
            self.totals.repeated += count;
            return refuse("");
        }
        let missing = message.first.saturating_sub(durable + 1);
        if missing > 0 && !batch.opens {
            let why =
                "reports before these are missing: go on from the last durable one".to_owned();
            return (Receipt { durable, why, gap: true, ..Receipt::default() }, None);
        }
        self.totals.lost += missing;
        // What came before is left out.
        let known = (durable + 1).saturating_sub(message.first);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        self.totals.repeated += known as u64;
        let mut receipt = Receipt { durable: last, ..Receipt::default() };
        let mut all = Vec::with_capacity(message.reports.len());
        for report in message.reports.iter().skip(known) {
            match read_report(report) {
                Ok(said) => all.extend(said),
                Err(why) => {
                    *self.totals.unread.entry(why).or_default() += 1;
                    receipt.refuse(&why.to_string());
                }
            }
        }
        // The next batch of the same sensor follows this one.
        member.reported = last;
        let (organisation, first) = (member.organisation, message.first.max(durable + 1));
        let (sensor, body) = (batch.sensor, message.encode_to_vec());
        let count = last + 1 - first;
        (receipt, Some(Read { place, sensor, organisation, first, last, count, said: all, body }))
    }

    /// Weighs reports; why some of them were not taken, for good.
    fn weigh(&mut self, read: &Read, now: Timestamp) -> Vec<Refused> {
        let mut refused = Vec::new();
        for said in &read.said {
            if let Err(why) = self.held.correlator.take(read.organisation, said, now) {
                *self.totals.refused.entry(why).or_default() += 1;
                refused.push(why);
            }
        }
        refused
    }

    /// Decides, signs, and keeps it all: the reports, the cases that changed, the frames that follow.
    fn settle(&mut self, reads: &[Read], now: Timestamp) -> Result<Frames, BooksError> {
        self.settle_with(reads, None, now)
    }

    /// What was ordered is kept, with all that follows from it.
    pub(super) fn ordered(&mut self, now: Timestamp, also: Also<'_>) -> Result<Frames, BooksError> {
        self.settle_with(&[], Some(also), now)
    }

    fn settle_with(
        &mut self,
        reads: &[Read],
        also: Option<Also<'_>>,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        match self.settled(reads, also, now) {
            Ok(frames) => Ok(frames),
            Err(error) => {
                // If the file cannot be read either, that is the worse news.
                self.go_back()?;
                Err(error)
            }
        }
    }

    fn settled(
        &mut self,
        reads: &[Read],
        also: Option<Also<'_>>,
        now: Timestamp,
    ) -> Result<Frames, BooksError> {
        let decisions = self.held.correlator.decide(now);
        let changed = self.held.correlator.changed();
        let parts = self.held.correlator.changed_parts();
        let nothing = changed.is_empty() && parts.is_empty();
        if reads.is_empty() && also.is_none() && decisions.is_empty() && nothing {
            return Ok(Vec::new());
        }
        let made = self.sign(&decisions, now)?;
        let Held { correlator, standings, .. } = &self.held;
        let standing: Vec<_> = correlator
            .organisations()
            .values()
            .filter(|o| o.id != OrgId::HUB && standings.get(&o.id) != Some(&o.standing))
            .map(|o| (o.id, o.standing))
            .collect();
        self.store.write(|to| {
            if let Some(also) = also {
                also(to)?;
            }
            for read in reads {
                to.batch(read.sensor, (read.first, read.last), now, &read.body)?;
            }
            for id in &changed {
                to.case(*id, correlator.keep(*id).as_ref())?;
            }
            for (key, part) in &parts {
                to.learned(key, part.as_ref())?;
            }
            for organisation in
                standing.iter().filter_map(|(id, _)| correlator.organisations().get(id))
            {
                to.organisation(organisation)?;
            }
            keep_frames(to, &made)
        })?;
        self.held.standings.extend(standing);
        for change in made.changes {
            match change {
                Change::Put(entry) => drop(self.held.set.insert(entry.id, entry.encode())),
                Change::Remove(id) => drop(self.held.set.remove(&id)),
            }
        }
        self.held.publisher.moved(made.at);
        self.totals.frames += made.frames.len() as u64;
        Ok(made.frames)
    }

    fn sign(&self, decisions: &[Decision], now: Timestamp) -> Result<Made, BooksError> {
        let now_ms = now.nanos() / 1_000_000;
        let changes: Vec<Change> = decisions.iter().map(change).collect();
        let mut publisher = self.held.publisher.clone();
        let mut frames = Vec::new();
        // No number stands twice among the decisions of one moment.
        for some in changes.chunks(MOST_CHANGES) {
            let old = |id: u64| self.held.set.get(&id).cloned();
            let state: State = publisher.at().state.after(some, old);
            let (frame, to) = publisher.delta(&self.online, some, state, now_ms)?;
            publisher.moved(to);
            frames.push((to.seq, frame));
        }
        Ok(Made { frames, changes, at: publisher.at() })
    }
}

// === impl Receipt ===

impl Receipt {
    /// One report is refused for good; the first one's reason is told.
    fn refuse(&mut self, why: &str) {
        self.refused = self.refused.saturating_add(1);
        if self.why.is_empty() {
            self.why = why.to_owned();
        }
    }
}

fn keep_frames(to: &Writer<'_>, made: &Made) -> Result<(), StoreError> {
    if made.frames.is_empty() {
        return Ok(());
    }
    for (seq, frame) in &made.frames {
        to.frame(made.at.epoch, *seq, &frame.encode_to_vec())?;
    }
    for change in &made.changes {
        match change {
            Change::Put(entry) => to.entry(entry.id, Some(&entry.encode()))?,
            Change::Remove(id) => to.entry(*id, None)?,
        }
    }
    to.meta("position", &bytes_of(&made.at))
}

fn change(decision: &Decision) -> Change {
    match decision {
        Decision::Withdraw { id, .. } => Change::Remove(*id),
        Decision::Publish {
            id,
            value,
            confidence,
            family,
            until,
            organisations,
            canary,
            ground,
        } => Change::Put(Entry {
            id: *id,
            value: match value {
                Value::Indicator(value) => value.clone().into(),
                Value::Pattern(pattern) => ostium_feed::Value::Pattern(pattern.clone()),
                Value::Throttle(throttle) => ostium_feed::Value::Throttle(throttle.clone()),
                Value::Generator { prints, form } => {
                    let (prints, form) = (prints.clone(), form.clone());
                    ostium_feed::Value::Generator(ostium_feed::Generator { prints, form })
                }
            },
            confidence: *confidence,
            family: family.clone().unwrap_or_default(),
            expires: u32::try_from(until.secs()).unwrap_or(u32::MAX),
            basis: match ground {
                Ground::Quorum => Basis::Quorum,
                Ground::Analyst => Basis::Analyst,
                Ground::Flux => Basis::Flux,
                Ground::Peers => Basis::Peers,
            },
            organisations: *organisations,
            canary: *canary,
        }),
    }
}
