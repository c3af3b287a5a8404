//! The signed feed down, from where a follower is.

use std::sync::Arc;

use ostium_feed::{Hash, Position, State};
use ostium_hub_api as wire;
use prost::bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use super::newest::superseded;
use super::{Shared, removed};
use crate::desk::{Desk, Lead};
use crate::feed::Told;

/// Frames that wait for a follower that reads slowly; then it is told later, from the ring or by a
/// snapshot.
const AHEAD: usize = 16;

pub(super) type Steps = ReceiverStream<Result<wire::Step, Status>>;

// === impl Shared: follow ===

impl Shared {
    pub(super) fn steps(
        &self,
        sensor: u32,
        asked: &wire::Position,
    ) -> Result<Response<Steps>, Status> {
        if asked.version != wire::VERSION {
            return Err(Status::failed_precondition(format!(
                "this hub speaks version {} of the protocol, and the sensor {}: upgrade the older",
                wire::VERSION,
                asked.version
            )));
        }
        let from = position(asked)
            .ok_or_else(|| Status::invalid_argument("the position in the feed is none"))?;
        let (steps, sent) = mpsc::channel(AHEAD);
        let (desk, end) = (self.desk.clone(), steps.clone());
        let known = Arc::default();
        let feed = self.desk.feed();
        let desk_of = self.desk.clone();
        let follower = Following { desk: desk_of, feed, at: from, known, whole: false, steps };
        let mut stop = self.stop.clone();
        let mut turn = self.following.begin(sensor);
        tokio::spawn(async move {
            let counted = desk.follows();
            let why = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => None,
                () = desk.removal(sensor) => Some(removed()),
                () = turn.over() => Some(superseded()),
                _ = follower.run() => None,
            };
            // Whoever does not read this follows no more either.
            drop((turn, counted));
            if let Some(why) = why {
                drop(end.send(Err(why)).await);
            }
        });
        Ok(Response::new(ReceiverStream::new(sent)))
    }
}

/// One follower, and where it is.
struct Following {
    desk: Desk,
    feed: watch::Receiver<Told>,
    at: Position,
    /// Whose word counts, as it was told.
    known: Arc<Vec<Bytes>>,
    /// It was told the whole set, and no beat since.
    whole: bool,
    steps: mpsc::Sender<Result<wire::Step, Status>>,
}

// === impl Following ===

impl Following {
    /// Until the follower is gone, or the hub.
    async fn run(mut self) -> Option<()> {
        // Only the books know whether this is our history at all.
        self.led().await?;
        let mut beat = None;
        loop {
            let told = self.feed.borrow_and_update().clone();
            let ours = self.at.epoch == told.at.epoch;
            match ours.then(|| told.since(self.at.seq)).flatten() {
                Some(frames) => {
                    self.keys(told.keys).await?;
                    for frame in frames {
                        self.tell(frame).await?;
                    }
                    self.at = told.at;
                }
                None => {
                    self.led().await?;
                    continue;
                }
            }
            if std::mem::take(&mut self.whole) {
                // A whole set is a sign of life itself, and later than the last beat.
                beat = Some(told.beat.0);
            }
            if beat != Some(told.beat.0) {
                self.tell(told.beat.1).await?;
                beat = Some(told.beat.0);
            }
            self.feed.changed().await.ok()?;
        }
    }

    /// Led on by the books: from their file, or by a snapshot.
    async fn led(&mut self) -> Option<()> {
        let Lead { keys, frames, at, whole } = self.desk.lead(self.at).await?;
        self.whole |= whole;
        self.keys(keys).await?;
        for frame in frames {
            self.tell(frame).await?;
        }
        self.at = at;
        Some(())
    }

    /// Tells whose word counts, unless that is known.
    async fn keys(&mut self, keys: Arc<Vec<Bytes>>) -> Option<()> {
        if self.known != keys {
            for frame in keys.iter() {
                self.tell(frame.clone()).await?;
            }
            self.known = keys;
        }
        Some(())
    }

    async fn tell(&self, frame: Bytes) -> Option<()> {
        self.steps.send(Ok(wire::Step { frame })).await.ok()
    }
}

fn position(asked: &wire::Position) -> Option<Position> {
    let or_zero = |bytes: &[u8], len: usize| {
        if bytes.is_empty() { vec![0; len] } else { bytes.to_vec() }
    };
    Some(Position {
        feed: or_zero(&asked.feed, 16).try_into().ok()?,
        epoch: asked.epoch,
        seq: asked.seq,
        head: Hash::from_slice(&or_zero(&asked.head, 32))?,
        state: State::from_slice(&or_zero(&asked.state, 16))?,
    })
}
