//! One thread keeps the books; everybody else asks it.
//!
//! What is asked while a transaction is being written joins the next one, so that a disk that is
//! slow makes batches larger and not the hub slower.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ostium_correlate::OrgId;
use ostium_event::{Span, Timestamp};
use ostium_feed::Position;
use ostium_hub_store::{Invite, StoreError};
use prost::Message;
use prost::bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::books::{Admitted, Batch, Books, BooksError, Frames, Receipt};
use crate::feed::{Feed, Told};

/// Questions that wait for the books at most; then who asks waits.
const WAITING: usize = 256;
/// Batches in one transaction at most.
const MOST_BATCHES: usize = 256;
/// A follower hears from us at least so often.
const BEAT: Duration = Duration::from_secs(15);
/// What is due is looked at so often.
const TICK: Duration = Duration::from_secs(1);
/// What is old is let go so often.
const FORGET: Duration = Duration::from_secs(3_600);
/// How long a sensor is to wait when nothing can be kept; until then nothing is tried.
const WAIT: Span = Span::from_secs(1);
const WAIT_MS: u32 = 1_000;
/// A whole set that was made is given to all who ask in this time; it is good for longer, and what
/// has come since follows it.
const SNAPSHOT: Span = Span::from_secs(20);

/// What is told of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) receipt: Receipt,
    pub(crate) wait_ms: u32,
}

/// What leads a follower on: the frames since, or the whole set; and where it is then.
#[derive(Clone, Debug)]
pub(crate) struct Lead {
    /// Whose word counts; to be known before the frames.
    pub(crate) keys: Arc<Vec<Bytes>>,
    pub(crate) frames: Vec<Bytes>,
    pub(crate) at: Position,
    /// The frames are the whole set.
    pub(crate) whole: bool,
}

enum Ask {
    Batch(Batch, oneshot::Sender<Answer>),
    Lead(Position, oneshot::Sender<Option<Lead>>),
    Work(Work),
    Admit([u8; 32], String, oneshot::Sender<Result<Option<Admitted>, String>>),
    Admits(u32, OrgId, oneshot::Sender<bool>),
    /// Somebody has been told to stop.
    Stop,
}

/// What is done with the books, and answers itself; the frames are to be published.
type Work = Box<dyn FnOnce(&mut Books, Timestamp) -> Frames + Send>;

/// Where the keeper of the books is asked.
#[derive(Clone, Debug)]
pub struct Desk {
    asks: mpsc::Sender<Ask>,
    feed: watch::Receiver<Told>,
    removed: watch::Receiver<Arc<BTreeSet<u32>>>,
    followers: Arc<AtomicUsize>,
}

/// A follower that counts while this is held.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The clock of the hub.
pub type Clock = fn() -> Timestamp;

// === impl Desk ===

impl Desk {
    /// Opens the desk: the books are kept by a thread of their own until the desk is closed.
    pub fn open(books: Books, clock: Clock) -> std::io::Result<(Self, thread::JoinHandle<Books>)> {
        // The thread needs a timer and a channel, and no more of a runtime than that.
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let (asks, asked) = mpsc::channel(WAITING);
        let feed = Feed::new(&books, clock());
        let receiver = feed.subscribe();
        let (removed, removals) = watch::channel(Arc::new(books.removed()));
        let full_until = Timestamp::ZERO;
        let keeper = Keeper { books, feed, removed, clock, snapshot: None, full_until };
        let thread = thread::Builder::new().name("books".to_owned());
        let handle = thread.spawn(move || keeper.run(asked, &runtime))?;
        let followers = Arc::default();
        Ok((Self { asks, feed: receiver, removed: removals, followers }, handle))
    }

    /// The end of the feed, and its news.
    pub(crate) fn feed(&self) -> watch::Receiver<Told> {
        self.feed.clone()
    }

    /// Waits until the feed has gone beyond this change; how far it is then. `None` if the hub stops.
    pub async fn published(&self, seen: u64) -> Option<u64> {
        let mut feed = self.feed.clone();
        Some(feed.wait_for(|told| told.at.seq > seen).await.ok()?.at.seq)
    }

    /// Waits until this sensor is removed.
    pub(crate) async fn removal(&self, sensor: u32) {
        let mut removed = self.removed.clone();
        let over = removed.wait_for(|removed| removed.contains(&sensor)).await.is_err();
        if over {
            // Nobody is removed any more; the end of the hub is told otherwise.
            std::future::pending().await
        }
    }

    /// Counts a follower.
    pub(crate) fn follows(&self) -> Counted {
        self.followers.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(&self.followers))
    }

    /// How many follow now.
    pub(crate) fn followers(&self) -> usize {
        self.followers.load(Ordering::Relaxed)
    }

    /// Gives a batch; the answer comes when it is durable. `None` if the hub stops.
    pub(crate) async fn batch(&self, batch: Batch) -> Option<oneshot::Receiver<Answer>> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Batch(batch, answer)).await.ok()?;
        Some(answered)
    }

    pub(crate) async fn lead(&self, from: Position) -> Option<Lead> {
        self.ask(|answer| Ask::Lead(from, answer)).await.flatten()
    }

    /// Somebody may join with a secret of this hash, once; was that kept?
    pub async fn invite(&self, hash: [u8; 32], invite: Invite) -> bool {
        let kept = self.with(move |books, _| (Vec::new(), books.invite(&hash, &invite).is_ok()));
        kept.await.unwrap_or(false)
    }

    /// Has something done with the books, at the keeper's time: the frames that follow are
    /// published, and the answer comes back. `None` if the hub stops.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Books, Timestamp) -> (Frames, T) + Send + 'static,
    ) -> Option<T> {
        self.ask(|answer| Ask::Work(answering(work, answer))).await
    }

    /// The same for who is no async task.
    pub fn wait_with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Books, Timestamp) -> (Frames, T) + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.asks.blocking_send(Ask::Work(answering(work, answer))).ok()?;
        answered.blocking_recv().ok()
    }

    pub(crate) async fn admit(
        &self,
        hash: [u8; 32],
        sensor: String,
    ) -> Option<Result<Option<Admitted>, String>> {
        self.ask(|answer| Ask::Admit(hash, sensor, answer)).await
    }

    pub(crate) async fn admits(&self, sensor: u32, organisation: OrgId) -> bool {
        self.ask(|answer| Ask::Admits(sensor, organisation, answer)).await.unwrap_or(false)
    }

    /// No more is taken; what was asked before is done.
    pub async fn close(&self) {
        // If nobody hears this, it has stopped already.
        drop(self.asks.send(Ask::Stop).await);
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(ask(answer)).await.ok()?;
        answered.await.ok()
    }
}

fn answering<T: Send + 'static>(
    work: impl FnOnce(&mut Books, Timestamp) -> (Frames, T) + Send + 'static,
    answer: oneshot::Sender<T>,
) -> Work {
    Box::new(move |books, now| {
        let (frames, said) = work(books, now);
        // Who no longer waits for the answer does not get it.
        drop(answer.send(said));
        frames
    })
}

/// Who keeps the books.
struct Keeper {
    books: Books,
    feed: Feed,
    removed: watch::Sender<Arc<BTreeSet<u32>>>,
    clock: Clock,
    /// The last whole set that was given: ten thousand followers share its bytes.
    snapshot: Option<(Timestamp, Lead)>,
    /// Until then nothing can be kept: the disk is full, or worse.
    full_until: Timestamp,
}

// === impl Keeper ===

impl Keeper {
    fn run(mut self, mut asked: mpsc::Receiver<Ask>, runtime: &Runtime) -> Books {
        let start = (self.clock)();
        let (mut ticked, mut beat, mut forgot) = (start, start, start);
        loop {
            let mut batches = Vec::new();
            let first = runtime.block_on(async { timeout(TICK, asked.recv()).await });
            let stop = match first {
                Ok(Some(ask)) => self.hear(ask, &mut asked, &mut batches),
                // Nobody asks, or nobody can any more.
                Err(_) => false,
                Ok(None) => true,
            };
            self.take(batches);
            let now = (self.clock)();
            if now.since(ticked).secs() >= TICK.as_secs() && now >= self.full_until {
                ticked = now;
                match self.books.tick(now) {
                    Ok(frames) => {
                        self.feed.frames(&self.books, &frames, now);
                        // Is there room again, though nobody reports?
                        if self.books.trouble.is_some() && self.books.can_keep(now) {
                            self.books.trouble = None;
                        }
                    }
                    // What could not be written is tried again.
                    Err(error) => self.put_aside(&error, now),
                }
            }
            if now.since(forgot).secs() >= FORGET.as_secs() {
                forgot = now;
                // What is not let go now is let go in an hour.
                drop(self.books.forget(now));
            }
            if now.since(beat).secs() >= BEAT.as_secs() {
                beat = now;
                self.feed.beat(&self.books, now);
            }
            if stop {
                return self.books;
            }
        }
    }

    /// Hears one question and those that wait behind it; are we to stop?
    fn hear(
        &mut self,
        first: Ask,
        asked: &mut mpsc::Receiver<Ask>,
        batches: &mut Vec<(Batch, oneshot::Sender<Answer>)>,
    ) -> bool {
        let mut ask = Some(first);
        while let Some(this) = ask {
            match this {
                Ask::Batch(batch, answer) => batches.push((batch, answer)),
                Ask::Stop => return true,
                other => self.answer(other),
            }
            if batches.len() >= MOST_BATCHES {
                break;
            }
            ask = asked.try_recv().ok();
        }
        false
    }

    /// Who no longer waits for the answer does not get it.
    fn answer(&mut self, ask: Ask) {
        let now = (self.clock)();
        match ask {
            Ask::Lead(from, answer) => drop(answer.send(self.lead(&from, now))),
            Ask::Work(work) => self.work(work, now),
            Ask::Admit(hash, sensor, answer) => {
                let admitted = self.books.admit(&hash, &sensor, now);
                drop(answer.send(admitted.map_err(|error| error.to_string())));
            }
            Ask::Admits(sensor, organisation, answer) => {
                let admits = self.books.admits(sensor, organisation);
                answer.send(admits).unwrap_or_default();
            }
            Ask::Batch(..) | Ask::Stop => {}
        }
    }

    fn work(&mut self, work: Work, now: Timestamp) {
        let frames = work(&mut self.books, now);
        if self.feed.keys(&self.books, now) {
            // What the old key signed nobody believes any more.
            self.snapshot = None;
        }
        self.feed.frames(&self.books, &frames, now);
        let removed = self.books.removed();
        self.removed.send_if_modified(|known| {
            let more = **known != removed;
            *known = Arc::new(removed);
            more
        });
    }

    fn lead(&mut self, from: &Position, now: Timestamp) -> Option<Lead> {
        let keys = self.feed.subscribe().borrow().keys.clone();
        if let Some(frames) = self.books.since(from).ok()? {
            let frames = frames.into_iter().map(Bytes::from).collect();
            return Some(Lead { keys, frames, at: self.books.at(), whole: false });
        }
        let young = |made: Timestamp| made <= now && now.since(made).nanos() < SNAPSHOT.nanos();
        // Nobody is led back, or to where it is: who is as far as the one at hand gets another.
        let serves = |at: &Position| from.epoch != at.epoch || from.seq < at.seq;
        if let Some((made, lead)) = &self.snapshot
            && young(*made)
            && serves(&lead.at)
        {
            return Some(lead.clone());
        }
        let snapshot = self.books.snapshot(now).ok()?;
        let frames = std::iter::once(&snapshot.head).chain(&snapshot.parts);
        let frames = frames.map(|frame| Bytes::from(frame.encode_to_vec())).collect();
        let lead = Lead { keys, frames, at: self.books.at(), whole: true };
        self.snapshot = Some((now, lead.clone()));
        Some(lead)
    }

    fn take(&mut self, batches: Vec<(Batch, oneshot::Sender<Answer>)>) {
        if batches.is_empty() {
            return;
        }
        let (batches, answers): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        let now = (self.clock)();
        if now < self.full_until {
            self.put_off(&batches, answers, &StoreError::Full.to_string());
            return;
        }
        match self.books.take(&batches, now) {
            Ok(taken) => {
                self.books.trouble = None;
                self.feed.frames(&self.books, &taken.frames, now);
                for (receipt, answer) in taken.receipts.into_iter().zip(answers) {
                    drop(answer.send(Answer { receipt, wait_ms: 0 }));
                }
            }
            Err(error) => {
                let full = matches!(error, BooksError::Store(StoreError::Full));
                self.put_aside(&error, now);
                let why = if full { error.to_string() } else { "it could not be kept".to_owned() };
                self.put_off(&batches, answers, &why);
            }
        }
    }

    /// Nothing is tried for a while, and operators are told why.
    fn put_aside(&mut self, error: &BooksError, now: Timestamp) {
        self.full_until = now.plus(WAIT);
        self.books.trouble = Some(error.to_string());
    }

    /// Nothing of these is kept: they are to be sent again.
    fn put_off(&self, batches: &[Batch], answers: Vec<oneshot::Sender<Answer>>, why: &str) {
        for (batch, answer) in batches.iter().zip(answers) {
            let durable = self.books.durable(batch.sensor);
            let receipt = Receipt { durable, why: why.to_owned(), ..Receipt::default() };
            drop(answer.send(Answer { receipt, wait_ms: WAIT_MS }));
        }
    }
}

#[cfg(test)]
mod tests;
