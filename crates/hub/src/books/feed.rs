//! What followers are given.

use ostium_event::Timestamp;
use ostium_feed::wire::Frame;
use ostium_feed::{Position, PublicKey, Snapshot};
use prost::Message;

use super::{Books, BooksError, Totals};

/// A follower further behind than this gets the whole set instead.
const MOST_FRAMES: usize = 1_000;

// === impl Books: feed ===

impl Books {
    /// The end of the feed.
    pub fn at(&self) -> Position {
        self.held.publisher.at()
    }

    /// Whose signature the first certificate bore; the changes of the root lead on from it.
    pub fn root(&self) -> Result<PublicKey, BooksError> {
        let bytes = self.store.meta("root")?.unwrap_or_default();
        let broken = |_| ostium_feed::Refusal::Malformed("the kept root is no key");
        Ok(PublicKey::from_slice(&bytes).map_err(broken)?)
    }

    /// Who signs for the feed.
    pub const fn certificate(&self) -> &Frame {
        &self.held.certificate
    }

    /// What a follower needs to know whose word counts: every change of the root, then who signs.
    pub fn keys(&self) -> Vec<Vec<u8>> {
        let all = self.held.root_changes.iter().chain([&self.held.certificate]);
        all.map(Message::encode_to_vec).collect()
    }

    /// The hub is alive, and this is all.
    pub fn heartbeat(&self, now: Timestamp) -> Frame {
        self.held.publisher.heartbeat(&self.online, now.nanos() / 1_000_000)
    }

    /// Encoded frames that lead a follower on from where it is; `None` if only a snapshot does.
    pub fn since(&self, from: &Position) -> Result<Option<Vec<Vec<u8>>>, BooksError> {
        let at = self.at();
        if from.feed != at.feed || from.epoch != at.epoch || from.seq > at.seq {
            return Ok(None);
        }
        if from.seq == at.seq {
            return Ok((*from == at).then(Vec::new));
        }
        // What another key signed nobody believes any more.
        if from.seq < self.held.signed_from {
            return Ok(None);
        }
        // The frame that led to where it is shows whether that is our history, and our set.
        let first = from.seq.saturating_sub(1);
        let mut frames = self.store.frames(at.epoch, first, MOST_FRAMES + 2)?.into_iter();
        let ours = match from.seq {
            // A later history begins with a set that only its snapshot tells.
            0 => {
                from.epoch == 1
                    && *from == Position { feed: at.feed, epoch: 1, ..Position::default() }
            }
            seq => frames
                .next()
                .is_some_and(|(n, body)| n == seq && Position::after(&body).as_ref() == Some(from)),
        };
        let frames: Vec<_> = frames.collect();
        let whole = frames.first().is_some_and(|(seq, _)| *seq == from.seq + 1);
        if !ours || !whole || frames.len() > MOST_FRAMES {
            return Ok(None);
        }
        Ok(Some(frames.into_iter().map(|(_, body)| body).collect()))
    }

    /// The whole set.
    pub fn snapshot(&self, now: Timestamp) -> Result<Snapshot, BooksError> {
        let entries = self.held.set.values().cloned();
        Ok(self.held.publisher.snapshot(&self.online, entries, now.nanos() / 1_000_000)?)
    }

    /// The number of a sensor's last report that is durable.
    pub fn durable(&self, sensor: u32) -> u64 {
        self.held.members.get(&sensor).map_or(0, |member| member.reported)
    }

    /// What was counted since the hub started.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// All cases.
    pub const fn correlator(&self) -> &ostium_correlate::Correlator {
        &self.held.correlator
    }
}
