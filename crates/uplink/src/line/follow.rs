//! The signed feed down: each frame checked, taken, kept, and told of.

use std::time::Duration;

use ostium_feed::{Position, Refusal, Taken, numbers};
use ostium_hub_api as wire;
use ostium_hub_api::hub_client::HubClient;
use tokio::time::{Instant, timeout};
use tonic::Status;
use tonic::transport::Channel;

use super::Heard;
use super::run::Runner;
use crate::UplinkError;

/// A whole set is not asked for more often: it costs the hub.
const ANEW: Duration = Duration::from_secs(10);
/// Whoever has not said a word for so long is gone: a hub speaks every 15 seconds.
const SILENCE: Duration = Duration::from_secs(60);

// === impl Runner: follow ===

impl Runner {
    /// Until the stream ends, or says what cannot be gone on from.
    pub(super) async fn follow(&self, mut hub: HubClient<Channel>) -> Result<(), UplinkError> {
        let from = self.from();
        let mut steps = hub.follow(from).await?.into_inner();
        loop {
            let silent = |_| Status::deadline_exceeded("the hub has been silent for a minute");
            let step = timeout(SILENCE, steps.message()).await.map_err(silent)??;
            let ended = || Status::unavailable("the feed ended");
            let frame = step.ok_or_else(ended)?.frame;
            let now = (self.clock)();
            match self.shared.learned.take(&frame, now) {
                Ok(taken) => self.taken(&frame, &taken, now),
                Err(refusal) => self.refused(&refusal)?,
            }
        }
    }

    /// Where to go on from; zeros ask for the whole set.
    fn from(&self) -> wire::Position {
        let long = self.kept.borrow().is_long();
        let at = self.shared.learned.at();
        let anew = self.anew.replace(false) || long;
        let rested = self.asked_anew.get().is_none_or(|at| at.elapsed() >= ANEW);
        let at = if anew && rested {
            self.asked_anew.set(Some(Instant::now()));
            Position { feed: at.feed, ..Position::default() }
        } else {
            at
        };
        wire::Position {
            version: wire::VERSION,
            feed: at.feed.to_vec().into(),
            epoch: at.epoch,
            seq: at.seq,
            head: at.head.0.to_vec().into(),
            state: at.state.to_bytes().to_vec().into(),
        }
    }

    fn taken(&self, frame: &[u8], taken: &Taken, now: u64) {
        // In force first, told next, kept last: what a stop loses is asked for again.
        match taken {
            Taken::Delta(_) => (self.hear)(Heard::Changed(numbers(frame))),
            Taken::Snapshot => (self.hear)(Heard::Whole),
            Taken::Key | Taken::Heartbeat | Taken::Part => {}
        }
        let whole = *taken == Taken::Snapshot;
        if let Err(error) = self.kept.borrow_mut().add(frame, now, whole) {
            self.shared.state().trouble =
                Some(format!("what the hub says cannot be kept over a restart: {error}"));
        }
    }

    /// What docs/protocol.md says of each refusal; `Err` is to connect anew.
    fn refused(&self, refusal: &Refusal) -> Result<(), UplinkError> {
        let count = {
            let mut state = self.shared.state();
            let count = state.refusals.entry(refusal.name()).or_default();
            *count += 1;
            *count
        };
        let said = format!("the hub's feed is not believed: {refusal}; the last good set stays");
        match refusal {
            Refusal::Replay => return Ok(()),
            Refusal::UnknownVersion(_) => {
                self.alarm(count, said);
                return Ok(());
            }
            Refusal::Gap { .. } | Refusal::Expired | Refusal::Uncertified => {}
            Refusal::Malformed(_) if count < 2 => {}
            Refusal::Fork | Refusal::MixedParts | Refusal::OtherState => {
                self.anew.set(true);
                self.alarm(count, said);
            }
            _ => self.alarm(count, said),
        }
        Err(Status::data_loss(refusal.to_string()).into())
    }

    /// Who sends a thousand forged frames is told of ten times.
    fn alarm(&self, count: u64, said: String) {
        if count < 4 || count.is_power_of_two() {
            (self.hear)(Heard::Said(said));
        }
    }
}
