//! The signed feed down, from where a follower is.

use ostium_feed::{Hash, Position, State};
use ostium_hub_api as wire;
use prost::bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use super::Shared;
use crate::desk::{Desk, Lead};
use crate::feed::Told;

/// Frames that wait for a follower that reads slowly; then it is told later, from the ring or by a
/// snapshot.
const AHEAD: usize = 16;

pub(super) type Steps = ReceiverStream<Result<wire::Step, Status>>;

// === impl Shared: follow ===

impl Shared {
    pub(super) fn steps(&self, asked: &wire::Position) -> Result<Response<Steps>, Status> {
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
        let follower =
            Following { desk: self.desk.clone(), feed: self.desk.feed(), at: from, steps };
        let mut stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                _ = follower.run() => {}
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
    steps: mpsc::Sender<Result<wire::Step, Status>>,
}

// === impl Following ===

impl Following {
    /// Until the follower is gone, or the hub.
    async fn run(mut self) -> Option<()> {
        let certificate = self.feed.borrow().certificate.clone();
        self.tell(certificate).await?;
        // Only the books know whether this is our history at all.
        let whole = self.led().await?;
        // A snapshot is a sign of life itself, and younger than the last beat.
        let mut beat = whole.then(|| self.feed.borrow().beat.0);
        loop {
            let told = self.feed.borrow_and_update().clone();
            let ours = self.at.epoch == told.at.epoch;
            match ours.then(|| told.since(self.at.seq)).flatten() {
                Some(frames) => {
                    for frame in frames {
                        self.tell(frame).await?;
                    }
                    self.at = told.at;
                }
                None => {
                    if self.led().await? {
                        beat = Some(told.beat.0);
                    }
                    continue;
                }
            }
            if beat != Some(told.beat.0) {
                self.tell(told.beat.1).await?;
                beat = Some(told.beat.0);
            }
            self.feed.changed().await.ok()?;
        }
    }

    /// Led on by the books: from their file, or by a snapshot; was it that?
    async fn led(&mut self) -> Option<bool> {
        let Lead { frames, at, whole } = self.desk.lead(self.at).await?;
        for frame in frames {
            self.tell(frame).await?;
        }
        self.at = at;
        Some(whole)
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
