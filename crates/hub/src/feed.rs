//! What followers are told: the newest frames, held in memory, and the last heartbeat.

use std::collections::VecDeque;
use std::sync::Arc;

use ostium_event::Timestamp;
use ostium_feed::Position;
use ostium_feed::wire::Frame;
use prost::Message;
use prost::bytes::Bytes;
use tokio::sync::watch;

use crate::books::Books;

/// Frames held in memory; who is further behind asks the books.
const RECENT: usize = 256;

/// What there is to be told now. Cheap to clone: followers look at it ten thousand times.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The end of the feed.
    pub(crate) at: Position,
    /// The newest frames, the oldest first; the last is the one that led to `at`.
    pub(crate) recent: Arc<VecDeque<(u64, Bytes)>>,
    /// Whose word counts: the changes of the root, and who signs.
    pub(crate) keys: Arc<Vec<Bytes>>,
    /// The last sign of life at `at`, and which it is.
    pub(crate) beat: (u64, Bytes),
}

/// Who tells followers.
pub(crate) struct Feed(watch::Sender<Told>);

// === impl Feed ===

impl Feed {
    pub(crate) fn new(books: &Books, now: Timestamp) -> Self {
        let keys = keys(books);
        let beat = (0, Bytes::from(books.heartbeat(now).encode_to_vec()));
        Self(watch::Sender::new(Told { at: books.at(), recent: Arc::default(), keys, beat }))
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Told> {
        self.0.subscribe()
    }

    /// Frames that are durable.
    pub(crate) fn frames(&self, books: &Books, frames: &[(u64, Frame)], now: Timestamp) {
        if frames.is_empty() {
            return;
        }
        let beat = Bytes::from(books.heartbeat(now).encode_to_vec());
        self.0.send_modify(|told| {
            let recent = Arc::make_mut(&mut told.recent);
            for (seq, frame) in frames {
                recent.push_back((*seq, Bytes::from(frame.encode_to_vec())));
            }
            while recent.len() > RECENT {
                recent.pop_front();
            }
            told.at = books.at();
            // A delta is a sign of life itself; the next beat is for who comes now.
            told.beat.1 = beat;
        });
    }

    /// Tells whose word counts, if that has changed; has it?
    pub(crate) fn keys(&self, books: &Books, now: Timestamp) -> bool {
        let keys = keys(books);
        if self.0.borrow().keys == keys {
            return false;
        }
        let beat = Bytes::from(books.heartbeat(now).encode_to_vec());
        self.0.send_modify(|told| {
            told.keys = keys;
            // What is in here another key may have signed.
            told.recent = Arc::default();
            told.at = books.at();
            // Followers hear at once that the new key lives.
            told.beat = (told.beat.0 + 1, beat);
        });
        true
    }

    /// A sign of life.
    pub(crate) fn beat(&self, books: &Books, now: Timestamp) {
        let beat = Bytes::from(books.heartbeat(now).encode_to_vec());
        self.0.send_modify(|told| told.beat = (told.beat.0 + 1, beat));
    }
}

fn keys(books: &Books) -> Arc<Vec<Bytes>> {
    Arc::new(books.keys().into_iter().map(Bytes::from).collect())
}

// === impl Told ===

impl Told {
    /// The frames that lead on from `seq`; `None` if they are not all here.
    pub(crate) fn since(&self, seq: u64) -> Option<Vec<Bytes>> {
        if seq == self.at.seq {
            return Some(Vec::new());
        }
        let (first, _) = self.recent.front()?;
        if seq + 1 < *first || seq > self.at.seq {
            return None;
        }
        Some(self.recent.iter().filter(|(at, _)| *at > seq).map(|(_, b)| b.clone()).collect())
    }
}
